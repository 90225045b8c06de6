"""Random systems with every form of property, on which all engines are to say the same.

Each is made from one number, by dice of Python's own: quicker than to draw each part of each expression, and
not inclined to the trivial.  Two actors, one with a position and a local of its own, so that the searches'
tables by position are used as well; checks that break, spontaneous steps, several first states, promises of
fairness of both kinds.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from custody.system.evaluate import initial_states
from custody.system.expression import (
    TRUE,
    Expr,
    Op,
    Sort,
    add,
    after,
    and_,
    boolean,
    eq,
    ite,
    le,
    lt,
    mod,
    mul,
    not_,
    number,
    or_,
    read,
    sub,
)
from custody.system.model import (
    Action,
    Check,
    Conjunct,
    Domain,
    Effect,
    Fairness,
    Form,
    Kind,
    Property,
    System,
    Variable,
)
from support.small_systems import DOMAINS, FILE, action, at, in_range, variable

ACTORS = ("one", "two")
HAZARD = "broken"
"""The property that the random checks name; effects that leave their range break `range`."""
_POSITION = Domain(0, 2, labels=("start", "middle", "end"))
_LOCAL = Domain(-1, 1)


def random_systems() -> st.SearchStrategy[System]:
    """Systems of three to five variables and three to six actions of two actors, with a property of every form."""
    return st.integers(0, 2**32).map(system_of)


def system_of(seed: int) -> System:
    """The system that belongs to the number."""
    return _Dice(Random(seed)).system()


class _Dice:
    """Throws one system."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._variables = [self._variable(index) for index in range(dice.randint(2, 3))]
        self._shared = len(self._variables)
        for name, domain in (("at", _POSITION), ("local", _LOCAL))[: dice.randint(1, 2)]:
            self._variables.append(replace(variable(name, domain, 0), control=True, actor=ACTORS[0]))

    def system(self) -> System:
        dice = self._dice
        count = dice.randint(3, 6)
        system = System(
            "random",
            FILE,
            tuple(self._variables),
            tuple(self._action(f"act{index}") for index in range(count)),
            self._properties(),
            where=TRUE if dice.random() < 0.7 else self._truth(1),
            terminal=self._corner(),
            fairness=tuple(self._promise(index, count) for index in range(dice.randint(0, 2))),
        )
        return system if any(True for _ in initial_states(system)) else replace(system, where=TRUE)

    def _variable(self, index: int) -> Variable:
        domain = self._dice.choice(DOMAINS)
        initial = [self._dice.randint(domain.low, domain.high) for _ in range(self._dice.randint(1, 2))]
        return variable(f"x{index}", domain, *initial)

    def _promise(self, index: int, actions: int) -> Fairness:
        chosen = self._dice.sample(range(actions), self._dice.randint(1, 2))
        return Fairness(f"promise{index}", self._dice.random() < 0.5, tuple(sorted(chosen)))

    # ------------------------------------------------------------------ expressions

    def _number(self, depth: int, later: float = 0.0) -> Expr:
        """An integer; `later` is the chance that a variable is read after the step."""
        dice = self._dice
        if depth == 0 or dice.random() < 0.2:
            index = self._pick(Sort.INT)
            if index is None or dice.random() < 0.2:
                return number(dice.randint(-3, 7))
            return self._read(index, later)
        one, other = self._number(depth - 1, later), self._number(depth - 1, later)
        match dice.randrange(6):
            case 0:
                return add(one, other)
            case 1:
                return sub(one, other)
            case 2:
                return mul(one, other)
            case 3:
                # Built directly: what is not positive may divide, with the result 0 that the evaluator gives.
                return Expr(dice.choice((Op.DIV, Op.MOD)), Sort.INT, (one, other))
            case 4:
                return mod(one, number(dice.randint(1, 4)))
            case _:
                return ite(self._truth(depth - 1, later), one, other)

    def _truth(self, depth: int, later: float = 0.0) -> Expr:
        dice = self._dice
        if depth == 0 or dice.random() < 0.2:
            index = self._pick(Sort.BOOL)
            if index is not None and dice.random() < 0.8:
                return self._read(index, later)
            compare = dice.choice((eq, lt, le))
            return compare(self._number(0, later), number(dice.randint(-2, 3)))
        if dice.random() < 0.4:
            compare = dice.choice((eq, lt, le))
            return compare(self._number(depth - 1, later), self._number(depth - 1, later))
        one, other = self._truth(depth - 1, later), self._truth(depth - 1, later)
        match dice.randrange(5):
            case 0:
                return and_(one, other)
            case 1:
                return or_(one, other)
            case 2:
                return eq(one, other)
            case 3:
                return not_(one)
            case _:
                return ite(self._truth(depth - 1, later), one, other)

    def _pick(self, sort: Sort) -> int | None:
        fitting = [index for index, variable in enumerate(self._variables) if variable.domain.sort is sort]
        return self._dice.choice(fitting) if fitting else None

    def _read(self, index: int, later: float) -> Expr:
        sort = self._variables[index].domain.sort
        return after(index, sort) if self._dice.random() < later else read(index, sort)

    # ------------------------------------------------------------------ actions and properties

    def _action(self, name: str) -> Action:
        dice = self._dice
        actor = dice.choice(ACTORS)
        guard = TRUE if dice.random() < 0.4 else or_(self._truth(1), self._truth(2))
        effects: list[Effect] = []
        checks: list[Check] = []
        if dice.random() < 0.2:
            checks.append(Check(not_(self._corner()), HAZARD, "is broken", at(3)))
        if actor == ACTORS[0]:
            for index, own in enumerate(self._variables[self._shared :], self._shared):
                if dice.random() < 0.5:
                    # A value beyond the range is one that the variable never has.
                    here = dice.randint(own.domain.low - (dice.random() < 0.1), own.domain.high)
                    guard = and_(eq(read(index, Sort.INT), number(here)), guard)
                    effects.append(Effect(index, number(dice.randint(own.domain.low, own.domain.high))))
        for target in dice.sample(range(self._shared), min(self._shared, dice.randint(1, 2))):
            domain = self._variables[target].domain
            value = self._new_value(target)
            if not domain.boolean and dice.random() < 0.2:
                checks.append(in_range(domain, value))
            elif not domain.boolean:
                value = add(mod(sub(value, number(domain.low)), number(domain.size)), number(domain.low))
            effects.append(Effect(target, value))
        made = action(name, guard, effects, checks)
        return replace(made, actor=actor, spontaneous=dice.random() < 0.25)

    def _new_value(self, target: int) -> Expr:
        """Mostly another one than now, so that there is somewhere to go."""
        sort = self._variables[target].domain.sort
        now = read(target, sort)
        if sort is Sort.BOOL:
            return not_(now) if self._dice.random() < 0.5 else self._truth(2)
        return add(now, number(self._dice.choice((-1, 1, 2)))) if self._dice.random() < 0.6 else self._number(2)

    def _corner(self) -> Expr:
        """One value of some variables, which takes a while to come to."""
        corner: list[Expr] = []
        for index in self._dice.sample(range(len(self._variables)), self._dice.randint(1, len(self._variables))):
            domain = self._variables[index].domain
            value = self._dice.randint(domain.low, domain.high)
            corner.append(eq(read(index, domain.sort), boolean(bool(value)) if domain.boolean else number(value)))
        return and_(*corner)

    def _properties(self) -> tuple[Property, ...]:
        return (
            replace(_named("always", Form.INVARIANT, self._truth(2)), premises=self._premises()),
            _named("seldom_not", Form.INVARIANT, not_(self._corner())),
            replace(_named("each_step", Form.STEP, self._step()), premises=self._premises()),
            _named("often", Form.STEP, or_(not_(self._corner()), self._step())),
            _named("possible", Form.REACHABLE, self._corner()),
            _named(HAZARD, Form.HAZARD),
            _named("range", Form.HAZARD),
            _named("goes_on", Form.DEADLOCK),
            replace(_named("can_rest", Form.PROGRESS), resting=tuple((actor, self._rarely()) for actor in ACTORS)),
            _named("happens", Form.EVENTUALLY, self._rarely()),
            _named("answers", Form.LEADS_TO, self._truth(2), self._rarely()),
        )

    def _rarely(self) -> Expr:
        return or_(self._corner(), self._corner() if self._dice.random() < 0.5 else self._truth(1))

    def _step(self) -> Expr:
        return self._truth(2, later=0.5)

    def _premises(self) -> tuple[Conjunct, ...]:
        conditions = (and_(self._truth(2), self._truth(1)), and_(self._step(), self._step()))
        return tuple(Conjunct(condition, "premise", (), at(5)) for condition in conditions)


def _named(name: str, form: Form, expression: Expr = TRUE, goal: Expr = TRUE) -> Property:
    return Property(name, form, Kind.INVARIANT, at(4), expression, goal)
