"""Liveness as safety of a larger system: what is found in that is what the graph of the system shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from custody.explore.search import explore
from custody.graph.engine import analyse as by_graph
from custody.properties.replay import replay
from custody.prove.lassos import settle
from custody.symbolic.engine import analyse
from custody.symbolic.task import Message, Proved, Task
from custody.system.expression import Sort, add, eq, lt, number, read
from custody.system.finding import Limits, Verdict
from custody.system.lasso import doubled, lasso
from custody.system.model import LIVENESS, Domain, Fairness, Form, System
from custody.system.replay import complaint
from custody.verify.certificate import verify
from custody.verify.proof import Proof
from support.claims import claim, claiming, move
from support.random_systems import random_systems
from support.small_systems import variable

X = read(0, Sort.INT)
MOST = 30_000


def counter(*fairness: Fairness) -> System:
    """x counts from 0 to 3, and may be set back to 0 by somebody else."""
    up = move("up", lt(X, number(3)), [(0, add(X, number(1)))])
    back = move("back", eq(X, number(1)), [(0, number(0))])
    ends = claim("ends", Form.EVENTUALLY, eq(X, number(3)))
    return replace(claiming([variable("x", Domain(0, 3), 0)], [up, back], [ends]), fairness=fairness)


@settings(max_examples=100, deadline=None)
@given(random_systems())
def test_the_double_is_bad_just_where_a_fair_run_is(system: System) -> None:
    graph = by_graph(system)
    for p in system.properties:
        if p.form in LIVENESS:
            found = explore(doubled(system, p), Limits(max_states=MOST))
            finding = found.findings[p.name]
            if finding.verdict is Verdict.INCONCLUSIVE:
                continue
            assert finding.verdict is graph.findings[p.name].verdict
            if finding.trace is not None:
                assert complaint(system, p, lasso(system, finding.trace)) is None


@settings(max_examples=8, deadline=None)
@given(random_systems())
def test_what_is_proved_of_runs_is_so_and_its_certificate_is_accepted(system: System) -> None:
    graph = by_graph(system)
    names = tuple(p.name for p in system.properties if p.form in LIVENESS)
    sent: list[Message] = []
    settle(Task(system, names, None, 10.0, None, "lasso"), sent.append)
    for message in sent:
        assert isinstance(message, Proved)
        for finding in message.findings:
            assert finding.verdict is graph.findings[finding.property].verdict
            if finding.trace is not None:
                replay(system, system.property_named(finding.property), finding)
        if message.proof is not None:
            (name,) = message.proof["properties"]
            entry = Proof("inductive", (name,), message.proof)
            assert verify(system, entry).accepted
            weaker = Proof("inductive", (name,), {**message.proof, "invariant": [], "uses": []})
            outcome = verify(system, weaker)
            assert outcome.accepted in (True, False)  # nothing may be needed where nobody ever waits
            other = next(p.name for p in system.properties if p.form is Form.INVARIANT)
            assert verify(system, Proof("inductive", (name, other), message.proof)).accepted is False


def test_z3_answers_what_must_happen_at_last() -> None:
    free = analyse(counter()).findings["ends"]
    assert free.verdict is Verdict.VIOLATED
    assert free.trace is not None
    assert free.trace.stutters
    weak = analyse(counter(Fairness("up", False, (0,)))).findings["ends"]
    assert weak.verdict is Verdict.VIOLATED
    assert weak.trace is not None
    assert weak.trace.loop_at is not None
    assert not weak.trace.stutters


def test_a_proof_of_runs_that_is_too_weak_is_refused_with_a_state() -> None:
    system = claiming(
        [variable("x", Domain(0, 3), 0)],
        [move("up", lt(X, number(3)), [(0, add(X, number(1)))])],
        [claim("ends", Form.EVENTUALLY, eq(X, number(3)))],
    )
    unfair, system = system, replace(system, fairness=(Fairness("up", False, (0,)),))
    sent: list[Message] = []
    settle(Task(system, ("ends",), None, 20.0, None, "lasso"), sent.append)
    (message,) = sent
    assert isinstance(message, Proved)
    assert message.findings[0].verdict is Verdict.HOLDS
    assert message.proof is not None
    assert verify(system, Proof("inductive", ("ends",), message.proof)).accepted
    assert message.proof["invariant"]
    without: dict[str, Any] = {**message.proof, "invariant": []}
    outcome = verify(system, Proof("inductive", ("ends",), without))
    assert outcome.accepted is False
    assert outcome.words.startswith(("step", "safe"))
    assert verify(unfair, Proof("inductive", ("ends",), message.proof)).accepted is False
