"""The comparison as JSON, version 1: everything that the other forms are made of."""

from __future__ import annotations

import json
from typing import Any

from custody.change.category import Level
from custody.change.judge import Finding, Judgement
from custody.change.result import Change, Result, to_json
from custody.language.diagnostic import Diagnostic


def render(judgement: Judgement) -> str:
    """The whole document with a final newline."""
    complete = all(_is_complete(result) for result in judgement.results)
    document = {
        "version": 1,
        "compared": judgement.between,
        "verdict": _verdict(judgement.level, complete),
        "complete": complete,
        "closes": judgement.closes,
        "specifications": [_result(judgement, result) for result in judgement.results],
        "baseline": [_finding(f) for f in judgement.findings if f.change.id.startswith("BASELINE-")],
        "errors": [_error(error) for error in judgement.errors],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _result(judgement: Judgement, result: Result) -> dict[str, Any]:
    complete = _is_complete(result)
    data = to_json(result)
    return {
        "spec": result.spec,
        "model": result.model,
        "verdict": "not compared" if result.is_left else _verdict(result.level, complete),
        "complete": complete,
        "changes": [_finding(f) for f in judgement.findings if f.spec == result.spec],
        "costs": data["costs"],
        "limits": list(result.limits),
        "how": list(result.how),
        "left": list(result.left),
    }


def _is_complete(result: Result) -> bool:
    return not (result.limits or result.left)


def _verdict(level: Level | None, complete: bool) -> str:
    """Nothing is identical of which a part was left out."""
    if level is None:
        return "inconclusive"
    return "no change found" if level is Level.IDENTICAL and not complete else level.value


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **_change(finding.change),
        "severity": finding.severity.value,
        "accepted": finding.accepted,
    }


def _change(change: Change) -> dict[str, Any]:
    data = to_json(Result("", "", (change,)))["changes"][0]
    return {"level": change.level.value, **data, "fingerprint": change.fingerprint}


def _error(error: Diagnostic) -> dict[str, Any]:
    place = error.place
    return {"code": error.code, "message": error.message, "file": place.file, "line": place.line}
