"""Graphs of the second engine, and plain lists of edges, as the flat arrays that the analyses in C work on."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable, Sequence

from custody.explore.compressed import Arrays, CompressedGraph, action_array
from custody.explore.layout import Layout
from custody.explore.liveness import WholeGraph
from custody.graph.build import ReachableGraph
from custody.system.evaluate import evaluate
from custody.system.expression import Expr
from custody.system.finding import Finding
from custody.system.model import LIVENESS, System


def bits(nodes: Iterable[int], count: int) -> bytes:
    """A set of nodes of a graph that has `count`."""
    found = bytearray((count + 7) // 8)
    for node in nodes:
        found[node >> 3] |= 1 << (node & 7)
    return bytes(found)


def members(found: bytes) -> set[int]:
    """The nodes of a set."""
    return {node for node in range(8 * len(found)) if found[node >> 3] >> (node & 7) & 1}


def rows(lists: Sequence[Sequence[int]]) -> array[int]:
    """Where each list begins when they are written one after the other, and where the last ends."""
    offsets = array("Q", [0])
    for one in lists:
        offsets.append(offsets[-1] + len(one))
    return offsets


def arrays(
    moves: Sequence[Sequence[tuple[int, int]]],
    initial: int,
    actions: int,
    broken: Sequence[Sequence[int]] | None = None,
) -> Arrays:
    """Of each node the steps, action and target, and the broken actions."""
    broken = [()] * len(moves) if broken is None else broken
    return Arrays(
        nodes=len(moves),
        initial=initial,
        actions=actions,
        offsets=rows([[action for action, _ in steps] for steps in moves]),
        targets=array("I", [target for steps in moves for _, target in steps]),
        edge_actions=action_array(actions, [action for steps in moves for action, _ in steps]),
        broken_offsets=rows(broken),
        broken_actions=action_array(actions, [action for some in broken for action in some]),
    )


def compressed(graph: ReachableGraph, actions: int) -> Arrays:
    """The graph without its states."""
    broken: list[list[int]] = [[] for _ in graph.states]
    for node, action, _ in graph.broken:
        broken[node].append(action)
    return arrays(graph.moves, len(graph.initial), actions, broken)


def decide(library: ctypes.CDLL, system: System, graph: ReachableGraph) -> dict[str, Finding]:
    """What the analyses in C say about the liveness of the system."""
    layout = Layout(system.variables)
    packed = [layout.pack(state) for state in graph.states]
    made = CompressedGraph(library, compressed(graph, len(system.actions)))
    whole = WholeGraph(system, made, len(graph.initial), packed.__getitem__)

    def where(expression: Expr) -> bytes:
        holds = (node for node, state in enumerate(graph.states) if evaluate(expression, state))
        return bits(holds, len(graph.states))

    findings: dict[str, Finding] = {}
    for p in system.properties:
        if p.form in LIVENESS:
            findings[p.name] = whole.lasso(p, where(p.expression), where(p.goal))
    made.close()
    return findings
