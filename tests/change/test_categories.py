"""One table of categories, and everything that is made of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custody import change
from custody.change.category import Level, Severity, all_categories, category
from custody.cli import run
from custody.language.library import bundled
from custody.present.categories import categories_page


def test_the_page_is_the_table() -> None:
    assert (bundled() / "CHANGES.md").read_text(encoding="utf-8") == categories_page()


def test_every_category_that_is_said_is_in_the_table_and_the_reverse() -> None:
    folder = Path(change.__file__).parent
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    said = set(re.findall(r'"([A-Z]+-(?:[A-Z]+))"', text))
    for stem in ("VERDICT", "PROGRESS", "CONFORMANCE"):
        said |= {f"{stem}-LOST", f"{stem}-GAINED"}
    known = {entry.id for entry in all_categories()}
    assert said <= known, said - known
    assert known == said


def test_only_what_a_person_has_to_look_at_closes() -> None:
    for entry in all_categories():
        closes = entry.severity is Severity.ERROR
        assert closes == (entry.level in (Level.BREAKING, Level.AMBIGUOUS)), entry.id


def test_explain_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    for entry in all_categories():
        assert run(["explain", entry.id.lower()]) == 0
        assert entry.says in capsys.readouterr().out
    assert run(["rules", "--categories"]) == 0
    listed = capsys.readouterr().out
    assert all(entry.id in listed for entry in all_categories())
    assert run(["explain", "CALLER-NARROWD"]) == 2
    assert "CALLER-NARROWED" in capsys.readouterr().err
    assert run(["rules", "--markdown"]) == 2


def test_there_is_no_other() -> None:
    with pytest.raises(KeyError):
        category("NOTHING-CHANGED")
