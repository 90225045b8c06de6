"""Certificates are accepted when they are right, and refused with the obligation that fails when they are not."""

from __future__ import annotations

import ast
import io
import json
import random
import re
import tokenize
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import custody.verify
from custody.cli import run
from custody.explore.search import explore
from custody.system.evaluate import initial_states
from custody.system.fast import moves
from custody.system.finding import Verdict
from custody.system.model import Form, System
from custody.verify.certificate import read, verify
from custody.verify.proof import Proof, RefusedError
from custody.verify.solve import solvers
from support.proving import GUARDED, certificate, proofs, system_of
from support.random_systems import random_systems

ROOM = Path(custody.verify.__file__).parent


def as_proof(entry: dict[str, Any]) -> Proof:
    return Proof(entry["kind"], tuple(entry["properties"]), entry)


def inductive(system: System) -> dict[str, Any]:
    return next(entry for entry in proofs(system) if entry["kind"] == "inductive")


def test_what_is_proved_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = certificate(tmp_path)
    assert run(["verify", str(file)]) == 0
    assert "init, step and safe by z3" in capsys.readouterr().out


def test_the_result_is_told_to_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(certificate(tmp_path)), "--json", "-"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["certificates"]
    assert told["accepted"]
    assert {proof["kind"] for proof in told["proofs"]} == {"inductive", "trace"}


def test_obligations_are_written_for_other_solvers(tmp_path: Path) -> None:
    assert run(["verify", str(certificate(tmp_path)), "--smt2", str(tmp_path / "out")]) == 0
    names = sorted(file.name.split(".")[-2] for file in (tmp_path / "out").glob("*.smt2"))
    assert names == ["init", "safe", "step"]


def test_too_weak_an_invariant_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = inductive(system_of(GUARDED))
    file = certificate(tmp_path, proofs=[{**entry, "invariant": entry["invariant"][:-1]}])
    assert run(["verify", str(file)]) == 1
    told = capsys.readouterr().out
    assert "REFUSED   inductive: step:" in told or "REFUSED   inductive: safe:" in told
    assert "references = " in told


def test_too_weak_an_invariant_of_whole_runs_is_refused_with_a_state_too() -> None:
    system = system_of(f"{GUARDED}\neventually gone\n    released\n")
    for invariant, told in (
        (["true"], "safe:"),
        (["|released|"], "init:"),
        (["(not |attached[Device.0]|)"], "step:"),
    ):
        entry = {"kind": "inductive", "properties": ["gone"], "uses": [], "invariant": invariant}
        outcome = verify(system, as_proof(entry))
        assert outcome.accepted is False
        assert outcome.words.startswith(told)
        assert any(line.startswith("references = ") for line in outcome.state)


def test_an_invariant_that_is_false_at_first_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = inductive(system_of(GUARDED))
    file = certificate(tmp_path, proofs=[{**entry, "invariant": [*entry["invariant"], "|released|"]}])
    assert run(["verify", str(file)]) == 1
    assert "REFUSED   inductive: init: a first state" in capsys.readouterr().out


@pytest.mark.parametrize(
    "term",
    [
        "(or |released|",
        "true) (assert false",
        "(xor |released| true)",
        "|nothing|",
        "(and)",
        "3",
        "(= 1)",
        "(< |released| 1)",
        "(! true :named x)",
        '"true"',
        "(let ((x true)) x)",
        "",
    ],
)
def test_a_term_that_is_none_is_refused(term: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = inductive(system_of(GUARDED))
    file = certificate(tmp_path, proofs=[{**entry, "invariant": [term]}])
    assert run(["verify", str(file)]) == 1
    assert "REFUSED   inductive: syntax:" in capsys.readouterr().out


def test_another_version_is_refused_with_what_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = certificate(tmp_path)
    other = tmp_path / "other.custody"
    other.write_text(GUARDED.replace("when references == 1 and not released", "when not released"), encoding="utf-8")
    assert run(["verify", str(file), str(other)]) == 1
    told = capsys.readouterr().out
    assert "another version of the specification" in told
    assert "REFUSED   inductive: step: " in told
    assert "references = " in told


def test_a_comment_makes_no_other_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = certificate(tmp_path)
    (tmp_path / "guarded.custody").write_text(GUARDED + "\n# The end.\n", encoding="utf-8")
    assert run(["verify", str(file)]) == 0
    assert "the text has changed since, what it means has not" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{", '{"custody_certificate": 2}', '{"custody_certificate": 1}', "\x00"])
def test_what_is_no_certificate_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.certificate.json"
    file.write_text(text, encoding="utf-8")
    assert run(["verify", str(file)]) == 1
    assert "REFUSED" in capsys.readouterr().out


def test_no_proof_is_no_success(tmp_path: Path) -> None:
    assert run(["verify", str(certificate(tmp_path, proofs=[]))]) == 1


def test_unknown_files_and_specifications_are_wrong_requests(tmp_path: Path) -> None:
    assert run(["verify", str(tmp_path / "none.json")]) == 2
    assert run(["verify", str(tmp_path)]) == 2
    assert run(["verify", str(certificate(tmp_path)), str(tmp_path / "none.custody")]) == 2


@pytest.mark.parametrize("change", [{"first": [1, 0, 1, 0]}, {"actions": [4]}, {"actions": []}, {"actions": [0, 0]}])
def test_a_trace_that_is_none_is_refused(change: dict[str, Any]) -> None:
    system = system_of(GUARDED)
    entry = next(entry for entry in proofs(system) if entry["kind"] == "trace")
    assert verify(system, as_proof(entry)).accepted
    assert verify(system, as_proof({**entry, **change})).accepted is False


def test_a_trace_of_fewer_variables_is_refused() -> None:
    entry = next(entry for entry in proofs(system_of(GUARDED)) if entry["kind"] == "trace")
    text = GUARDED.replace("    released: bool\n", "    released: bool\n    more: bool\n").replace(
        "0..4 = 1", "0..4 = 2"
    )
    more = system_of(text.replace("    released = true\n", "    released = true\n    more = true\n"))
    outcome = verify(more, as_proof(entry))
    assert outcome.accepted is False
    assert outcome.state == ()


def test_a_machine_that_guesses_a_thousand_times_is_never_believed() -> None:
    # `held` is false here: a device may be attached when the buffer is released.
    small = GUARDED.replace("Device[2]", "Device[1]")
    system = system_of(small.replace("when references == 1 and not released", "when not released"))
    assert explore(system, None, ["held"]).findings["held"].verdict is Verdict.VIOLATED
    honest = inductive(system_of(small))["invariant"]
    dice = random.Random(2019)
    for _ in range(1000):
        guesses = [_clause(dice, system) for _ in range(dice.randrange(6))]
        guesses += dice.sample(honest, dice.randrange(len(honest) + 1))
        entry = {"kind": "inductive", "properties": ["held"], "uses": dice.choice([[], ["held"], ["never_idle"]])}
        outcome = verify(system, as_proof({**entry, "invariant": guesses}))
        assert outcome.accepted is False, guesses


def test_a_machine_that_guesses_runs_a_thousand_times_is_never_believed() -> None:
    # `held` is true here, so that there is no run that breaks it.
    system = system_of(GUARDED)
    following = moves(system)
    dice = random.Random(2019)
    refused: set[str] = set()
    for _ in range(1000):
        state = next(initial_states(system))
        first, actions = list(state), list[int]()
        for _ in range(dice.randrange(8)):
            able = [index for index, broken, _ in following(state) if broken < 0]
            actions.append(
                dice.choice(able) if able and dice.random() < 0.9 else dice.randrange(-1, len(system.actions) + 1)
            )
            state = next((after for index, _, after in following(state) if index == actions[-1]), state)
        if dice.random() < 0.2:
            first = [dice.randint(v.domain.low, v.domain.high) for v in system.variables]
        entry = {"first": first, "actions": actions, "loop_at": None, "stutters": False, "subject": None}
        outcome = verify(system, Proof("trace", ("held",), entry))
        assert outcome.accepted is False, (first, actions)
        refused.add(outcome.words.partition(":")[0])
    assert refused == {"init", "step", "safe", "format"}


def _clause(dice: random.Random, system: System) -> str:
    literals: list[str] = []
    for variable in dice.sample(system.variables, dice.randint(1, 3)):
        value = dice.choice(range(variable.domain.low, variable.domain.high + 1))
        equal = f"|{variable.name}|" if variable.domain.boolean else f"(= |{variable.name}| {value})"
        literals.append(equal if dice.random() < 0.5 else f"(not {equal})")
    return f"(or {' '.join(literals)})"


@settings(max_examples=10, deadline=None)
@given(random_systems())
def test_random_systems_are_proved_and_checked_again(system: System) -> None:
    entries = proofs(system)
    for entry in entries:
        outcome = verify(system, as_proof(entry))
        assert outcome.accepted, outcome.words
    violated = {name for entry in entries if entry["kind"] == "trace" for name in entry["properties"]}
    for entry in entries:
        for p in system.properties:
            if p.name in violated and p.form is not Form.REACHABLE and entry["kind"] != "trace":
                with_more = {**entry, "properties": [*entry["properties"], p.name]}
                assert not verify(system, as_proof(with_more)).accepted


def test_cvc5_is_asked_too_where_it_is_installed() -> None:
    assert "z3" in solvers()


def test_it_uses_the_language_and_the_system_and_nothing_else() -> None:
    allowed = ("custody.language", "custody.system", "custody.quantified", "custody.verify")
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith("custody") or name.startswith(allowed), f"{file.name}: {name}"


@pytest.mark.parametrize("kind", ["inductive", "reachable", "trace", "any_number", "quantified"])
def test_what_checks_a_kind_of_proof_is_under_four_hundred_lines(kind: str) -> None:
    needed, waiting = set[str](), [kind]
    # What reads the file is another sixty lines: with these counters alone are more than four hundred.
    waiting += ["certificate"] if kind != "any_number" else []
    while waiting:
        name = waiting.pop()
        needed.add(name)
        if name == "certificate":
            continue  # it knows all kinds
        for node in ast.walk(ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("custody.verify."):
                other = (node.module or "").rpartition(".")[2]
                waiting += [other] if other not in needed else []
    lines = sum(_lines((ROOM / f"{name}.py").read_text(encoding="utf-8")) for name in needed)
    if kind == "reachable":
        lines += _lines_of_c((ROOM / "look.c").read_text(encoding="utf-8"))
    assert lines < 400


def test_all_kinds_together_are_not_much_more_than_eight_hundred_lines() -> None:
    lines = sum(_lines(file.read_text(encoding="utf-8")) for file in ROOM.glob("*.py"))
    assert lines + sum(_lines_of_c(file.read_text(encoding="utf-8")) for file in ROOM.glob("*.c")) < 850


def test_every_file_of_the_verifier_is_counted_with_some_kind() -> None:
    known = {
        "certificate",
        "inductive",
        "reachable",
        "trace",
        "any_number",
        "quantified",
        "proof",
        "sizes",
        "script",
        "steps",
        "terms",
        "solve",
    }
    assert {file.stem for file in ROOM.glob("*.py")} == known | {"__init__"}
    assert {file.name for file in ROOM.glob("*.c")} == {"look.c"}


def _lines_of_c(text: str) -> int:
    """The same of C: without comments and blank lines."""
    return sum(bool(line.strip()) for line in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines())


def _lines(text: str) -> int:
    """Lines of code: without comments, docstrings, blank lines and imports."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            left_out.update(range(node.lineno, (node.end_lineno or 0) + 1))
        if isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or 0) + 1))
    code: set[int] = set()
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in blank:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - left_out)


def test_a_format_error_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(RefusedError, match="format"):
        read(str(file))
