"""The report as JUnit XML, which build servers show: a test suite for each run, a test case for each property.

A violation that the specification expects is a passed case; an inconclusive verdict is an error, never a skip.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from custody.language.diagnostic import Diagnostic
from custody.present.report import Report, instance_words, step_words, trace_steps, verdict_words
from custody.properties.result import Outcome, PropertyResult, RunResult


def render(report: Report) -> str:
    """The whole document with a final newline."""
    root = ET.Element("testsuites", name="custody")
    for run in report.runs:
        _suite(root, run)
    if report.errors:
        _errors(root, report.errors)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, run: RunResult) -> None:
    outcomes = [result.outcome for result in run.properties]
    instance = instance_words(run)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_legal(f"{run.spec} ({instance})" if instance else run.spec),
        tests=str(len(outcomes)),
        failures=str(outcomes.count(Outcome.FAILED)),
        errors=str(outcomes.count(Outcome.UNSETTLED)),
        time=f"{sum(found.seconds for found in run.explorations):.3f}",
    )
    for result in run.properties:
        _case(suite, run, result)


def _case(suite: ET.Element, run: RunResult, result: PropertyResult) -> None:
    # The schema of JUnit's form has no place for file and line: they are in the text.
    case = ET.SubElement(suite, "testcase", classname=run.system.name, name=result.subject.name)
    summary = f"{verdict_words(result)}: {result.message}"
    match result.outcome:
        case Outcome.PASSED:
            return
        case Outcome.FAILED:
            element = ET.SubElement(case, "failure", type=result.subject.kind.value, message=_legal(summary))
        case Outcome.UNSETTLED:
            element = ET.SubElement(case, "error", type="inconclusive", message=_legal(summary))
    element.text = _legal(f"at {result.subject.place}\n{_trace_lines(run, result)}")


def _trace_lines(run: RunResult, result: PropertyResult) -> str:
    if result.finding.trace is None:
        return result.subject.doc
    found = trace_steps(run.system, result.finding.trace)
    return "\n".join(
        f"{number}. {step.action.actor}: {step_words(step.action)} ({step.action.place})"
        for number, step in enumerate(found, 1)
    )


def _errors(root: ET.Element, errors: tuple[Diagnostic, ...]) -> None:
    suite = ET.SubElement(
        root, "testsuite", name="not checked", tests=str(len(errors)), failures="0", errors=str(len(errors))
    )
    for error in errors:
        case = ET.SubElement(suite, "testcase", classname="custody", name=_legal(str(error.place)))
        ET.SubElement(case, "error", type=error.code, message=_legal(error.message))


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 cannot carry."""
    return "".join(character for character in text if character in "\t\n" or character.isprintable())
