"""Every form of a comparison carries what closes the gate, and none sounds like success then."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from custody.change.category import Severity
from custody.change.compare import compare_programs
from custody.change.effort import Effort
from custody.change.judge import Judgement, judge
from custody.change.result import Result, from_json, to_json
from custody.change.settings import Acceptance, Settings
from custody.language import load
from custody.language.diagnostic import Diagnostic
from custody.present.change.formats import render
from custody.present.formats import Format
from custody.system.place import Place
from support.pairs import CALL
from support.readers import github_commands, junit_cases, sarif_complaints

KUNIT = Path(__file__).parents[2] / ".venv/tools/testing/kunit/kunit.py"
SUCCESS = "no change of behaviour"


@cache
def result(*, limited: bool = False) -> Result:
    """A call that loses a permission and gains an error."""
    alone = "requires not asked[self] and (forall c: Client . not asked[c]) [DB-FEN-01]"
    new = CALL.replace("requires not asked[self] [DB-FEN-01]", alone)
    new = new.replace("        when busy\n", "        when busy\n    or fails EINTR\n")
    with TemporaryDirectory() as name:
        for side, text in (("old", CALL), ("new", new)):
            (Path(name) / f"{side}.custody").write_text(text, encoding="utf-8")
        programs = [load(str(Path(name) / f"{side}.custody")) for side in ("old", "new")]
        effort = Effort(points=2, pairs=2) if limited else Effort()
        return compare_programs(programs[0], programs[1], {}, effort, "spec/queue.custody")


def judged(*, accepted: tuple[Acceptance, ...] = (), errors: tuple[Diagnostic, ...] = ()) -> Judgement:
    return judge([result()], Settings(accepted=accepted), errors=errors, date=date(2027, 1, 1))


ACCEPTED = Acceptance(
    "CALLER-NARROWED", "spec/queue.custody", "*", "agreed", date(2027, 6, 1), Place("custody.toml", 1)
)


def test_what_is_found() -> None:
    ids = {change.id for change in result().changes}
    assert {"CALLER-NARROWED", "OUTCOME-ADDED"} <= ids


@pytest.mark.parametrize("chosen", list(Format))
def test_no_form_sounds_like_success(chosen: Format) -> None:
    text = render(chosen, judged())
    assert SUCCESS not in text
    assert "ask" in text


@pytest.mark.parametrize("chosen", list(Format))
def test_what_could_not_be_compared_is_in_every_form(chosen: Format) -> None:
    wrong = Diagnostic(Place("spec/b.custody", 3), "syntax", "unexpected '<'")
    assert "spec/b.custody" in render(chosen, judged(errors=(wrong,)))


@pytest.mark.parametrize("chosen", list(Format))
def test_the_bytes_are_the_same_every_time(chosen: Format) -> None:
    assert render(chosen, judged()) == render(chosen, judged())


def test_a_limit_is_no_success() -> None:
    judgement = judge([result(limited=True)], Settings())
    assert judgement.limits
    for chosen in Format:
        assert SUCCESS not in render(chosen, judgement)


@pytest.mark.parametrize("chosen", list(Format))
def test_what_was_left_out_is_not_called_identical(chosen: Format) -> None:
    left = Result("spec/queue.custody", "queue", how=("one: compared exactly",), left=("two",))
    said = render(chosen, judge([left], Settings()))
    assert SUCCESS not in said
    assert "identical" not in said


def every_kind() -> list[Judgement]:
    """What closes, what is accepted, what could not be compared, what is not complete, and nothing at all."""
    wrong = Diagnostic(Place("spec/b: 100%, c.custody", 3), "syntax", "unexpected\n'<' 100%", "remove it")
    return [
        judged(),
        judged(accepted=(ACCEPTED,)),
        judged(errors=(wrong, Diagnostic(Place("", 0), "git", "there is no 'x' in this repository"))),
        judge([result(limited=True)], Settings()),
        judge([], Settings()),
    ]


def test_sarif_fits_its_schema() -> None:
    for judgement in every_kind():
        assert sarif_complaints(render(Format.SARIF, judgement)) == []
    broken = json.loads(render(Format.SARIF, judged()))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert len(sarif_complaints(json.dumps(broken))) == 1


def test_a_parser_reads_the_junit() -> None:
    for judgement in every_kind():
        cases = junit_cases(render(Format.JUNIT, judgement))
        assert sum(case.result == "failure" for case in cases) == sum(f.closes for f in judgement.findings)


def test_the_runner_reads_the_annotations() -> None:
    for judgement in every_kind():
        commands = github_commands(render(Format.GITHUB, judgement))
        assert len(commands) >= len(judgement.told) + len(judgement.errors)
        assert sum(c.level == "error" for c in commands) >= sum(f.closes for f in judgement.findings)
    files = {c.properties.get("file") for c in github_commands(render(Format.GITHUB, every_kind()[2]))}
    assert "spec/b: 100%, c.custody" in files


def test_sarif_has_flows_and_lasting_fingerprints() -> None:
    document = json.loads(render(Format.SARIF, judged()))
    results = document["runs"][0]["results"]
    narrowed = next(entry for entry in results if entry["ruleId"] == "CALLER-NARROWED")
    assert narrowed["level"] == "error"
    assert narrowed["codeFlows"][0]["threadFlows"][0]["locations"]
    fingerprint = narrowed["partialFingerprints"]["custodyChange/v1"]
    line = str(narrowed["locations"][0]["physicalLocation"]["region"]["startLine"])
    assert line not in fingerprint
    assert fingerprint.startswith("spec/queue.custody/CALLER-NARROWED/ask")
    rules = [rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]]
    assert {entry["ruleId"] for entry in results} <= set(rules)


def test_sarif_suppresses_what_is_accepted() -> None:
    document = json.loads(render(Format.SARIF, judged(accepted=(ACCEPTED,))))
    narrowed = next(e for e in document["runs"][0]["results"] if e["ruleId"] == "CALLER-NARROWED")
    assert narrowed["suppressions"] == [{"kind": "external", "justification": "agreed"}]


def test_junit_counts_what_closes() -> None:
    root = ET.fromstring(render(Format.JUNIT, judged()))
    [suite] = root.findall("testsuite")
    failures = len(list(suite.iter("failure")))
    assert int(suite.get("failures", "0")) == failures == sum(f.closes for f in judged().findings)
    assert int(suite.get("tests", "0")) == len(suite.findall("testcase"))
    # What the schema of the Jenkins plug-in (junit-10.xsd) allows of a test case.
    allowed = {"name", "time", "classname", "group"}
    assert all(set(case.attrib) <= allowed for case in suite.iter("testcase"))
    assert all((failure.text or "").startswith("at ") for failure in suite.iter("failure"))


def test_ktap_counts_its_tests() -> None:
    lines = render(Format.KTAP, judged()).splitlines()
    assert lines[:2] == ["KTAP version 1", "1..1"]
    assert lines[-1] == "not ok 1 spec/queue.custody"
    inner = [line for line in lines if line.startswith(("  ok ", "  not ok "))]
    assert lines[3] == f"  1..{len(inner)}"


@pytest.mark.skipif(not KUNIT.exists(), reason="no kunit.py: .ci/generator fetches it with the kernel's sources")
def test_the_kernel_reads_the_ktap(tmp_path: Path) -> None:
    file = tmp_path / "gate.ktap"
    text = render(Format.KTAP, judged())
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, str(KUNIT), "parse", str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    tests = len([line for line in text.splitlines() if line.startswith(("  ok ", "  not ok "))])
    failed = sum(finding.closes for finding in judged().findings)
    passed = f"passed: {tests - failed}, " if tests > failed else ""
    assert f"Ran {tests} tests: {passed}failed: {failed}" in done.stdout
    assert "[ERROR]" not in done.stdout
    assert done.returncode == 1


def test_github_escapes_and_points() -> None:
    lines = render(Format.GITHUB, judged()).splitlines()
    assert any(line.startswith("::error file=") and "title=CALLER-NARROWED" in line for line in lines)


def test_markdown_draws_the_run() -> None:
    text = render(Format.MARKDOWN, judged())
    assert "```mermaid\nsequenceDiagram" in text
    assert text.count("<details>") == text.count("</details>") > 0


def test_json_says_everything() -> None:
    document = json.loads(render(Format.JSON, judged()))
    assert document["verdict"] == "breaking"
    [entry] = document["specifications"]
    narrowed = next(change for change in entry["changes"] if change["id"] == "CALLER-NARROWED")
    assert narrowed["severity"] == Severity.ERROR.value
    assert narrowed["rows"]


def test_a_result_survives_being_kept() -> None:
    assert from_json(json.loads(json.dumps(to_json(result())))) == result()


def test_markdown_shows_code_as_it_is() -> None:
    """A backslash within code is shown, but for the one before a bar in a table."""
    [found, *_] = [change for change in result().changes if change.rows]
    rows = (replace(found.rows[0], words="take_it(a|b, [c])"), *found.rows[1:])
    told = replace(found, rows=rows, states=(("held_by[a]", "no", "yes"), *found.states))
    shown = render(Format.MARKDOWN, judge([replace(result(), changes=(told,))], Settings()))
    assert "| `take_it(a\\|b, [c])` |" in shown
    assert "| `held_by[a]` |" in shown
