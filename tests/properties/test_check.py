"""A run asks the right engine, tells everybody's answer truly, and never makes a verdict of a contradiction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custody.explore import search as explicit_search
from custody.properties.check import check
from custody.properties.engines import Engine, EngineChoice
from custody.properties.fault import DisagreementError, ReplayError, UnsoundFindingError
from custody.properties.result import INTERRUPTED, Outcome
from custody.system.expression import FALSE
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Verdict
from custody.system.model import Form, Kind, Property, System
from support.lamps import (
    BLOWN,
    CAN_SHINE,
    NEVER_BLOWN,
    NO_DEADLOCK,
    NO_RELIGHT,
    NO_SHORT,
    at,
    expecting,
    lamp,
    search,
)

EVENTUALLY = Property("ends", Form.EVENTUALLY, Kind.LIVENESS, at(70), expression=BLOWN)
ALL = (NEVER_BLOWN, CAN_SHINE, NO_SHORT, NO_DEADLOCK, NO_RELIGHT)


def named(name: str, change: Callable[[Exploration], Exploration] = lambda found: found) -> Engine:
    """The plain search under another name, its answer changed."""

    def engine(
        system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None
    ) -> Exploration:
        safety = tuple(wanted for wanted in properties if wanted != EVENTUALLY.name)
        found = search(system, limits, safety, progress)
        findings = dict(found.findings)
        if EVENTUALLY.name in properties:
            findings[EVENTUALLY.name] = Finding(EVENTUALLY.name, Verdict.HOLDS)
        return change(replace(found, engine=name, findings=findings))

    return engine


HONEST = {choice: named(choice.value) for choice in EngineChoice if choice is not EngineChoice.ALL}


def changed(name: str, **fields: Any) -> Callable[[Exploration], Exploration]:
    """Gives one finding other fields."""

    def change(found: Exploration) -> Exploration:
        finding = replace(found.findings[name], **fields)
        return replace(found, findings={**found.findings, name: finding})

    return change


def test_every_property_gets_its_verdict_and_a_sentence() -> None:
    run = check(lamp(*ALL), "given.custody", engines=HONEST)
    assert run.spec == "given.custody"
    assert run.verdict is Verdict.VIOLATED
    assert {result.subject.name: result.finding.verdict.value for result in run.properties} == {
        "never_blown": "violated",
        "can_shine": "holds",
        "no_short": "holds",
        "deadlock": "holds",
        "no_relight": "holds",
    }
    assert [part.text for part in run.properties[0].failed] == ["lamp != blown"]
    assert all(result.message for result in run.properties)
    assert run.counted is not None
    assert (run.counted.states, run.counted.transitions, run.counted.depth) == (3, 2, 2)


def test_liveness_that_the_search_leaves_open_goes_to_the_graph() -> None:
    left = changed(EVENTUALLY.name, verdict=Verdict.INCONCLUSIVE, trace=None, reason="not here")
    engines = {**HONEST, EngineChoice.EXPLICIT: named("explicit", left)}
    run = check(lamp(CAN_SHINE, EVENTUALLY), "x", engines=engines)
    assert [result.engine for result in run.properties] == ["explicit", "networkx"]
    assert [tuple(found.findings) for found in run.explorations] == [
        (CAN_SHINE.name, EVENTUALLY.name),
        (EVENTUALLY.name,),
    ]


def test_an_engine_without_anything_to_settle_is_not_asked() -> None:
    run = check(lamp(EVENTUALLY), "x", engines=HONEST)
    assert [found.engine for found in run.explorations] == ["explicit"]


def test_only_the_named_properties_are_checked() -> None:
    run = check(lamp(*ALL), "x", properties=["can_shine"], engines=HONEST)
    assert [result.subject.name for result in run.properties] == ["can_shine"]
    assert run.verdict is Verdict.HOLDS
    with pytest.raises(KeyError):
        check(lamp(*ALL), "x", properties=["can_shin"], engines=HONEST)


def test_a_limit_makes_the_rest_inconclusive_and_hides_no_violation() -> None:
    limited = check(lamp(*ALL), "x", limits=Limits(max_states=2), engines=HONEST)
    assert limited.verdict is Verdict.INCONCLUSIVE
    assert not limited.passes
    assert {result.outcome for result in limited.properties} == {Outcome.PASSED, Outcome.UNSETTLED}
    assert limited.notices == ()
    violated = check(lamp(*ALL, start=(0, 2)), "x", limits=Limits(max_states=2), engines=HONEST)
    assert violated.verdict is Verdict.VIOLATED


def test_the_time_limit_is_for_all_engines_together() -> None:
    given: list[float] = []

    def remember(
        system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None
    ) -> Exploration:
        assert limits.timeout is not None
        given.append(limits.timeout)
        return search(system, limits, properties, progress)

    engines = dict.fromkeys(HONEST, remember)
    check(lamp(CAN_SHINE), "x", EngineChoice.ALL, Limits(timeout=50.0), engines=engines)
    assert 50.0 >= given[0] >= given[1] >= given[2]


def test_after_an_interruption_no_other_engine_is_asked() -> None:
    def stop(found: Exploration) -> Exploration:
        findings = {name: replace(found, verdict=Verdict.INCONCLUSIVE) for name, found in found.findings.items()}
        return replace(found, findings=findings, complete=False, limit=INTERRUPTED)

    engines = {EngineChoice.EXPLICIT: named("explicit", stop)}
    run = check(lamp(NO_DEADLOCK, EVENTUALLY), "x", engines=engines)
    assert run.interrupted
    assert {result.outcome for result in run.properties} == {Outcome.UNSETTLED}
    assert run.properties[1].message == INTERRUPTED


def test_the_search_names_its_interruption_like_this() -> None:
    assert explicit_search.INTERRUPTED == INTERRUPTED


class TestExpectation:
    @pytest.mark.parametrize(
        ("subject", "outcome"),
        [
            (expecting(NEVER_BLOWN, violated=True), Outcome.PASSED),
            (expecting(NEVER_BLOWN, violated=True, length=2), Outcome.PASSED),
            (expecting(NEVER_BLOWN, violated=True, length=3), Outcome.FAILED),
            (expecting(NEVER_BLOWN, violated=False), Outcome.FAILED),
            (expecting(NO_DEADLOCK, violated=True), Outcome.FAILED),
            (expecting(NO_DEADLOCK, violated=False), Outcome.PASSED),
            (NEVER_BLOWN, Outcome.FAILED),
            (replace(CAN_SHINE, expression=FALSE), Outcome.FAILED),
        ],
    )
    def test_the_outcome_measures_the_verdict_by_it(self, subject: Property, outcome: Outcome) -> None:
        run = check(lamp(subject), "x", engines=HONEST)
        assert [result.outcome for result in run.properties] == [outcome]
        assert run.passes is (outcome is Outcome.PASSED)

    def test_an_expected_violation_is_unsettled_where_a_limit_came_first(self) -> None:
        subject = expecting(NEVER_BLOWN, violated=True)
        run = check(lamp(subject), "x", limits=Limits(max_states=1), engines=HONEST)
        assert run.properties[0].outcome is Outcome.UNSETTLED


class TestAll:
    def test_engines_that_agree_give_one_answer(self) -> None:
        run = check(lamp(*ALL, EVENTUALLY), "x", EngineChoice.ALL, engines=HONEST)
        assert [found.engine for found in run.explorations] == ["explicit", "networkx", "z3"]
        assert {result.engine for result in run.properties} == {"explicit"}

    def test_an_inconclusive_engine_leaves_the_answer_to_the_others(self) -> None:
        silent = changed("can_shine", verdict=Verdict.INCONCLUSIVE, trace=None, reason="too deep")
        engines = {**HONEST, EngineChoice.EXPLICIT: named("explicit", silent)}
        run = check(lamp(*ALL), "x", EngineChoice.ALL, engines=engines)
        assert {result.subject.name: result.engine for result in run.properties}["can_shine"] == "networkx"

    @pytest.mark.parametrize(
        ("fields", "complaint"),
        [
            ({"states": 4}, "explicit and z3 count differently: states 3 against 4"),
            ({"transitions": 4}, "transitions 2 against 4"),
            ({"depth": 4}, "depth 2 against 4"),
        ],
    )
    def test_other_counts_are_a_disagreement(self, fields: dict[str, Any], complaint: str) -> None:
        engines = {**HONEST, EngineChoice.Z3: named("z3", lambda found: replace(found, **fields))}
        with pytest.raises(DisagreementError, match=complaint):
            check(lamp(*ALL), "x", EngineChoice.ALL, engines=engines)

    def test_another_verdict_is_a_disagreement_with_what_reproduces_it(self) -> None:
        wrong = changed("never_blown", verdict=Verdict.HOLDS, trace=None)
        complaint = "explicit and z3 disagree on never_blown: violated against holds"
        with pytest.raises(DisagreementError, match=complaint) as caught:
            check(lamp(*ALL), "x", EngineChoice.ALL, engines={**HONEST, EngineChoice.Z3: named("z3", wrong)})
        assert "--set WATTS=60" in caught.value.report
        assert "User.0 press(finger = thumb): switch on" in caught.value.report

    def test_a_longer_trace_is_a_disagreement(self) -> None:
        # Two ways to shine: the search finds the one without a step.
        system = lamp(CAN_SHINE, start=(0, 1))
        longer = check(lamp(CAN_SHINE), "x", engines=HONEST).properties[0].finding.trace
        engines = {**HONEST, EngineChoice.NETWORKX: named("networkx", changed("can_shine", trace=longer))}
        with pytest.raises(DisagreementError, match="shortest trace for can_shine: 0 against 1 steps"):
            check(system, "x", EngineChoice.ALL, engines=engines)


class TestFault:
    def test_a_trace_that_does_not_replay_is_no_verdict(self) -> None:
        good = check(lamp(NEVER_BLOWN), "x", engines=HONEST).properties[0].finding.trace
        assert good is not None
        bad = changed("never_blown", trace=replace(good, actions=(1, 0)))
        with pytest.raises(ReplayError):
            check(lamp(NEVER_BLOWN), "x", engines={**HONEST, EngineChoice.EXPLICIT: named("explicit", bad)})

    def test_success_without_having_seen_everything_is_no_verdict(self) -> None:
        hasty = named("explicit", changed("deadlock", verdict=Verdict.HOLDS))
        with pytest.raises(UnsoundFindingError, match="stopped at its limit"):
            check(lamp(NO_DEADLOCK), "x", limits=Limits(max_states=1), engines={EngineChoice.EXPLICIT: hasty})

    def test_unreachable_without_having_seen_everything_is_no_verdict(self) -> None:
        hasty = named("explicit", changed("can_shine", verdict=Verdict.VIOLATED))
        with pytest.raises(UnsoundFindingError):
            check(lamp(CAN_SHINE), "x", limits=Limits(max_states=1), engines={EngineChoice.EXPLICIT: hasty})

    def test_a_property_nobody_answers_for_is_no_verdict(self) -> None:
        silent = named("explicit", lambda found: replace(found, findings={}))
        with pytest.raises(UnsoundFindingError, match="says nothing about deadlock"):
            check(lamp(NO_DEADLOCK), "x", engines={EngineChoice.EXPLICIT: silent})
