"""The heap helpers' walk in any order, of which something is proved for any number, is the one by index elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.graph.build import reachable
from custody.language import load
from custody.language.elaborate import sized
from custody.system.model import System

SPEC = Path(__file__).parents[2] / "spec/heap_helpers.custody"
SETTINGS = {"THREADS": "1", "DIRECTIONS": "both_ways", "KERNEL_MAPPING": "false", "PAGES": "2"}


@pytest.mark.parametrize("coherent", ["false", "true"])
def test_outside_of_walks_both_reach_the_same(coherent: str) -> None:
    program = load(str(SPEC))
    settings = {**SETTINGS, "COHERENT": coherent}
    orders = ("by_index", "in_any_order")
    one, other = (_reached(sized(program, {**settings, "WALK": order}, {"DEVICES": 2})) for order in orders)
    both = {state[0] for state in one} & {state[0] for state in other}
    assert {"idle"} < both
    assert {state for state in one if state[0] in both} == {state for state in other if state[0] in both}
    assert all(any(state[0] not in both for state in some) for some in (one, other))


def _reached(system: System) -> set[tuple[str, ...]]:
    """The states that are reached, as the position of the thread and the values of the variables by name."""
    at = next(i for i, v in enumerate(system.variables) if v.name == "Thread.0.at")
    names = sorted(range(len(system.variables)), key=lambda i: (i != at, system.variables[i].name))
    domains = [(i, system.variables[i].domain) for i in names]
    return {tuple(domain.show(state[i]) for i, domain in domains) for state in reachable(system).states}
