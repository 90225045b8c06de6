"""The result as JSON, version 1: what pipelines and editors read.

Fields are added, never renamed.  The bytes depend on the results alone; of these, `seconds` and `peak_bytes`
differ from run to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from custody.language.diagnostic import Diagnostic
from custody.present.report import Report, Step, start, trace_steps
from custody.present.why import explanation_document
from custody.properties.result import Notice, PropertyResult, RunResult
from custody.system.finding import Trace
from custody.system.model import System
from custody.why.result import Explanation

VERSION = 1


def render(report: Report) -> str:
    """The whole report as one JSON document with a final newline."""
    return json.dumps(document(report), indent=1) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as plain dictionaries and lists."""
    return {
        "version": VERSION,
        "runs": [run_document(run, report.explanations.get(number)) for number, run in enumerate(report.runs)],
        "warnings": [{"spec": spec, **_warning(notice)} for spec, notice in report.warnings()],
        "errors": [_error(error) for error in report.errors],
    }


def timeless(report: Report) -> dict[str, Any]:
    """The document without what differs from run to run: `seconds` and `peak_bytes` are null."""
    found = document(report)
    found["runs"] = [{**run, "seconds": None, "peak_bytes": None} for run in found["runs"]]
    return found


def run_document(run: RunResult, explanations: Mapping[str, Explanation] | None = None) -> dict[str, Any]:
    """One run of the document; where explanations were asked for, properties have them as `explanation`."""
    counted, reduced = run.counted, run.reduced
    about = counted or reduced
    return {
        "spec": run.spec,
        "model": run.system.name,
        "instance": run.system.instance,
        "parameters": dict(run.system.parameters),
        "engine": run.engine,
        "verdict": run.verdict.value,
        "passes": run.passes,
        "states": counted.states if counted else None,
        "transitions": counted.transitions if counted else None,
        "depth": counted.depth if counted else None,
        "orbits": counted.orbits if counted else None,
        "reduced": reduced is not None,
        "explored": reduced.explored if reduced else None,
        "asymmetric": [{"role": role, "reason": reason} for role, reason in (about.asymmetric if about else ())],
        "seconds": round(sum(found.seconds for found in run.explorations), 3),
        "peak_bytes": max((found.peak_bytes for found in run.explorations), default=0),
        "complete": all(found.complete for found in run.explorations),
        "limit": next((found.limit for found in run.explorations if found.limit is not None), None),
        "warnings": [_warning(notice) for notice in run.notices],
        "properties": [
            {**_property(run, result), **_explained(run, explanations, result.subject.name)}
            for result in run.properties
        ],
    }


def _explained(run: RunResult, explanations: Mapping[str, Explanation] | None, name: str) -> dict[str, Any]:
    if explanations is None:
        return {}
    found = explanations.get(name)
    return {"explanation": None if found is None else explanation_document(run.system, found)}


def _warning(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "message": notice.message,
        "file": notice.place.file,
        "line": notice.place.line,
        "column": notice.place.column,
    }


def _property(run: RunResult, result: PropertyResult) -> dict[str, Any]:
    subject, finding = result.subject, result.finding
    expected = subject.expected
    return {
        "name": subject.name,
        "kind": subject.kind.value,
        "form": subject.form.value,
        "rule": subject.rules[0] if subject.rules else None,
        "rules": list(subject.rules),
        "implicit": subject.implicit,
        "verdict": finding.verdict.value,
        "engine": result.engine,
        "engines": {engine: verdict.value for engine, verdict in run.verdicts(subject.name).items()},
        "certificate": result.certificate,
        "file": subject.place.file,
        "line": subject.place.line,
        "text": subject.text,
        "doc": subject.doc,
        "message": result.message,
        "failed": [
            {
                "expression": part.text,
                "bindings": dict(part.bindings),
                "file": part.place.file,
                "line": part.place.line,
            }
            for part in result.failed
        ],
        "expected": None if expected is None else "violated" if expected.violated else "holds",
        "expected_length": None if expected is None else expected.length,
        "argument": None if expected is None else expected.doc or None,
        "as_expected": result.as_expected,
        "outcome": result.outcome.value,
        "subject": finding.subject,
        "trace": None if finding.trace is None else _trace(run.system, finding.trace, finding.shortest),
    }


def _trace(system: System, trace: Trace, shortest: bool) -> dict[str, Any]:
    return {
        "initial": start(system, trace),
        "steps": [_step(step) for step in trace_steps(system, trace)],
        "loop_at": trace.loop_at,
        "stutters": trace.stutters,
        "shortest": shortest,
    }


def _step(step: Step) -> dict[str, Any]:
    action = step.action
    return {
        "actor": action.actor,
        "action": action.name,
        "label": action.label,
        "arguments": dict(action.arguments),
        "outcome": action.outcome,
        "file": action.place.file,
        "line": action.place.line,
        "changes": {name: list(pair) for name, pair in step.changes.items()},
        "breaks": step.breaks,
    }


def _error(error: Diagnostic) -> dict[str, Any]:
    return {
        "code": error.code,
        "severity": error.severity.value,
        "message": error.message,
        "hint": error.hint,
        "file": error.place.file,
        "line": error.place.line,
        "column": error.place.column,
    }
