"""The categories of change for people: a line each, one in full, or all as the page that documents them."""

from __future__ import annotations

from custody.change.category import LEVELS, Category, Harms, Level, all_categories

_HARMS = {
    Harms.CALLER: "whoever makes the call",
    Harms.CALLEE: "whoever has to answer it",
    Harms.EVERYONE: "everyone",
}
_LEVELS = {
    Level.BREAKING: "Somebody who kept the old contract breaks, or a promise is gone. Closes the gate.",
    Level.AMBIGUOUS: "A person has to decide. Closes the gate, unless `--ignore-ambiguous` lets it pass.",
    Level.COMPATIBLE: "Nobody who kept the old contract breaks; implementations may have something to do.",
    Level.IDENTICAL: "Nothing that can be seen changed.",
}


def categories_table() -> str:
    """All categories by level, the heaviest first, a line each."""
    lines: list[str] = []
    for level in reversed(LEVELS):
        lines += ["", str(level)] if lines else [str(level)]
        lines += [f"  {entry.id:<21} {entry.says}" for entry in all_categories() if entry.level is level]
    return "\n".join([*lines, "", "see `custody explain ID`"]) + "\n"


def category_entry(name: str) -> str | None:
    """The category of that id in full, or None; upper and lower case are not told apart."""
    found = next((entry for entry in all_categories() if entry.id == name.upper()), None)
    return None if found is None else _entry(found)


def _entry(found: Category) -> str:
    lines = [f"{found.id}: a change is {found.level}", "", f"  {found.says}", "", f"  {found.text}", ""]
    lines += [f"  Concerns: {_HARMS[found.harms]}", f"  To do: {found.advice}", "", "  For example:"]
    lines += [f"    - {line}" for line in found.old.splitlines()]
    lines += [f"    + {line}" for line in found.new.splitlines()]
    return "\n".join([*lines, "", f"  Severity unless set otherwise: {found.severity}"]) + "\n"


def categories_page() -> str:
    """All of it as Markdown."""
    lines = [
        "# What a change can mean",
        "",
        "Made by `custody rules --categories --markdown`; not edited by hand.",
        "",
    ]
    lines += ["| level | meaning |", "|---|---|"]
    lines += [f"| {level} | {_LEVELS[level]} |" for level in reversed(LEVELS)]
    for entry in all_categories():
        lines += ["", f"## {entry.id}", "", f"*{entry.level}*, concerns {_HARMS[entry.harms]}: {entry.says}.", ""]
        lines += [entry.text, "", "```diff"]
        lines += [f"- {line}" for line in entry.old.splitlines()]
        lines += [f"+ {line}" for line in entry.new.splitlines()]
        lines += ["```", "", f"To do: {entry.advice}"]
    return "\n".join(lines) + "\n"
