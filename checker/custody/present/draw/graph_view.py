"""The reachable graph itself: a node for each state, where there are few enough to be looked at.

States that differ only by exchanging interchangeable instances are one.  A chain, of states that have one way in and
one way out and nothing to be said about them, is folded into the edge that goes around it, which tells its steps in
order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.graph.build import ReachableGraph
from custody.graph.folded import FoldedGraph, Step, folded
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong, hazard_name, hazard_node
from custody.present.draw.marks import Marks, place_of
from custody.present.draw.metrics import wrap
from custody.present.draw.style import owner
from custody.present.report import step_words
from custody.system.display import show
from custody.system.model import Action, System

MOST_NODES = 24
"""How many nodes such a picture may have once its chains are folded."""

MOST_STATES = 2_000
"""More states are not even looked at: no folding makes a picture of them."""

MOST_LINES = 8
"""How many values a node tells, and steps an arrow; all of them are in the tooltip."""

EXCHANGED = "(up to exchanging)"
"""Says of an arrow that it leads to what exchanges of instances make of the state that is shown."""

_WIDEST, _SIZE = 200.0, 12.0
"""A line of text, in points, and the size of its letters."""


@dataclass(frozen=True, slots=True)
class _Step:
    """An edge of the folded graph: the actions along it, at least one, where it leads, and what its only step
    breaks (a step that breaks something is never part of a chain). One that is not `plain` leads to what exchanges
    make of the state that is shown."""

    actions: tuple[int, ...]
    target: int
    breaks: tuple[str, ...] = ()
    plain: bool = True


def graph_view(system: System, graph: ReachableGraph, name: str) -> Map | None:
    """The map of every state; None where there are too many for a picture, or not all are known."""
    if graph.limit is not None or len(graph.states) > MOST_STATES:
        return None
    marks = Marks(system, graph)
    whole = folded(system, graph)
    kept, steps = _fold(whole, marks)
    if len(kept) > MOST_NODES:
        return None
    names = {state: f"n{number}" for number, state in enumerate(kept)}
    nodes = [_node(system, whole, marks, state, names[state]) for state in kept]
    edges: list[Edge] = []
    for state in kept:
        for target in sorted({step.target for step in steps[state]}):
            between = [step for step in steps[state] if step.target == target]
            edges += _edges(names[state], names[target], system, between)
    broken: dict[tuple[int, str], list[Way]] = {}
    for state in kept:
        for action, check in whole.broken.get(state, ()):
            what = system.actions[action]
            broken.setdefault((state, what.checks[check].property), []).append(_way([what]))
    hazards = dict.fromkeys(hazard for _, hazard in broken)
    nodes += [hazard_node(hazard, marks.place(hazard)) for hazard in hazards]
    edges += [
        Edge(names[state], hazard_name(hazard), tuple(dict.fromkeys(ways)), wrong=True)
        for (state, hazard), ways in broken.items()
    ]
    return Map(f"{system.name} ({name})", _about(whole, len(kept)), tuple(nodes), tuple(edges))


def _about(whole: FoldedGraph, shown: int) -> str:
    """How many states there are, and how they became those that are shown."""
    parts = [f"{len(whole.graph.states):,} reachable states"]
    if len(whole.kept) < len(whole.graph.states):
        parts.append(f"one of {len(whole.kept)} stands for all that differ by exchanging {_listed(whole.roles)}")
    if shown < len(whole.kept):
        parts.append(f"{len(whole.kept) - shown} in chains are folded into arrows")
    return f"{'; '.join(parts)}. A state tells what is not as at first"


def _listed(roles: Sequence[str]) -> str:
    return " or ".join(f"instances of {role}" for role in roles)


def _fold(whole: FoldedGraph, marks: Marks) -> tuple[list[int], dict[int, list[_Step]]]:
    """The states that are kept, in order, and their steps around the others."""
    ways_in = dict.fromkeys(whole.kept, 0)
    noted = {*whole.initial, *whole.broken}
    breaks: dict[tuple[int, int], tuple[str, ...]] = {}
    for state in whole.kept:
        if marks.terminal(state) or marks.violated(state):
            noted.add(state)
        for step in whole.steps[state]:
            ways_in[step.target] += 1
            broken = marks.violated_by(state, step.after)
            if broken:
                breaks[state, step.action] = broken
                noted |= {state, step.target}
    links = {
        state for state in whole.kept if ways_in[state] == 1 and len(whole.steps[state]) == 1 and state not in noted
    }
    # No circle has links only: everything is reached from a first state, and those are kept.
    kept = [state for state in whole.kept if state not in links]
    steps = {
        state: [_along(whole, links, step, breaks.get((state, step.action), ())) for step in whole.steps[state]]
        for state in kept
    }
    return kept, steps


def _along(whole: FoldedGraph, links: set[int], step: Step, breaks: tuple[str, ...]) -> _Step:
    """The edge that begins with the step. It tells one real run: whoever acts stays who he is along it."""
    actions, after = [step.action], step.after
    while whole.stands_for[after] in links:
        action, after = whole.graph.moves[after][0]
        actions.append(action)
    target = whole.stands_for[after]
    return _Step(tuple(actions), target, breaks, plain=after == target)


def _node(system: System, whole: FoldedGraph, marks: Marks, state: int, name: str) -> Node:
    graph = whole.graph
    here, first = graph.states[state], graph.states[graph.initial[0]]
    values = {view.name: show(view.shape, here) for view in system.views}
    changed = [
        f"{view.name}: {values[view.name]}" for view in system.views if show(view.shape, first) != values[view.name]
    ]
    if len(changed) > MOST_LINES:
        changed[MOST_LINES:] = [f"and {len(changed) - MOST_LINES} more"]
    violated = marks.violated(state)
    shown = [values[view.name] for view in system.views if not view.hidden]
    return Node(
        name,
        tuple(part for line in changed or ["as at first"] for part in wrap(line, _WIDEST, _SIZE)),
        "\n".join(f"{name}: {value}" for name, value in values.items()),
        owner(shown),
        state in whole.initial,
        marks.terminal(state),
        Wrong.ALWAYS if violated else Wrong.NOTHING,
        violated,
    )


def _edges(source: str, target: str, system: System, between: Sequence[_Step]) -> Iterator[Edge]:
    """What breaks a transition property; then what succeeds, and, dashed, what ends by failing."""
    told = [
        ([system.actions[a] for a in step.actions], step.breaks, () if step.plain else (EXCHANGED,))
        for step in between
    ]
    broken = [
        _way(actions, [*(f"breaks {name}" for name in breaks), *more]) for actions, breaks, more in told if breaks
    ]
    if broken:
        yield Edge(source, target, tuple(dict.fromkeys(broken)), wrong=True)
    for fails in (False, True):
        ways = [
            _way(actions, more)
            for actions, breaks, more in told
            if not breaks and (actions[-1].outcome or "").startswith("fails") is fails
        ]
        if ways:
            yield Edge(source, target, tuple(dict.fromkeys(ways)), fails=fails)


def _way(actions: Sequence[Action], more: Sequence[str] = ()) -> Way:
    """The steps of a chain in order; the actor is told where it changes."""
    sides = {action.side or "" for action in actions}
    tip = "\n".join(f"{a.actor}: {step_words(a)} ({place_of(a)})" for a in actions)
    return Way((*_told(actions), *more), sides.pop() if len(sides) == 1 else "", tip, actions[0].place)


def _told(actions: Sequence[Action]) -> Iterator[str]:
    actor = None
    for action in actions[:MOST_LINES]:
        words = action.label or action.name
        text = words if action.actor == actor else f"{action.actor}: {words}"
        yield from wrap(text + (f" ({action.outcome})" if action.outcome else ""), _WIDEST, _SIZE)
        actor = action.actor
    if len(actions) > MOST_LINES:
        yield f"and {len(actions) - MOST_LINES} more steps"
