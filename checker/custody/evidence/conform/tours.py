"""Tours: paths from a first state that together take every step of a graph, at the least cost.

This is the Chinese postman's problem on a directed graph (Edmonds and Johnson 1973) where the postman may also be
put back to where he began.  Every step has to be taken once at least; what has to be chosen are the steps that are
taken again, and where to begin anew.  Steps that make as many arrivals as departures at every state, at the least
cost, are a minimum-cost flow; an Euler circuit of it, cut where it begins anew, is a shortest set of tours.

networkx solves the flow exactly, in time that grows faster than the graph.  So that is done up to `EXACT` steps; for
larger graphs a greedy postman takes an untaken step where he stands, else goes to the nearest one that is left, or
begins anew where that is nearer.  `Tours.least` is a bound from below that tells how far off he is.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

EXACT = 12_000
"""The most steps of a graph whose tours are the shortest there are."""

FAR = 500
"""How many states a greedy postman looks at for something left to do, before he begins anew."""

ANEW = 5
"""What it costs to begin anew, in steps: about as long as it takes to build a fresh implementation."""


@dataclass(frozen=True, slots=True)
class Arc:
    """One step of the graph."""

    source: int
    label: int
    target: int


@dataclass(frozen=True, slots=True)
class Tours:
    """Paths from the first state; `exact` says that there is no cheaper set, `least` what any set costs at least."""

    paths: tuple[tuple[Arc, ...], ...]
    exact: bool
    least: int

    @property
    def cost(self) -> int:
        return sum(len(path) + ANEW for path in self.paths)


def tours(arcs: Sequence[Arc], first: int) -> Tours:
    """Paths from `first` that take each of the arcs, all of which can be reached from there."""
    if not arcs:
        return Tours((), True, 0)
    if len(arcs) <= EXACT:
        paths = tuple(_cut(_circuit(arcs, _repetitions(arcs, first), first)))
        result = Tours(paths, True, 0)
        return Tours(paths, True, result.cost)
    return Tours(tuple(_greedy(arcs, first)), False, _least(arcs, first))


def _balance(arcs: Sequence[Arc]) -> Counter[int]:
    balance: Counter[int] = Counter()
    for arc in arcs:
        balance[arc.target] += 1
        balance[arc.source] -= 1
    return balance


def _least(arcs: Sequence[Arc], first: int) -> int:
    """Each arc once, one beginning, and one more arrival for each departure that has none."""
    missing = sum(-count for node, count in _balance(arcs).items() if count < 0 and node != first)
    return len(arcs) + ANEW + missing


def _repetitions(arcs: Sequence[Arc], first: int) -> dict[tuple[int, int], int]:
    """How often to go from one node to another beyond once for each arc; (node, -1) is to begin anew there.

    There is one beginning at least: a circuit has it where the last path ends.
    """
    network: Any = nx.DiGraph()
    balance = _balance(arcs)
    nodes = {node for arc in arcs for node in (arc.source, arc.target)} | {first}
    for node in nodes:
        network.add_node(node, demand=-balance[node] - (node == first))
    for arc in arcs:
        if arc.source != arc.target:
            network.add_edge(arc.source, arc.target, weight=1)
    anew = -1
    network.add_node(anew, demand=1)
    for node in nodes:
        network.add_edge(node, anew, weight=ANEW)
    network.add_edge(anew, first, weight=0)
    _, flow = nx.network_simplex(network)
    flow[anew][first] += 1
    return {(a, b): count for a, out in flow.items() for b, count in out.items() if count}


def _circuit(arcs: Sequence[Arc], again: dict[tuple[int, int], int], first: int) -> list[Arc | None]:
    """An Euler circuit through all of them; None is to begin anew. Hierholzer's way, without recursion."""
    by_ends: dict[tuple[int, int], Arc] = {}
    out: dict[int, list[tuple[int, Arc | None]]] = {}
    for arc in reversed(arcs):
        by_ends[arc.source, arc.target] = arc
        out.setdefault(arc.source, []).append((arc.target, arc))
    for (a, b), count in sorted(again.items(), reverse=True):
        if b == -1:
            out.setdefault(a, []).extend([(first, None)] * count)
        elif a != -1:
            out.setdefault(a, []).extend([(b, by_ends[a, b])] * count)
    circuit: list[Arc | None] = []
    stack: list[tuple[int, tuple[Arc | None] | None]] = [(first, None)]
    while stack:
        node, came = stack[-1]
        if out.get(node):
            target, arc = out[node].pop()
            stack.append((target, (arc,)))
        else:
            stack.pop()
            if came is not None:
                circuit.append(came[0])
    circuit.reverse()
    return circuit


def _cut(circuit: Sequence[Arc | None]) -> Iterator[tuple[Arc, ...]]:
    """Paths between the beginnings; what is before the first of them goes on where the circuit closes."""
    begin = circuit.index(None)
    path: list[Arc] = []
    for arc in (*circuit[begin:], *circuit[:begin]):
        if arc is not None:
            path.append(arc)
        elif path:
            yield tuple(path)
            path = []
    if path:
        yield tuple(path)


def _greedy(arcs: Sequence[Arc], first: int) -> Iterator[tuple[Arc, ...]]:
    out: dict[int, list[Arc]] = {}
    for arc in arcs:
        out.setdefault(arc.source, []).append(arc)
    parent, order = _from_first(out, first)
    depth = {first: 0}
    for node in order[1:]:
        depth[node] = depth[parent[node].source] + 1
    left = {node: sorted(of, key=lambda arc: arc.target == arc.source) for node, of in out.items()}
    pending = deque(node for node in order if left.get(node))
    while pending:
        start = pending[0]
        if not left[start]:
            pending.popleft()
            continue
        path = list(_path(parent, start))
        node = start
        while True:
            while left.get(node):
                arc = _promising(left, node)
                path.append(arc)
                node = arc.target
            while pending and not left[pending[0]]:
                pending.popleft()
            if not pending:
                break
            detour = _nearest(out, left, node, depth[pending[0]] + ANEW)
            if detour is None:
                break
            path += detour
            node = detour[-1].target
        yield tuple(path)


def _promising(left: dict[int, list[Arc]], node: int) -> Arc:
    """Take one of the arcs that are left: one that leads nowhere else first, else to where most is left."""
    arcs = left[node]
    best = len(arcs) - 1
    if arcs[best].target != node:
        best = max(range(len(arcs)), key=lambda position: len(left.get(arcs[position].target, ())))
    return arcs.pop(best)


def _from_first(out: dict[int, list[Arc]], first: int) -> tuple[dict[int, Arc], list[int]]:
    parent: dict[int, Arc] = {}
    order = [first]
    seen = {first}
    for node in order:
        for arc in out.get(node, ()):
            if arc.target not in seen:
                seen.add(arc.target)
                parent[arc.target] = arc
                order.append(arc.target)
    return parent, order


def _path(parent: dict[int, Arc], node: int) -> list[Arc]:
    path: list[Arc] = []
    while node in parent:
        path.append(parent[node])
        node = parent[node].source
    path.reverse()
    return path


def _nearest(out: dict[int, list[Arc]], left: dict[int, list[Arc]], node: int, less_than: int) -> list[Arc] | None:
    """The shortest way to a node where something is left; None where it is no shorter than to begin anew."""
    parent: dict[int, Arc] = {}
    layer, distance, seen = [node], 0, {node}
    while layer and distance + 1 < less_than and len(seen) < FAR:
        distance += 1
        following: list[int] = []
        for source in layer:
            for arc in out.get(source, ()):
                if arc.target not in seen:
                    seen.add(arc.target)
                    parent[arc.target] = arc
                    if left.get(arc.target):
                        return _path(parent, arc.target)
                    following.append(arc.target)
        layer = following
    return None
