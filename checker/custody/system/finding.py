"""What an engine answers, in terms that all engines share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from custody.system.model import State


class Verdict(StrEnum):
    """The three answers. INCONCLUSIVE is never success."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Trace:
    """A run from a first state.

    `states` has one entry more than `actions`, except when the last step broke a check: then the step has no
    state after it, `len(states) == len(actions)`, and `broken` is the index of that check in the action.
    `loop_at` is the index of the state to which the last state returns (a lasso: the last state equals it);
    `stutters` marks a run that ends by everybody standing still for ever in the last state.
    """

    states: tuple[State, ...]
    actions: tuple[int, ...]
    broken: int | None = None
    loop_at: int | None = None
    stutters: bool = False

    @property
    def length(self) -> int:
        """The number of steps."""
        return len(self.actions)


@dataclass(frozen=True, slots=True)
class Finding:
    """One property's verdict. `trace` shows a violation (or, for REACHABLE, how it is reached);
    `reason` says why the verdict is inconclusive, or on what a proof rests; `subject` names the actor that is
    stuck, for PROGRESS.  Where `shortest` is false there may be shorter traces."""

    property: str
    verdict: Verdict
    trace: Trace | None = None
    reason: str | None = None
    subject: str | None = None
    shortest: bool = True


MEMORY_LIMIT: Final = "max-memory"
"""What the name of every limit of memory says somewhere."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop. Sizes in bytes, times in seconds; None is no limit."""

    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """How an exhaustive search goes about it, which changes no answer.

    `threads` share the work.  With `symmetry` one state of each orbit is looked at, with `resume` the search goes on
    where the last one of the same system was stopped.  With `reduce` orders of steps are left out that make no
    difference; then nobody knows how many states there are.  `hasty` is for many small searches: what is compiled is
    compiled quickly, and searches slowly.  `large` systems are known to be too large for anything but C.
    """

    threads: int = 1
    symmetry: bool = False
    resume: bool = False
    reduce: bool = False
    hasty: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life from a long run.

    `expected` is a guess of how many states there are in all; `most_bytes` is how many bytes the search may have.
    """

    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    bytes: int
    expected: int | None = None
    most_bytes: int | None = None


ProgressHook: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Exploration:
    """The result of one engine on one system.

    `complete` is False when a limit was reached; `limit` then names it.  `fired` counts, for each action, the
    transitions it made; `premises` says, for each property, which of its premises held in some reachable
    state.  Engines that do not enumerate states leave `states`, `transitions`, `depth` at None.  `notes` are
    sentences about how the search went, for whoever asked for it.  Where symmetry was made use of, `orbits` says how
    many states were looked at; `asymmetric` gives the roles of which no use was made, with the reasons.

    `explored` is how many states were looked at where steps were left out that make no difference to a verdict; then
    `states`, `transitions`, `depth` and `orbits` are None, and `fired` is right only in what it says of zero.
    `looked` is up to how many steps a bounded search looked at every run.
    """

    engine: str
    findings: dict[str, Finding]
    complete: bool
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    orbits: int | None = None
    explored: int | None = None
    looked: int | None = None
    limit: str | None = None
    fired: tuple[int, ...] = ()
    premises: dict[str, tuple[bool, ...]] = field(default_factory=dict[str, tuple[bool, ...]])
    seconds: float = 0.0
    peak_bytes: int = 0
    notes: tuple[str, ...] = ()
    asymmetric: tuple[tuple[str, str], ...] = ()

    @property
    def lacked_memory(self) -> bool:
        """Whether a limit of memory ended it."""
        return self.limit is not None and MEMORY_LIMIT in self.limit


class Stopwatch:
    """Seconds since it was made, by the monotonic clock."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start
