"""Settles EVENTUALLY and LEADS_TO, for which a search is not enough, on its whole graph when it is done.

Nothing here is done state by state: C makes the graph, says where the marks hold, and finds the ways.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence

from custody.explore.compressed import CompressedGraph
from custody.explore.edges import Edges
from custody.explore.layout import Layout
from custody.explore.liveness import WholeGraph
from custody.explore.native import Engine, Model
from custody.system.expression import Expr
from custody.system.finding import Finding
from custody.system.model import LIVENESS, Form, Property, System


def marks(properties: Iterable[Property]) -> list[Expr]:
    """What a model has to have as marks, so that these properties can be settled."""
    return list(dict.fromkeys(expression for p in properties for expression in _expressions(p)))


def settle(
    system: System,
    engine: Engine,
    library: ctypes.CDLL,
    model: Model,
    properties: Sequence[Property],
    marked: Sequence[Expr],
    first_mark: int = 0,
    watch: Callable[[], None] | None = None,
    most_bytes: int | None = None,
) -> dict[str, Finding]:
    """Findings for those of the properties that are about what must follow; of the others there are none.

    The engine has found all states, each by itself and not one for several that symmetry makes alike.  `library` is
    its own, prepared by `edges.prepared`; `marked` are marks of the model, from `first_mark` on.
    What `watch` raises some times a second ends the work, as do MemoryError and OverLimitError.
    """
    wanted = [p for p in properties if p.form in LIVENESS]
    if not wanted:
        return {}
    words = Layout(system.variables).words
    edges = Edges(library, engine, model, watch, most_bytes)
    try:
        where = dict(zip(marked, edges.marks(first_mark + len(marked))[first_mark:], strict=True))
        left = None if most_bytes is None else most_bytes - edges.bytes
        graph = CompressedGraph(library, edges.arrays, watch, left)
        try:
            whole = WholeGraph(system, graph, edges.arrays.initial, lambda node: edges.state(node, words))
            return {p.name: _finding(whole, p, [where[e] for e in _expressions(p)]) for p in wanted}
        finally:
            graph.close()
    finally:
        edges.close()


def _expressions(p: Property) -> list[Expr]:
    """What has to be known of each state, to settle the property."""
    match p.form:
        case Form.EVENTUALLY:
            return [p.expression]
        case Form.LEADS_TO:
            return [p.expression, p.goal]
        case _:
            return []


def _finding(whole: WholeGraph, p: Property, where: Sequence[bytes]) -> Finding:
    return whole.lasso(p, where[0], where[-1])
