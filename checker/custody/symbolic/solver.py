"""One z3 solver, asked under a deadline. `unknown` stays unknown; nothing here turns it into an answer."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from enum import StrEnum
from typing import Any

import z3

from custody.symbolic.encode import Encoding
from custody.system.finding import Stopwatch

LOGIC = "QF_FD"
"""z3's solver for bits: of those of z3 it gets furthest, see `reports/encodings.md`."""

_CLOCKS_DIFFER = 0.05
"""Seconds by which z3 may stop before the deadline that it was told."""


class Answer(StrEnum):
    """Whether the formulas can hold together."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class OutOfTimeError(Exception):
    """The deadline came before an answer."""


class Deadline:
    """A number of seconds from now, None for never."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._clock = Stopwatch()

    def left(self) -> float | None:
        """Seconds left, negative when it is over; None for no end."""
        return None if self._seconds is None else self._seconds - self._clock.seconds

    def require(self, seconds: float) -> None:
        """OutOfTimeError when fewer are left."""
        left = self.left()
        if left is not None and left < seconds:
            raise OutOfTimeError


class Solver:
    """Formulas that hold together over a growing path."""

    def __init__(self, encoding: Encoding, deadline: Deadline) -> None:
        self.encoding = encoding
        self.work = 0
        """What the answers so far took, in z3's own count: the same on every machine."""
        self._deadline = deadline
        self._solver: Any = z3.SolverFor(LOGIC, ctx=encoding.context)
        self._solver.set("random_seed", 1)

    def add(self, *formulas: Any) -> None:
        """From now on these hold."""
        self._solver.add(*formulas)

    def ask(self, *assumptions: Any, effort: int = 0) -> Answer:
        """Can everything hold, and the Boolean variables `assumptions` be true?

        `effort` is how much work to spend before giving up; 0 is no limit.  OutOfTimeError at the deadline.
        """
        self._deadline.require(0.001)
        left = self._deadline.left()
        if left is not None:
            self._solver.set("timeout", max(1, int(left * 1000)))
        self._solver.set("rlimit", effort)
        before = self._count()
        answer = self._solver.check(*assumptions)
        self.work += self._count() - before
        if answer == z3.unknown:
            self._deadline.require(_CLOCKS_DIFFER)
            return Answer.UNKNOWN
        return Answer.YES if answer == z3.sat else Answer.NO

    def ask_simple(self, depth: int, *assumptions: Any, effort: int = 0) -> Answer:
        """The same for paths of `depth` steps whose states are all different.

        That they differ is added only where an answer repeats a state (Een, Sorensson, BMC 2003).
        """
        while True:
            answer = self.ask(*assumptions, effort=effort)
            if answer is not Answer.YES:
                return answer
            model = self.model()
            steps: dict[tuple[int, ...], int] = {}
            repeated: list[tuple[int, int]] = []
            for step in range(depth + 1):
                earlier = steps.setdefault(self.encoding.state(model, step), step)
                if earlier != step:
                    repeated.append((earlier, step))
            if not repeated:
                return Answer.YES
            self.add(*(self.encoding.different(earlier, step) for earlier, step in repeated))

    def _count(self) -> int:
        statistics = self._solver.statistics()
        return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118

    def model(self) -> Any:
        """What made the last answer YES."""
        return self._solver.model()

    def makes_true(self, formula: Any) -> bool:
        """Whether the formula holds in what made the last answer YES."""
        return z3.is_true(self.model().eval(formula, model_completion=True))

    def reason(self) -> str:
        """Why the last answer was UNKNOWN."""
        return str(self._solver.reason_unknown())
