"""A complaint points at its characters, whatever the line is made of."""

from __future__ import annotations

import pytest

from custody.language.diagnostic import Diagnostic, Severity
from custody.present.diagnostics import WIDEST_LINE, render
from custody.system.place import Place


def complaint(source: str, column: int = 1, length: int = 1, hint: str | None = None) -> Diagnostic:
    return Diagnostic(Place("a.custody", 3, column), "unknown-name", "no such name", hint, length, source_line=source)


def test_the_layout_is_that_of_compilers() -> None:
    assert render(complaint("    sgt = mapped", 5, 3, "did you mean 'sg'?")) == (
        "a.custody:3:5: error: no such name [unknown-name]\n"
        "      sgt = mapped\n"
        "      ^^^\n"
        "  hint: did you mean 'sg'?\n"
    )


def test_a_warning_says_that_it_is_one() -> None:
    warning = Diagnostic(Place("a.custody", 3), "idle", "never used", severity=Severity.WARNING)
    assert render(warning) == "a.custody:3:1: warning: never used [idle]\n"


@pytest.mark.parametrize(
    ("place", "start"),
    [(Place("a.custody", 0), "a.custody: error: "), (Place("", 0), "error: ")],
)
def test_a_place_without_a_line_or_a_file(place: Place, start: str) -> None:
    assert render(Diagnostic(place, "file", "cannot be read")) == f"{start}cannot be read [file]\n"


@pytest.mark.parametrize(
    ("source", "column", "margin"),
    [
        ("\tlock x", 7, "\t     "),
        ("日本 x", 4, "     "),
        ("e\N{COMBINING ACUTE ACCENT} x", 4, "  "),
        ("x", 1, ""),
    ],
    ids=["tab", "wide", "combining", "first"],
)
def test_the_caret_stands_below_its_character(source: str, column: int, margin: str) -> None:
    assert render(complaint(source, column)).splitlines()[2] == f"  {margin}^"


@pytest.mark.parametrize("column", [0, 1, 5, 6, 400, 10_000, 10**9])
@pytest.mark.parametrize("source", ["short", "x" * 10_000], ids=["short", "long"])
def test_no_column_and_no_line_is_too_much(source: str, column: int) -> None:
    lines = render(complaint(source, column, 50)).splitlines()
    assert all(len(line) <= WIDEST_LINE + 60 for line in lines)
    assert set(lines[2]) <= {" ", "^"}
    assert "^" in lines[2]


def test_control_characters_are_not_sent_to_the_terminal() -> None:
    text = render(complaint("a\x1b[31m\x07\N{RIGHT-TO-LEFT OVERRIDE}b", hint="\x1b]0;x"))
    assert not set(text) & {"\x1b", "\x07", "\N{RIGHT-TO-LEFT OVERRIDE}"}
