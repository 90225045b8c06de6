"""Promises of fairness that decide, on systems small enough to follow by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.graph.engine import analyse
from custody.properties.replay import replay
from custody.system.expression import TRUE, Expr, Sort, eq, number, read
from custody.system.finding import Verdict
from custody.system.model import Domain, Effect, Fairness, Form, Kind, Property, System
from support.small_systems import action, at, system, variable

PLACE = variable("place", Domain(0, 2), 0)
GOAL = 2
REST, _THERE, BACK, LEAVE_HERE, LEAVE_THERE = range(5)


def stands_at(value: int) -> Expr:
    return eq(read(0, Sort.INT), number(value))


def to(value: int) -> list[Effect]:
    return [Effect(0, number(value))]


def between_two_places(*fairness: Fairness) -> System:
    """To and fro between 0 and 1; from each of them there is a step of its own to the goal."""
    steps = (
        action("rest", stands_at(0), []),
        action("there", stands_at(0), to(1)),
        action("back", stands_at(1), to(0)),
        action("leave_here", stands_at(0), to(GOAL)),
        action("leave_there", stands_at(1), to(GOAL)),
    )
    arrives = Property("arrives", Form.EVENTUALLY, Kind.LIVENESS, at(1), stands_at(GOAL))
    answers = Property("answers", Form.LEADS_TO, Kind.LIVENESS, at(1), TRUE, stands_at(GOAL))
    return replace(system([PLACE], steps), properties=(arrives, answers), fairness=fairness)


@pytest.mark.parametrize("name", ["arrives", "answers"])
@pytest.mark.parametrize(
    ("promises", "verdict"),
    [
        ([], Verdict.VIOLATED),
        ([(False, (LEAVE_HERE,))], Verdict.VIOLATED),
        # Neither stays enabled while one goes to and fro, though one of them always is.
        ([(False, (LEAVE_HERE,)), (False, (LEAVE_THERE,))], Verdict.VIOLATED),
        ([(True, (LEAVE_HERE,)), (False, (LEAVE_THERE,))], Verdict.HOLDS),
        ([(True, (LEAVE_HERE,)), (True, (LEAVE_THERE,))], Verdict.HOLDS),
        # Together they stay enabled.
        ([(False, (LEAVE_HERE, LEAVE_THERE))], Verdict.HOLDS),
        ([(False, (REST,)), (False, (BACK,)), (False, (LEAVE_THERE,))], Verdict.VIOLATED),
        ([(True, (LEAVE_HERE,))], Verdict.VIOLATED),
    ],
)
def test_promises_decide(promises: list[tuple[bool, tuple[int, ...]]], verdict: Verdict, name: str) -> None:
    fairness = [Fairness(f"f{i}", strong, actions) for i, (strong, actions) in enumerate(promises)]
    subject = between_two_places(*fairness)
    finding = analyse(subject).findings[name]
    assert finding.verdict is verdict
    replay(subject, subject.property_named(name), finding)
