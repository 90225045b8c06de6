"""Paths through a contract as tests of the reference implementation, for pytest.

A test is a tour: steps, and after each what changes of the contract's variables.  All the tests of a file together
take every transition of the instance's graph that the implementation claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from custody.evidence.conform.contract import Contract, by_first, claimed
from custody.evidence.conform.tours import Arc, tours
from custody.evidence.conform.worlds import world_of
from custody.graph.build import ReachableGraph
from custody.system.finding import Limits

_HEAD = '''"""Tests of the reference implementation, written by `custody conform --emit-tests pytest`.

The contract is {model}, with {instance}.
Each test takes a path through its graph; all of them together take each of the {transitions:,} transitions that the
implementation claims. A step says who does what, and what is different after it.
"""

# ruff: noqa
# pyright: basic
import pytest

from custody.evidence.conform.step import Manner, Step
from custody.evidence.conform.worlds import world_of

PARAMETERS = {parameters!r}
FIRSTS = {firsts!r}
STEPS = [
'''

_TAIL = """]
# Each path: where it begins in FIRSTS; then the number of a step of STEPS, and what is different afterwards.
PATHS = [
{paths}]


@pytest.mark.parametrize("path", range(len(PATHS)))
def test_path(path):
    world = world_of({model!r})(PARAMETERS)
    first, steps = PATHS[path]
    expected = dict(FIRSTS[first])
    world.arrange(expected)
    try:
        for number, changes in steps:
            actor, name, label, arguments, outcome, variant, manner = STEPS[number]
            expected |= changes
            step = Step(number, actor, name, label, arguments, outcome, variant, Manner(manner))
            world.perform(step, expected)
            assert world.state() == expected, step.show()
    finally:
        world.end()
"""


def emit(contract: Contract, limits: Limits) -> str:
    """The file. ValueError where the graph was not finished within the limits."""
    graph = contract.graph(limits)
    if graph.limit is not None:
        raise ValueError(f"the graph was not finished: {graph.limit}")
    model = contract.system.name
    arcs, _ = claimed(contract, graph, world_of(model)(contract.parameters).not_toured)
    parts = list(by_first(arcs, graph.initial))
    instance = ", ".join(f"{name} = {value}" for name, value in contract.parameters.items())
    head = _HEAD.format(
        model=model,
        instance=instance,
        transitions=len(arcs),
        parameters=contract.parameters,
        firsts=[dict(contract.sight(graph.states[first]).values) for first, _ in parts],
    )
    steps = "".join(
        f"    {(s.actor, s.name, s.label, s.arguments, s.outcome, s.variant, s.manner.value)!r},\n"
        for s in contract.steps
    )
    paths = "".join(
        _path(contract, graph, number, path)
        for number, (first, part) in enumerate(parts)
        for path in tours(part, first).paths
    )
    return head + steps + _TAIL.format(paths=paths, model=model)


def _path(contract: Contract, graph: ReachableGraph, first: int, path: Sequence[Arc]) -> str:
    entries = "".join(f"        {entry!r},\n" for entry in _entries(contract, graph, path))
    return f"    ({first}, [\n{entries}    ]),\n"


def _entries(contract: Contract, graph: ReachableGraph, path: Sequence[Arc]) -> Iterator[tuple[int, dict[str, str]]]:
    for arc in path:
        before = contract.sight(graph.states[arc.source]).values
        after = contract.sight(graph.states[arc.target]).values
        yield arc.label, {name: value for name, value in after.items() if before[name] != value}
