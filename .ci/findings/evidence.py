"""What all engines answered, kept in `reports/engines.json` because asking takes hours of processor time.

An entry counts only while its specification says what it said then: beside each stands its fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custody.language import load
from custody.language.fingerprint import fingerprint
from findings.runs import Run, run_of


@dataclass(frozen=True, slots=True)
class Evidence:
    """The entries by specification. Entries of another version of the specification are not among them."""

    entries: Mapping[str, tuple[Run, ...]]
    stale: tuple[str, ...]

    def runs(self, spec: str) -> tuple[Run, ...]:
        return self.entries.get(spec, ())


def read_evidence(file: Path, root: Path) -> Evidence:
    """The entries of `file` that are of the specifications below `root` as they are now."""
    if not file.exists():
        return Evidence({}, ())
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    entries: dict[str, tuple[Run, ...]] = {}
    stale: list[str] = []
    for spec, entry in kept.items():
        if (root / spec).exists() and entry["fingerprint"] == spec_fingerprint(root / spec):
            entries[spec] = tuple(run_of(run) for run in entry["runs"])
        else:
            stale.append(spec)
    return Evidence(entries, tuple(stale))


def spec_fingerprint(spec: Path) -> str:
    """The fingerprint of a file's specification."""
    return fingerprint(load(str(spec)))


def measured_of(spec: Path, measured: str) -> str:
    """Whether what was measured, of a specification with that fingerprint, is of what the file says now."""
    current = spec.exists() and spec_fingerprint(spec) == measured
    return "what it says now" if current else "**an earlier version**"
