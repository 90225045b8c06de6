"""The reachable graph as plain DOT, for whoever has a graph tool of their own: every state, every step.

`custody draw` makes pictures for people, and folds what is large; here nothing is folded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from custody.exchange.names import describe, plain, setting
from custody.exchange.problem import ExportError
from custody.exchange.step import selected
from custody.graph.build import reachable
from custody.system.evaluate import evaluate
from custody.system.finding import Limits
from custody.system.model import Form, System

MOST_STATES = 20_000
"""No tool does anything useful with a larger drawing."""


def export(system: System, properties: Collection[str] = (), *, file: str = "FILE.dot") -> str:
    """The graph: a node for each state with its values, an edge for each step; what is violated is marked.

    Of the properties those about single states can be asked for.  Raises ExportError where there are more than
    MOST_STATES states.
    """
    chosen = selected(system, properties, {Form.INVARIANT})
    graph = reachable(system, Limits(max_states=MOST_STATES))
    if graph.limit is not None:
        raise ExportError(f"{system.name} has more than {MOST_STATES:,} states; `custody draw` folds them")

    def lines() -> Iterator[str]:
        yield f"// {plain(system.name)}, from {plain(system.file)}"
        for name, value in system.parameters:
            yield f"// {plain(name)} = {plain(setting(value))}"
        yield f"// {plain(file)} is for graph tools; `custody draw` makes pictures for people."
        yield "digraph states {"
        yield f'  label="{plain(system.name)}";'
        for node, state in enumerate(graph.states):
            values = "\\n".join(
                plain(f"{variable.name} = {variable.domain.show(value)}")
                for variable, value in zip(system.variables, state, strict=True)
            )
            marks = ["peripheries=2"] if node in initial else []
            false = [prop.name for prop in chosen if not evaluate(prop.expression, state)]
            if false:
                marks += ["style=bold", f'xlabel="violates {plain(", ".join(false))}"']
            more = "".join(f", {mark}" for mark in marks)
            yield f'  s{node} [label="{values}"{more}];'
        for node, moves in enumerate(graph.moves):
            for action, target in moves:
                yield f'  s{node} -> s{target} [label="{describe(system.actions[action])}"];'
        for node, action, check in graph.broken:
            known = system.actions[action]
            yield f'  s{node} -> "{plain(known.checks[check].property)}" [label="{describe(known)}", style=dashed];'
        yield "}"

    initial = set(graph.initial)
    return "\n".join(lines()) + "\n"
