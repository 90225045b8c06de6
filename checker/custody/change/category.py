"""The categories of change, as a table that everybody may read: `categories.toml` beside this file."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import TypedDict, cast


class Level(StrEnum):
    """How much a change means, the least first."""

    IDENTICAL = "identical"
    COMPATIBLE = "compatible"
    AMBIGUOUS = "ambiguous"
    BREAKING = "breaking"


LEVELS = tuple(Level)


class Harms(StrEnum):
    """Who is affected by a change of a call."""

    CALLER = "caller"
    CALLEE = "callee"
    EVERYONE = "everyone"


class Severity(StrEnum):
    """What a finding does to the gate: ERROR closes it, WARNING is said, IGNORE is not."""

    ERROR = "error"
    WARNING = "warning"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of change. `severity` is what it has unless the settings say otherwise."""

    id: str
    level: Level
    harms: Harms
    says: str
    text: str
    advice: str
    old: str
    new: str

    @property
    def severity(self) -> Severity:
        """What it has unless the settings say otherwise: a person has to decide about AMBIGUOUS, so it closes too."""
        return Severity.ERROR if self.level in (Level.AMBIGUOUS, Level.BREAKING) else Severity.WARNING


class _Entry(TypedDict):
    level: str
    harms: str
    says: str
    text: str
    advice: str
    old: str
    new: str


@functools.cache
def all_categories() -> tuple[Category, ...]:
    """Every category, in the order of the table."""
    text = resources.files(__package__ or "custody.change").joinpath("categories.toml").read_text(encoding="utf-8")
    table = cast(dict[str, _Entry], tomllib.loads(text))
    return tuple(
        Category(
            name,
            Level(entry["level"]),
            Harms(entry["harms"]),
            entry["says"],
            entry["text"],
            entry["advice"],
            entry["old"],
            entry["new"],
        )
        for name, entry in table.items()
    )


@functools.cache
def category(name: str) -> Category:
    """The category of that id; KeyError when there is none."""
    for candidate in all_categories():
        if candidate.id == name:
            return candidate
    raise KeyError(name)
