"""Proofs for any number of instances are found, written, checked again, and refused when they are wrong."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from custody.cli import run
from custody.language import load
from custody.language.diagnostic import LimitError
from custody.language.elaborate import beyond, instances
from custody.prove.any_number import AnyNumber, prove
from custody.prove.diagram import packed
from custody.system.model import System
from custody.verify.certificate import Outcome, verify
from custody.verify.proof import Proof, unpacked

GUESSES = int(os.environ.get("CUSTODY_FUZZ", "1000")) // 10
"""How many wrong invariants a machine makes."""

LIFECYCLE = Path(__file__).parents[1] / "protocols/lifecycle.custody"


def proof(text: str | None = None, seconds: float = 120.0) -> AnyNumber:
    program = load(str(LIFECYCLE), text)
    (system,) = instances(program, {})
    names = [p.name for p in system.properties]
    return prove(system, partial(beyond, program, {}), ["Device"], names, seconds)


def checked(entry: dict[str, Any], text: str | None = None, names: list[str] | None = None) -> Outcome:
    program = load(str(LIFECYCLE), text)
    (system,) = instances(program, {})
    claim = Proof("any-number", tuple(names or entry["properties"]), entry)
    return verify(system, claim, partial(beyond, program, {}))


@pytest.fixture(scope="module")
def entry() -> dict[str, Any]:
    found = proof()
    assert found.refusal is None
    assert not found.unproved
    assert found.proof is not None
    return found.proof


def test_all_of_lifecycle_is_proved_for_every_size(entry: dict[str, Any]) -> None:
    assert set(entry["properties"]) == {
        "references_cover_attachments", "one_dirty_view", "no_release_while_attached", "deadlock",
        "range(attach)", "range(detach)", "range(get)", "range(put)",
    }  # fmt: skip
    outcome = checked(entry)
    assert outcome.accepted, outcome.words


def test_what_is_false_at_some_size_is_never_proved() -> None:
    text = LIFECYCLE.read_text(encoding="utf-8") + "\ninvariant few\n    attached_count <= 2\n"
    found = proof(text)
    assert "few" in [each.name for each in found.unproved]
    assert found.proof is not None
    assert "few" not in found.proof["properties"]
    claimed = checked(found.proof, text, [*found.proof["properties"], "few"])
    assert claimed.accepted is False


def test_a_number_that_only_large_sizes_reach_is_refused() -> None:
    text = LIFECYCLE.read_text(encoding="utf-8") + "\ninvariant no_more\n    attached_count <= 5\n"
    with pytest.raises(LimitError, match="the number 5 may tell apart sizes"):
        proof(text)


@pytest.mark.parametrize("sizes", ["N <= 2 + 2", "N - 2 - 2 <= 0", "count(d: Device . true) <= 2 + 2 + 1"])
def test_what_small_numbers_add_up_to_is_refused(sizes: str) -> None:
    text = LIFECYCLE.read_text(encoding="utf-8") + f"\ninvariant small\n    {sizes}\n"
    found = proof(text)
    assert found.proof is None or "small" not in found.proof["properties"]


@pytest.mark.parametrize("at", range(3))
def test_too_weak_an_invariant_is_refused(entry: dict[str, Any], at: int) -> None:
    weaker = {**entry, "invariant": entry["invariant"][:at] + entry["invariant"][at + 1 :]}
    outcome = checked(weaker)
    assert outcome.accepted is False
    assert outcome.words.startswith(("step:", "safe:"))
    assert outcome.state


def test_an_invariant_that_some_state_breaks_is_refused(entry: dict[str, Any]) -> None:
    outcome = checked({**entry, "invariant": [*entry["invariant"], "(not |released|)"]})
    assert outcome.accepted is False
    assert outcome.words.startswith("init:")
    assert outcome.state


def test_a_syntax_error_is_refused(entry: dict[str, Any]) -> None:
    outcome = checked({**entry, "invariant": ["(or |released|"]})
    assert outcome.accepted is False
    assert outcome.words.startswith("syntax:")


def test_another_version_of_the_specification_is_refused(entry: dict[str, Any]) -> None:
    text = LIFECYCLE.read_text(encoding="utf-8").replace("when ref > attached_count", "when ref > 0")
    outcome = checked(entry, text)
    assert outcome.accepted is False
    assert outcome.words.startswith("sizes:")
    assert outcome.state


def tampered(entry: dict[str, Any], change: str) -> dict[str, Any]:
    counts = unpacked(entry["counts"])
    match change:
        case "a step is missing":
            del counts["actions"][0]
        case "a step never happens":
            counts["actions"][3]["guard"] = "false"
        case "a step does something else":
            counts["actions"][0]["effects"] = counts["actions"][0]["effects"][:-1]
        case "nothing happens with more than five":
            for action in counts["actions"]:
                action["guard"] = f"(and (<= |#Device| 5) {action['guard']})"
        case "nothing happens with what adds up to more than four":
            for action in counts["actions"]:
                action["guard"] = f"(and (<= (- |#Device| 2) 2) {action['guard']})"
        case "nothing is first":
            counts["first"] = "false"
        case "nothing happens with more than two":
            for action in counts["actions"]:
                action["guard"] = f"(and (<= |#Device| 2) {action['guard']})"
        case _:
            counts["forbidden"] = dict.fromkeys(counts["forbidden"], "false")
    return {**entry, "counts": packed(counts)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("a step is missing", "sizes:"),
        ("a step never happens", "sizes:"),
        ("a step does something else", "sizes:"),
        ("nothing happens with more than five", "format:"),
        ("nothing happens with what adds up to more than four", "format:"),
        ("nothing is first", "sizes:"),
        ("nothing happens with more than two", "sizes:"),
        ("nothing is forbidden", "safe:"),
    ],
)
def test_tampered_counters_are_refused(entry: dict[str, Any], change: str, told: str) -> None:
    outcome = checked(tampered(entry, change))
    assert outcome.accepted is False, outcome.words
    assert outcome.words.startswith(told), outcome.words
    assert outcome.state or told == "format:"


def test_the_command_writes_what_verify_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path)
    assert run(["prove", str(LIFECYCLE), "--any-number", "Device", "--certificates", folder]) == 0
    (file,) = tmp_path.glob("*.certificate.json")
    assert file.name == "lifecycle.any-device.certificate.json"
    capsys.readouterr()
    assert run(["verify", str(file), "--json", "-"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["certificates"]
    assert told["accepted"]
    assert told["proofs"][0]["kind"] == "any-number"


def test_one_instance_of_several_is_proved_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(LIFECYCLE.parents[2] / "spec/partial_sync.custody")
    command = ["prove", spec, "--any-number", "Thread", "--certificates", str(tmp_path), "--instance"]
    assert run([*command, "whole_lines"]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["partial_sync-whole_lines.any-thread.certificate.json"]
    capsys.readouterr()
    assert run([*command, "half_lines"]) == 2
    told = capsys.readouterr()
    assert "there is no instance 'half_lines'" in " ".join((told.out + told.err).split())


def test_a_role_that_is_none_leaves_all_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["prove", str(LIFECYCLE), "--any-number", "Nobody", "--certificates", str(tmp_path)]
    assert run(command) == 3
    assert "there is no role 'Nobody'" in " ".join(capsys.readouterr().out.split())


def test_random_clauses_are_never_accepted(entry: dict[str, Any]) -> None:
    # What a thousand guesses cannot do with one instance after the other they cannot do with counters either.
    text = LIFECYCLE.read_text(encoding="utf-8").replace("when ref > attached_count", "when ref > 0")
    dice = random.Random(5)
    for _ in range(5):
        chosen = dice.sample(entry["invariant"], dice.randrange(len(entry["invariant"])))
        assert checked({**entry, "invariant": chosen}, text).accepted is False


HELD = """
model held
    "Devices hold a buffer while they are attached, and it is released whatever they do."

param N = 2 in 1..4

role Device[N] is importer

state
    attached[Device]: bool
    released: bool

action attach by Device
    when not attached[self] and not released
    attached[self] = true

action detach by Device
    when attached[self]
    attached[self] = false

action release by core
    when not released
    released = true

terminal released

invariant held
    forall d: Device . attached[d] => not released
invariant counted
    count(d: Device . attached[d]) >= 0
"""


def test_a_machine_that_guesses_for_any_number_is_never_believed() -> None:
    # `held` is false at every size, so that no invariant over counters can be a proof of it.
    program = load("held.custody", HELD)
    (system,) = instances(program, {})
    found = prove(system, partial(beyond, program, {}), ["Device"], ["held", "counted"], 60.0)
    assert [each.name for each in found.unproved] == ["held"]
    assert found.proof is not None
    known: dict[int, System] = {}

    def sizes(given: Mapping[str, int]) -> System:
        size = given["N"]
        if size not in known:
            known[size] = beyond(program, {}, given)
        return known[size]

    dice = random.Random(2019)
    names = [name for name in ("#Device", "#Device(0)", "#Device(1)") for _ in range(2)]
    refused: set[str] = set()
    for _ in range(GUESSES):
        guesses = [_guess(dice, names) for _ in range(dice.randrange(5))]
        guesses += [text for text in found.proof["invariant"] if dice.random() < 0.5]
        claim = Proof("any-number", ("held",), {**found.proof, "properties": ["held"], "invariant": guesses})
        outcome = verify(system, claim, sizes)
        assert outcome.accepted is False, guesses
        assert outcome.state, outcome.words
        refused.add(outcome.words.partition(":")[0])
    assert refused == {"init", "step", "safe"}


def _guess(dice: random.Random, names: list[str]) -> str:
    literals: list[str] = []
    for _ in range(dice.randint(1, 3)):
        one, other = f"|{dice.choice(names)}|", dice.choice([f"|{dice.choice(names)}|", str(dice.randint(0, 2))])
        literal = dice.choice([f"({dice.choice(('=', '<=', '<'))} {one} {other})", "|released|"])
        literals.append(literal if dice.random() < 0.5 else f"(not {literal})")
    return f"(or {' '.join(literals)})"


def test_what_cannot_be_counted_is_told_with_the_largest_size_that_was_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The number 3 may tell apart sizes that are not looked at; that it holds at those that are allowed is said.
    file = tmp_path / "held.custody"
    text = HELD.replace("in 1..4", "in 1..2").replace(". attached[d]) >= 0", ". attached[d]) <= 3")
    file.write_text(text, encoding="utf-8")
    command = ["prove", str(file), "--any-number", "Device", "--property", "counted", "--certificates", str(tmp_path)]
    assert run([*command, "--timeout", "60"]) == 3
    told = " ".join(capsys.readouterr().out.split())
    assert "the number 3 may tell apart sizes" in told
    assert "proved with up to 2 of each" in told
