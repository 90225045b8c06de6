"""The synchronous product of two observed systems: where one allows a label that the other does not.

Breadth first over pairs of beliefs, so that the first difference of each sort is one with a shortest sequence of
labels.  After a difference the search goes on along what both allow: a change is reported with all its consequences
that can be told apart.  With no difference at all the systems allow the same sequences of labels.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from custody.observe.label import Label, Seen
from custody.observe.observer import Observer, TooLargeError


class Direction(StrEnum):
    """Which version allows it."""

    GONE = "gone"  # OLD does, NEW does not
    ADDED = "added"  # NEW does, OLD does not


@dataclass(frozen=True, slots=True)
class Difference:
    """After `path`, which both allow, one version allows `label`. The beliefs are those that `path` leads to."""

    direction: Direction
    path: tuple[Label, ...]
    label: Label
    old: int
    new: int

    @property
    def sort(self) -> tuple[Direction, Seen, str, str]:
        """Differences of one sort are one finding, shown by its shortest path."""
        return self.direction, self.label.seen, self.label.name, self.label.answer


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences, one of each sort; `limit` names what ended the search before everything was looked at."""

    differences: tuple[Difference, ...]
    pairs: int
    limit: str | None = None


MOST_PAIRS = 2_000_000
"""Pairs of beliefs that are looked at: about a gigabyte."""


def compare(old: Observer, new: Observer, deadline: float | None = None, most_pairs: int = MOST_PAIRS) -> Comparison:
    """Every sort of difference; both observers share an alphabet. `deadline` is in terms of `time.monotonic`."""
    labels = old.alphabet.labels
    found: dict[object, Difference] = {}
    pairs: list[tuple[int, int]] = []
    came_from: list[tuple[int, int] | None] = []
    limit: str | None = None
    try:
        pairs.append((old.initial(), new.initial()))
        came_from.append(None)
        index = {pairs[0]: 0}
        node = 0
        while node < len(pairs):
            if deadline is not None and node % 64 == 0 and time.monotonic() > deadline:
                raise TooLargeError("the time for comparing")
            one, other = pairs[node]
            left, right = old.after(one), new.after(other)
            for direction, here, there in ((Direction.GONE, left, right), (Direction.ADDED, right, left)):
                for number in here:
                    if number in there:
                        continue
                    label = labels[number]
                    difference = Difference(direction, (), label, one, other)
                    if difference.sort not in found:
                        path = tuple(labels[step] for step in _path(came_from, node))
                        found[difference.sort] = Difference(direction, path, label, one, other)
            for number, target in left.items():
                partner = right.get(number)
                if partner is None:
                    continue
                pair = (target, partner)
                if pair not in index:
                    if len(pairs) >= most_pairs:
                        raise TooLargeError(f"{most_pairs:,} pairs of beliefs")
                    index[pair] = len(pairs)
                    pairs.append(pair)
                    came_from.append((node, number))
            node += 1
    except TooLargeError as reached:
        limit = reached.limit
    return Comparison(tuple(found.values()), len(pairs), limit)


def _path(came_from: list[tuple[int, int] | None], node: int) -> list[int]:
    labels: list[int] = []
    while (step := came_from[node]) is not None:
        node, label = step
        labels.append(label)
    return labels[::-1]
