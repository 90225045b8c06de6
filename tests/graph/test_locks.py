"""The order of locks: what is held when another is asked for, and cycles that the search confirms or refutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.graph.build import reachable
from custody.graph.locks import lock_order
from custody.language import instances, load
from custody.system.model import System

TEXT = """model two_locks

role One is user
role Other is user

state
    a: mutex
    b: mutex
    gate: mutex

process first by One
    {gate}lock a
    lock b
    unlock b
    unlock a
    {ungate}skip

process second by Other
    {gate}lock {x}
    lock {y}
    unlock {y}
    unlock {x}
    {ungate}skip

terminal true
"""


def system(tmp_path: Path, x: str, y: str, gated: bool = False) -> System:
    gate, ungate = ("lock gate\n    ", "unlock gate\n    ") if gated else ("", "")
    file = tmp_path / "two_locks.custody"
    file.write_text(TEXT.format(x=x, y=y, gate=gate, ungate=ungate), encoding="utf-8")
    return instances(load(str(file)), {})[0]


@pytest.mark.parametrize(
    ("x", "y", "gated", "cycles"),
    [("a", "b", False, ()), ("b", "a", False, (("a", "b"),)), ("b", "a", True, (("a", "b"),))],
)
def test_an_order_both_ways_is_a_cycle(
    tmp_path: Path, x: str, y: str, gated: bool, cycles: tuple[tuple[str, ...], ...]
) -> None:
    found = lock_order(made := system(tmp_path, x, y, gated), reachable(made))
    assert found.cycles == cycles
    assert found.complete
    assert ("a", "b") in {(order.held, order.wanted) for order in found.orders}
    if gated:
        assert ("gate", "a") in {(order.held, order.wanted) for order in found.orders}


def test_elements_of_an_array_are_locks_of_their_own() -> None:
    file = Path(__file__).parent.parent / "protocols" / "philosophers.custody"
    made = instances(load(str(file)), {})[0]
    found = lock_order(made, reachable(made))
    assert found.locks == ("fork[0]", "fork[1]", "fork[2]")
    assert found.cycles == (("fork[0]", "fork[1]", "fork[2]"),)
