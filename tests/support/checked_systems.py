"""Random systems with something to check: two actors, fairness, and a property of every form."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from custody.system.expression import TRUE, Expr, Op, after, nodes, rebuild
from custody.system.model import Action, Conjunct, Fairness, Form, Kind, Property, System
from support.small_systems import at, random_system, random_truth, thrown

ACTORS = ("a", "b")


def ahead(root: Expr, variables: frozenset[int]) -> Expr:
    """The expression with some variables read after the step instead of before it."""
    known: dict[Expr, Expr] = {}
    for node in nodes(root):
        if node.op is Op.READ and node.value in variables:
            known[node] = after(node.value, node.sort)
        else:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
    return known[root]


def checked_systems() -> st.SearchStrategy[System]:
    """Random systems with two actors, spontaneous steps, fairness, and a property of every form."""
    return thrown(_checked)


def _checked(dice: Random) -> System:
    system = random_system(dice)

    def some() -> Expr:
        return random_truth(dice, system.variables, 2)

    def owned(action: Action) -> Action:
        return replace(action, actor=dice.choice(ACTORS), spontaneous=dice.random() < 0.2)

    def named(name: str, form: Form, expression: Expr = TRUE, goal: Expr = TRUE) -> Property:
        return Property(name, form, Kind.INVARIANT, at(1), expression, goal)

    numbers = range(len(system.variables))
    later = frozenset(dice.sample(numbers, dice.randint(1, len(numbers))))
    premise = Conjunct(some(), "premise", (), at(1))
    properties = (
        replace(named("one", Form.INVARIANT, expression=some()), premises=(premise,)),
        named("two", Form.INVARIANT, expression=some()),
        named("step", Form.STEP, expression=ahead(some(), later)),
        named("reach", Form.REACHABLE, expression=some()),
        named("range", Form.HAZARD),
        named("deadlock", Form.DEADLOCK),
        replace(named("progress", Form.PROGRESS), resting=tuple((actor, some()) for actor in ACTORS)),
        named("eventually", Form.EVENTUALLY, expression=some()),
        named("leads", Form.LEADS_TO, expression=some(), goal=some()),
    )
    actions = tuple(map(owned, system.actions))
    groups = [dice.sample(range(len(actions)), dice.randint(1, 2)) for _ in range(dice.randint(0, 2))]
    fairness = tuple(Fairness(f"f{i}", dice.random() < 0.5, tuple(sorted(g))) for i, g in enumerate(groups))
    return replace(system, actions=actions, properties=properties, terminal=some(), fairness=fairness)
