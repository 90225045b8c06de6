"""The exported model is the same system: SPIN and rumur count what the plain evaluator counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from custody.exchange import murphi, promela
from custody.language import instances, load
from custody.system.model import System
from support.peers import needs_rumur, needs_spin, run_rumur, run_spin
from support.small_systems import explore, systems

PROTOCOLS = Path(__file__).parent.parent / "protocols"
few = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)


def lifecycle() -> System:
    return instances(load(str(PROTOCOLS / "lifecycle.custody")), {"N": "3"})[0]


@needs_spin
@pytest.mark.parametrize("breadth_first", [True, False])
def test_spin_counts_the_lifecycle(breadth_first: bool) -> None:
    system = lifecycle()
    count = run_spin(promela.export(system), breadth_first)
    assert (count.states, count.transitions - 1, count.depth, count.errors) == (
        10657,
        82047,
        12 if breadth_first else None,
        0,
    )


@needs_rumur
def test_rumur_counts_the_lifecycle() -> None:
    count = run_rumur(murphi.export(lifecycle()))
    assert (count.states, count.transitions, count.errors) == (10657, 82047, 0)


@needs_spin
@few
@given(systems())
def test_spin_counts_random_systems(system: System) -> None:
    found, extra = explore(system), promela.overhead(system)
    count = run_spin(promela.export(system))
    assert count.states - extra.states == len(found.states)
    assert count.transitions - extra.transitions == found.transitions
    assert count.depth is not None
    assert count.depth - extra.depth == found.depth


@needs_rumur
@few
@given(systems())
def test_rumur_counts_random_systems(system: System) -> None:
    found = explore(system)
    count = run_rumur(murphi.export(system))
    assert (count.states, count.transitions) == (len(found.states), found.transitions)
