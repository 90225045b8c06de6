"""The comparison as JUnit XML: a suite for each specification, a case for each change, or one that passes."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from custody.change.judge import Finding, Judgement
from custody.change.result import Change, Result
from custody.language.diagnostic import Diagnostic
from custody.present.change.words import result_words, spot


def render(judgement: Judgement) -> str:
    """The whole document with a final newline."""
    root = ET.Element("testsuites", name="custody gate")
    for result in judgement.results:
        _suite(root, result, judgement.of(result))
    loose = [f for f in judgement.told if f.spec not in {r.spec for r in judgement.results}]
    if loose or judgement.errors:
        _rest(root, loose, judgement.errors)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, result: Result, findings: tuple[Finding, ...]) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_legal(result.spec),
        tests=str(max(1, len(findings)) + len(result.limits)),
        failures=str(sum(f.closes for f in findings)),
        errors=str(len(result.limits)),
        skipped=str(int(result.is_left)),
        time="0",
    )
    if not findings:
        case = ET.SubElement(suite, "testcase", classname=_legal(result.model), name=result_words(result))
        if result.is_left:
            ET.SubElement(case, "skipped", message=_legal(result.left[0]))
    for finding in findings:
        _case(suite, result.model, finding)
    for limit in result.limits:
        case = ET.SubElement(suite, "testcase", classname=_legal(result.model), name="comparison")
        ET.SubElement(case, "error", type="inconclusive", message=_legal(limit))


def _case(suite: ET.Element, model: str, finding: Finding) -> None:
    change = finding.change
    # The schema of JUnit's form has no place for file and line: they are in the text.
    case = ET.SubElement(suite, "testcase", classname=_legal(model), name=_legal(f"{change.id} {change.subject}"))
    if finding.closes:
        failure = ET.SubElement(case, "failure", type=change.id, message=_legal(change.message))
        failure.text = _legal(_run(change))
    else:
        ET.SubElement(case, "system-out").text = _legal(finding.accepted or change.message)


def _run(change: Change) -> str:
    lines = [f"at {change.file}:{change.line}"]
    lines += [f"concerns {', '.join(change.harmed)}"] if change.harmed else []
    lines += [f"{n}. {row.actor}: {row.words} ({row.file}:{row.line})" for n, row in enumerate(change.rows, 1)]
    return "\n".join(lines)


def _rest(root: ET.Element, findings: list[Finding], errors: tuple[Diagnostic, ...]) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        name="settings and what was not compared",
        tests=str(len(findings) + len(errors)),
        failures=str(sum(f.closes for f in findings)),
        errors=str(len(errors)),
        time="0",
    )
    for finding in findings:
        _case(suite, "baseline", finding)
    for error in errors:
        case = ET.SubElement(suite, "testcase", classname="custody", name=_legal(spot(error) or "git"))
        ET.SubElement(case, "error", type=error.code, message=_legal(error.message))


def _legal(text: str) -> str:
    """The text without the characters that XML 1.0 cannot carry."""
    return "".join(character for character in text if character in "\t\n" or character.isprintable())
