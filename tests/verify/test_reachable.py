"""The set of reachable states as a proof: what the program that looks at every state says, the evaluator says too."""

from __future__ import annotations

import random
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from custody.cli import run
from custody.explore.layout import Layout
from custody.graph import engine as graph_engine
from custody.language import instances, load
from custody.prove.diagram import diagram, packed
from custody.prove.reached import Reached
from custody.prove.written import document
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.finding import Verdict
from custody.system.forbidden import forbidden
from custody.system.model import LIVENESS, SAFETY, Form, State, System
from custody.verify import reachable
from custody.verify.certificate import Outcome, verify
from custody.verify.proof import Proof
from support.proving import GUARDED, system_of
from support.random_systems import random_systems

COUNTED = (*SAFETY, Form.PROGRESS)


def reached(system: System) -> list[State]:
    found = Reached.of(system, 100_000, 60.0)
    return [found.layout.unpack(each) for each in found.layout.from_words(found.words.tobytes())]


def claim(system: System, states: list[State], names: list[str]) -> Outcome:
    """What is said of these states as a proof of these properties."""
    layout = Layout(system.variables)
    words = array("Q", layout.to_words([layout.pack(state) for state in states]))
    order = list(range(len(system.variables)))[::-1]
    entry = {"order": order, "levels": packed(diagram(system, layout, words, order).levels)}
    return verify(system, Proof("reachable-set", tuple(names), entry))


def is_proof(system: System, states: list[State], names: list[str]) -> bool:
    """The same, slowly and by the evaluator."""
    members = set(states)
    if not members.issuperset(initial_states(system)):
        return False
    asked = [system.property_named(name) for name in names]
    moves: dict[State, list[State]] = {}
    ended: dict[State, set[str]] = {}
    for state in members:
        moves[state], ended[state] = [], set()
        for action in system.actions:
            if evaluate(action.guard, state) and failed_check(action, state) is None:
                moves[state].append(fire(action, state))
            elif evaluate(action.guard, state):
                ended[state].add(action.actor)
        if not members.issuperset(moves[state]):
            return False
        for p in asked:
            if p.form is Form.STEP:
                if any(evaluate(forbidden(system, p), state, after) for after in moves[state]):
                    return False
            elif p.form is not Form.PROGRESS and evaluate(forbidden(system, p), state):
                return False
    for p in asked:
        for actor, rests in p.resting:
            good = {state for state in members if evaluate(rests, state) or actor in ended[state]}
            while more := {s for s in members - good if not good.isdisjoint(moves[s])}:
                good |= more
            if good != members:
                return False
    return True


@settings(max_examples=12, deadline=None)
@given(random_systems())
def test_of_what_must_happen_it_agrees_with_the_graph(system: System) -> None:
    weak = replace(system, fairness=tuple(replace(promise, strong=False) for promise in system.fairness))
    for subject in (weak, system):
        states = reached(subject)
        found = graph_engine.analyse(subject).findings
        for p in subject.properties:
            if p.form in LIVENESS:
                holds = found[p.name].verdict is Verdict.HOLDS
                outcome = claim(subject, states, [p.name])
                # A strong promise counts as a weak one: what is accepted is so, and not the other way round.
                assert outcome.accepted is holds or (subject is system and holds), (p.name, outcome.words)


@settings(max_examples=10, deadline=None)
@given(random_systems())
def test_it_agrees_with_the_evaluator(system: System) -> None:
    states = reached(system)
    dice = random.Random(len(states))
    names = [p.name for p in system.properties if p.form in COUNTED]
    for asked in (dice.sample(names, min(len(names), 3)), names[:1]):
        assert claim(system, states, asked).accepted is is_proof(system, states, asked), asked
    for _ in range(3):
        some = [state for state in states if dice.random() < 0.9] or states
        more = [tuple(dice.randint(v.domain.low, v.domain.high) for v in system.variables)]
        for guess in (some, [*{*states, *more}]):
            asked = names[:1]
            assert claim(system, guess, asked).accepted is is_proof(system, guess, asked)


def test_a_machine_that_guesses_sets_a_thousand_times_is_never_believed() -> None:
    # `held` is false here, so that no set of states can be a proof of it.
    text = GUARDED.replace("when references == 1 and not released", "when not released")
    system = system_of(text.replace("Device[2]", "Device[1]"))
    honest = reached(system)
    order = list(range(len(system.variables)))
    dice = random.Random(2019)
    layout = Layout(system.variables)
    refused: set[str] = set()
    for _ in range(1000):
        some = {state for state in honest if dice.random() < 0.95}
        states = some if dice.random() < 0.5 else {*honest}
        for _ in range(dice.randrange(6)):
            states.add(tuple(dice.randint(v.domain.low, v.domain.high) for v in system.variables))
        if dice.random() < 0.1:
            states = states - {*initial_states(system)} or {*honest}
        words = array("Q", layout.to_words([layout.pack(state) for state in sorted(states)]))
        levels = diagram(system, layout, words, order).levels
        outcome = verify(system, Proof("reachable-set", ("held",), {"order": order, "levels": packed(levels)}))
        assert outcome.accepted is False, states
        refused.add(outcome.words.partition(":")[0])
        assert outcome.state
    assert refused == {"init", "step", "safe"}


def test_a_diagram_that_is_none_is_refused() -> None:
    system = system_of(GUARDED)
    entry = Reached.of(system, 1000, 10.0).proof([system.property_named("held")])
    assert verify(system, Proof("reachable-set", ("held",), entry)).accepted
    found = Reached.of(system, 1000, 10.0)
    levels = diagram(system, found.layout, found.words).levels
    guesses: list[Any] = [
        levels[:-1],
        [*levels, levels[0]],
        [[[0, 1]], *levels[1:]],
        [[[0, 0, 0, 0]], *levels[1:]],
        [[[7, 0]], *levels[1:]],
        [[[-1, 0]], *levels[1:]],
        [[[0]], *levels[1:]],
        [[*levels[0], *levels[0]], *levels[1:]],
        [[[]], *levels[1:]],
        [*levels[:-1], [[0, 0] for _ in levels[-1]]],
        "nothing",
        {},
    ]
    for wrong in guesses:
        for order in (entry["order"], [0, 0, 1, 2], [0, 1, 2], [0, 1, 2, 9]):
            data = {"order": order, "levels": packed(wrong)}
            outcome = verify(system, Proof("reachable-set", ("held",), data))
            assert outcome.accepted is False
            assert outcome.words.startswith("format"), outcome.words


def test_without_a_compiler_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    reachable._compiled.cache_clear()  # pyright: ignore[reportPrivateUsage]
    system = system_of(GUARDED)
    entry = Reached.of(system, 1000, 10.0)
    monkeypatch.delenv("CC")
    proof = entry.proof([system.property_named("held")])
    monkeypatch.setenv("CC", "no-such-compiler")
    outcome = verify(system, Proof("reachable-set", ("held",), proof))
    assert outcome.accepted is None
    assert "C compiler" in outcome.words
    reachable._compiled.cache_clear()  # pyright: ignore[reportPrivateUsage]


def _whole(folder: Path, change: str) -> Path:
    """A certificate of the kind in a file, after something happened to it or to the specification."""
    spec = folder / "guarded.custody"
    spec.write_text(GUARDED, encoding="utf-8")
    program = load(str(spec))
    [system] = instances(program, {})
    found = Reached.of(system, 1000, 10.0)
    states, layout = reached(system), found.layout
    if change == "tampered":
        states = [state for state in states if state in set(initial_states(system))]
    elif change == "too weak":
        names = [variable.name for variable in system.variables]
        one = {"attached[Device.0]": 1, "released": 1, "references": 2}
        states = [*states, tuple(one.get(name, 0) for name in names)]
    order = list(range(len(system.variables)))[::-1]
    words = array("Q", layout.to_words([layout.pack(state) for state in sorted(states)]))
    levels = packed(diagram(system, layout, words, order).levels)
    entry = {"kind": "reachable-set", "properties": ["held"], "order": order, "levels": levels}
    if change == "no syntax":
        entry["levels"] = levels[:-5]
    file = folder / "guarded.certificate.json"
    file.write_text(document(program, str(spec), system, [entry]), encoding="utf-8")
    if change == "another version":
        spec.write_text(GUARDED.replace("when references == 1 and not", "when not"), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "told", "state"),
    [
        ("tampered", "step: 'attach()' leads out of the set", "references = 1"),
        ("too weak", "safe: the set has a state that breaks held", "attached[Device.0] = true"),
        ("another version", "step: 'release()' leads out of the set", "released = false"),
        ("no syntax", "format: the proof cannot be read", None),
    ],
)
def test_the_command_refuses_with_the_obligation_and_a_state(
    change: str, told: str, state: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _whole(tmp_path, "")
    assert run(["verify", str(file)]) == 0
    capsys.readouterr()
    assert run(["verify", str(_whole(tmp_path, change))]) == 1
    said = capsys.readouterr().out
    assert f"REFUSED   reachable-set: {told}" in said
    assert state is None or f"            {state}\n" in said
    assert ("another version of the specification" in said) is (change == "another version")
