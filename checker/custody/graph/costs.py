"""What runs cost: of all ways from a first state to a goal, the cheapest and the dearest.

The cheapest is Dijkstra's; the dearest is found on the acyclic graph of strongly connected components, and is
unbounded where a component on the way contains a step that costs something.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx

from custody.graph.build import ReachableGraph
from custody.system.model import State


@dataclass(frozen=True, slots=True)
class Extremes:
    """The least and the most that a way to the goal costs; `most` is None where there is no bound."""

    least: int
    most: int | None


def extremes(
    graph: ReachableGraph, cost: Callable[[State, State], int], goal: Callable[[State], bool]
) -> Extremes | None:
    """Over all ways from a first state to a state of the goal; None where there is none.

    `cost` is that of a step, never less than zero (ValueError).
    """
    weights: dict[tuple[int, int], int] = {}
    for node, moves in enumerate(graph.moves):
        for _, after in moves:
            weight = cost(graph.states[node], graph.states[after])
            if weight < 0:
                raise ValueError("a step cannot cost less than nothing")
            weights[node, after] = weight
    goals = {node for node, state in enumerate(graph.states) if goal(state)}
    least = _least(graph, weights, goals)
    return None if least is None else Extremes(least, _most(graph, weights, goals))


def _least(graph: ReachableGraph, weights: dict[tuple[int, int], int], goals: set[int]) -> int | None:
    best = dict.fromkeys(graph.initial, 0)
    waiting = [(0, node) for node in graph.initial]
    while waiting:
        spent, node = heapq.heappop(waiting)
        if spent > best[node]:
            continue
        if node in goals:
            return spent
        for _, after in graph.moves[node]:
            reached = spent + weights[node, after]
            if reached < best.get(after, reached + 1):
                best[after] = reached
                heapq.heappush(waiting, (reached, after))
    return None


def _most(graph: ReachableGraph, weights: dict[tuple[int, int], int], goals: set[int]) -> int | None:
    steps = nx.DiGraph()
    steps.add_nodes_from(range(len(graph.states)))
    steps.add_edges_from(weights)
    # Only what lies on a way to the goal counts.
    leading = set(goals)
    for node in goals:
        leading |= nx.ancestors(steps, node)
    whole = nx.condensation(steps.subgraph(leading))
    component = whole.graph["mapping"]
    inside = [edge for edge in weights if edge[0] in leading and edge[1] in leading]
    if any(weights[edge] for edge in inside if component[edge[0]] == component[edge[1]]):
        return None
    dearest: dict[int, int] = {}
    for node in graph.initial:
        if node in leading:
            dearest[component[node]] = 0
    dear: dict[int, list[tuple[int, int]]] = {}
    for one, other in inside:
        if component[one] != component[other]:
            dear.setdefault(component[one], []).append((component[other], weights[one, other]))
    for place in nx.topological_sort(whole):
        if place in dearest:
            for after, weight in dear.get(place, ()):
                dearest[after] = max(dearest.get(after, 0), dearest[place] + weight)
    return max(dearest[component[node]] for node in goals if component[node] in dearest)
