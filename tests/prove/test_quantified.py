"""What counting cannot express is proved with quantifiers, checked again, true wherever one can come, and refused
when it is wrong."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from custody.cli import run
from custody.cli.prove import _countable  # pyright: ignore[reportPrivateUsage]
from custody.counting.problem import NotCountableError
from custody.graph.build import reachable
from custody.language import instances, load
from custody.language.diagnostic import SpecError
from custody.language.elaborate import beyond
from custody.prove.any_number import AnyNumber
from custody.prove.quantified import prove
from custody.quantified.sized import Sized
from custody.quantified.text import parsed
from custody.quantified.uniform import BASE, uniform
from custody.system.fast import truths
from custody.system.model import SAFETY, System
from custody.verify.certificate import Outcome, verify
from custody.verify.proof import Proof, RefusedError

TESTS = Path(__file__).parents[1]
FIFO = TESTS / "protocols/fifo_lock.custody"
RING = TESTS / "benchmarks/models/proofs/token_ring.custody"
GERMAN = TESTS / "protocols/german.custody"
ROLES = {FIFO: "Thread", RING: "Station", GERMAN: "Cache"}


def proof(file: Path, text: str | None = None, names: list[str] | None = None) -> AnyNumber:
    program = load(str(file), text)
    (system,) = instances(program, {})
    wanted = names or [p.name for p in system.properties if p.form in SAFETY and not p.implicit]
    return prove(system, partial(_countable, beyond, program, {}), [ROLES[file]], wanted, 120.0)


def checked(file: Path, entry: dict[str, Any], text: str | None = None, names: list[str] | None = None) -> Outcome:
    program = load(str(file), text)
    (system,) = instances(program, {})

    def sizes(given: Mapping[str, int]) -> System:
        try:
            return beyond(program, {}, given)
        except SpecError as error:
            raise RefusedError("sizes", str(error)) from None

    return verify(system, Proof("quantified", tuple(names or entry["properties"]), entry), sizes)


def found(file: Path) -> dict[str, Any]:
    result = proof(file)
    assert result.refusal is None
    assert not result.unproved
    assert result.proof is not None
    return result.proof


@pytest.fixture(scope="module")
def fifo() -> dict[str, Any]:
    return found(FIFO)


@pytest.fixture(scope="module")
def ring() -> dict[str, Any]:
    return found(RING)


def require_true_where_reached(file: Path, entry: dict[str, Any], largest: int) -> None:
    program = load(str(file))
    anyhow = uniform(beyond(program, {}, {"N": BASE}), [ROLES[file]])
    parts = [parsed(anyhow, text) for text in entry["invariant"]]
    for size in range(2, largest + 1):
        system = beyond(program, {}, {"N": size})
        sized = Sized(anyhow, system)
        holds = truths([sized.over(part) for part in parts])
        states = reachable(system).states
        assert len(states) > size
        assert all(all(holds(state)) for state in states), size


def test_a_queue_of_members_is_proved_and_checked(fifo: dict[str, Any]) -> None:
    assert set(fifo["properties"]) == {"one_inside", "in_order"}
    outcome = checked(FIFO, fifo)
    assert outcome.accepted, outcome.words
    assert "with the role a sort" in outcome.words


def test_a_holder_at_first_is_proved_and_checked(ring: dict[str, Any]) -> None:
    outcome = checked(RING, ring)
    assert outcome.accepted, outcome.words
    assert any("token" in line for line in ring["readable"])


def test_a_variable_may_be_called_what_members_are_called() -> None:
    text = FIFO.read_text(encoding="utf-8")
    text = text.replace("    before[Thread, Thread]: bool\n", "    before[Thread, Thread]: bool\n    m0: bool\n")
    text = text.replace("    at[self] = inside\n", "    at[self] = inside\n    m0 = true\n")
    text = text.replace("    at[self] = outside\n", "    at[self] = outside\n    m0 = false\n")
    text += "\ninvariant held\n    forall s: Thread . at[s] == inside => m0\n"
    result = proof(FIFO, text)
    assert not result.unproved
    assert result.proof is not None
    assert "|m0'|" in " ".join(result.proof["invariant"])
    assert checked(FIFO, result.proof, text).accepted
    assert checked(FIFO, result.proof, text.replace("m0 = true", "m0 = false")).accepted is False


def test_the_invariants_hold_wherever_the_explorer_comes(fifo: dict[str, Any], ring: dict[str, Any]) -> None:
    require_true_where_reached(FIFO, fifo, 5)
    require_true_where_reached(RING, ring, 5)


def test_german_is_proved_for_any_number_of_caches() -> None:
    entry = found(GERMAN)
    assert entry["properties"] == ["coherence"]
    outcome = checked(GERMAN, entry)
    assert outcome.accepted, outcome.words
    require_true_where_reached(GERMAN, entry, 3)


def test_what_is_false_at_some_size_is_never_proved(fifo: dict[str, Any]) -> None:
    text = FIFO.read_text(encoding="utf-8") + (
        "\ninvariant never_three\n    not (exists s: Thread, t: Thread, u: Thread . s != t and t != u and s != u"
        " and at[s] == waiting and at[t] == waiting and at[u] == waiting)\n"
    )
    result = proof(FIFO, text)
    assert "never_three" in [each.name for each in result.unproved]
    claimed = checked(FIFO, fifo, text, [*fifo["properties"], "never_three"])
    assert claimed.accepted is False
    assert claimed.words.startswith("safe:")
    assert claimed.state


def test_what_needs_that_there_are_only_finitely_many_is_left_open() -> None:
    # That somebody is first in any queue is true of every number, and false of infinitely many.
    result = proof(FIFO, names=["deadlock", "in_order"])
    assert [each.name for each in result.unproved] == ["deadlock"]
    assert result.proof is not None
    claimed = checked(FIFO, result.proof, names=["deadlock"])
    assert claimed.accepted is not True


def test_too_weak_an_invariant_is_refused_with_a_state(fifo: dict[str, Any]) -> None:
    for at in range(len(fifo["invariant"])):
        weaker = {**fifo, "invariant": fifo["invariant"][:at] + fifo["invariant"][at + 1 :]}
        outcome = checked(FIFO, weaker)
        assert outcome.accepted is False
        assert outcome.words.startswith(("step:", "safe:")), outcome.words
        assert outcome.state


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("(forall ((m0 |Thread|)) (= (|at[{Thread}]| m0) 0))", "step:"),
        ("(forall ((m0 |Thread|)) (not (= (|at[{Thread}]| m0) 0)))", "init:"),
        ("(forall ((m0 |Thread|)) (= (|at[{Thread}]| m0) 0)", "format:"),
        ("(forall ((m0 |Nobody|)) true)", "format:"),
        ("(forall ((m0 |Thread|)) (< m0 m0))", "format:"),
        ("(forall ((m0 |Thread|) (m0 |Thread|)) true)", "format:"),
        ("(= (|at[{Thread}]| 0) 0)", "format:"),
        ("(exists ((m0 |Thread|)) true)", "format:"),
    ],
)
def test_a_wrong_or_unreadable_part_is_refused(fifo: dict[str, Any], part: str, told: str) -> None:
    outcome = checked(FIFO, {**fifo, "invariant": [*fifo["invariant"], part]})
    assert outcome.accepted is False
    assert outcome.words.startswith(told), outcome.words
    assert outcome.state or told == "format:"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("forall other: Thread . not before[other, self]", "exists other: Thread . not before[other, self]"),
        ("before[other, self] = at[other] != outside", "before[other, self] = at[other] == inside"),
        ("    when at[self] == waiting\n", "    when at[self] != inside\n"),
    ],
)
def test_another_version_of_the_specification_is_refused(fifo: dict[str, Any], old: str, new: str) -> None:
    text = FIFO.read_text(encoding="utf-8")
    assert old in text
    outcome = checked(FIFO, fifo, text.replace(old, new))
    assert outcome.accepted is False
    assert outcome.words.startswith(("step:", "safe:")), outcome.words
    assert outcome.state


def test_guesses_of_a_machine_are_never_believed() -> None:
    # Without the guard two come in together, so that nothing is a proof of what is claimed.
    text = FIFO.read_text(encoding="utf-8").replace("    when forall other: Thread . not before[other, self]\n", "")
    dice = random.Random(7)
    for _ in range(12):
        parts = [_guess(dice) for _ in range(dice.randrange(1, 4))]
        entry = {"roles": {"Thread": "N"}, "invariant": parts}
        outcome = checked(FIFO, entry, text, ["one_inside"])
        assert outcome.accepted is False, parts
        assert outcome.state, outcome.words


def _guess(dice: random.Random) -> str:
    literals: list[str] = []
    for _ in range(dice.randint(1, 3)):
        one, other = dice.choice(["m0", "m1"]), dice.choice(["m0", "m1"])
        literal = dice.choice([
            f"(= (|at[{{Thread}}]| {one}) {dice.randrange(3)})", f"(|before[{{Thread}}][{{Thread}}]| {one} {other})",
            f"(= {one} {other})",
        ])  # fmt: skip
        literals.append(literal if dice.random() < 0.5 else f"(not {literal})")
    return f"(forall ((m0 |Thread|) (m1 |Thread|)) (or {' '.join(literals)}))"


def test_the_command_writes_what_verify_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path)
    command = ["prove", str(RING), "--any-number", "Station", "--certificates", folder]
    assert run(command) == 0
    told = capsys.readouterr().out
    assert "found by quantifiers" in told
    (file,) = tmp_path.glob("*.certificate.json")
    assert file.name == "token_ring.any-station.certificate.json"
    assert run(["verify", str(file), "--json", "-"]) == 0
    (certificate,) = json.loads(capsys.readouterr().out)["certificates"]
    assert certificate["accepted"]
    assert certificate["proofs"][0]["kind"] == "quantified"


def test_where_both_ways_fail_the_largest_size_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "fifo_lock.custody"
    first = """
invariant somebody_is_next
    (exists s: Thread . at[s] == waiting) => (exists s: Thread . at[s] == inside) or (exists s: Thread .
        at[s] == waiting and (forall t: Thread . not before[t, s]))
"""
    file.write_text(FIFO.read_text(encoding="utf-8") + first, encoding="utf-8")
    command = ["prove", str(file), "--any-number", "Thread", "--property", "somebody_is_next"]
    assert run([*command, "--timeout", "60", "--certificates", str(tmp_path)]) == 3
    told = " ".join(capsys.readouterr().out.split())
    assert "not by counters" in told
    assert "relates two instances" in told
    assert "no invariant over quantifiers was found" in told
    assert re.search("proved with up to [2-4] of each", told)


def test_a_size_that_is_not_allowed_is_no_size() -> None:
    program = load(str(RING))
    with pytest.raises(NotCountableError, match="cannot be 1"):
        _countable(beyond, program, {}, {"N": 1})
