"""What is in the way of an induction is a step from a state that nothing excludes, and the lemmas do exclude it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from custody.cli import run
from custody.explore.search import explore
from custody.language import instances, load
from custody.prove.obstacle import obstacles
from custody.prove.offer import declarations
from custody.prove.plausible import plausible, sample
from custody.prove.result import Obstacle
from custody.prove.templates import JUST, LEMMA, templates
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.fast import moves
from custody.system.finding import Verdict
from custody.system.forbidden import forbidden
from custody.system.model import SAFETY, Form, System
from prove.test_offer import SHARED
from support.random_systems import random_systems

HELD = """\
model held
    "Who is in a call holds the lock."
role Device[2] is importer
state
    m: mutex
    inside[Device]: bool
procedure work by Device
    lock m
    inside[self] = true
    inside[self] = false
    unlock m
    return OK
terminal not held(m)
invariant one_inside
    forall d: Device, e: Device . d != e => not (inside[d] and inside[e])
"""


def system(text: str) -> System:
    [found] = instances(load("shared.custody", text), {})
    return found


def found(subject: System) -> dict[str, Obstacle]:
    return {each.property.name: each for each in obstacles(subject, [p.name for p in subject.properties], 60.0)}


def require_step(subject: System, obstacle: Obstacle) -> None:
    """It begins where everything that is assumed is true, and ends where the property is not."""
    p, trace = obstacle.property, obstacle.trace
    state, action = trace.states[0], subject.actions[trace.actions[0]]
    assert all(not evaluate(forbidden(subject, subject.property_named(n)), state) for n in obstacle.assumed)
    assert evaluate(action.guard, state)
    assert failed_check(action, state) is None
    after = fire(action, state)
    assert trace.states[1] == after
    if p.form is Form.STEP:
        assert not evaluate(p.expression, state, after)
        return
    assert not evaluate(forbidden(subject, p), state)
    assert evaluate(forbidden(subject, p), after)
    first = next(iter(initial_states(subject)))
    assert obstacle.differs == tuple(i for i, value in enumerate(first) if state[i] != value)


@settings(max_examples=12, deadline=None)
@given(random_systems())
def test_it_is_a_step_from_a_state_that_no_run_comes_to(subject: System) -> None:
    seen, waiting, following = set(initial_states(subject)), list(initial_states(subject)), moves(subject)
    while waiting:
        for _, broken, after in following(waiting.pop()):
            if broken < 0 and after not in seen:
                seen.add(after)
                waiting.append(after)
    verdicts = explore(subject).findings
    for name, obstacle in found(subject).items():
        require_step(subject, obstacle)
        if verdicts[name].verdict is Verdict.HOLDS:
            assert obstacle.trace.states[0] not in seen


@settings(max_examples=12, deadline=None)
@given(random_systems())
def test_what_nothing_is_in_the_way_of_holds(subject: System) -> None:
    verdicts, there = explore(subject).findings, found(subject)
    for p in subject.properties:
        if p.form in SAFETY and p.form is not Form.STEP and p.name not in there:
            first = next(iter(initial_states(subject)), None)
            bad_at_first = first is not None and any(
                evaluate(forbidden(subject, p), s) for s in initial_states(subject)
            )
            assert verdicts[p.name].verdict is Verdict.HOLDS or bad_at_first


def test_a_count_is_the_missing_lemma() -> None:
    obstacle = found(system(SHARED))["never_idle"]
    assert obstacle.missing == ("lemma: references >= count(i: Device . attached[i]) + 1",)
    assert obstacle.suffice
    again = system(
        "\n".join([SHARED, *declarations(system(SHARED), [obstacle.missing[0].removeprefix(LEMMA)])]) + "\n"
    )
    assert "never_idle" not in found(again)


def test_where_a_lock_is_held_is_one() -> None:
    subject = system(HELD)
    seen = sample(subject)
    places = {t.source for t in plausible(templates(subject, seen), seen) if JUST in t.source}
    assert len(places) == 2
    obstacle = found(subject)["one_inside"]
    assert obstacle.suffice
    assert any(" where Device." in lemma for lemma in obstacle.missing)


def test_the_command_says_it_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shared.custody"
    file.write_text(SHARED, encoding="utf-8")
    command = ["prove", str(file), "--method", "ic3", "--certificates", str(tmp_path / "c")]
    command += ["--property", "never_idle", "--charts", str(tmp_path / "charts")]
    assert run(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "why never_idle is no invariant by itself nothing that is stated and kept excludes" in said
    assert "a state like a first one but that references is 0; there Device.1 attach violates it" in said
    assert "missing is: references >= count(i: Device . attached[i]) + 1; with that every step keeps it" in said
    [drawn] = (tmp_path / "charts").glob("*shared-never_idle-induction.svg")
    text = drawn.read_text(encoding="utf-8")
    assert "what induction on never_idle needs to exclude" in text
    assert "assumed" in text


def test_a_lemma_says_what_it_is_needed_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shared.custody"
    lemmas = "lemma counts\n    references == count(i: Device . attached[i]) + 1\n"
    lemmas += "lemma idle_talk\n    room is full => (exists i: Device . state_of[i] is writes)\n"
    file.write_text(SHARED + lemmas, encoding="utf-8")
    command = [
        "prove",
        str(file),
        "--method",
        "ic3",
        "--certificates",
        str(tmp_path / "c"),
        "--property",
        "never_idle",
    ]
    command += ["--property", "counts", "--property", "idle_talk"]
    assert run(command) == 0
    said = capsys.readouterr().out
    assert "counts is needed for never_idle\n" in said
    assert "lemma idle_talk: proved, and no other proof needed it\n" in said
