"""Random systems with something to check: two actors, fairness, and a property of every form."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from custody.system.expression import TRUE, Expr, Op, after, nodes, rebuild
from custody.system.model import Action, Conjunct, Fairness, Form, Kind, Property, System
from support.small_systems import at, systems, truths

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


@st.composite
def checked_systems(draw: st.DrawFn) -> System:
    """A random system with two actors, spontaneous steps, fairness, and a property of every form."""
    system = draw(systems())
    some = truths(system.variables, 2)

    def owned(action: Action) -> Action:
        return replace(action, actor=draw(st.sampled_from(ACTORS)), spontaneous=draw(st.integers(0, 4)) == 0)

    def named(name: str, form: Form, expression: Expr = TRUE, goal: Expr = TRUE) -> Property:
        return Property(name, form, Kind.INVARIANT, at(1), expression, goal)

    numbers = range(len(system.variables))
    later = draw(st.frozensets(st.sampled_from(numbers), min_size=1))
    premise = Conjunct(draw(some), "premise", (), at(1))
    properties = (
        replace(named("one", Form.INVARIANT, expression=draw(some)), premises=(premise,)),
        named("two", Form.INVARIANT, expression=draw(some)),
        named("step", Form.STEP, expression=ahead(draw(some), later)),
        named("reach", Form.REACHABLE, expression=draw(some)),
        named("range", Form.HAZARD),
        named("deadlock", Form.DEADLOCK),
        replace(named("progress", Form.PROGRESS), resting=tuple((actor, draw(some)) for actor in ACTORS)),
        named("eventually", Form.EVENTUALLY, expression=draw(some)),
        named("leads", Form.LEADS_TO, expression=draw(some), goal=draw(some)),
    )
    actions = tuple(map(owned, system.actions))
    groups = draw(st.lists(st.frozensets(st.sampled_from(range(len(actions))), min_size=1, max_size=2), max_size=2))
    fairness = tuple(Fairness(f"f{i}", draw(st.booleans()), tuple(sorted(g))) for i, g in enumerate(groups))
    return replace(system, actions=actions, properties=properties, terminal=draw(some), fairness=fairness)
