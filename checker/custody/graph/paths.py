"""Shortest paths in the reachable graph, among them those with the fewest changes of actor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from custody.graph.build import ReachableGraph
from custody.system.finding import Trace

_Cost = tuple[int, int, int, str]
"""Changes of actor, action, node before, actor before: compared in this order."""


class ShortestPaths:
    """For each node and each actor that can be the last: the best shortest way there from a first state."""

    def __init__(self, graph: ReachableGraph, actors: Sequence[str]) -> None:
        self._graph = graph
        self._actors = actors
        self._costs: list[dict[str, _Cost]] = [{} for _ in graph.states]
        for node in graph.initial:
            self._costs[node][""] = (0, -1, -1, "")
        # Nodes are numbered breadth first, so each is final before its successors are looked at.
        for node, moves in enumerate(graph.moves):
            for action, target in moves:
                if graph.depth[target] == graph.depth[node] + 1:
                    self._offer(node, action, target)

    def _offer(self, node: int, action: int, target: int) -> None:
        actor = self._actors[action]
        for last, (changes, *_rest) in self._costs[node].items():
            cost = (changes + (last not in ("", actor)), action, node, last)
            known = self._costs[target].get(actor)
            if known is None or cost < known:
                self._costs[target][actor] = cost

    def to_nodes(self, nodes: Iterable[int]) -> Trace | None:
        """A shortest trace to one of the nodes."""
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
            (graph.depth[node], cost[0] + (last not in ("", self._actors[action])), action, node, last, target, check)
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


def breadth_first(
    starts: Iterable[int], successors: Callable[[int], Iterable[tuple[int, int]]], is_goal: Callable[[int], bool]
) -> list[tuple[int, int]] | None:
    """A shortest path to a goal as (action, node) pairs, the first with action -1; None when there is none."""
    queue = deque(starts)
    came: dict[int, tuple[int, int]] = dict.fromkeys(queue, (-1, -1))
    while queue:
        node = queue.popleft()
        if is_goal(node):
            path: list[tuple[int, int]] = []
            while node >= 0:
                action, before = came[node]
                path.append((action, node))
                node = before
            return path[::-1]
        for action, target in successors(node):
            if target not in came:
                came[target] = (action, node)
                queue.append(target)
    return None
