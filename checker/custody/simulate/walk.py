"""A run under way: where it is, what can happen, and why something cannot."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states
from custody.system.expression import Expr
from custody.system.finding import Trace
from custody.system.model import Check, Form, Property, State, System
from custody.system.words import conjuncts

MOST_STARTS = 1_000
"""How many first states are offered."""


class NoStateError(Exception):
    """The system has no first state, so that there is nothing to play."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of the run: the action, and the state after it; None after a step that broke `check`."""

    action: int
    after: State | None
    check: Check | None = None


class Walk:
    """A run from a first state. Steps that were backed over are kept until another step is taken instead."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.starts = [state for state, _ in zip(initial_states(system), range(MOST_STARTS), strict=False)]
        if not self.starts:
            raise NoStateError(f"{system.name} has no first state")
        self._first = self.starts[0]
        self._taken: list[Taken] = []
        self._at = 0

    # ---------------------------------------------------------------- where it is

    @property
    def at(self) -> int:
        """How many steps have been taken up to here."""
        return self._at

    @property
    def length(self) -> int:
        """How many steps there are, those that were backed over among them."""
        return len(self._taken)

    @property
    def steps(self) -> tuple[Taken, ...]:
        """All of them."""
        return tuple(self._taken)

    @property
    def state(self) -> State:
        """The state here; of a step that broke a check, the one before."""
        return self.state_at(self._at)

    def state_at(self, position: int) -> State:
        """The state after so many steps."""
        for taken in reversed(self._taken[:position]):
            if taken.after is not None:
                return taken.after
        return self._first

    @property
    def over(self) -> bool:
        """Whether the last step broke a check: nothing comes after it."""
        return self._at > 0 and self._taken[self._at - 1].after is None

    # ---------------------------------------------------------------- moving

    def possible(self) -> tuple[int, ...]:
        """The actions that can be taken here."""
        return () if self.over else tuple(enabled(self.system, self.state))

    def take(self, action: int) -> Taken:
        """Takes the step and forgets what was backed over, unless it is the same; ValueError where it cannot be."""
        if self.over or not evaluate(self.system.actions[action].guard, self.state):
            raise ValueError("this step cannot be taken here")
        if self._at < len(self._taken) and self._taken[self._at].action == action:
            self._at += 1
            return self._taken[self._at - 1]
        known = self.system.actions[action]
        check = failed_check(known, self.state)
        taken = Taken(action, None if check is not None else fire(known, self.state), check)
        self._taken[self._at :] = [taken]
        self._at += 1
        return taken

    def go(self, position: int) -> None:
        """To after so many steps of the run, backwards or forwards again."""
        self._at = max(0, min(position, len(self._taken)))

    def restart(self, start: int = 0) -> None:
        """To a first state; the run is forgotten. IndexError where there is no such first state."""
        self._first = self.starts[start]
        self._taken, self._at = [], 0

    def load(self, trace: Trace) -> None:
        """A run that was found, to be played from its beginning."""
        self._first = trace.states[0]
        after: Sequence[State | None] = (*trace.states[1:], None) if trace.broken is not None else trace.states[1:]
        self._taken = []
        for action, state in zip(trace.actions, after, strict=True):
            check = self.system.actions[action].checks[trace.broken or 0] if state is None else None
            self._taken.append(Taken(action, state, check))
        self._at = 0

    # ---------------------------------------------------------------- asking

    def missing(self, action: int) -> tuple[Expr, ...]:
        """The parts of the action's guard that are false here."""
        guard = self.system.actions[action].guard
        return tuple(part for part in conjuncts(guard) if not evaluate(part, self.state))

    def stands_before(self, action: int) -> bool:
        """Whether the actor has come to this step, so that only what it waits for is missing."""
        return bool(evaluate(self.system.actions[action].control, self.state))

    def violated(self) -> tuple[Property, ...]:
        """The properties that are false here, or over the last step."""
        found: list[Property] = []
        taken = self._taken[self._at - 1] if self._at else None
        before = self.state_at(self._at - 1) if self._at else None
        for subject in self.system.properties:
            if subject.form is Form.INVARIANT:
                false = not evaluate(subject.expression, self.state)
            elif subject.form is Form.STEP and before is not None and taken is not None and taken.after is not None:
                false = not evaluate(subject.expression, before, taken.after)
            else:
                false = taken is not None and taken.check is not None and taken.check.property == subject.name
            if false:
                found.append(subject)
        return tuple(found)

    def find(self, wanted: Expr, most: int, stop: Callable[[], bool] = lambda: False) -> tuple[int, ...] | None:
        """The shortest way from here to a state in which `wanted` holds, as actions; None where there is none.

        Looks at `most` states at most; LookupError where that was not enough to tell.
        """
        origin = self.state
        ways: dict[State, tuple[State, int] | None] = {origin: None}
        queue = deque([] if self.over else [origin])
        while queue:
            state = queue.popleft()
            if evaluate(wanted, state):
                return _way(ways, state)
            for action in enabled(self.system, state):
                known = self.system.actions[action]
                if failed_check(known, state) is None:
                    after = fire(known, state)
                    if after not in ways:
                        ways[after] = (state, action)
                        queue.append(after)
            if len(ways) > most or stop():
                raise LookupError(f"not within {len(ways):,} states")
        return None

    def wander(self, chance: random.Random) -> Taken | None:
        """A step at random; None where there is none."""
        possible = self.possible()
        return self.take(chance.choice(possible)) if possible else None


def _way(ways: dict[State, tuple[State, int] | None], state: State) -> tuple[int, ...]:
    actions: list[int] = []
    while (step := ways[state]) is not None:
        state, action = step
        actions.append(action)
    return tuple(reversed(actions))
