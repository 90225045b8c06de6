"""The report as SARIF 2.1.0, which code hosts show next to the source, with each trace as a code flow.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/.  Fingerprints are made of names, not of line numbers, so that a
finding is the same one after its specification grew.
"""

from __future__ import annotations

import json
from typing import Any

from custody import __version__
from custody.language.diagnostic import Diagnostic
from custody.present.report import Report, instance_words, step_words, trace_steps, verdict_words
from custody.properties.result import Outcome, PropertyResult, RunResult
from custody.rules import Rule, rule, rule_ids
from custody.system.place import Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(report: Report) -> str:
    """The whole document with a final newline."""
    failures = [pair for pair in report.results() if pair[1].outcome is not Outcome.PASSED]
    cited = sorted({name for _, result in failures for name in result.subject.rules[:1]} & rule_ids())
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "custody",
                        "version": __version__,
                        "rules": [_rule(rule(name)) for name in cited],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not report.errors,
                        "toolExecutionNotifications": [_notification(error) for error in report.errors],
                    }
                ],
                "results": [_result(run, result) for run, result in failures],
            }
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _rule(entry: Rule) -> dict[str, Any]:
    return {
        "id": entry.id,
        "shortDescription": {"text": entry.text},
        "properties": {"tags": [concern.value for concern in entry.concerns]},
    }


def _result(run: RunResult, result: PropertyResult) -> dict[str, Any]:
    subject = result.subject
    failed = result.outcome is Outcome.FAILED
    instance = instance_words(run)
    entry: dict[str, Any] = {
        "ruleId": subject.rules[0] if subject.rules else subject.name,
        "kind": "fail" if failed else "review",
        "message": {"text": f"{subject.name}: {verdict_words(result)}: {result.message}"},
        "locations": [_location(subject.place)],
        "partialFingerprints": {"custody/v1": "/".join([run.system.name, instance, subject.name])},
    }
    if failed:
        entry["level"] = "error"  # any other kind must not have a level
    if result.finding.trace is not None:
        entry["codeFlows"] = [
            {
                "threadFlows": [
                    {
                        "locations": [
                            {
                                "location": {
                                    **_location(step.action.place),
                                    "message": {"text": f"{step.action.actor}: {step_words(step.action)}"},
                                }
                            }
                            for step in trace_steps(run.system, result.finding.trace)
                        ]
                    }
                ]
            }
        ]
    return entry


def _location(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": place.file.replace("\\", "/")}}
    if place.line > 0:
        physical["region"] = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": physical}


def _notification(error: Diagnostic) -> dict[str, Any]:
    return {
        "level": error.severity.value,
        "descriptor": {"id": error.code},
        "message": {"text": error.message},
        "locations": [_location(error.place)],
    }
