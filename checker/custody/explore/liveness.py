"""What must happen on every fair run, decided on a whole graph in flat arrays.

The definitions are those of the second engine, of which this shares no code: a run violates `P ~> Q` when from some
state with P on, Q never holds, and `eventually Q` when Q never holds from the first state on; it keeps all promises
of fairness, and never ends but by standing still for ever.

Guaranteed: exact verdicts, and stems that are as short as can be; the loop of a lasso is only made short.  The graph
must be complete, with every reachable state as a node of its own: promises made to one of several interchangeable
actors mean nothing where these were counted as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from custody.explore.compressed import CompressedGraph, Promises, Step
from custody.explore.layout import Layout
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Form, Property, State, System


class WholeGraph:
    """A system and its graph.  Sets of nodes are bytes, as the graph has them."""

    def __init__(self, system: System, graph: CompressedGraph, initial: int, packed: Callable[[int], int]) -> None:
        """`initial` is how many nodes are first states, `packed` tells the state of a node as `Layout` packs it."""
        self._graph = graph
        self._initial = initial
        self._packed = packed
        self._layout = Layout(system.variables)
        self._promises = Promises(len(system.actions), [(f.strong, f.actions) for f in system.fairness])

    def lasso(self, p: Property, expression: bytes, goal: bytes) -> Finding:
        """Decides an EVENTUALLY or LEADS_TO property by where its expression and, for LEADS_TO, its goal hold."""
        if not self._graph.nodes:
            return Finding(p.name, Verdict.INCONCLUSIVE, reason="the system has no first state")
        once = p.form is Form.EVENTUALLY
        without = self._all() & ~_number(expression if once else goal)
        entries = without & ((1 << self._initial) - 1 if once else _number(expression))
        trace = self._lasso(self._set(entries), self._set(without)) if entries else None
        return Finding(p.name, Verdict.HOLDS if trace is None else Verdict.VIOLATED, trace)

    def _lasso(self, entries: bytes, without: bytes) -> Trace | None:
        """A fair run from one of the entries on for ever where the goal does not hold."""
        graph = self._graph
        region = graph.reachable(entries, without)
        still = graph.still(self._promises, region)
        if still == region:
            # Every way to stay is as good as this one: without a step.
            return self._ended(graph.stem(entries, region, still))
        homes = graph.fair_components(self._promises, region)
        stem = graph.stem(entries, region, self._set(_number(still) | _number(homes.nodes)))
        if stem is None:
            return None
        end = stem[-1][0]
        if still[end >> 3] >> (end & 7) & 1:
            return self._ended(stem)
        loop = graph.round_trip(self._promises, end, homes)
        return self._trace([*stem, *loop[1:]], loop_at=len(stem) - 1)

    def _ended(self, stem: list[Step] | None) -> Trace | None:
        return None if stem is None else self._trace(stem, loop_at=len(stem) - 1, stutters=True)

    def _trace(self, path: Sequence[Step], *, loop_at: int | None = None, stutters: bool = False) -> Trace:
        states = tuple(self._state(node) for node, _ in path)
        return Trace(states, tuple(action for _, action in path[1:]), loop_at=loop_at, stutters=stutters)

    def _state(self, node: int) -> State:
        return self._layout.unpack(self._packed(node))

    def _all(self) -> int:
        return (1 << self._graph.nodes) - 1

    def _set(self, number: int) -> bytes:
        return number.to_bytes(self._graph.set_bytes, "little")


def _number(nodes: bytes) -> int:
    """The set as one integer, which can be united, cut and turned round."""
    return int.from_bytes(nodes, "little")
