"""Which cores a measurement runs on: one, two, or all that this process was given.

Where the system cannot pin processes, nothing is pinned, and `description` says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

TOPOLOGY = Path("/sys/devices/system/cpu")
"""Where Linux says which of its processors share a core."""


def available() -> frozenset[int]:
    """The processors that this process may use; none where the system does not say."""
    return frozenset(os.sched_getaffinity(0)) if sys.platform == "linux" else frozenset()


def in_order(processors: Sequence[int], siblings: dict[int, str]) -> list[int]:
    """The processors in the order in which they are to be used: one of each core before the second of any.

    The last ones come first, for many systems serve their interrupts on the first. Processors of which nothing is
    known are cores of their own.
    """
    seen: set[str] = set()
    first: list[int] = []
    second: list[int] = []
    for processor in sorted(processors, reverse=True):
        core = siblings.get(processor, f"{processor} alone")
        (second if core in seen else first).append(processor)
        seen.add(core)
    return first + second


class Cores:
    """The processors that there were at the beginning."""

    def __init__(self) -> None:
        everything = available()
        self._siblings = _siblings(everything)
        self._order = in_order(sorted(everything), self._siblings)

    @contextmanager
    def pinned(self, count: int | None) -> Generator[None, None, None]:
        """What is started meanwhile runs on so many cores; None is all of them."""
        if sys.platform != "linux" or not self._order:
            yield
            return
        os.sched_setaffinity(0, self._order[:count])
        try:
            yield
        finally:
            os.sched_setaffinity(0, self._order)

    @property
    def description(self) -> str:
        """How measurements are pinned, in words."""
        if not self._order:
            return "nothing is pinned: this system cannot"
        one, two = self._order[0], self._order[:2]
        if len(two) < 2:
            return f"one thread on processor {one}; there is no second"
        shared = self._siblings.get(two[0]) is not None and self._siblings.get(two[0]) == self._siblings.get(two[1])
        remark = ", which share one core" if shared else ""
        return f"one thread on processor {one}, two threads on {two[0]} and {two[1]}{remark}"


def _siblings(processors: frozenset[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for processor in processors:
        try:
            text = (TOPOLOGY / f"cpu{processor}/topology/thread_siblings_list").read_text(encoding="ascii")
        except OSError:
            continue
        found[processor] = text.strip()
    return found
