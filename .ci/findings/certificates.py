"""The certificates in `reports/certificates/`, by the specification and property that they are about."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from custody.language import Program, load
from custody.language.elaborate import sized
from custody.system.digest import digest
from custody.verify.certificate import read
from findings.any_number import KINDS
from findings.runs import Run

FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files by the specification's path and the property's name: of proofs for the sizes of an instance, and, with
    the roles, of proofs for any number."""

    files: dict[tuple[str, str], str]
    any_number: dict[tuple[str, str], tuple[tuple[str, ...], str]] = field(
        default_factory=dict[tuple[str, str], tuple[tuple[str, ...], str]]
    )

    def words(self, runs: Iterable[Run], subject: str) -> str:
        """How many of the properties of a rule have one; a link where there is a single property."""
        wanted = tuple(self._wanted(runs, subject))
        parts = (self._of_instances(wanted), self._of_any_number(wanted))
        return ", ".join(part for part in parts if part)

    def _wanted(self, runs: Iterable[Run], subject: str) -> dict[tuple[str, str], None]:
        return dict.fromkeys(
            (run.spec, verdict.name)
            for run in runs
            for verdict in run.verdicts
            if subject in verdict.subjects and verdict.form not in ("reachable",)
        )

    def _of_instances(self, wanted: Sequence[tuple[str, str]]) -> str:
        found = [self.files[key] for key in wanted if key in self.files]
        if not found:
            return ""
        # A certificate is of one instance, whose name stands behind that of the specification.
        instance = PurePath(found[0]).name.removesuffix(".certificate.json").partition("-")[2]
        words = "proved" if len(found) == len(wanted) else f"{len(found)} of {len(wanted)}"
        return f"[{words}{f' for {instance}' if instance else ''}]({found[0]})"

    def _of_any_number(self, wanted: Sequence[tuple[str, str]]) -> str:
        found = [self.any_number[key] for key in wanted if key in self.any_number]
        if not found:
            return ""
        roles, file = found[0]
        words = f"any number of {' and '.join(f'{role.lower()}s' for role in roles)}"
        return f"[{words if len(found) == len(wanted) else f'{words}: {len(found)} of {len(wanted)}'}]({file})"


def read_certificates(folder: Path) -> Certificates:
    """What lies in the folder and is of the system that its specification now means; nothing where there is none."""
    files: dict[tuple[str, str], str] = {}
    any_number: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {}
    programs: dict[str, Program] = {}
    for file in sorted(folder.glob("*.json")):
        certificate = read(str(file))
        program = programs.get(certificate.spec) or programs.setdefault(certificate.spec, load(certificate.spec))
        if digest(sized(program, certificate.parameters, {})) != certificate.system_digest:
            sys.stderr.write(f"{file.name} is of an earlier version: remove it, or prove {certificate.spec} again\n")
            continue
        for proof in certificate.proofs:
            for name in proof.properties:
                if proof.kind in KINDS:
                    found = (tuple(proof.data["roles"]), f"{FOLDER}/{file.name}")
                    any_number.setdefault((certificate.spec, name), found)
                else:
                    files.setdefault((certificate.spec, name), f"{FOLDER}/{file.name}")
    return Certificates(files, any_number)
