"""Each format carries every failure, and none makes one of an expected violation."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from custody.language.diagnostic import Diagnostic
from custody.present.formats import RUN_FORMATS, Format, render
from custody.present.report import Report
from custody.system.finding import Limits
from custody.system.model import Property
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_DEADLOCK, at, expecting, lamp
from support.readers import github_commands, junit_cases, sarif_complaints
from support.reports import run_of


def report(*subjects: Property, limits: Limits | None = None, errors: tuple[Diagnostic, ...] = ()) -> Report:
    return Report((run_of(lamp(*subjects), limits),), errors)


EXPECTED = expecting(NEVER_BLOWN, violated=True)
WRONG_TEXT = Diagnostic(at(3), "syntax", "unexpected\n'<'", "remove it")


@pytest.mark.parametrize("chosen", RUN_FORMATS)
def test_an_error_is_in_every_format(chosen: Format) -> None:
    with_error = render(chosen, report(CAN_SHINE, errors=(WRONG_TEXT,)))
    assert with_error != render(chosen, report(CAN_SHINE))


@pytest.mark.parametrize("chosen", RUN_FORMATS)
def test_the_bytes_are_the_same_every_time(chosen: Format) -> None:
    assert render(chosen, report(NEVER_BLOWN, CAN_SHINE)) == render(chosen, report(NEVER_BLOWN, CAN_SHINE))


def test_others_can_read_them() -> None:
    """By OASIS's schema, a parser of JUnit's XML, and the rules of GitHub's runner."""
    for found in (
        report(NEVER_BLOWN, CAN_SHINE, EXPECTED),
        report(NO_DEADLOCK, limits=Limits(max_states=1)),
        report(errors=(WRONG_TEXT,)),
        report(),
    ):
        assert sarif_complaints(render(Format.SARIF, found)) == []
        assert junit_cases(render(Format.JUNIT, found)) is not None
        github_commands(render(Format.GITHUB, found))


class TestJunit:
    @staticmethod
    def cases(found: Report) -> dict[str, str | None]:
        """Each test case with what is below it."""
        root = ET.fromstring(render(Format.JUNIT, found))
        return {case.get("name", ""): next((below.tag for below in case), None) for case in root.iter("testcase")}

    def test_failures_errors_and_passes(self) -> None:
        assert self.cases(report(NEVER_BLOWN, CAN_SHINE)) == {"never_blown": "failure", "can_shine": None}
        assert self.cases(report(EXPECTED)) == {"never_blown": None}
        assert self.cases(report(NO_DEADLOCK, limits=Limits(max_states=1))) == {"deadlock": "error"}
        assert self.cases(report(errors=(WRONG_TEXT,))) == {"lamp.custody:3:1": "error"}

    def test_the_counts_fit_the_cases(self) -> None:
        root = ET.fromstring(render(Format.JUNIT, report(NEVER_BLOWN, CAN_SHINE, NO_DEADLOCK)))
        suite = root.find("testsuite")
        assert suite is not None
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")

    def test_control_characters_do_not_break_it(self) -> None:
        odd = replace(NEVER_BLOWN, conjuncts=(replace(NEVER_BLOWN.conjuncts[1], text="a\x00\x1b<&>"),))
        assert ET.fromstring(render(Format.JUNIT, report(odd))) is not None


class TestKtap:
    def test_a_violation_and_what_holds(self) -> None:
        assert render(Format.KTAP, report(NEVER_BLOWN, CAN_SHINE)).splitlines() == [
            "KTAP version 1",
            "1..1",
            "  KTAP version 1",
            "  1..2",
            "  # lamp.custody:20: violated: `lamp != blown` is false for t = Thread.0, where lamp is blown",
            "  # 1. User.0: press(finger: thumb): switch on",
            "  # 2. User.0: press(finger: thumb): blow the fuse",
            "  not ok 1 never_blown",
            "  ok 2 can_shine",
            "not ok 1 given/lamp.custody WATTS = 60, DIMMED = false",
        ]

    def test_directives(self) -> None:
        assert "  ok 1 never_blown # XFAIL violated as expected\n" in render(Format.KTAP, report(EXPECTED))
        limited = render(Format.KTAP, report(NO_DEADLOCK, limits=Limits(max_states=1)))
        assert "  not ok 1 deadlock # TIMEOUT not every state was seen\n" in limited
        assert "not ok 2 lamp.custody:3:1 # ERROR syntax\n" in render(Format.KTAP, report(errors=(WRONG_TEXT,)))

    def test_every_line_is_one_of_the_format(self) -> None:
        odd = replace(NEVER_BLOWN, name="odd # name", conjuncts=())
        for line in render(Format.KTAP, report(odd, CAN_SHINE, errors=(WRONG_TEXT,))).splitlines():
            assert re.fullmatch(
                r" *(KTAP version 1|1\.\.\d+|# .*|(not )?ok \d+ [^#]+( # (XFAIL|TIMEOUT|ERROR) .+)?)", line
            ), line


class TestGithub:
    def test_annotations(self) -> None:
        lines = render(Format.GITHUB, report(NEVER_BLOWN, EXPECTED, errors=(WRONG_TEXT,))).splitlines()
        assert lines == [
            "::error file=lamp.custody,line=3,col=1,title=syntax::unexpected%0A'<'",
            "::error file=lamp.custody,line=20,col=1,title=never_blown::violated: `lamp != blown` is false for"
            " t = Thread.0, where lamp is blown",
            "::warning file=lamp.custody,line=13,col=1,title=action-never-fires::`melt` with the outcome"
            " `fails EIO` never happens",
        ]

    def test_nothing_wrong_is_nothing_said(self) -> None:
        system = replace(lamp(CAN_SHINE), actions=lamp().actions[:2])
        assert render(Format.GITHUB, Report((run_of(system),))) == ""


class TestSarif:
    @staticmethod
    def run(found: Report) -> dict[str, Any]:
        return json.loads(render(Format.SARIF, found))["runs"][0]

    def test_a_failure_is_a_result_with_its_trace(self) -> None:
        run = self.run(report(NEVER_BLOWN, CAN_SHINE))
        (result,) = run["results"]
        assert (result["ruleId"], result["level"], result["kind"]) == ("DB-CPU-05", "error", "fail")
        assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["DB-CPU-05"]
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [10, 11]
        assert run["invocations"][0]["executionSuccessful"] is True

    def test_the_fingerprint_does_not_depend_on_lines(self) -> None:
        moved = replace(NEVER_BLOWN, place=at(99))
        one, other = (self.run(report(subject))["results"][0] for subject in (NEVER_BLOWN, moved))
        assert one["partialFingerprints"] == other["partialFingerprints"]

    def test_an_inconclusive_verdict_is_for_review_and_an_expected_one_is_none(self) -> None:
        (result,) = self.run(report(NO_DEADLOCK, limits=Limits(max_states=1)))["results"]
        assert result["kind"] == "review"
        assert "level" not in result
        assert self.run(report(EXPECTED))["results"] == []

    def test_an_error_makes_the_invocation_unsuccessful(self) -> None:
        invocation = self.run(report(errors=(WRONG_TEXT,)))["invocations"][0]
        assert invocation["executionSuccessful"] is False
        assert invocation["toolExecutionNotifications"][0]["descriptor"] == {"id": "syntax"}
