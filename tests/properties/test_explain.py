"""The sentence on a verdict names what is false, for which values, and what the variables are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.properties.explain import explain, failed_conjuncts
from custody.system.expression import FALSE, TRUE, Sort, after, eq, implies, not_, number
from custody.system.finding import Finding, Limits, Trace, Verdict
from custody.system.model import Action, Form, Kind, Property, System, Wait
from support.lamps import (
    BLOWN,
    CAN_SHINE,
    LAMP,
    NEVER_BLOWN,
    NO_SHORT,
    OFF,
    ON,
    at,
    conjunct,
    lamp,
    search,
)


def sentence(system: System, subject: Property, limits: Limits | None = None) -> str:
    found = search(system, limits or Limits(), (subject.name,))
    return explain(system, subject, found.findings[subject.name], found)


def test_an_invariant_names_the_conjunct_the_binding_and_the_values() -> None:
    assert sentence(lamp(NEVER_BLOWN), NEVER_BLOWN) == (
        "`lamp != blown` is false for t = Thread.0, where lamp is blown"
    )


def test_several_false_conjuncts_are_counted() -> None:
    parts = (conjunct(OFF, "lamp == off", 1), conjunct(not_(BLOWN), "lamp != blown", 2), conjunct(ON, "on", 3))
    subject = replace(NEVER_BLOWN, conjuncts=parts)
    assert sentence(lamp(subject), subject).endswith("(and 2 more parts)")


def test_an_invariant_without_conjuncts_is_quoted_whole() -> None:
    subject = replace(NEVER_BLOWN, conjuncts=())
    assert sentence(lamp(subject), subject) == "`lamp != blown` is false, where lamp is blown"


def test_a_step_shows_both_sides() -> None:
    expression = implies(ON, not_(eq(after(LAMP, Sort.INT), number(2))))
    part = conjunct(expression, "lamp == on => lamp' != blown", 1)
    subject = Property("stays", Form.STEP, Kind.PROTOCOL, at(1), expression=expression, conjuncts=(part,))
    system = lamp(subject)
    assert "where lamp goes from on to blown" in sentence(system, subject)
    assert failed_conjuncts(subject, Trace(((0,), (1,), (2,)), (0, 1))) == (part,)


def test_a_hazard_says_who_did_what() -> None:
    assert sentence(lamp(NO_SHORT, shorts=True), NO_SHORT) == (
        "User.0, in `press`: the lamp is pressed after it is blown, where lamp is blown"
    )


def test_reached_and_never_reached() -> None:
    assert sentence(lamp(CAN_SHINE), CAN_SHINE) == "reached in 1 step"
    never = replace(CAN_SHINE, expression=FALSE)
    assert sentence(lamp(never), never) == "no reachable state has `lamp == on`"


def test_what_holds_says_how_much_was_looked_at() -> None:
    assert sentence(lamp(NO_SHORT), NO_SHORT) == "in all of 3 reachable states"


def test_what_is_inconclusive_says_why() -> None:
    assert sentence(lamp(NO_SHORT), NO_SHORT, Limits(max_states=1)) == "not every state was seen"


@pytest.mark.parametrize(
    ("trace", "words"),
    [
        (Trace(((0,), (1,), (0,)), (0, 1), loop_at=0), "steps 1 to 2 repeat for ever, with steps of User.0 only"),
        (Trace(((0,), (0,)), (2,), loop_at=0), "step 1 repeats for ever"),
        (Trace(((0,), (1,)), (0,), stutters=True), "the run ends after 1 step and nothing obliges anybody"),
    ],
)
def test_liveness_says_what_goes_on_for_ever(trace: Trace, words: str) -> None:
    subject = Property("ends", Form.EVENTUALLY, Kind.LIVENESS, at(1), expression=BLOWN, text="lamp == blown")
    system = lamp(subject)
    found = search(system, Limits(), ())
    assert words in explain(system, subject, Finding("ends", Verdict.VIOLATED, trace), found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not (lamp == blown)", "`lamp == blown` is true"),
        ("not (a) or (b)", "`not (a) or (b)` is false"),
        ("not lamp", "`not lamp` is false"),
    ],
)
def test_a_double_negation_is_said_plainly(text: str, words: str) -> None:
    subject = replace(NEVER_BLOWN, conjuncts=(replace(NEVER_BLOWN.conjuncts[1], text=text, bindings=()),))
    assert sentence(lamp(subject), subject) == f"{words}, where lamp is blown"


def stuck_pair(waits: tuple[Wait, ...]) -> System:
    """Two actors that each stand before a step that the other would have to make possible."""
    actions = tuple(
        Action(
            "work", actor, "lock", at(1), FALSE, (), control=OFF, waits=tuple(w for w in waits if mine in w.resource)
        )
        for actor, mine in (("A", "first"), ("B", "second"))
    )
    return replace(lamp(), actions=actions, terminal=FALSE)


CROSSED = stuck_pair((Wait("the first lock", (("B", TRUE),)), Wait("the second lock", (("A", TRUE),))))


def test_a_deadlock_says_who_waits_for_what_held_by_whom() -> None:
    text = explain_stuck(CROSSED, Form.DEADLOCK)
    assert text.startswith("nobody can go on: A waits for the first lock held by B; B waits for the second lock")
    assert "A -> B -> A" in text


def test_a_deadlock_names_the_hardware_s_steps_that_remain() -> None:
    system = stuck_pair(())
    tick = replace(system.actions[0], name="tick", guard=TRUE, spontaneous=True)
    system = replace(system, actions=(*system.actions, tick))
    assert explain_stuck(system, Form.DEADLOCK) == "nobody can go on; what remains is spontaneous (tick)"


def test_a_stuck_actor_is_named() -> None:
    assert explain_stuck(CROSSED, Form.PROGRESS).startswith("A can never come to rest: A waits for the first lock")


def test_a_deadlock_without_waits_says_no_more_than_it_knows() -> None:
    assert explain_stuck(stuck_pair(()), Form.DEADLOCK) == "nobody can go on"


def explain_stuck(system: System, form: Form) -> str:
    subject = Property("stuck", form, Kind.DEADLOCK, at(1))
    finding = Finding("stuck", Verdict.VIOLATED, Trace(((0,),), ()), subject="A")
    return explain(system, subject, finding, search(system, Limits(), ()))
