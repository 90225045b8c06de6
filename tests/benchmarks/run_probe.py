"""The bare loop (probe.c): as many prefetched look-ups as the search has transitions, in a table of the same size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.cases import HERE
from benchmarks.measure import run
from benchmarks.runner import Desk, ToolError, absent, prepared, unfinished
from benchmarks.samples import Ending, Sample, Search

PLAIN = "bare loop"
HUGE = "bare loop, huge pages"

FULL = 0.8
"""The share of slots that are taken: the table has states / 0.8 of them from the start."""

WORD = 64
"""Bits of a word."""

LARGE = 100_000
"""States from which on the comparison says something: below, tables fit the processor's caches."""

MOST_PROBES = 200_000_000
"""More transitions than these are extrapolated: every look-up is like every other."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The loop for the counts that Custody found."""

    name: str
    huge: bool
    cores: int = 1

    @property
    def group(self) -> str:
        return self.name

    def missing(self) -> str | None:
        return absent("cc")

    def wants(self, desk: Desk) -> bool:
        return desk.case.plain and desk.counts is not None and desk.counts.states >= LARGE

    def prepare(self, desk: Desk) -> float | None:
        source = str(HERE / "probe.c")
        prepared(desk.folder(self.name), [("cc", "-O2", "-o", "probe", source)])
        return None

    def search(self, desk: Desk) -> Sample:
        counts = desk.counts
        assert counts is not None
        probes = min(counts.transitions, MOST_PROBES)
        mode = ("huge",) if self.huge else ()
        size = table_size(counts.states, desk.bits or WORD)
        command = ("./probe", str(counts.states), str(probes), *(str(number) for number in size), *mode)
        ran = run(command, desk.folder(self.name), desk.limit)
        if ran.over or ran.code != 0:
            return unfinished(ran, Ending.FAILED)
        wall, cpu = (seconds * counts.transitions / probes for seconds in probe_seconds(ran.out, probes))
        return Sample(Ending.DONE, ran.wall, ran.cpu, ran.peak, ran.written, Search(wall, cpu))


ALL = (Probe(PLAIN, False), Probe(HUGE, True))


def table_size(states: int, bits: int) -> tuple[int, int]:
    """Slots, and bytes of a slot, of a table that is as full as it may be and whose slots are as wide as a state."""
    width = 4 if bits <= 32 else 8 * math.ceil(bits / WORD)
    return math.ceil(states / FULL), width


def probe_seconds(output: str, probes: int) -> tuple[float, float]:
    """The time of the look-ups alone, by the clock and of the processor. ToolError where the loop lost any."""
    words = output.split()
    if len(words) != 3 or int(words[2]) != probes:
        raise ToolError(f"the bare loop did not find all of its {probes} keys: {output}")
    return int(words[0]) / 1e9, int(words[1]) / 1e9
