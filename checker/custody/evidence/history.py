"""What a run through a recording remembers: lines with their explanations, misuse, gaps, and where it had to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custody.evidence.instance import Sized, Step
from custody.evidence.meaning import Event
from custody.evidence.search import Way
from custody.system.model import Clause, State


@dataclass(frozen=True, slots=True)
class Broken:
    """A duty that was broken: which, by whom, and the last line before that had to do with it."""

    clause: Clause
    action: str
    side: str
    since: Event | None


@dataclass(frozen=True, slots=True)
class Misuse:
    """Something that a side did which it must not, and that the contract survives; one of `broken` is what it was."""

    event: Event
    broken: tuple[Broken, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Steps that must have happened and that no line shows, although their functions are seen elsewhere.

    They lie between the line of `after` (None: the beginning) and that of `event`.
    """

    event: Event
    after: Event | None
    steps: tuple[Step, ...]
    assumed: bool
    """Whether they lie before the recording."""
    instead: str = ""
    """The misuse that it would be if they had not happened, where the recording says that events were lost."""


@dataclass(slots=True)
class Remark:
    """Something that nothing forbids, with the line where it first came about, and how often it did."""

    event: Event
    words: str
    rules: tuple[str, ...]
    times: int = 0
    lasts: bool = False


@dataclass(slots=True)
class Entry:
    """A line in a run's history: what it was explained by, and the states after it."""

    event: Event
    way: Way
    states: tuple[State, ...]
    sized: Sized
    bound: Mapping[str, Mapping[object, int]]


@dataclass(slots=True)
class Stop:
    """Where a run ends because a line cannot be explained."""

    event: Event
    states: tuple[State, ...]
    cut: bool
