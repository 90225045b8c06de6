"""The reachable graph itself: a node for each state, where there are few enough to be looked at.

A chain, of states that have one way in and one way out and nothing to be said about them, is folded into the edge
that goes around it, which tells its steps in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.graph.build import ReachableGraph
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong, hazard_name, hazard_node
from custody.present.draw.marks import Marks, place_of
from custody.present.draw.metrics import wrap
from custody.present.draw.style import owner
from custody.present.report import step_words
from custody.system.display import show
from custody.system.model import Action, System

MOST_NODES = 40
"""How many nodes such a picture may have once its chains are folded."""

MOST_STATES = 400
"""More states are not even looked at: no folding makes a picture of them."""

MOST_LINES = 8
"""How many values a node tells, and steps an arrow; all of them are in the tooltip."""

_WIDEST, _SIZE = 200.0, 12.0
"""A line of text, in points, and the size of its letters."""


@dataclass(frozen=True, slots=True)
class _Step:
    """An edge of the folded graph: the actions along it, at least one, and where it leads."""

    actions: tuple[int, ...]
    target: int


def graph_view(system: System, graph: ReachableGraph, name: str) -> Map | None:
    """The map of every state; None where there are too many for a picture, or not all are known."""
    if graph.limit is not None or len(graph.states) > MOST_STATES:
        return None
    marks = Marks(system, graph)
    kept, steps = _fold(graph, marks)
    if len(kept) > MOST_NODES:
        return None
    names = {state: f"n{number}" for number, state in enumerate(kept)}
    nodes = [_node(system, graph, marks, state, names[state]) for state in kept]
    edges: list[Edge] = []
    for state in kept:
        for target in sorted({step.target for step in steps[state]}):
            told = [[system.actions[a] for a in step.actions] for step in steps[state] if step.target == target]
            edges += _edges(names[state], names[target], told, marks.violated_by(state, target))
    broken: dict[tuple[int, str], list[Way]] = {}
    for state, action, check in graph.broken:
        what = system.actions[action]
        broken.setdefault((state, what.checks[check].property), []).append(_way([what]))
    nodes += [hazard_node(hazard) for hazard in dict.fromkeys(hazard for _, hazard in broken)]
    edges += [
        Edge(names[state], hazard_name(hazard), tuple(dict.fromkeys(ways)), wrong=True)
        for (state, hazard), ways in broken.items()
    ]
    folded = len(graph.states) - len(kept)
    chains = f"; {folded} in chains are folded into arrows" if folded else ""
    about = f"{len(graph.states):,} reachable states{chains}. A state tells what is not as at first"
    return Map(f"{system.name} ({name})", about, tuple(nodes), tuple(edges))


def _fold(graph: ReachableGraph, marks: Marks) -> tuple[list[int], dict[int, list[_Step]]]:
    """The states that are kept, in order, and their steps around the others."""
    ways_in = [0] * len(graph.states)
    noted = {*graph.initial, *(state for state, _, _ in graph.broken)}
    for state, moves in enumerate(graph.moves):
        if marks.terminal(state) or marks.violated(state):
            noted.add(state)
        for _, target in moves:
            ways_in[target] += 1
            if marks.violated_by(state, target):
                noted |= {state, target}
    links = {
        state
        for state, moves in enumerate(graph.moves)
        if ways_in[state] == 1 and len(moves) == 1 and state not in noted
    }
    # No circle has links only: everything is reached from a first state, and those are kept.
    kept = [state for state in range(len(graph.states)) if state not in links]
    steps = {state: [_along(graph, links, action, target) for action, target in graph.moves[state]] for state in kept}
    return kept, steps


def _along(graph: ReachableGraph, links: set[int], action: int, target: int) -> _Step:
    actions = [action]
    while target in links:
        ((action, target),) = graph.moves[target]
        actions.append(action)
    return _Step(tuple(actions), target)


def _node(system: System, graph: ReachableGraph, marks: Marks, state: int, name: str) -> Node:
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
        state in graph.initial,
        marks.terminal(state),
        Wrong.ALWAYS if violated else Wrong.NOTHING,
        violated,
    )


def _edges(source: str, target: str, told: Sequence[Sequence[Action]], broken: Sequence[str]) -> Iterator[Edge]:
    """What breaks a transition property; else what succeeds, and, dashed, what ends by failing.

    Each of `told` are the actions along one chain; `broken` the properties that the step breaks.
    """
    if broken:
        ways = [_way(actions, [f"breaks {name}" for name in broken]) for actions in told]
        yield Edge(source, target, tuple(dict.fromkeys(ways)), wrong=True)
        return
    for fails in (False, True):
        ways = [_way(actions) for actions in told if (actions[-1].outcome or "").startswith("fails") is fails]
        if ways:
            yield Edge(source, target, tuple(dict.fromkeys(ways)), fails=fails)


def _way(actions: Sequence[Action], more: Sequence[str] = ()) -> Way:
    """The steps of a chain in order; the actor is told where it changes."""
    sides = {action.side or "" for action in actions}
    tip = "\n".join(f"{a.actor}: {step_words(a)} ({place_of(a)})" for a in actions)
    return Way((*_told(actions), *more), sides.pop() if len(sides) == 1 else "", tip)


def _told(actions: Sequence[Action]) -> Iterator[str]:
    actor = None
    for action in actions[:MOST_LINES]:
        words = action.label or action.name
        text = words if action.actor == actor else f"{action.actor}: {words}"
        yield from wrap(text + (f" ({action.outcome})" if action.outcome else ""), _WIDEST, _SIZE)
        actor = action.actor
    if len(actions) > MOST_LINES:
        yield f"and {len(actions) - MOST_LINES} more steps"
