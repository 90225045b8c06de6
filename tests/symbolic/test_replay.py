"""Forged runs are faults, never verdicts."""

from __future__ import annotations

import pytest

from custody.symbolic.fault import EngineFault
from custody.symbolic.replay import Run, escape, require_run, shown
from custody.system.expression import TRUE, Sort, add, after, eq, lt, number, read
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Check, Domain, Form
from support.claims import claim, claiming, move
from support.small_systems import at, variable

X = read(0, Sort.INT)
COUNTER = claiming(
    [variable("x", Domain(0, 3), 0)],
    [
        move("up", lt(X, number(3)), [(0, add(X, number(1)))], [Check(lt(X, number(2)), "assert", "", at(3))]),
        move("down", eq(X, number(1)), [(0, number(0))]),
    ],
    [
        claim("low", Form.INVARIANT, lt(X, number(2))),
        claim("two", Form.REACHABLE, eq(X, number(2))),
        claim("assert", Form.HAZARD),
        claim("rises", Form.STEP, lt(X, after(0, Sort.INT))),
        claim("deadlock", Form.DEADLOCK),
        claim("ends", Form.EVENTUALLY),
    ],
)


UP_TWICE = Run(((0,), (1,), (2,)), (0, 0))


@pytest.mark.parametrize(
    ("name", "run", "verdict", "trace"),
    [
        ("low", UP_TWICE, Verdict.VIOLATED, Trace(UP_TWICE.states, (0, 0))),
        ("two", UP_TWICE, Verdict.HOLDS, Trace(UP_TWICE.states, (0, 0))),
        ("assert", UP_TWICE, Verdict.VIOLATED, Trace(UP_TWICE.states, (0, 0, 0), broken=0)),
        ("rises", Run(((0,), (1,)), (0,)), Verdict.VIOLATED, Trace(((0,), (1,), (0,)), (0, 1))),
    ],
)
def test_a_true_run_becomes_the_trace_with_the_step_that_shows_it(
    name: str, run: Run, verdict: Verdict, trace: Trace
) -> None:
    require_run(COUNTER, run)
    assert shown(COUNTER, COUNTER.property_named(name), run) == Finding(name, verdict, trace)


@pytest.mark.parametrize(
    ("run", "complaint"),
    [
        (Run(((2,),), ()), "does not begin in a first state"),
        (Run(((0,), (2,)), (0,)), "is none of the system at step 1"),
        (Run(((0,), (0,)), (1,)), "is none of the system at step 1"),
        (Run(((0,), (1,), (2,), (3,)), (0, 0, 0)), "is none of the system at step 3"),
        (Run(((0,), (1,)), ()), "has 2 states for 0 steps"),
    ],
)
def test_what_is_no_run_is_a_fault(run: Run, complaint: str) -> None:
    with pytest.raises(EngineFault, match=complaint):
        require_run(COUNTER, run)


@pytest.mark.parametrize(
    ("name", "state"), [("low", 1), ("two", 1), ("assert", 1), ("rises", 0), ("deadlock", 0), ("ends", 0)]
)
def test_a_run_that_does_not_end_in_what_it_should_show_is_a_fault(name: str, state: int) -> None:
    with pytest.raises(EngineFault, match=f"z3's run for '{name}' does not end in what it should show"):
        shown(COUNTER, COUNTER.property_named(name), Run(((state,),), ()))


def test_a_way_out_of_the_domains_names_the_step_and_the_value() -> None:
    careless = claiming([variable("x", Domain(0, 1), 0)], [move("up", TRUE, [(0, add(X, number(1)))])], [])
    assert escape(careless, (1,)) == "'up' gives x the value 2, outside its domain 0..1, and breaks no check"
    assert escape(COUNTER, (0,)) == "z3 finds a step out of the domains where there is none: (0,)"
