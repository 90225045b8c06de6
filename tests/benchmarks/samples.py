"""What was measured, as plain data, and the arithmetic of minima and ratios.

Knows nothing of tools, files or tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of a state space. `depth` is that of the deepest state, None where a tool does not say."""

    states: int
    transitions: int
    depth: int | None = None

    def agrees(self, other: Counts) -> bool:
        """Whether both can be true of one state space."""
        same = (self.states, self.transitions) == (other.states, other.transitions)
        return same and (None in (self.depth, other.depth) or self.depth == other.depth)


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"
    OVER = "over the time limit"
    STOPPED = "out of memory or another limit"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Search:
    """The search alone, in seconds by the clock and of the processors: nothing compiled, no interpreter started."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. `wall` and `cpu` are seconds of the whole process, `peak` and `written` its bytes of memory and disk.

    `told` are the seconds that the tool itself gives as those of its search.  `verdict`, `trace` (its length),
    `orbits` and `bits` (of a state) are given by tools that say so.  `words` are what a failed run said.
    """

    ending: Ending
    wall: float
    cpu: float
    peak: int
    written: int = 0
    search: Search | None = None
    told: float | None = None
    counts: Counts | None = None
    orbits: int | None = None
    verdict: str | None = None
    trace: int | None = None
    bits: int | None = None
    words: str = ""


@dataclass(slots=True)
class Series:
    """The runs of one tool on one case, and how long its generating and compiling took each time."""

    runs: list[Sample] = field(default_factory=list[Sample])
    compiles: list[float] = field(default_factory=list[float])

    @property
    def done(self) -> list[Sample]:
        return [run for run in self.runs if run.ending is Ending.DONE]

    @property
    def ending(self) -> Ending | None:
        """How it ended at its best; None when it never ran."""
        if self.done:
            return Ending.DONE
        return self.runs[-1].ending if self.runs else None

    @property
    def counts(self) -> Counts | None:
        return next((run.counts for run in self.done if run.counts is not None), None)

    @property
    def search(self) -> float | None:
        """Seconds of the processors for the search alone, in the best run."""
        return least(run.search.cpu for run in self.done if run.search is not None)

    @property
    def search_wall(self) -> float | None:
        """Seconds by the clock for the search alone."""
        return least(run.search.wall for run in self.done if run.search is not None)

    @property
    def whole(self) -> float | None:
        """Seconds by the clock for the whole process, compiling before it excluded."""
        return least(run.wall for run in self.done)

    @property
    def whole_cpu(self) -> float | None:
        """Seconds of the processors for the whole process."""
        return least(run.cpu for run in self.done)

    @property
    def told(self) -> float | None:
        """Seconds of the search by the tool's own account."""
        return least(run.told for run in self.done)

    @property
    def cold(self) -> float | None:
        """From the model's text to the verdict: generating, compiling, running."""
        return total(self.whole, least(self.compiles) if self.compiles else 0.0)

    @property
    def peak(self) -> int | None:
        peaks = [run.peak for run in self.done]
        return min(peaks) if peaks else None

    @property
    def written(self) -> int | None:
        """Bytes written to disk."""
        sizes = [run.written for run in self.done]
        return max(sizes) if sizes else None


def least(values: Iterable[float | None]) -> float | None:
    """The smallest of those that are there."""
    there = [value for value in values if value is not None]
    return min(there) if there else None


def total(*values: float | None) -> float | None:
    """The sum, if all of them are there."""
    there = [value for value in values if value is not None]
    return sum(there) if len(there) == len(values) else None


def difference(whole: float | None, part: float | None) -> float | None:
    """What is left of `whole`; None where something is missing, or where nothing is left that could be measured."""
    return whole - part if whole is not None and part is not None and whole > part else None


def ratio(slower: float | None, faster: float | None) -> float | None:
    """How many times `faster` goes into `slower`; None where one of them is missing, or too small to divide by."""
    if slower is None or faster is None or faster <= 0:
        return None
    return slower / faster


def disagreements(counts: Sequence[tuple[str, Counts]]) -> list[str]:
    """A sentence for everyone who counts otherwise than the first."""
    if not counts:
        return []
    first, wanted = counts[0]
    return [
        f"{name} counts {_told(found)}, {first} {_told(wanted)}"
        for name, found in counts[1:]
        if not found.agrees(wanted)
    ]


def _told(counts: Counts) -> str:
    depth = "" if counts.depth is None else f", depth {counts.depth}"
    return f"{counts.states:,} states, {counts.transitions:,} transitions{depth}"


def hash_bits(states: int | None) -> int:
    """The exponent of a hash table with a slot for each state; without the number, SPIN's own default."""
    if states is None:
        return 24
    return min(30, max(16, math.ceil(math.log2(states))))
