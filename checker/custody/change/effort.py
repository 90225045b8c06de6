"""How far a comparison goes: states, seconds, and what is left to a wide run."""

from __future__ import annotations

import time
from dataclasses import dataclass

from custody.system.finding import Limits

SMALL = 20_000
"""States of each version that are compared in Python before anything is compiled: one or two seconds."""
SMALL_BELIEFS = 500_000
"""States that all beliefs of a small version may have together, and for every five of these one pair of beliefs: few
states can be in very many beliefs."""
SHALLOW = 30_000
"""States of all instances together that are compared in Python on a request."""
BRIEF = 2_000
"""The same of all but the smallest instances, where many specifications are compared."""
SHALLOW_PAIRS = 400_000
"""Pairs of states of all instances together that are compared in lock-step on a request; also the states of a large
instance in which its properties are checked then."""
COMPILED = 1_500
"""As many pairs of states are looked at while one action is compiled: into what goes in lock-step, and into each
version for its properties."""


@dataclass(frozen=True)
class Effort:
    """How far to go. `points` are states of one version of one instance, `pairs` those of both in lock-step.

    `seconds` is the time for one instance.  Without `wide` the smaller instances are compared, as far as `SHALLOW`
    and `SHALLOW_PAIRS` go, and models whose contract alone changed in their smallest ones; the result says what was
    left.  A number of states and not of seconds, so that the answer is the same everywhere.  With `brief`, on a
    request about many specifications, others than the smallest instances are compared as far as `BRIEF` goes.
    """

    points: int | None = 1_000_000
    seconds: float | None = 300.0
    wide: bool = True
    pairs: int = 20_000_000
    brief: bool = False

    def deadline(self) -> float | None:
        """When an instance that is begun now has to be done, in terms of `time.monotonic`."""
        return None if self.seconds is None else time.monotonic() + self.seconds

    @staticmethod
    def of(points: int | None, seconds: float | None) -> Effort:
        """The given limits, and the usual ones where none is given."""
        return Effort(points or Effort.points, seconds or Effort.seconds, pairs=points or Effort.pairs)


USUAL = Effort()


def time_left(deadline: float | None) -> float | None:
    """Seconds until then, one at least: what is begun has a chance."""
    return None if deadline is None else max(1.0, deadline - time.monotonic())


@dataclass(slots=True)
class Budget:
    """How many states of each version, and pairs of states, may still be looked at; None is no limit."""

    states: int | None
    pairs: int | None

    @staticmethod
    def of(effort: Effort) -> Budget:
        return Budget(None, None) if effort.wide else Budget(SHALLOW, SHALLOW_PAIRS)

    @staticmethod
    def brief() -> Budget:
        """That of all that is not smallest."""
        return Budget(BRIEF, 0)

    def spend(self, states: int) -> None:
        if self.states is not None:
            self.states = max(0, self.states - states)

    def spend_pairs(self, pairs: int) -> None:
        if self.pairs is not None:
            self.pairs = max(0, self.pairs - pairs)

    def limits(self, effort: Effort, deadline: float | None) -> Limits:
        """Those of a comparison in lock-step."""
        most = effort.pairs if self.pairs is None else min(effort.pairs, self.pairs)
        return Limits(max_states=most, timeout=time_left(deadline))
