"""A fingerprint changes with what a specification says, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.language import load
from custody.language.fingerprint import fingerprint

TEXT = """\
model counter
    "It counts."

param LIMIT = 3

state
    n: 0..5
        "So far."

action up
    when n < LIMIT
    n = n + 1

terminal n == LIMIT

invariant stays_within
    n <= LIMIT
"""


def of(text: str, folder: Path) -> str:
    file = folder / "counter.custody"
    file.write_text(text, encoding="utf-8")
    return fingerprint(load(str(file)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It counts.", "It counts on."),
        ("    n = n + 1", "    # One more.\n    n = n  +  1"),
        ("So far.", "Until now."),
    ],
)
def test_words_for_people_make_no_difference(old: str, new: str, tmp_path: Path) -> None:
    assert of(TEXT.replace(old, new), tmp_path) == of(TEXT, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("n = n + 1", "n = n + 2"),
        ("n < LIMIT", "n <= LIMIT"),
        ("stays_within", "within"),
        ("= 3", "= 4"),
        ("n == LIMIT", "not n == LIMIT"),
    ],
)
def test_everything_else_does(old: str, new: str, tmp_path: Path) -> None:
    assert of(TEXT.replace(old, new), tmp_path) != of(TEXT, tmp_path)


def test_modules_count(tmp_path: Path) -> None:
    user = "model m\n\nuse sizes\n\nstate\n    n: 0..5\n\nreachable full\n    n < SIZE\n"
    (tmp_path / "sizes.custody").write_text("module sizes\n\ndefine SIZE = 3\n", encoding="utf-8")
    before = of(user, tmp_path)
    (tmp_path / "sizes.custody").write_text("module sizes\n\ndefine SIZE = 4\n", encoding="utf-8")
    assert of(user, tmp_path) != before
