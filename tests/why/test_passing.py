"""The nearest passing run is a run, starts like the counterexample, parts from it once, and passes."""

from __future__ import annotations

from hypothesis import given, settings

from custody.explore.search import explore
from custody.system.evaluate import evaluate
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import SAFETY, Form, System
from custody.system.replay import broken_run
from custody.why.passing import passing
from support.checked_systems import checked_systems
from support.lamps import NEVER_BLOWN, lamp


def test_a_lamp_that_is_left_on_does_not_blow() -> None:
    finding = Finding("never_blown", Verdict.VIOLATED, Trace(states=((0,), (1,), (2,)), actions=(0, 1)))
    found = passing(lamp(NEVER_BLOWN), NEVER_BLOWN, finding)
    assert found is None or all(state != (2,) for state in found.trace.states)


@settings(deadline=None, max_examples=30)
@given(checked_systems())
def test_a_passing_run_is_one(system: System) -> None:
    explored = explore(system)
    for subject in system.properties:
        finding = explored.findings[subject.name]
        if finding.verdict is not Verdict.VIOLATED or finding.trace is None or subject.form not in SAFETY:
            continue
        found = passing(system, subject, finding)
        if found is None:
            continue
        trace, failing = found.trace, finding.trace
        assert broken_run(system, trace) is None
        assert trace.actions[: found.shared] == failing.actions[: found.shared]
        assert trace.states[: found.shared + 1] == failing.states[: found.shared + 1]
        assert trace.actions[found.shared] != failing.actions[found.shared]
        if subject.form is Form.INVARIANT:
            assert all(evaluate(subject.expression, state) for state in trace.states)
        if trace.loop_at is None:
            assert evaluate(system.terminal, trace.states[-1])
        else:
            assert trace.states[-1] == trace.states[trace.loop_at]
            assert trace.loop_at < len(trace.states) - 1
