"""What is the same by its values: proved by trying and by parts, against all values of everything."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.change import equivalent
from custody.change.equivalent import Asked, same_meaning
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.expression import TRUE, Expr, Op, Sort, add, and_, eq, ite, lt, nodes, not_, number, or_, read
from custody.system.model import Clause, Domain, Effect, State, System, Variable
from custody.system.place import NOWHERE
from support.edited_systems import pair_of
from support.naive import Naive
from support.random_systems import system_of

SEEDS = int(os.environ.get("CUSTODY_FUZZ", "1500")) // 25


def states(system: System) -> list[State]:
    return list(itertools.product(*(range(v.domain.low, v.domain.high + 1) for v in system.variables)))


def parts(system: System) -> list[Expr]:
    """Every expression over a state that the system has, and some that are not far from them."""
    roots = [action.guard for action in system.actions]
    roots += [effect.value for action in system.actions for effect in action.effects]
    found = [node for node in nodes(*roots) if node.op is not Op.NEXT]
    truths = [node for node in found if node.sort is Sort.BOOL]
    more = [and_(a, or_(a, b)) for a, b in itertools.pairwise(truths)]
    more += [or_(a, and_(not_(a), b)) for a, b in itertools.pairwise(truths)]
    more += [or_(a, b) for a, b in itertools.pairwise(truths)]
    more += [not_(and_(not_(a), not_(b))) for a, b in itertools.pairwise(truths)]
    return [*found, *more]


@pytest.mark.parametrize("most", [1, 6, 4096])
@settings(max_examples=SEEDS, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_the_same_is_so_for_all_values(most: int, seed: int) -> None:
    """With room for few values it is by parts that something is found, if it is; with room for all nothing is missed
    of what is looked at as a whole."""
    dice = Random(seed)
    system = system_of(seed)
    known, everywhere = parts(system), states(system)
    conditions = [*(part for part in known if part.sort is Sort.BOOL), TRUE]
    before, equivalent.MOST_VALUES = equivalent.MOST_VALUES, most
    try:
        asked = Asked([variable.domain for variable in system.variables])
        for _ in range(20):
            one = dice.choice(known)
            other = dice.choice([part for part in known if part.sort is one.sort])
            where = frozenset(dice.choices(conditions, k=dice.choice((0, 0, 1, 2))))
            meant = all(
                evaluate(one, state) == evaluate(other, state)
                for state in everywhere
                if all(evaluate(condition, state) for condition in where)
            )
            said = asked.same(one, other, where)
            assert meant or not said
            if most == 4096 and not where and not {one.op, other.op} & {Op.AND, Op.OR}:
                assert said == meant
    finally:
        equivalent.MOST_VALUES = before


@pytest.mark.parametrize("most", [1, 4096])
@settings(max_examples=SEEDS, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_systems_that_mean_the_same_take_the_same_steps(most: int, seed: int) -> None:
    dice = Random(seed)
    before, equivalent.MOST_VALUES = equivalent.MOST_VALUES, most
    try:
        for old, new in (pair_of(seed), (pair_of(seed)[0], rewritten(pair_of(seed)[0], dice))):
            if same_meaning(old, new, properties=False):
                assert list(initial_states(old)) == list(initial_states(new))
                assert all(steps(old, state) == steps(new, state) for state in Naive(old).depths)
    finally:
        equivalent.MOST_VALUES = before


def rewritten(system: System, dice: Random) -> System:
    """One action said otherwise: mostly with the same meaning, sometimes with almost the same."""
    at = dice.randrange(len(system.actions))
    action = system.actions[at]
    other = dice.choice([node for node in nodes(*(a.guard for a in system.actions)) if node.sort is Sort.BOOL])
    guard = dice.choice((and_(action.guard, or_(action.guard, other)), and_(action.guard, other)))
    effects = tuple(
        replace(effect, value=ite(dice.choice((action.guard, other)), effect.value, effect.value))
        if dice.randrange(2) or effect.value.sort is Sort.BOOL
        else replace(effect, value=ite(dice.choice((action.guard, other)), effect.value, number(0)))
        for effect in action.effects
    )
    edited = replace(action, guard=guard, effects=effects)
    return replace(system, actions=(*system.actions[:at], edited, *system.actions[at + 1 :]))


def steps(system: System, state: State) -> list[object]:
    found: list[object] = []
    for action in system.actions:
        if evaluate(action.guard, state):
            broken = failed_check(action, state)
            said = None if action.answer is None else evaluate(action.answer.value, state)
            found.append((action.name, said, fire(action, state) if broken is None else broken.property))
    return found


def test_one_more_condition_that_the_others_imply_is_no_change() -> None:
    system = next(s for s in map(system_of, range(1000)) if any(v.domain.size > 2 for v in s.variables))
    index, variable = next((i, v) for i, v in enumerate(system.variables) if v.domain.size > 2)
    here = eq(read(index, Sort.INT), number(variable.domain.low))
    there = eq(read(index, Sort.INT), number(variable.domain.high))
    action = system.actions[0]
    old = replace(system, actions=(replace(action, guard=and_(action.guard, here)), *system.actions[1:]))

    def also(condition: Expr) -> System:
        changed = replace(action, guard=and_(action.guard, here, condition))
        return replace(system, actions=(changed, *system.actions[1:]))

    assert same_meaning(old, also(or_(there, here)), properties=True)
    assert same_meaning(old, also(not_(there)), properties=True)

    def starting(system: System, value: int) -> System:
        return replace(system, where=eq(read(index, Sort.INT), number(value)), variables=free(system))

    def free(system: System) -> tuple[Variable, ...]:
        return tuple(replace(v, initial=(variable.domain.low,)) if v is variable else v for v in system.variables)

    assert not same_meaning(
        starting(old, variable.domain.low), starting(also(there), variable.domain.low), properties=True
    )


def test_a_condition_that_holds_wherever_one_comes_is_no_change() -> None:
    """Proved by induction: what is asked in addition is not so for all values, but is never otherwise."""

    def counting(guard: Expr, after: Expr, first: int = 0) -> System:
        system = next(s for s in map(system_of, range(1000)) if not s.fairness)
        low = [replace(v, domain=Domain(0, 3), initial=(first,)) for v in system.variables[:2]]
        one = replace(
            system.actions[0], guard=guard, effects=(Effect(0, after), Effect(1, after)), checks=(), answer=None
        )
        other = replace(one, guard=eq(x, number(3)), effects=(Effect(0, number(0)), Effect(1, number(0))))
        return replace(system, variables=tuple(low), actions=(one, other), properties=(), where=TRUE, terminal=TRUE)

    x, y = read(0, Sort.INT), read(1, Sort.INT)
    more, less = lt(x, number(3)), ite(lt(x, number(3)), add(x, number(1)), x)
    assert same_meaning(counting(more, less), counting(and_(more, eq(x, y)), less), properties=True)
    assert same_meaning(counting(more, less), counting(and_(more, not_(lt(x, y))), less), properties=True)
    assert not same_meaning(counting(more, less), counting(and_(more, not_(eq(x, number(2)))), less), properties=True)
    assert not same_meaning(counting(more, less), counting(and_(more, not_(eq(x, number(0)))), less), properties=True)


def test_whose_duty_it_is_matters_where_the_guard_is_the_same() -> None:
    system = next(s for s in map(system_of, range(1000)) if not evaluate(s.actions[0].guard, next(initial_states(s))))
    action = system.actions[0]

    def said(duty: bool) -> System:
        stated = replace(action, clauses=(Clause(action.guard, "as it is", NOWHERE, duty),))
        return replace(system, actions=(stated, *system.actions[1:]))

    assert same_meaning(said(True), said(True), properties=True)
    assert not same_meaning(said(True), said(False), properties=True)
