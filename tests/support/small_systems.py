"""Small systems for comparing tools: a plain count of everything reachable, and random systems to count.

The count is made with the plain evaluator alone, so it shares no search with any engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from custody.system.evaluate import enabled, failed_check, fire, initial_states
from custody.system.expression import (
    TRUE,
    Expr,
    Op,
    Sort,
    add,
    and_,
    boolean,
    div,
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
from custody.system.model import BOOLEAN, Action, Check, Domain, Effect, State, System, Variable
from custody.system.place import Place

FILE = "small.custody"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reachable:
    """Everything reachable: the states in breadth-first order, the transitions, the depth of the deepest state."""

    states: tuple[State, ...]
    transitions: int
    depth: int


def explore(system: System) -> Reachable:
    """By the meaning of a system and nothing else. A step that breaks a check is a transition to nowhere."""
    depth_of = dict.fromkeys(initial_states(system), 0)
    order = list(depth_of)
    transitions = 0
    for state in order:
        for index in enabled(system, state):
            transitions += 1
            action = system.actions[index]
            if failed_check(action, state) is None:
                after = fire(action, state)
                if after not in depth_of:
                    depth_of[after] = depth_of[state] + 1
                    order.append(after)
    return Reachable(tuple(order), transitions, max(depth_of.values(), default=0))


def at(line: int) -> Place:
    return Place(FILE, line)


def variable(name: str, domain: Domain, *initial: int) -> Variable:
    return Variable(name, domain, initial, base=name, place=at(1))


def action(name: str, guard: Expr, effects: Sequence[Effect], checks: Sequence[Check] = ()) -> Action:
    return Action(name, "user", name, at(2), guard, tuple(effects), tuple(checks))


def system(variables: Sequence[Variable], actions: Sequence[Action], where: Expr = TRUE) -> System:
    return System("small", FILE, tuple(variables), tuple(actions), (), where=where)


def in_range(domain: Domain, value: Expr) -> Check:
    """The check that keeps an effect within its variable's domain."""
    inside = and_(le(number(domain.low), value), le(value, number(domain.high)))
    return Check(inside, "range", "leaves its range", at(3))


DOMAINS = (BOOLEAN, Domain(0, 2, labels=("a", "b", "c")), Domain(-2, 1), Domain(0, 3), Domain(5, 7))


def thrown(make: Callable[[Random], T]) -> st.SearchStrategy[T]:
    """What is made with dice of Python's own: quicker than to draw each part of each expression."""
    return st.integers(0, 2**64).map(lambda seed: make(Random(seed)))


def integers(variables: Sequence[Variable], depth: int) -> st.SearchStrategy[Expr]:
    """Integer expressions over the variables, of at most `depth` operators above each other."""
    return thrown(lambda dice: _integer(dice, variables, depth))


def truths(variables: Sequence[Variable], depth: int) -> st.SearchStrategy[Expr]:
    """Boolean expressions over the variables, of at most `depth` operators above each other."""
    return thrown(lambda dice: random_truth(dice, variables, depth))


def _integer(dice: Random, variables: Sequence[Variable], depth: int) -> Expr:
    choice = dice.randrange(7) if depth else 0
    match choice:
        case 0 | 1:
            numbers = [index for index, variable in enumerate(variables) if variable.domain.sort is Sort.INT]
            if numbers and dice.random() < 0.5:
                return read(dice.choice(numbers), Sort.INT)
            return number(dice.randint(-3, 7))
        case 2 | 3 | 4 | 5:
            operator = dice.choice((add, sub, mul, _div, _mod))
            return operator(_integer(dice, variables, depth - 1), _integer(dice, variables, depth - 1))
        case _:
            parts = [_integer(dice, variables, depth - 1) for _ in range(2)]
            return ite(random_truth(dice, variables, depth - 1), *parts)


def random_truth(dice: Random, variables: Sequence[Variable], depth: int) -> Expr:
    """A Boolean expression over the variables, of at most `depth` operators above each other."""
    choice = dice.randrange(7) if depth else 0
    if choice == 0:
        flags = [index for index, variable in enumerate(variables) if variable.domain.boolean]
        if flags and dice.random() < 0.5:
            return read(dice.choice(flags), Sort.BOOL)
        return boolean(dice.random() < 0.5)
    if choice == 1:
        comparison = dice.choice((eq, lt, le))
        return comparison(_integer(dice, variables, depth - 1), _integer(dice, variables, depth - 1))
    parts = [random_truth(dice, variables, depth - 1) for _ in range((0, 0, 2, 1, 3, 3, 3)[choice])]
    match choice:
        case 2:
            return eq(*parts)
        case 3:
            return not_(*parts)
        case 4:
            return and_(*parts)
        case 5:
            return or_(*parts)
        case _:
            return ite(*parts)


def _div(left: Expr, right: Expr) -> Expr:
    """Built directly: what is not positive may divide here, with the result 0 that the evaluator gives."""
    return div(left, right) if right.is_constant and right.value > 0 else Expr(Op.DIV, Sort.INT, (left, right))


def _mod(left: Expr, right: Expr) -> Expr:
    return mod(left, right) if right.is_constant and right.value > 0 else Expr(Op.MOD, Sort.INT, (left, right))


def systems() -> st.SearchStrategy[System]:
    """Systems of three to five variables, four to eight actions, and one first state or several.

    An effect that would leave its variable's range breaks a check, or goes round to the range's other end.
    """
    return thrown(random_system)


def random_system(dice: Random) -> System:
    """One of them."""
    variables = [_random_variable(dice, index) for index in range(dice.randint(3, 5))]
    actions = [_random_action(dice, f"act{index}", variables) for index in range(dice.randint(4, 8))]
    where = random_truth(dice, variables, 2) if dice.random() < 0.5 else TRUE
    candidate = system(variables, actions, where)
    return candidate if any(True for _ in initial_states(candidate)) else system(variables, actions)


def _random_variable(dice: Random, index: int) -> Variable:
    domain = dice.choice(DOMAINS)
    initial = [dice.randint(domain.low, domain.high) for _ in range(dice.randint(1, 2))]
    return variable(f"x[{index}]", domain, *initial)


def _random_action(dice: Random, name: str, variables: Sequence[Variable]) -> Action:
    effects: list[Effect] = []
    checks: list[Check] = []
    for target in dice.sample(range(len(variables)), dice.randint(0, 3)):
        domain = variables[target].domain
        value = random_truth(dice, variables, 2) if domain.boolean else _integer(dice, variables, 2)
        if not domain.boolean and dice.random() < 0.5:
            checks.append(in_range(domain, value))
        elif not domain.boolean:
            value = add(mod(sub(value, number(domain.low)), number(domain.size)), number(domain.low))
        effects.append(Effect(target, value))
    return action(name, random_truth(dice, variables, 2), effects, checks)
