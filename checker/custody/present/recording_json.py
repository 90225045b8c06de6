"""What is said of recordings, for machines (version 1). Members may be added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from custody.evidence.diagnose import Diagnosis
from custody.evidence.equivalence import Equivalence
from custody.evidence.examine import Buffer, Coverage, Examined, Finding
from custody.evidence.history import Gap
from custody.evidence.meaning import Event
from custody.present.recording import words_of


def document(
    spec: str,
    examined: Sequence[Examined],
    coverage: Coverage,
    against: tuple[str, Sequence[Equivalence]] | None = None,
) -> str:
    """The whole answer as JSON text; `against` is another recording, and how each of the others compares with it."""
    found: dict[str, Any] = {
        "version": 1,
        "spec": spec,
        "recordings": [_recording(one) for one in examined],
        "coverage": {
            "seen": list(coverage.seen),
            "inferred": list(coverage.inferred),
            "never": list(coverage.never),
            "unrecorded": list(coverage.unrecorded),
        },
    }
    if against is not None:
        found["against"] = {
            "file": against[0],
            "comparisons": [_comparison(one) for one in against[1]],
        }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _comparison(found: Equivalence) -> dict[str, Any]:
    return {
        "equivalent": found.equal,
        "reason": found.reason,
        "differences": [
            {
                "removed": [{"line": line.number, "text": line.text.strip()} for line in difference.removed],
                "added": [{"line": line.number, "text": line.text.strip()} for line in difference.added],
            }
            for difference in found.differences
        ],
    }


def _recording(one: Examined) -> dict[str, Any]:
    return {
        "file": one.recording.file,
        "verdict": str(one.answer),
        "events": len(one.followed.reading.events),
        "buffers": [_buffer(buffer) for buffer in one.buffers],
        "losses": [{"line": loss.number, "message": loss.text} for loss in one.recording.losses],
        "disorder": [{"line": odd.number, "message": odd.text} for odd in one.recording.disorder],
        "limits": list(one.followed.limits_reached),
        "unplaced": [event.line.number for event in one.followed.unplaced],
        "not_visible": sorted({name for buffer in one.buffers for name in buffer.run.silent_functions}),
        "ignored": dict(sorted(one.followed.reading.ignored.items())),
    }


def _buffer(buffer: Buffer) -> dict[str, Any]:
    run = buffer.run
    key = hex(run.key) if isinstance(run.key, int) else run.key
    return {
        "number": buffer.number,
        "key": key,
        "generation": run.generation,
        "exporter": run.exporter or None,
        "verdict": str(buffer.answer),
        "states": len(run.states),
        "beginning_missing": run.past,
        "misuses": [_misuse(finding) for finding in buffer.findings],
        "remarks": [
            {
                "line": remark.event.line.number,
                "message": remark.words,
                "rules": list(remark.rules),
                "times": remark.times,
            }
            for remark in run.remarks.values()
        ],
        "gaps": [_gap(gap) for gap in buffer.gaps],
        "violation": None if buffer.diagnosis is None else _violation(buffer.diagnosis),
    }


def _line(event: Event | None) -> int | None:
    return None if event is None else event.line.number


def _misuse(finding: Finding) -> dict[str, Any]:
    misuse = finding.misuse
    return {
        "line": misuse.event.line.number,
        "text": misuse.event.line.text.strip(),
        "told_in_line": _line(finding.told),
        "rules": list(dict.fromkeys(rule for broken in misuse.broken for rule in broken.clause.rules)),
        "alternatives": [
            {
                "message": words_of(broken.clause),
                "rules": list(broken.clause.rules),
                "side": broken.side,
                "action": broken.action,
                "since_line": _line(broken.since),
            }
            for broken in misuse.broken
        ],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "after_line": _line(gap.after),
        "before_line": gap.event.line.number,
        "steps": [step.action.label for step in gap.steps],
        "before_recording": gap.assumed,
        "instead": gap.instead or None,
    }


def _violation(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "line": diagnosis.event.line.number,
        "text": diagnosis.event.line.text.strip(),
        "message": diagnosis.message,
        "rules": list(diagnosis.rules),
        "since_line": _line(diagnosis.since),
        "states": diagnosis.count,
        "candidates": [
            {
                "values": dict(candidate.values),
                "action": candidate.action,
                "failed": [
                    {
                        "expression": condition.text,
                        "rules": list(condition.rules),
                        "file": condition.place.file,
                        "line": condition.place.line,
                    }
                    for condition in candidate.failed
                ],
            }
            for candidate in diagnosis.candidates
        ],
        "enabled": list(diagnosis.enabled),
        "repairs": [{"words": r.words, "further": r.further, "of": r.of} for r in diagnosis.repairs],
    }
