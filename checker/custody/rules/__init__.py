"""The rules of the dma-buf contract, as a table that everybody may read.

`rules.toml` beside this file is the one place where a rule's words, kinds and sources stand; the language
checks the ids that specifications cite against it, `custody rules` and `custody explain` print it.  This room
knows nothing of specifications; of the system below it only the names of the kinds.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict, cast

from custody.system.model import Kind


class Concern(StrEnum):
    """What breaking a rule damages."""

    COHERENCY = "coherency"
    LIFETIME = "lifetime"
    LEAK = "leak"
    ORDERING = "ordering"
    ERROR = "error"
    DEADLOCK = "deadlock"
    LIVENESS = "liveness"


_COMMIT = re.compile("[0-9a-f]{12}")

_KINDS = {
    Concern.COHERENCY: Kind.COHERENCY,
    Concern.LIFETIME: Kind.LIFETIME,
    Concern.LEAK: Kind.LEAK,
    Concern.ORDERING: Kind.PROTOCOL,
    Concern.ERROR: Kind.PROTOCOL,
    Concern.DEADLOCK: Kind.DEADLOCK,
    Concern.LIVENESS: Kind.LIVENESS,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `concerns` has the most important first; `contested` says who disagrees, empty for nobody."""

    id: str
    family: str
    text: str
    concerns: tuple[Concern, ...]
    contested: str
    sources: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """The kind that a property of this rule has unless it says otherwise."""
        return _KINDS[self.concerns[0]] if self.concerns else Kind.PROTOCOL


class _Entry(TypedDict, total=False):
    text: str
    kinds: list[str]
    contested: str
    sources: list[str]


class _Table(TypedDict):
    sources: dict[str, str]
    families: dict[str, str]
    rules: dict[str, _Entry]


@functools.cache
def _table() -> _Table:
    # Only now: few reports cite a rule.
    import tomllib
    from importlib import resources

    text = resources.files(__name__).joinpath("rules.toml").read_text(encoding="utf-8")
    return cast(_Table, tomllib.loads(text))


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the table."""
    table = _table()
    return tuple(
        Rule(
            id=name,
            family=table["families"][name.rpartition("-")[0]],
            text=entry.get("text", ""),
            concerns=tuple(map(Concern, entry.get("kinds", []))),
            contested=entry.get("contested", ""),
            sources=tuple(entry.get("sources", [])),
        )
        for name, entry in table["rules"].items()
    )


@functools.cache
def rule_ids() -> frozenset[str]:
    """The ids that a specification may cite."""
    return frozenset(_table()["rules"])


def rule(name: str) -> Rule:
    """The rule of that id; KeyError when there is none."""
    for candidate in all_rules():
        if candidate.id == name:
            return candidate
    raise KeyError(name)


def kind_of(name: str) -> Kind:
    """What a property of this rule is about; KeyError when there is no such rule."""
    return rule(name).kind


def source(name: str) -> str:
    """The title of a source by its key in the table; any other reference (a file, a CVE) is its own title."""
    return _table()["sources"].get(name) or ("commit of Linux" if _COMMIT.fullmatch(name) else name)
