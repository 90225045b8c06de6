"""The reachable graph itself: a node for each state, where there are few enough to be looked at.

A chain, of states that have one way in and one way out and nothing to be said about them, is folded into the edge
that goes around it, which tells its steps in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.graph.build import ReachableGraph
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong
from custody.present.draw.metrics import wrap
from custody.present.draw.style import owner
from custody.present.report import step_words
from custody.system.display import show
from custody.system.evaluate import evaluate
from custody.system.model import Action, Form, System

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
    kept, steps = _fold(system, graph)
    if len(kept) > MOST_NODES:
        return None
    numbers = {state: number for number, state in enumerate(kept)}
    nodes = [_node(system, graph, state, number) for state, number in numbers.items()]
    edges: list[Edge] = []
    for state in kept:
        for target in sorted({step.target for step in steps[state]}):
            ways = [step.actions for step in steps[state] if step.target == target]
            edges += _edges(system, f"n{numbers[state]}", f"n{numbers[target]}", ways)
    hazards: dict[str, None] = {}
    for state, action, check in graph.broken:
        what = system.actions[action]
        hazard = what.checks[check].property
        hazards.setdefault(hazard)
        edges.append(Edge(f"n{numbers[state]}", f"! {hazard}", (_way([what]),), wrong=True))
    nodes += [
        Node(f"! {hazard}", (), f"a step that breaks {hazard}", wrong=Wrong.ALWAYS, complaints=(hazard,))
        for hazard in hazards
    ]
    folded = len(graph.states) - len(kept)
    chains = f"; {folded} in chains are folded into arrows" if folded else ""
    about = f"{len(graph.states):,} reachable states{chains}. A state tells what is not as at first"
    return Map(f"{system.name} ({name})", about, tuple(nodes), tuple(edges))


def _fold(system: System, graph: ReachableGraph) -> tuple[list[int], dict[int, list[_Step]]]:
    """The states that are kept, in order, and their steps around the others."""
    ways_in = [0] * len(graph.states)
    for moves in graph.moves:
        for _, target in moves:
            ways_in[target] += 1
    special = {*graph.initial, *(state for state, _, _ in graph.broken)}
    links = {
        state
        for state in range(len(graph.states))
        if ways_in[state] == 1
        and len(graph.moves[state]) == 1
        and state not in special
        and not evaluate(system.terminal, graph.states[state])
        and not _violated(system, graph, state)
    }
    # A circle of such states only is not reachable: every state has a way from a first state.
    kept = [state for state in range(len(graph.states)) if state not in links]
    steps = {state: [_along(graph, links, action, target) for action, target in graph.moves[state]] for state in kept}
    return kept, steps


def _along(graph: ReachableGraph, links: set[int], action: int, target: int) -> _Step:
    actions = [action]
    while target in links:
        ((action, target),) = graph.moves[target]
        actions.append(action)
    return _Step(tuple(actions), target)


def _violated(system: System, graph: ReachableGraph, state: int) -> list[str]:
    """The names of what is violated in the state, a deadlock among it."""
    here = graph.states[state]
    names = [p.name for p in system.properties if p.form is Form.INVARIANT and not evaluate(p.expression, here)]
    moving = any(not system.actions[action].spontaneous for action in graph.enabled[state])
    return names if moving or evaluate(system.terminal, here) else [*names, "deadlock"]


def _node(system: System, graph: ReachableGraph, state: int, number: int) -> Node:
    here, first = graph.states[state], graph.states[graph.initial[0]]
    values = {view.name: show(view.shape, here) for view in system.views}
    changed = [
        f"{view.name}: {values[view.name]}" for view in system.views if show(view.shape, first) != values[view.name]
    ]
    if len(changed) > MOST_LINES:
        changed[MOST_LINES:] = [f"and {len(changed) - MOST_LINES} more"]
    violated = _violated(system, graph, state)
    shown = [values[view.name] for view in system.views if not view.hidden]
    return Node(
        f"n{number}",
        tuple(part for line in changed or ["as at first"] for part in wrap(line, _WIDEST, _SIZE)),
        "\n".join(f"{name}: {value}" for name, value in values.items()),
        owner(shown),
        state in graph.initial,
        bool(evaluate(system.terminal, here)),
        Wrong.ALWAYS if violated else Wrong.NOTHING,
        tuple(violated),
    )


def _edges(system: System, source: str, target: str, ways: Sequence[Sequence[int]]) -> Iterator[Edge]:
    """What succeeds, and, dashed, what ends by failing."""
    told = [[system.actions[action] for action in actions] for actions in ways]
    for fails in (False, True):
        alike = [_way(actions) for actions in told if (actions[-1].outcome or "").startswith("fails") is fails]
        if alike:
            yield Edge(source, target, tuple(dict.fromkeys(alike)), fails=fails)


def _way(actions: Sequence[Action]) -> Way:
    """The steps of a chain in order; the actor is told where it changes."""
    sides = {action.side or "" for action in actions}
    tip = "\n".join(f"{a.actor}: {step_words(a)} ({a.place.file}:{a.place.line})" for a in actions)
    return Way(tuple(_told(actions)), sides.pop() if len(sides) == 1 else "", tip)


def _told(actions: Sequence[Action]) -> Iterator[str]:
    actor = None
    for action in actions[:MOST_LINES]:
        words = action.label or action.name
        text = words if action.actor == actor else f"{action.actor}: {words}"
        yield from wrap(text + (f" ({action.outcome})" if action.outcome else ""), _WIDEST, _SIZE)
        actor = action.actor
    if len(actions) > MOST_LINES:
        yield f"and {len(actions) - MOST_LINES} more steps"
