"""Only real runs that really violate their property replay; every forgery is found out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from custody.properties.fault import ReplayError
from custody.properties.replay import replay, steps
from custody.system.expression import FALSE, Expr, Sort, after, eq, implies, not_, number
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Fairness, Form, Kind, Property, System
from support.lamps import BLOWN, CAN_SHINE, LAMP, NEVER_BLOWN, NO_DEADLOCK, NO_SHORT, OFF, ON, at, lamp

BLOWS = Trace(states=((0,), (1,), (2,)), actions=(0, 1))
SHORTS = Trace(states=((0,), (1,), (2,)), actions=(0, 1, 2), broken=0)


def violated(name: str, trace: Trace | None, subject: str | None = None) -> Finding:
    return Finding(name, Verdict.VIOLATED, trace, subject=subject)


def refused(system: System, subject: Property, finding: Finding) -> str:
    with pytest.raises(ReplayError) as caught:
        replay(system, subject, finding)
    assert finding.property in caught.value.report
    return str(caught.value)


def test_a_real_violation_replays() -> None:
    replay(lamp(NEVER_BLOWN), NEVER_BLOWN, violated("never_blown", BLOWS))


@pytest.mark.parametrize(
    ("trace", "complaint"),
    [
        (replace(BLOWS, states=((0,), (1,))), "2 states do not fit 2 steps"),
        (Trace(states=(), actions=(), broken=0), "empty"),
        (Trace(states=((1,), (2,)), actions=(1,)), "first state"),
        (replace(BLOWS, actions=(1, 1)), "step 1 (blow the fuse) is not enabled"),
        (replace(BLOWS, states=((0,), (0,), (2,))), "step 1 (switch on) leads to another state"),
        (replace(BLOWS, states=BLOWS.states[:2], broken=0), "step 2 (blow the fuse) does not break check 0"),
        (Trace(states=((0,), (1,)), actions=(0,)), "is true in the last state"),
    ],
    ids=["sizes", "empty", "start", "guard", "effect", "no such check", "no violation"],
)
def test_a_forged_run_is_found_out(trace: Trace, complaint: str) -> None:
    message = refused(lamp(NEVER_BLOWN), NEVER_BLOWN, violated("never_blown", trace))
    assert complaint in message


def test_a_violation_without_a_trace_is_no_violation() -> None:
    assert "there is no trace" in refused(lamp(NEVER_BLOWN), NEVER_BLOWN, violated("never_blown", None))


def test_a_trace_for_success_is_refused() -> None:
    finding = Finding("never_blown", Verdict.HOLDS, BLOWS)
    assert "comes with the verdict holds" in refused(lamp(NEVER_BLOWN), NEVER_BLOWN, finding)


def test_initial_restrictions_count() -> None:
    system = replace(lamp(NEVER_BLOWN), where=FALSE)
    assert "first state" in refused(system, NEVER_BLOWN, violated("never_blown", BLOWS))


class TestHazard:
    def test_the_broken_check_replays(self) -> None:
        replay(lamp(NO_SHORT, shorts=True), NO_SHORT, violated("no_short", SHORTS))

    def test_the_check_must_break(self) -> None:
        trace = Trace(states=((0,),), actions=(0,), broken=0)
        assert "does not break" in refused(lamp(NO_SHORT, shorts=True), NO_SHORT, violated("no_short", trace))

    def test_a_broken_check_in_the_middle_ends_the_run(self) -> None:
        trace = Trace(states=((0,), (1,), (2,), (2,)), actions=(0, 1, 2))
        assert "breaks a check" in refused(lamp(NO_SHORT, shorts=True), NO_SHORT, violated("no_short", trace))

    def test_the_check_must_name_the_property(self) -> None:
        other = replace(NO_SHORT, name="other")
        assert "belongs to no_short" in refused(lamp(other, shorts=True), other, violated("other", SHORTS))

    def test_an_invariant_does_not_end_with_a_hazard(self) -> None:
        system = lamp(NEVER_BLOWN, shorts=True)
        assert "ends with a hazard" in refused(system, NEVER_BLOWN, violated("never_blown", SHORTS))


class TestOtherForms:
    def test_reached(self) -> None:
        replay(lamp(CAN_SHINE), CAN_SHINE, Finding("can_shine", Verdict.HOLDS, Trace(((0,), (1,)), (0,))))
        assert "not the one asked for" in refused(
            lamp(CAN_SHINE), CAN_SHINE, Finding("can_shine", Verdict.HOLDS, BLOWS)
        )

    def test_never_reached_needs_no_trace(self) -> None:
        never = replace(CAN_SHINE, expression=FALSE)
        replay(lamp(never), never, violated("can_shine", None))

    def test_deadlock(self) -> None:
        stuck = replace(lamp(NO_DEADLOCK), terminal=FALSE)
        replay(stuck, NO_DEADLOCK, violated("deadlock", BLOWS))
        assert "not deadlocked" in refused(lamp(NO_DEADLOCK), NO_DEADLOCK, violated("deadlock", BLOWS))

    def test_step(self) -> None:
        blown_after = eq(after(LAMP, Sort.INT), number(2))
        stays = Property(
            "stays", Form.STEP, Kind.PROTOCOL, at(1), expression=implies(ON, not_(blown_after)), text="on stays"
        )
        replay(lamp(stays), stays, violated("stays", BLOWS))
        short = Trace(((0,), (1,)), (0,))
        assert "true over the last step" in refused(lamp(stays), stays, violated("stays", short))
        assert "no step" in refused(lamp(stays), stays, violated("stays", Trace(((0,),), ())))

    def test_progress(self) -> None:
        rests = Property("rests", Form.PROGRESS, Kind.DEADLOCK, at(1), resting=(("User.0", OFF), ("User.1", BLOWN)))
        replay(lamp(rests), rests, violated("rests", Trace(((0,), (1,)), (0,)), "User.0"))
        trace = Trace(((0,), (1,)), (0,))
        assert "can still come to rest" in refused(lamp(rests), rests, violated("rests", trace, "User.1"))
        assert "no actor" in refused(lamp(rests), rests, violated("rests", trace, "User.7"))


class TestLasso:
    """A lamp that is switched on and off for ever."""

    LOOP = Trace(states=((0,), (1,), (0,)), actions=(0, 1), loop_at=0)

    @staticmethod
    def blinking(subject: Property, fair: tuple[Fairness, ...] = ()) -> System:
        system = lamp(subject)
        off = replace(system.actions[1], label="switch off", effects=system.actions[-1].effects)
        blow = replace(system.actions[1], guard=OFF)
        return replace(system, actions=(system.actions[0], off, blow), fairness=fair)

    @staticmethod
    def eventually(expression: Expr) -> Property:
        return Property("ends", Form.EVENTUALLY, Kind.LIVENESS, at(1), expression=expression)

    def test_a_loop_without_the_goal_replays(self) -> None:
        subject = self.eventually(BLOWN)
        replay(self.blinking(subject), subject, violated("ends", self.LOOP))

    def test_a_loop_with_the_goal_does_not(self) -> None:
        subject = self.eventually(ON)
        assert "becomes true" in refused(self.blinking(subject), subject, violated("ends", self.LOOP))

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"loop_at": None}, "does not go on for ever"),
            ({"loop_at": 2}, "does not go on for ever"),
            ({"loop_at": 1}, "does not close"),
            ({"stutters": True}, "both stands still and repeats"),
        ],
    )
    def test_a_loop_must_be_one(self, change: dict[str, Any], complaint: str) -> None:
        subject = self.eventually(BLOWN)
        trace = replace(self.LOOP, **change)
        assert complaint in refused(self.blinking(subject), subject, violated("ends", trace))

    def test_weak_fairness_is_kept_where_the_action_is_sometimes_disabled(self) -> None:
        subject = self.eventually(BLOWN)
        fair = (Fairness("blows", strong=False, actions=(2,)),)
        replay(self.blinking(subject, fair), subject, violated("ends", self.LOOP))

    def test_strong_fairness_is_broken_there(self) -> None:
        subject = self.eventually(BLOWN)
        fair = (Fairness("blows", strong=True, actions=(2,)),)
        assert "fairness blows" in refused(self.blinking(subject, fair), subject, violated("ends", self.LOOP))

    def test_fairness_is_kept_by_an_action_that_is_taken(self) -> None:
        subject = self.eventually(BLOWN)
        fair = (Fairness("switches", strong=True, actions=(1,)),)
        replay(self.blinking(subject, fair), subject, violated("ends", self.LOOP))

    def test_standing_still_breaks_weak_fairness_of_what_could_happen(self) -> None:
        subject = self.eventually(BLOWN)
        still = Trace(((0,),), (), stutters=True)
        replay(self.blinking(subject), subject, violated("ends", still))
        replay(self.blinking(subject), subject, violated("ends", replace(still, loop_at=0)))
        fair = (Fairness("switches", strong=False, actions=(0,)),)
        assert "fairness switches" in refused(self.blinking(subject, fair), subject, violated("ends", still))

    def test_leads_to_needs_a_premise_that_is_never_answered(self) -> None:
        answered = Property("answer", Form.LEADS_TO, Kind.LIVENESS, at(1), expression=ON, goal=OFF)
        assert "again and again" in refused(self.blinking(answered), answered, violated("answer", self.LOOP))
        unanswered = replace(answered, goal=BLOWN)
        replay(self.blinking(unanswered), unanswered, violated("answer", self.LOOP))
        unasked = replace(answered, expression=BLOWN, goal=FALSE)
        assert "each time" in refused(self.blinking(unasked), unasked, violated("answer", self.LOOP))

    def test_an_answer_before_the_loop_counts_only_for_what_came_before(self) -> None:
        subject = Property("answer", Form.LEADS_TO, Kind.LIVENESS, at(1), expression=OFF, goal=ON)
        stays_off = Trace(((0,), (1,), (0,)), (0, 1), stutters=True)
        replay(self.blinking(subject), subject, violated("answer", stays_off))
        ends_on = Trace(((0,), (1,)), (0,), stutters=True)
        assert "again and again" in refused(self.blinking(subject), subject, violated("answer", ends_on))


def test_steps_of_a_hazard_end_without_a_state() -> None:
    assert steps(SHORTS)[-1] == ((2,), 2, None)
    assert steps(BLOWS) == [((0,), 0, (1,)), ((1,), 1, (2,))]
