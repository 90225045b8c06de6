"""A system as whoever sees only its labels knows it: after each sequence of labels a set of states it may be in.

The subset construction (Rabin and Scott 1959), made as far as it is asked for: a belief is a set of states closed
under unseen steps, and every label leads from one belief to at most one other.  Two systems allow the same sequences
of labels just if no sequence leads to beliefs with different labels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from custody.explore.generate import BROKEN as FIRST_BROKEN
from custody.explore.generate import Successors, successors
from custody.explore.layout import Layout
from custody.observe.label import SAME, Label, Labels, Names
from custody.system.evaluate import initial_states
from custody.system.expression import reads
from custody.system.model import State, System

BROKEN = -1
"""The point after a step that breaks a check: nothing follows."""
UNSEEN = -1
"""The number of no label."""


class TooLargeError(Exception):
    """A limit was reached; `limit` names it."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


MOST_KEPT = 10_000_000
"""Points that all beliefs together may have: there can be as many beliefs as there are sets of points."""


class Alphabet:
    """The labels of both systems, numbered as they are met; the same label has the same number in both."""

    def __init__(self) -> None:
        self.labels: list[Label] = []
        self._index: dict[object, int] = {}

    def number(self, label: Label) -> int:
        known = self._index.get(label.key)
        if known is None:
            known = self._index[label.key] = len(self.labels)
            self.labels.append(label)
        return known


@dataclass(frozen=True, slots=True)
class Move:
    """One way on from a point: the number of the label (UNSEEN: none), which action, and where it leads."""

    label: int
    action: int
    target: int


class Observer:
    """The beliefs of one system, numbered as they are found.

    A point is a packed state, above whose bits stands, plus one, the action whose answer is still to be seen.
    """

    def __init__(
        self,
        system: System,
        alphabet: Alphabet,
        names: Names = SAME,
        split: Collection[str] = (),
        most_points: int | None = None,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self.system = system
        self.alphabet = alphabet
        self.labels = Labels(system, names, split)
        self.beliefs: list[tuple[int, ...]] = []
        self._kept = 0
        self._most_kept = most_kept
        self._layout = Layout(system.variables)
        self._bits = self._layout.bits
        self._most_points = most_points
        self._belief_index: dict[frozenset[int], int] = {}
        self._moves: dict[int, list[tuple[int, int, int]]] = {}
        self._after: dict[int, dict[int, int]] = {}
        self._fixed = [self._number_of(index) for index in range(len(system.actions))]

    def _number_of(self, index: int) -> int | None:
        """The action's label where it is the same in all states; None where its answer is not."""
        action = self.system.actions[index]
        if self.labels.hidden[index]:
            return UNSEEN
        if action.answer is not None and reads(action.answer.value):
            return None
        return self.alphabet.number(self.labels.of(index, ()))

    @cached_property
    def _successors(self) -> Successors:
        """Made when the first point is looked at, which may be never."""
        return successors(self.system, self._layout).successors

    @property
    def points(self) -> int:
        """How many points have been looked at."""
        return len(self._moves)

    def initial(self) -> int:
        """The first belief."""
        return self._belief(self.first_points())

    def first_points(self) -> list[int]:
        """The points of the first states."""
        return [self._layout.pack(state) for state in initial_states(self.system)]

    def state(self, point: int) -> State:
        """The state of a point that is not BROKEN."""
        return self._layout.unpack(point & ((1 << self._bits) - 1))

    def is_between(self, point: int) -> bool:
        """Whether a call has been seen there whose answer has not."""
        return point > 0 and point >> self._bits != 0

    def after(self, belief: int) -> dict[int, int]:
        """Where each label leads from there."""
        known = self._after.get(belief)
        if known is None:
            reached: dict[int, set[int]] = {}
            for point in self.beliefs[belief]:
                for label, _, target in self._ways(point):
                    if label != UNSEEN:
                        reached.setdefault(label, set()).add(target)
            known = self._after[belief] = {label: self._belief(targets) for label, targets in reached.items()}
        return known

    def moves(self, point: int) -> Iterator[Move]:
        """Every step from a point, in the order of the actions."""
        for label, action, target in self._ways(point):
            yield Move(label, action, target)

    def _ways(self, point: int) -> list[tuple[int, int, int]]:
        known = self._moves.get(point)
        if known is None:
            if self._most_points is not None and len(self._moves) >= self._most_points:
                raise TooLargeError(f"{self._most_points:,} states")
            known = self._moves[point] = self._steps(point)
        return known

    def _steps(self, point: int) -> list[tuple[int, int, int]]:
        if point == BROKEN:
            return []
        packed = point & ((1 << self._bits) - 1)
        pending = (point >> self._bits) - 1
        found: list[tuple[int, int, int]] = []
        for index, target in self._successors(packed):
            if pending >= 0:
                if index == pending:
                    found.append((self.alphabet.number(self.labels.end(index, self.state(packed))), index, target))
                continue
            if target < 0:
                check = self.system.actions[index].checks[FIRST_BROKEN - target]
                found.append((self.alphabet.number(self.labels.hazard(index, check)), index, BROKEN))
                continue
            label = self._fixed[index]
            if label is None:
                label = self.alphabet.number(self.labels.of(index, self.state(packed)))
            half = self.labels.halves[index]
            found.append((label, index, packed | (index + 1) << self._bits if half else target))
        return found

    def _belief(self, points: Iterable[int]) -> int:
        """The belief of the points and of what unseen steps lead to from them."""
        found = set(points)
        stack = list(found)
        while stack:
            for label, _, target in self._ways(stack.pop()):
                if label == UNSEEN and target not in found:
                    found.add(target)
                    stack.append(target)
        belief = frozenset(found)
        known = self._belief_index.get(belief)
        if known is None:
            self._kept += len(belief)
            if self._kept > self._most_kept:
                raise TooLargeError(f"{self._most_kept:,} states in all beliefs")
            known = self._belief_index[belief] = len(self.beliefs)
            self.beliefs.append(tuple(sorted(belief)))
        return known
