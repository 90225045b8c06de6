"""Systems drawn as graphs: one variable says where one is, each action is one edge.

What a fair run can do depends on the edges and the promises alone, so these try out fairness at its hardest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from custody.system.expression import Expr, Sort, eq, number, or_, read
from custody.system.model import Action, Domain, Effect, Fairness, Form, Kind, Property, System, Variable
from custody.system.place import NOWHERE


def at(*places: int) -> Expr:
    """One is at one of the places."""
    return or_(*(eq(read(0, Sort.INT), number(place)) for place in places))


def eventually(goal: Expr) -> Property:
    return Property("eventually", Form.EVENTUALLY, Kind.LIVENESS, NOWHERE, goal)


def leads_to(trigger: Expr, goal: Expr) -> Property:
    return Property("leads_to", Form.LEADS_TO, Kind.LIVENESS, NOWHERE, trigger, goal)


def weak(*actions: int) -> Fairness:
    return Fairness(f"weak {actions}", False, actions)


def strong(*actions: int) -> Fairness:
    return Fairness(f"strong {actions}", True, actions)


def graph(
    edges: Iterable[tuple[int, int]],
    properties: Sequence[Property] = (),
    fairness: Sequence[Fairness] = (),
    first: Sequence[int] = (0,),
    actors: Sequence[str] = ("A",),
) -> System:
    """The system with these edges, as actions in this order, by the actors in turn."""
    edges = list(edges)
    last = max((place for edge in edges for place in edge), default=0)
    actions = [
        Action(
            name=f"{source} to {target}",
            actor=actors[index % len(actors)],
            label=f"{source} to {target}",
            place=NOWHERE,
            guard=at(source),
            effects=(Effect(0, number(target)),),
        )
        for index, (source, target) in enumerate(edges)
    ]
    where = Variable("where", Domain(0, max(last, *first)), tuple(first), "where")
    return System("edges", "edges.custody", (where,), tuple(actions), tuple(properties), fairness=tuple(fairness))


@st.composite
def graphs(draw: st.DrawFn) -> System:
    """Up to five places, often in a ring; up to twelve edges; up to three promises, perhaps about the same."""
    last = draw(st.integers(1, 4))
    places = st.integers(0, last)
    ring = [(place, (place + 1) % (last + 1)) for place in range(last + 1)] if draw(st.integers(0, 2)) else []
    edges = ring + draw(st.lists(st.tuples(places, places), min_size=1, max_size=7))
    some = st.sets(places, max_size=2).map(lambda found: at(*sorted(found)))
    few = st.sets(st.integers(0, len(edges) - 1), min_size=1, max_size=4)
    pool = [tuple(sorted(draw(few))) for _ in range(3)]
    fairness = [
        Fairness(f"f{number}", draw(st.booleans()), draw(st.sampled_from(pool)))
        for number in range(draw(st.integers(0, 3)))
    ]
    properties = (eventually(draw(some)), leads_to(draw(some), draw(some)))
    first = sorted(draw(st.sets(places, min_size=1, max_size=2)))
    return graph(edges, properties, fairness, first, actors=("A", "B"))
