"""`unknown` from z3 is never an answer, wherever it comes."""

from __future__ import annotations

from typing import Any

import pytest

from custody.symbolic.fault import EngineFault
from custody.symbolic.solver import Answer, Deadline, OutOfTimeError, Solver
from custody.symbolic.task import Ended
from custody.system.expression import Sort, add, eq, lt, number, read
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Domain, Form, System
from support.claims import claim, claiming, move
from support.settled import settled
from support.small_systems import in_range, variable

X = read(0, Sort.INT)


def climber() -> System:
    """x climbs to 3, and a check that never fails keeps it there."""
    domain, up = Domain(0, 3), add(X, number(1))
    return claiming(
        [variable("x", domain, 0)],
        [move("up", lt(X, number(3)), [(0, up)], [in_range(domain, up)])],
        [claim("top", Form.REACHABLE, eq(X, number(3))), claim("range", Form.HAZARD)],
    )


TOP = Finding("top", Verdict.HOLDS, Trace(((0,), (1,), (2,), (3,)), (0, 0, 0)))


def test_what_is_told_when_z3_knows() -> None:
    found, ended = settled(climber())
    assert list(found.values()) == [Finding("range", Verdict.HOLDS, reason="induction over 1 state"), TOP]
    assert ended == Ended()


def test_when_z3_never_knows_nothing_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: Any, **__: Any) -> Answer:
        return Answer.UNKNOWN

    monkeypatch.setattr(Solver, "ask", ask)
    assert settled(climber(), 6) == ({}, Ended("z3 cannot tell whether every value stays in its domain"))


def test_questions_that_z3_gives_up_on_are_inconclusive_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """z3 is made to know nothing but that no value leaves its domain, which is asked first."""
    ask, asked = Solver.ask, list[int]()

    def only_the_domains(solver: Solver, *assumptions: Any, effort: int = 0) -> Answer:
        if assumptions and not effort:
            asked.append(1)
            return ask(solver, *assumptions) if len(asked) == 2 else Answer.UNKNOWN
        return Answer.UNKNOWN if effort else ask(solver, *assumptions)

    def reason(_: Solver) -> str:
        return "no idea"

    monkeypatch.setattr(Solver, "ask", only_the_domains)
    monkeypatch.setattr(Solver, "reason", reason)
    found, ended = settled(climber(), 6)
    why = "z3 gave up at depth 0: no idea"
    assert {name: (f.verdict, f.reason) for name, f in found.items()} == {
        "top": (Verdict.INCONCLUSIVE, why),
        "range": (Verdict.INCONCLUSIVE, why),
    }
    assert ended == Ended()


def test_when_proofs_are_too_hard_runs_are_still_found_and_nothing_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Solver.ask

    def only_without_effort(solver: Solver, *assumptions: Any, effort: int = 0) -> Answer:
        return Answer.UNKNOWN if effort else ask(solver, *assumptions)

    monkeypatch.setattr(Solver, "ask", only_without_effort)
    assert settled(climber(), 6) == ({"top": TOP}, Ended("stopped at depth 6", "depth 6", looked=6))


def test_a_model_that_shows_nothing_is_a_fault_and_never_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def shows_nothing(_: Solver, __: Any) -> bool:
        return False

    monkeypatch.setattr(Solver, "makes_true", shows_nothing)
    with pytest.raises(EngineFault, match="z3's model shows nothing of what it was asked for"):
        settled(climber())


def test_a_deadline_that_is_over_is_an_error_and_none_is_never_over() -> None:
    Deadline(None).require(1e9)
    Deadline(1000.0).require(1.0)
    with pytest.raises(OutOfTimeError):
        Deadline(0.0).require(0.001)
    assert Deadline(None).left() is None
