"""The certificates in `reports/certificates/`, by the specification and property that they are about."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from custody.verify.certificate import read, subject
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
        # A certificate is of one instance, whose name stands behind that of the specification.
        instance = PurePath(found[0]).name.removesuffix(".certificate.json").partition("-")[2]
        words = "proved" if len(found) == len(wanted) else f"{len(found)} of {len(wanted)}"
        return f"[{words}{f' for {instance}' if instance else ''}]({found[0]})"


def read_certificates(folder: Path) -> Certificates:
    """What lies in the folder and is of the system that its specification now means; nothing where there is none."""
    files: dict[tuple[str, str], str] = {}
    for file in sorted(folder.glob("*.json")):
        certificate = read(str(file))
        _, same, _ = subject(certificate, certificate.spec)
        if not same:
            sys.stderr.write(f"{file.name} is of an earlier version: remove it, or prove {certificate.spec} again\n")
            continue
        for proof in certificate.proofs:
            for name in proof.properties:
                files.setdefault((certificate.spec, name), f"{FOLDER}/{file.name}")
    return Certificates(files)
