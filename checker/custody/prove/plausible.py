"""Guesses that the first states of a system do not refute: few others are worth a solver's time."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from typing import Protocol, TypeVar

from custody.system.evaluate import initial_states
from custody.system.expression import Expr
from custody.system.fast import moves, truths
from custody.system.model import State, System

LOOKED_AT = 1_000
"""How many states a guess has to be true in before it is tried."""


class Guess(Protocol):
    """Whatever may be an invariant."""

    @property
    def expression(self) -> Expr: ...


_Guess = TypeVar("_Guess", bound=Guess)


def sample(system: System) -> list[State]:
    """Some thousand states that can be reached, the nearest first."""
    following, seen = moves(system), dict.fromkeys(itertools.islice(initial_states(system), LOOKED_AT))
    waiting = deque(seen)
    while waiting and len(seen) < LOOKED_AT:
        for _, broken, after in following(waiting.popleft()):
            if broken < 0 and after not in seen:
                seen[after] = None
                waiting.append(after)
    return list(seen)


def plausible(guesses: Sequence[_Guess], seen: Sequence[State]) -> list[_Guess]:
    """Those that are true in all of the states."""
    if not guesses:
        return []
    truth = truths([guess.expression for guess in guesses])
    left = [True] * len(guesses)
    for state in seen:
        left = [old and bool(new) for old, new in zip(left, truth(state), strict=True)]
    return [guess for guess, true in zip(guesses, left, strict=True) if true]
