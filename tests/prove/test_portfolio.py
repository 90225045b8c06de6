"""The ways of proving side by side: what each may say, who is believed, and what the command makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.cli import run
from custody.prove.portfolio import METHODS, Portfolio
from custody.prove.spacer import WORDS, settle
from custody.symbolic.task import Message, Proved, Task
from custody.system.finding import Finding, Limits, Verdict
from custody.system.model import SAFETY
from support.proving import GUARDED, system_of

WRONG = GUARDED.replace("when references == 1 and not released", "when not released")


def findings(text: str, methods: tuple[str, ...] = METHODS) -> dict[str, Finding]:
    system = system_of(text)
    return Portfolio(methods)(system, Limits(timeout=60.0), [p.name for p in system.properties]).findings


def test_together_they_settle_what_is_true_and_what_is_not() -> None:
    assert {
        name: found.verdict for name, found in findings(GUARDED).items() if found.verdict is not Verdict.HOLDS
    } == {}
    found = findings(WRONG)
    assert found["held"].verdict is Verdict.VIOLATED
    assert found["held"].trace is not None
    assert len(found["held"].trace.actions) == 2


def test_spacer_proves_without_a_certificate_and_says_nothing_of_what_fails() -> None:
    for text, expected in ((GUARDED, {"held", "never_idle"}), (WRONG, {"never_idle"})):
        system, sent = system_of(text), list[Message]()
        settle(Task(system, ("held", "never_idle"), None, 60.0, None, "spacer"), sent.append)
        proved = {f.property: f for message in sent if isinstance(message, Proved) for f in message.findings}
        assert set(proved) == expected
        assert all(finding.reason == WORDS for finding in proved.values())
        assert all(message.proof is None for message in sent if isinstance(message, Proved))


def test_spacer_alone_settles_safety_only() -> None:
    system = system_of(GUARDED)
    found = findings(GUARDED, ("spacer",))
    for p in system.properties:
        assert found[p.name].verdict is (Verdict.HOLDS if p.form in SAFETY else Verdict.INCONCLUSIVE), p.name


def test_the_command_writes_a_certificate_and_tells_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "guarded.custody"
    spec.write_text(GUARDED, encoding="utf-8")
    folder = tmp_path / "made"
    assert run(["prove", str(spec), "--certificates", str(folder), "--json", "-"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    assert told["engine"] == "portfolio"
    (file,) = folder.glob("*.certificate.json")
    assert {p["certificate"] for p in told["properties"]} == {str(file)}
    assert run(["verify", str(file)]) == 0


def test_the_command_says_what_is_violated_and_what_is_open(tmp_path: Path) -> None:
    spec = tmp_path / "wrong.custody"
    spec.write_text(WRONG, encoding="utf-8")
    folder = str(tmp_path / "made")
    assert run(["prove", str(spec), "--certificates", folder]) == 1
    assert run(["prove", str(spec), "--certificates", folder, "--method", "spacer", "--property", "held"]) == 3
    assert run(["prove", str(spec), "--certificates", folder, "--property", "nothing"]) == 2
    assert run(["prove", str(tmp_path / "none.custody"), "--certificates", folder]) == 2
