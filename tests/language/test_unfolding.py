"""What steps, promises and questions about calls mean, where that is easily got wrong."""

from __future__ import annotations

from custody.explore.choose import explore
from custody.graph.engine import analyse
from custody.language import instances, load
from custody.system.finding import Verdict
from custody.system.model import System

CALLS = """model calls

role Thread[2] is user

state
    m: mutex
    passed: bool

procedure pass_by by Thread
    requires not passed
    lock m
    passed = true
    unlock m
    return OK

reachable both_inside
    forall t: Thread . in_call(t, pass_by)
invariant rests_or_calls
    forall t: Thread . idle(t) or in_call(t, pass_by)
"""

WAITS = """model waits

role Thread[1] is user

state
    come: bool

procedure wait_for_it by Thread
    requires not come
    wait until come
        or interrupted
            return EINTR
    return OK

fair weak Thread

leads_to every_wait_ends
    (exists t: Thread . not idle(t)) ~> (forall t: Thread . idle(t))
"""


LIGHTS = """model lights

role Lamp[2] is hardware

state
    shines[Lamp]: bool

leads_to goes_on
    for l: Lamp
    not shines[l] ~> shines[l]

expect violated
    goes_on in 0
"""

LIGHT = """model light

state
    lamp: off | on

action press
    lamp = on

never shines
    lamp == on

expect violated
    shines in 1
        "A switch does that; without one it stays dark."
"""


def written(text: str) -> System:
    return instances(load("written.custody", text), {})[0]


def test_only_properties_may_ask_who_is_in_a_call() -> None:
    found = explore(written(CALLS)).findings
    assert found["both_inside"].verdict is Verdict.HOLDS
    assert found["rests_or_calls"].verdict is Verdict.HOLDS


def test_nobody_promises_the_signal_that_would_end_a_wait() -> None:
    system = written(WAITS)
    assert analyse(system).findings["every_wait_ends"].verdict is Verdict.VIOLATED


def test_an_expectation_keeps_its_argument() -> None:
    (subject,) = (found for found in written(LIGHT).properties if found.name == "shines")
    assert subject.expected is not None
    assert subject.expected.doc == "A switch does that; without one it stays dark."


def test_a_step_that_is_never_allowed_may_branch() -> None:
    """A parameter that forbids a call altogether leaves nothing of it, whatever its body looks like."""
    text = """model forbidden

param ALLOWED = false

role Thread[1] is user

state
    n: 0..2

procedure grow by Thread atomic
    requires ALLOWED and n < 2
    if n == 0
        n = 1
    return OK

invariant small
    n < 2
"""
    assert explore(written(text)).states == 1


def test_what_is_in_a_set_is_referred_to() -> None:
    """An object that a set has is no leak; one that was taken out of it is."""
    text = """model kept

role Thread[1] is user

object Thing[1]

state
    things: set of Thing

procedure put_in by Thread atomic
    requires empty(things)
    local x: Thing? = none
    x = alloc Thing
    add x to things
    return OK

procedure take_out by Thread atomic
    requires FORGETS and not empty(things)
    things = {}
    return OK

invariant one
    len(things) < 2
"""
    for forgets, verdict in (("false", Verdict.HOLDS), ("true", Verdict.VIOLATED)):
        system = written(text.replace("FORGETS", forgets))
        assert explore(system).findings["leak(Thing)"].verdict is verdict


def test_an_expectation_of_a_property_for_each_instance_is_one_of_each() -> None:
    expected = [found.expected for found in written(LIGHTS).properties if found.name.startswith("goes_on")]
    assert len(expected) == 2
    assert all(one is not None and one.length == 0 for one in expected)
