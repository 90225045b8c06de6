"""An inductive invariant over integers, found by asking what is in the way.

What is to be shown is strengthened until steps keep it: a state that satisfies everything so far and from which a
step leads out of it is a counterexample to induction; `block` is asked for a clause that it breaks, which is then to
be shown as well (as in IC3, A. Bradley, VMCAI 2011, without frames: a guess that is wrong is found out by what is
in its way, down to the first states).  What cannot be kept is given up, and what else rests on it is looked at again.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from custody.symbolic.integers import Integers
from custody.system.expression import Expr, and_, not_, substitute
from custody.system.finding import Stopwatch
from custody.system.model import State, System

Block = Callable[[State, Collection[Expr]], Expr | None]
"""A condition, none of those, that the state breaks, though no state that is known to be reachable does; or None."""


class OutOfTimeError(Exception):
    """The time was over before an answer."""


@dataclass(slots=True)
class Strengthened:
    """`invariant` shows all of `proved`; `failed` has for each of the others a state that is in the way, if known."""

    invariant: list[Expr]
    proved: list[str]
    failed: dict[str, State | None]


@dataclass(slots=True, eq=False)
class _Part:
    """One condition of the invariant. `name` is the property that it is, or empty."""

    expression: Expr
    name: str = ""
    literal: Any = None
    broken: dict[int, Any] = field(default_factory=dict[int, Any])


class Strengthen:
    """`first` are the first states, `facts` what is tried to begin with; `goals` must hold in each state, and none of
    `bad` may be true in any."""

    def __init__(
        self,
        system: System,
        first: Expr,
        facts: Sequence[Expr],
        goals: Mapping[str, Expr],
        bad: Mapping[str, Sequence[Expr]],
        block: Block,
        seconds: float,
    ) -> None:
        self._system, self._block, self._seconds = system, block, seconds
        self._clock = Stopwatch()
        self._integers = Integers(system)
        self._solver: Any = z3.SolverFor("QF_LIA", ctx=self._integers.context)
        self._solver.set("random_seed", 1)
        self._begin: Any = z3.SolverFor("QF_LIA", ctx=self._integers.context)
        self._begin.add(self._integers.term(first))
        self._literals = 0
        self._effects = [{e.variable: e.value for e in action.effects} for action in system.actions]
        self._taken = [
            self._named(and_(action.guard, *(check.condition for check in action.checks)))
            for action in system.actions
        ]  # fmt: skip
        self._parts: list[_Part] = []
        self._seen: set[Expr] = set()
        self._failed: dict[str, State | None] = {}
        self._bad = {name: [self._named(each) for each in many] for name, many in bad.items()}
        for name, goal in goals.items():
            if not self._add(goal, name):
                self._failed[name] = None
        for fact in facts:
            self._add(fact)

    def run(self) -> Strengthened:
        """Until nothing is in the way. OutOfTimeError when that takes longer than it may."""
        changed = True
        while changed:
            changed = False
            for index in range(len(self._taken)):
                while (found := self._leaves(index)) is not None:
                    changed = True
                    self._answer(*found)
            for name, cases in self._bad.items():
                for case in cases:
                    while name not in self._failed and (state := self._asked([case])) is not None:
                        changed = True
                        if not self._blocked(state):
                            self._failed[name] = state
        proved = [part.name for part in self._parts if part.name]
        proved += [name for name in self._bad if name not in self._failed]
        return Strengthened([part.expression for part in self._needed()], proved, self._failed)

    # ------------------------------------------------------------------ what is in the way

    def _leaves(self, index: int) -> tuple[list[_Part], State] | None:
        """A state from which the action leads out, and what it breaks."""
        affected = [part for part in self._parts if self._broken_by(part, index) is not None]
        if not affected:
            return None
        some = self._fresh()
        self._solver.add(z3.Implies(some, self._integers.any([part.broken[index] for part in affected])))
        state = self._asked([self._taken[index], some])
        if state is None:
            self._solver.add(z3.Not(some))
            return None
        model = self._solver.model()
        broken = [p for p in affected if z3.is_true(model.eval(p.broken[index], model_completion=True))]
        self._solver.add(z3.Not(some))
        return broken, state

    def _broken_by(self, part: _Part, index: int) -> Any:
        """A literal that says that the action breaks the part; None when it does not touch it."""
        if index not in part.broken:
            after = substitute(part.expression, self._effects[index])
            part.broken[index] = None if after is part.expression else self._named(not_(after))
        return part.broken[index]

    def _answer(self, broken: list[_Part], state: State) -> None:
        if self._blocked(state):
            return
        # Nothing that is known to be true tells the state from those that can be reached: what it breaks goes,
        # the guesses first.
        guesses = [part for part in broken if not part.name]
        for part in guesses or broken:
            self._parts.remove(part)
            if part.name:
                self._failed[part.name] = state

    def _blocked(self, state: State) -> bool:
        while (clause := self._block(state, self._seen)) is not None:
            if self._add(clause):
                return True
        return False

    def _add(self, expression: Expr, name: str = "") -> bool:
        """False when it does not hold at first, or was given up before."""
        if expression in self._seen and not name:
            return False
        self._seen.add(expression)
        self._begin.push()
        self._begin.add(z3.Not(self._integers.term(expression)))
        answer = self._begin.check()
        self._begin.pop()
        if answer == z3.sat:
            return False
        if answer != z3.unsat:
            raise OutOfTimeError
        self._parts.append(_Part(expression, name, self._named(expression)))
        return True

    def _needed(self) -> list[_Part]:
        """What the named parts and the bad states rest on."""
        kept: dict[int, _Part] = {id(part): part for part in self._parts if part.name}
        waiting = list(kept.values())
        by_literal = {str(part.literal): part for part in self._parts}

        def use(goals: list[Any]) -> None:
            assumed = [part.literal for part in self._parts]
            answer = self._solver.check(*assumed, *goals)
            if answer != z3.unsat:
                raise OutOfTimeError
            for literal in self._solver.unsat_core():
                part = by_literal.get(str(literal))
                if part is not None and id(part) not in kept:
                    kept[id(part)] = part
                    waiting.append(part)

        for name, cases in self._bad.items():
            if name not in self._failed:
                for case in cases:
                    use([case])
        while waiting:
            part = waiting.pop()
            for index in range(len(self._taken)):
                broken = self._broken_by(part, index)
                if broken is not None:
                    use([self._taken[index], broken])
        return [part for part in self._parts if id(part) in kept]

    # ------------------------------------------------------------------ z3

    def _asked(self, literals: list[Any]) -> State | None:
        left = self._seconds - self._clock.seconds
        if left <= 0:
            raise OutOfTimeError
        self._solver.set("timeout", max(1, int(left * 1000)))
        answer = self._solver.check(*(part.literal for part in self._parts), *literals)
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            raise OutOfTimeError
        model = self._solver.model()
        values = [model.eval(term, model_completion=True) for term in self._integers.now]
        return tuple(int(z3.is_true(v)) if z3.is_bool(v) else v.as_long() for v in values)

    def _named(self, expression: Expr) -> Any:
        literal = self._fresh()
        self._solver.add(z3.Implies(literal, self._integers.term(expression)))
        return literal

    def _fresh(self) -> Any:
        self._literals += 1
        return z3.Bool(f"l{self._literals}", self._integers.context)
