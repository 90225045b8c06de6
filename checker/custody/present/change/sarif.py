"""The comparison as SARIF 2.1.0: a result for each change, with its run as a code flow.

Fingerprints are made of the category, the subject and who is harmed, not of line numbers, so that a finding stays the
same one while its file grows.
"""

from __future__ import annotations

import json
from typing import Any

from custody import __version__
from custody.change.category import Category, Level, Severity, all_categories
from custody.change.judge import Finding, Judgement
from custody.change.result import Change
from custody.language.diagnostic import Diagnostic
from custody.present.sarif import SCHEMA


def render(judgement: Judgement) -> str:
    """The whole document with a final newline."""
    told = judgement.told
    used = {finding.change.id for finding in told}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "custody",
                        "version": __version__,
                        "rules": [_rule(entry) for entry in all_categories() if entry.id in used],
                    }
                },
                "automationDetails": {"id": "custody/gate/"},
                "invocations": [
                    {
                        "executionSuccessful": not judgement.errors and not judgement.limits,
                        "toolExecutionNotifications": [
                            *map(_notification, judgement.errors),
                            *({"level": "error", "message": {"text": limit}} for limit in judgement.limits),
                        ],
                    }
                ],
                "results": [_result(finding) for finding in told],
            }
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _rule(entry: Category) -> dict[str, Any]:
    return {
        "id": entry.id,
        "shortDescription": {"text": entry.says},
        "fullDescription": {"text": entry.text},
        "help": {"text": entry.advice},
        "properties": {"tags": [entry.level.value, entry.harms.value]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    change = finding.change
    entry: dict[str, Any] = {
        "ruleId": change.id,
        "kind": "fail",
        "level": _level(finding),
        "message": {"text": f"{finding.spec}: {_plain(change)}"},
        "locations": [_location(change.file, change.line, change.column)],
        "partialFingerprints": {"custodyChange/v1": f"{finding.spec}/{change.fingerprint}"},
        "properties": {"harmed": list(change.harmed), "rules": list(change.rules)},
    }
    if finding.accepted is not None:
        entry["suppressions"] = [{"kind": "external", "justification": finding.accepted}]
    if change.rows:
        flow = [
            {"location": {**_location(row.file, row.line, 1), "message": {"text": f"{row.actor}: {row.words}"}}}
            for row in change.rows
        ]
        entry["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return entry


def _level(finding: Finding) -> str:
    if finding.severity is Severity.ERROR:
        return "error"
    return "note" if finding.change.level in (Level.IDENTICAL, Level.COMPATIBLE) else "warning"


def _plain(change: Change) -> str:
    harmed = f" (concerns {', '.join(change.harmed)})" if change.harmed else ""
    return f"{change.message}{harmed}"


def _location(file: str, line: int, column: int) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": file.replace("\\", "/")}}
    if line > 0:
        physical["region"] = {"startLine": line, "startColumn": max(1, column)}
    return {"physicalLocation": physical}


def _notification(error: Diagnostic) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "level": error.severity.value,
        "descriptor": {"id": error.code},
        "message": {"text": error.message},
    }
    if error.place.file:
        entry["locations"] = [_location(error.place.file, error.place.line, error.place.column)]
    return entry
