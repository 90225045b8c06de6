"""The exported SMV model is the same system: NuSMV reaches as many states and says the same of the properties."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from custody.exchange import smv
from custody.language import instances, load
from custody.properties.check import check
from custody.system.finding import Verdict
from custody.system.model import Form, System
from exchange.test_counts import few
from support.nusmv import needs_nusmv, run_nusmv
from support.small_systems import explore, systems

PROTOCOLS = Path(__file__).parent.parent / "protocols"
SPEC = Path(__file__).parents[2] / "spec"
INVARIANTS = frozenset({Form.INVARIANT, Form.REACHABLE, Form.DEADLOCK})
"""What is exported as an INVARSPEC over states."""

pytestmark = needs_nusmv


def agree(system: System) -> None:
    """As many states, and of each property over states the same verdict."""
    names = tuple(prop.name for prop in system.properties if prop.form in INVARIANTS)
    ours = check(system, system.file, properties=names) if names else None
    told = run_nusmv(smv.export(system, names))
    if ours is None:
        assert told.states == len(explore(system).states)
        return
    assert ours.counted is not None
    assert told.states == ours.counted.states
    # An invariant says that what is to be reachable is not, so that it is violated where the property holds.
    verdicts = {result.subject.name: result.finding.verdict for result in ours.properties}
    wanted = [
        verdicts[prop.name] is (Verdict.VIOLATED if prop.form is Form.REACHABLE else Verdict.HOLDS)
        for prop in system.properties
        if prop.form in INVARIANTS
    ]
    assert list(told.invariants) == wanted


def test_nusmv_counts_the_lifecycle() -> None:
    system = instances(load(str(PROTOCOLS / "lifecycle.custody")), {"N": "3"})[0]
    assert run_nusmv(smv.export(system)).states == 10657


@pytest.mark.parametrize("name", ["alternating_bit", "peterson", "philosophers", "ticket", "two_phase"])
def test_nusmv_agrees_on_the_protocols(name: str) -> None:
    agree(instances(load(str(PROTOCOLS / f"{name}.custody")), {})[0])


@pytest.mark.parametrize("name", ["dma_buf", "as_posted/ownership"])
def test_nusmv_agrees_on_contracts(name: str) -> None:
    agree(instances(load(str(SPEC / f"{name}.custody")), {"DEVICES": "1", "THREADS": "1"})[0])


@settings(few, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(systems())
def test_nusmv_agrees_on_random_systems(system: System) -> None:
    model = smv.export(system)
    # NuSMV divides in the branches of a choice that are not taken as well, and gives up on a zero there.
    assume(all(divisor.isdecimal() for divisor in re.findall(r"/ \((\(?[^ )]*)", model)))
    assert run_nusmv(model).states == len(explore(system).states)
