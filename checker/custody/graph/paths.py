"""Shortest paths in the reachable graph, among them those with the fewest changes of actor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TypeAlias

from custody.graph.build import ReachableGraph
from custody.system.finding import Trace

Step: TypeAlias = tuple[int, int]
"""An action, and the node after it."""

_Cost: TypeAlias = tuple[int, int, int, str]
"""Changes of actor, action, node before, actor before: compared in this order."""


class ShortestPaths:
    """For each node and each actor that can be the last: the best shortest way there from a first state.

    Ties between equally good ways go to the lowest action and node, so the result depends on the graph alone.  In a
    graph that is not complete the ways are still shortest, but perhaps not those with the fewest changes.
    """

    def __init__(self, graph: ReachableGraph, actors: Sequence[str]) -> None:
        """`actors` are those of the actions, by index."""
        self._graph = graph
        self._actors = actors

    @cached_property
    def _costs(self) -> list[dict[str, _Cost]]:
        graph = self._graph
        costs: list[dict[str, _Cost]] = [{} for _ in graph.states]
        for node in graph.initial:
            costs[node][""] = (0, -1, -1, "")
        # Nodes are numbered breadth first, so each is final before its successors are looked at.
        for node, moves in enumerate(graph.moves):
            for action, target in moves:
                if graph.depth[target] != graph.depth[node] + 1:
                    continue
                actor = self._actors[action]
                for last, (changes, *_rest) in costs[node].items():
                    cost = (changes + _is_change(last, actor), action, node, last)
                    known = costs[target].get(actor)
                    if known is None or cost < known:
                        costs[target][actor] = cost
        return costs

    def to_nodes(self, nodes: Iterable[int]) -> Trace | None:
        """A shortest trace to one of the nodes; None when there are none, or the way there is not known yet."""
        graph = self._graph
        options = [
            (graph.depth[node], cost[0], graph.states[node], last, node)
            for node in nodes
            for last, cost in self._costs[node].items()
        ]
        if not options:
            return None
        _, _, _, last, node = min(options)
        return self._back(node, last)

    def to_steps(self, steps: Iterable[tuple[int, int, int | None, int | None]]) -> Trace | None:
        """A shortest trace that ends with one of the steps: node, action, and node after it or failed check."""
        graph = self._graph
        options = [
            (graph.depth[node], cost[0] + _is_change(last, self._actors[action]), action, node, last, target, check)
            for node, action, target, check in steps
            for last, cost in self._costs[node].items()
        ]
        if not options:
            return None
        best = min(options, key=lambda option: option[:5])
        _, _, action, node, last, target, check = best
        before = self._back(node, last)
        states = before.states if target is None else (*before.states, graph.states[target])
        return Trace(states, (*before.actions, action), check)

    def _back(self, node: int, last: str) -> Trace:
        states, actions = [self._graph.states[node]], list[int]()
        while True:
            _, action, before, previous = self._costs[node][last]
            if before < 0:
                return Trace(tuple(reversed(states)), tuple(reversed(actions)))
            actions.append(action)
            node, last = before, previous
            states.append(self._graph.states[node])


def _is_change(last: str, actor: str) -> bool:
    return last not in ("", actor)


def breadth_first(
    starts: Iterable[int], successors: Callable[[int], Iterable[Step]], is_goal: Callable[[int], bool]
) -> list[Step] | None:
    """A shortest path from a start to a goal, the start with action -1; None when there is none."""
    queue = deque(starts)
    came: dict[int, Step] = dict.fromkeys(queue, (-1, -1))
    while queue:
        node = queue.popleft()
        if is_goal(node):
            return _path(came, node)
        for action, target in successors(node):
            if target not in came:
                came[target] = (action, node)
                queue.append(target)
    return None


def steps_until(
    start: int, successors: Callable[[int], Iterable[Step]], is_last: Callable[[int, int], bool]
) -> list[Step]:
    """The fewest steps from the start, at least one, of which the last is as wanted; ValueError when none can be."""
    queue = deque([start])
    came: dict[int, Step] = {start: (-1, -1)}
    while queue:
        node = queue.popleft()
        for action, target in successors(node):
            if is_last(action, target):
                return [*_path(came, node)[1:], (action, target)]
            if target not in came:
                came[target] = (action, node)
                queue.append(target)
    raise ValueError("no such step can be reached")


def _path(came: dict[int, Step], node: int) -> list[Step]:
    """Back from the node, by the action and the node that it was first reached with, to a start."""
    path: list[Step] = []
    while node >= 0:
        action, before = came[node]
        path.append((action, node))
        node = before
    return path[::-1]
