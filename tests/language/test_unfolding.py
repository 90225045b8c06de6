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
