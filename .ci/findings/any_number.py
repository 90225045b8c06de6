"""Which specification is proved for which sizes: `reports/any_number.md`, from the certificates that lie there."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

NONE = "not yet"
KINDS = {"any-number": "", "quantified": " with quantifiers"}
"""The kinds of proof for any number, and how a row tells them apart."""


def page(folder: Path, link: str) -> str:
    """Markdown with a row for each specification; `link` is the folder as the page sees it."""
    finite: defaultdict[str, int] = defaultdict(int)
    unbounded: defaultdict[str, dict[tuple[str, ...], list[str]]] = defaultdict(dict)
    for file in sorted(folder.glob("*.certificate.json")):
        certificate = json.loads(file.read_text(encoding="utf-8"))
        spec: str = certificate["spec"]
        counted = [proof for proof in certificate["proofs"] if proof["kind"] in KINDS]
        finite[spec] += not counted
        if counted:
            told = ", ".join(f"{_properties(proof['properties'])}{KINDS[proof['kind']]}" for proof in counted)
            entry = f"[{_instance(file, spec)}]({link}/{file.name}) ({told})"
            unbounded[spec].setdefault(tuple(counted[0]["roles"]), []).append(entry)
    lines = [
        "# What is proved for which sizes",
        "",
        "Made by `.ci/run` from `reports/certificates`; not edited by hand. A certificate of an instance holds for"
        " ever, at the sizes that the instance has; one for any number holds for every number of these roles,"
        " whatever the sizes of the instance. Most of these count how many are in each local state; what counting"
        " cannot express is shown with quantifiers over a role of which nothing is known.",
        "",
        "| specification | instances with a certificate | for any number |",
        "|---|---|---|",
    ]
    for spec in sorted(finite):
        lines.append(f"| {spec} | {finite[spec] or 'none'} | {_told(unbounded[spec])} |")
    held: list[set[str]] = [set().union(*roles) for roles in unbounded.values() if roles]
    devices = [roles for roles in held if "Device" in roles]
    both = sum("Thread" in roles for roles in devices)
    lines += [
        "",
        f"{len(held)} are proved for any number: {len(devices)} of them for any number of devices,"
        f" {both} of these of threads, too.",
    ]
    return "\n".join(lines) + "\n"


def _properties(names: list[str]) -> str:
    return f"{len(names)} {'property' if len(names) == 1 else 'properties'}"


def _instance(file: Path, spec: str) -> str:
    """The instance that a certificate's name tells, or the specification's name where it has one alone."""
    name = file.name.partition(".")[0]
    return name.removeprefix(f"{Path(spec).stem}-")


def _told(found: dict[tuple[str, ...], list[str]]) -> str:
    parts = [
        f"{' and '.join(f'{role.lower()}s' for role in roles)}: {', '.join(entries)}"
        for roles, entries in sorted(found.items())
    ]
    return "; ".join(parts) or NONE
