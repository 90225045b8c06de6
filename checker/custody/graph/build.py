"""The reachable graph: a node for each state, an edge for each step.

Kept as plain lists, which is what the analyses of this room work on and needs a tenth of the memory; `digraph` makes
the networkx graph of it for whoever wants one.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from custody.graph.budget import INTERRUPTED, Budget, LimitReachedError
from custody.graph.machine import Machine
from custody.system.evaluate import initial_states
from custody.system.finding import Limits, ProgressHook
from custody.system.model import State, System

MAX_NODES = 500_000
"""The largest graph that is built; beyond it the answer is inconclusive."""

_LOOK_EVERY = 64
"""How many states are expanded between two looks at the clock."""


@dataclass(slots=True)
class ReachableGraph:
    """Nodes are numbered in breadth-first order, the `initial` ones first; `depth` is the distance from these.

    `moves` has for each node its steps, action and node after it, by action; `enabled` the actions whose guard holds.
    `broken` are the steps that failed a check and so lead nowhere: node, action, check.  `fired` counts the steps of
    each action, broken ones too.  Where `limit` names one, the last nodes have not been looked at: `moves` and
    `enabled` are then shorter than `states`.
    """

    states: list[State] = field(default_factory=list[State])
    initial: list[int] = field(default_factory=list[int])
    depth: list[int] = field(default_factory=list[int])
    enabled: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    moves: list[tuple[tuple[int, int], ...]] = field(default_factory=list[tuple[tuple[int, int], ...]])
    broken: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    fired: list[int] = field(default_factory=list[int])
    limit: str | None = None
    seconds: float = 0.0

    @property
    def transitions(self) -> int:
        return sum(self.fired)

    def digraph(self) -> Any:
        """A networkx.MultiDiGraph: node attribute `state`; parallel edges are told apart by their key, the action."""
        digraph: Any = nx.MultiDiGraph()
        for node, state in enumerate(self.states):
            digraph.add_node(node, state=state)
        for node, moves in enumerate(self.moves):
            for action, target in moves:
                digraph.add_edge(node, target, key=action)
        return digraph


def reachable(system: System, limits: Limits | None = None, progress: ProgressHook | None = None) -> ReachableGraph:
    """The graph of everything reachable, up to MAX_NODES states or the limits; `limit` names the one reached.

    An interrupt from the keyboard is one of them.
    """
    limits = limits or Limits()
    return explore(system, limits.max_states, Budget(limits, progress))


def explore(system: System, max_states: int | None, budget: Budget) -> ReachableGraph:
    """The same, at the cost of a budget that others draw on as well."""
    graph = ReachableGraph(fired=[0] * len(system.actions))
    try:
        _walk(system, graph, max_states, budget)
    except LimitReachedError as reached:
        graph.limit = reached.limit
    except KeyboardInterrupt:
        graph.limit = INTERRUPTED
    graph.seconds = budget.seconds
    return graph


def _walk(system: System, graph: ReachableGraph, max_states: int | None, budget: Budget) -> None:
    guards = [Machine(action.guard) for action in system.actions]
    checks = [[Machine(check.condition) for check in action.checks] for action in system.actions]
    effects = [[(e.variable, Machine(e.value)) for e in action.effects] for action in system.actions]
    most = MAX_NODES if max_states is None else min(MAX_NODES, max_states)
    limit = f"max-states {most}" if most == max_states else f"{most} states, the most that a graph is built of"
    index: dict[State, int] = {}

    def node_of(state: State, depth: int) -> int:
        known = index.get(state)
        if known is None:
            known = index[state] = len(graph.states)
            graph.states.append(state)
            graph.depth.append(depth)
        return known

    for state in initial_states(system):
        graph.initial.append(node_of(state, 0))
        if len(graph.states) > most:
            raise LimitReachedError(limit)
    node = 0
    while node < len(graph.states):
        if node % _LOOK_EVERY == 0:
            budget.require_time_and_memory()
            count = len(graph.states)
            budget.show(count, graph.transitions, graph.depth[-1], count - node)
        state = graph.states[node]
        enabled = tuple(action for action, guard in enumerate(guards) if guard(state))
        moves: list[tuple[int, int]] = []
        for action in enabled:
            graph.fired[action] += 1
            failed = next((i for i, check in enumerate(checks[action]) if not check(state)), None)
            if failed is not None:
                graph.broken.append((node, action, failed))
                continue
            after = list(state)
            for variable, value in effects[action]:
                after[variable] = value(state)
            moves.append((action, node_of(tuple(after), graph.depth[node] + 1)))
        graph.enabled.append(enabled)
        graph.moves.append(tuple(moves))
        node += 1
        if len(graph.states) > most:
            raise LimitReachedError(limit)
