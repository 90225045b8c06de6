"""What a proof offers as source text can be pasted: it means the same, and with it the proof goes through again."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.cli import run
from custody.explore.search import explore
from custody.language import instances, load
from custody.prove.offer import declarations, excluded
from custody.prove.templates import LEMMA, templates
from custody.system.evaluate import evaluate
from custody.system.finding import Verdict
from custody.system.model import System

SHARED = """\
model shared
    "Devices attach, and a lock keeps two from writing."

role Device[2] is importer

state
    references: 0..4 = 1
    attached[Device]: bool
    state_of[Device]: rests | writes
    m: mutex
    room: empty | full

procedure attach by Device atomic
    requires not attached[self]
    attached[self] = true
    references = references + 1
    return OK

procedure detach by Device atomic
    requires attached[self] and state_of[self] == rests
    attached[self] = false
    references = references - 1
    return OK

procedure write by Device
    requires attached[self]
    lock m
    state_of[self] = writes
    room = full
    room = empty
    state_of[self] = rests
    unlock m
    return OK

terminal forall d: Device . not attached[d]

invariant never_idle
    (exists d: Device . attached[d]) => references >= 2
invariant one_writes
    forall d: Device, e: Device . d != e => not (state_of[d] is writes and state_of[e] is writes)
"""


def system(folder: Path, text: str) -> System:
    file = folder / "shared.custody"
    file.write_text(text, encoding="utf-8")
    [found] = instances(load(str(file)), {})
    return found


def test_all_that_can_be_offered_is_source_text_that_implies_the_candidate(tmp_path: Path) -> None:
    plain = system(tmp_path, SHARED)
    offered = [t for t in templates(plain) if t.source.startswith(LEMMA)]
    assert len(offered) > 30
    lemmas = declarations(plain, [t.source.removeprefix(LEMMA) for t in offered])
    pasted = system(tmp_path, "\n".join([SHARED, *lemmas]) + "\n")
    by_text = {p.text: p for p in pasted.properties if p.name.startswith("offered_")}
    seen = _some_states(plain)
    for template in offered:
        lemma = next(p for text, p in by_text.items() if text == template.source.removeprefix(LEMMA))
        for state in seen:
            assert not evaluate(lemma.expression, state) or evaluate(template.expression, state)


def _some_states(found: System) -> list[tuple[int, ...]]:
    """Every value of each variable, with the others at their lowest, and pairs of them."""
    low = [variable.domain.low for variable in found.variables]
    states = {tuple(low)}
    for one, first in enumerate(found.variables):
        for a in range(first.domain.low, first.domain.high + 1):
            for other, second in enumerate(found.variables[:one]):
                for b in range(second.domain.low, second.domain.high + 1):
                    state = list(low)
                    state[one], state[other] = a, b
                    states.add(tuple(state))
    return sorted(states)


def test_pasted_lemmas_hold_and_the_proof_rests_on_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shared.custody"
    file.write_text(SHARED, encoding="utf-8")
    folder = str(tmp_path / "certificates")
    command = ["prove", str(file), "--method", "ic3", "--certificates", folder]
    command += ["--property", "never_idle", "--property", "one_writes"]
    assert run(command) == 0
    lines = [line.removeprefix("  ") for line in capsys.readouterr().out.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith("what it rests on and nobody"))
    block = lines[start + 2 : lines.index("", start + 2)]
    assert any(line.startswith("lemma offered_") for line in block)
    assert "    references == count(i: Device . attached[i]) + 1" in block
    pasted = SHARED + "\n" + "\n".join(block) + "\n"
    file.write_text(pasted, encoding="utf-8")
    [again] = instances(load(str(file)), {})
    assert all(finding.verdict is Verdict.HOLDS for finding in explore(again).findings.values())
    assert run(command) == 0
    said = capsys.readouterr().out
    assert "it rests on what the specification states: " in said
    assert "offered_1" in said.partition("it rests on what the specification states: ")[2].splitlines()[0]


def test_nothing_is_said_that_the_language_has_no_words_for(tmp_path: Path) -> None:
    found = system(tmp_path, SHARED)
    names = [variable.name for variable in found.variables]
    at, lock, room = names.index("Device.0.at"), names.index("m"), names.index("room")
    assert (
        excluded(found, {"Device"}, (lock, 1, False), (at, 0, False))
        == "forall i: Device . not (held_by(m, i) and idle(i))"
    )
    assert excluded(found, {"Device"}, (lock, 2, False), (at, 0, False)) == (
        "forall i: Device, j: Device . i != j => not (held_by(m, i) and idle(j))"
    )
    assert excluded(found, {"Device"}, (lock, 0, False), (room, 1, False)) == "not (not held(m) and room is full)"
    assert excluded(found, {"Device"}, (lock, 1, False), (at, 1, False)) is None
    assert excluded(found, (), (lock, 1, False), (at, 0, False)) is None
