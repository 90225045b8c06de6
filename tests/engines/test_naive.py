"""All engines, and the naive one, say the same about random systems."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from custody.explore.search import explore
from custody.graph.engine import analyse
from custody.properties.replay import replay
from custody.symbolic.bad import question
from custody.symbolic.search import Search
from custody.system.expression import FALSE
from custody.system.finding import Exploration, Finding, Limits, Verdict
from custody.system.model import LIVENESS, Form, System
from support.naive import Naive, changes_of_actor, is_fair_violation
from support.random_systems import random_systems

DEPTH = 5
"""How far z3 looks."""


def must_agree(system: System, naive: Naive, found: Exploration) -> None:
    """The exploration is exactly what the naive search finds."""
    assert found.complete
    assert found.states == len(naive.depths)
    assert found.transitions == len(naive.steps) + len(naive.broken)
    assert found.depth == max(naive.depths.values())
    assert found.fired == tuple(naive.fired)
    for p in system.properties:
        finding, answer = found.findings[p.name], naive.answer(p)
        if p.premises:
            assert found.premises[p.name] == naive.premises(p)
        replay(system, p, finding)
        if p.form in LIVENESS and found.engine == "explicit":
            assert finding.verdict is Verdict.INCONCLUSIVE
            continue
        assert finding.verdict is answer.verdict, p.name
        assert finding.subject == answer.subject
        if p.form in LIVENESS:
            assert finding.trace is None or is_fair_violation(system, p, finding.trace), p.name
            continue
        assert (finding.trace is None) == (answer.length is None)
        if finding.trace is not None:
            assert finding.trace.length == answer.length, p.name
            assert changes_of_actor(system, finding.trace) == answer.changes, p.name


def must_agree_with_z3(system: System, naive: Naive) -> None:
    """Whatever z3 settles is so, and it settles whatever shows within its depth."""
    questions = [asked for p in system.properties if (asked := question(system, p)) is not None]
    found: list[Finding] = []
    Search(system, questions, None).run(DEPTH, found.append)
    assert len(found) == len({finding.property for finding in found})
    settled = {finding.property: finding for finding in found}
    for asked in questions:
        p = system.property_named(asked.name)
        answer = naive.answer(p)
        if asked.name not in settled:
            assert answer.length is None or answer.length > DEPTH, p.name
            continue
        finding = settled[asked.name]
        assert finding.verdict is answer.verdict, p.name
        assert (None if finding.trace is None else finding.trace.length) == answer.length, p.name
        replay(system, p, finding)


@settings(max_examples=250, derandomize=True, deadline=None, database=None)
@given(random_systems())
def test_explicit_and_networkx_find_what_the_naive_search_finds(system: System) -> None:
    naive = Naive(system)
    must_agree(system, naive, explore(system))
    must_agree(system, naive, analyse(system))


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(random_systems())
def test_z3_finds_what_the_naive_search_finds(system: System) -> None:
    must_agree_with_z3(system, Naive(system))


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(random_systems())
def test_what_is_said_at_a_limit_is_true_without_it(system: System) -> None:
    naive = Naive(system)
    for found in (explore(system, Limits(max_states=2)), analyse(system, Limits(max_states=2))):
        for name, finding in found.findings.items():
            if finding.verdict is not Verdict.INCONCLUSIVE:
                replay(system, system.property_named(name), finding)
                assert finding.verdict is naive.answer(system.property_named(name)).verdict


@settings(max_examples=10, derandomize=True, deadline=None, database=None)
@given(random_systems())
def test_without_a_first_state_nothing_is_claimed(system: System) -> None:
    nowhere = replace(system, where=FALSE)
    for found in (explore(nowhere), analyse(nowhere)):
        assert {finding.verdict for finding in found.findings.values()} == {Verdict.INCONCLUSIVE}
        assert (found.states, found.transitions) == (0, 0)


def test_the_random_systems_give_every_kind_of_answer() -> None:
    seen: set[tuple[Form, Verdict]] = set()

    @settings(max_examples=60, derandomize=True, deadline=None, database=None)
    @given(random_systems())
    def look(system: System) -> None:
        naive = Naive(system)
        seen.update((p.form, naive.answer(p).verdict) for p in system.properties)

    look()
    # What a model implements is no engine's to answer.
    asked = [form for form in Form if form is not Form.IMPLEMENTS]
    assert seen == {(form, verdict) for form in asked for verdict in (Verdict.HOLDS, Verdict.VIOLATED)}
