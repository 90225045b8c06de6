"""The reachable graph: a node for each state, an edge for each step."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from custody.graph.machine import Machine
from custody.system.evaluate import initial_states
from custody.system.finding import Limits, Progress, ProgressHook, Stopwatch
from custody.system.model import State, System

MAX_NODES = 500_000
"""The largest graph that is built; beyond it the answer is inconclusive."""

_PROGRESS_EVERY = 0.5
_LOOK_EVERY = 64


@dataclass(slots=True)
class ReachableGraph:
    """Nodes are numbered in breadth-first order; `digraph` has an edge for each step, keyed by its action.

    Node attribute `state`; edges carry `action`, the index of the action.  `broken` are the steps that failed a
    check and so lead nowhere: node, action, check.  `enabled` lists for each node the actions whose guard holds.
    """

    digraph: Any
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


def reachable(system: System, limits: Limits | None = None, progress: ProgressHook | None = None) -> ReachableGraph:
    """The graph of everything reachable, up to MAX_NODES states or the limits; `limit` names the one reached."""
    limits = limits or Limits()
    graph = ReachableGraph(nx.MultiDiGraph(), fired=[0] * len(system.actions))
    try:
        graph.limit = _walk(system, limits, progress, graph)
    except KeyboardInterrupt:
        graph.limit = "interrupted"
    for node, state in enumerate(graph.states):
        graph.digraph.add_node(node, state=state)
    for node, moves in enumerate(graph.moves):
        for action, target in moves:
            graph.digraph.add_edge(node, target, key=action, action=action)
    return graph


def _walk(system: System, limits: Limits, progress: ProgressHook | None, graph: ReachableGraph) -> str | None:
    clock = Stopwatch()
    next_sign = _PROGRESS_EVERY
    guards = [Machine(action.guard) for action in system.actions]
    checks = [[Machine(check.condition) for check in action.checks] for action in system.actions]
    effects = [[(e.variable, Machine(e.value)) for e in action.effects] for action in system.actions]
    most = MAX_NODES if limits.max_states is None else min(MAX_NODES, limits.max_states)
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
    node = 0
    while node < len(graph.states):
        if node % _LOOK_EVERY == 0:
            graph.seconds = clock.seconds
            if len(graph.states) > most:
                return f"max-states {most}"
            if limits.timeout is not None and clock.seconds > limits.timeout:
                return f"timeout {limits.timeout:g} s"
            if progress is not None and clock.seconds >= next_sign:
                next_sign = clock.seconds + _PROGRESS_EVERY
                count = len(graph.states)
                progress(Progress(count, graph.transitions, graph.depth[-1], count - node, clock.seconds, 0))
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
    graph.seconds = clock.seconds
    return None
