"""The reachable graph as far as some chosen views show it: states that look the same become one node.

The projection over-approximates paths, never single steps: an edge is drawn exactly when some reachable state of
the one node has a step to some state of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from custody.graph.build import ReachableGraph
from custody.graph.machine import Machine
from custody.system.display import View, show
from custody.system.model import Form, System
from custody.system.place import Place


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """What an edge says: the action, its outcome where there are several, and whose side performs it."""

    action: str
    outcome: str
    side: str


@dataclass(slots=True)
class Node:
    """States that look the same. `values` has what the chosen views show."""

    values: tuple[str, ...]
    states: int = 0
    initial: bool = False
    terminal: bool = False
    violates: set[str] = field(default_factory=set[str])
    depth: int = 0


@dataclass(slots=True)
class Quotient:
    """Nodes in breadth-first order of their first state; edges by the positions of their nodes."""

    names: tuple[str, ...]
    nodes: list[Node] = field(default_factory=list[Node])
    edges: dict[tuple[int, int], dict[Label, Place]] = field(
        default_factory=dict[tuple[int, int], dict[Label, Place]]
    )
    """For each pair of nodes the labels, with the source place of the action."""
    complete: bool = True


def project(system: System, graph: ReachableGraph, views: Sequence[View]) -> Quotient:
    """The graph as the views show it."""
    quotient = Quotient(tuple(view.name for view in views), complete=graph.limit is None)
    index: dict[tuple[str, ...], int] = {}
    of: list[int] = []
    invariants = [(p.name, Machine(p.expression)) for p in system.properties if p.form is Form.INVARIANT]
    terminal = Machine(system.terminal)
    for position, state in enumerate(graph.states):
        values = tuple(show(view.shape, state) for view in views)
        if values not in index:
            index[values] = len(quotient.nodes)
            quotient.nodes.append(Node(values, depth=graph.depth[position]))
        node = quotient.nodes[index[values]]
        of.append(index[values])
        node.states += 1
        node.terminal = node.terminal or bool(terminal(state))
        node.violates |= {name for name, holds in invariants if not holds(state)}
        moves = graph.enabled[position] if position < len(graph.enabled) else None
        if moves is not None and not terminal(state) and all(system.actions[a].spontaneous for a in moves):
            node.violates.add("deadlock")
    for position in graph.initial:
        quotient.nodes[of[position]].initial = True
    for source, moves in enumerate(graph.moves):
        for action, target in moves:
            what = system.actions[action]
            label = Label(what.name, what.outcome or "", what.side or what.actor.partition(".")[0])
            quotient.edges.setdefault((of[source], of[target]), {}).setdefault(label, what.place)
    return quotient


def telling_views(system: System, graph: ReachableGraph, most_nodes: int) -> list[View]:
    """The views that make the best small map: words rather than numbers, one instance of each array, declared in
    the specification itself, as long as no more than `most_nodes` different combinations appear."""
    chosen: list[View] = []
    seen: set[str] = set()
    for view in system.views:
        base = view.name.partition("[")[0].partition(".")[0]
        if view.hidden or base in seen or not _is_worded(view) or not _is_own(system, view):
            continue
        seen.add(base)
        combinations = {tuple(show(v.shape, state) for v in (*chosen, view)) for state in graph.states}
        before = {tuple(show(v.shape, state) for v in chosen) for state in graph.states}
        if len(before) < len(combinations) <= most_nodes:
            chosen.append(view)
    return chosen


def _is_worded(view: View) -> bool:
    shape = view.shape
    labels = getattr(shape, "labels", None) or getattr(getattr(shape, "tag", None), "labels", None)
    return labels is not None and labels != ("false", "true")


def _is_own(system: System, view: View) -> bool:
    base = view.name.partition("[")[0]
    for variable in system.variables:
        if variable.name == view.name or variable.name.startswith((f"{view.name}.", f"{base}[")):
            return variable.place.file == system.file
    return True
