"""Which specification is proved for which sizes: `reports/any_number.md`, from the certificates that lie there."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

NONE = "not yet"


def page(folder: Path, link: str) -> str:
    """Markdown with a row for each specification; `link` is the folder as the page sees it."""
    finite: defaultdict[str, int] = defaultdict(int)
    unbounded: defaultdict[str, dict[tuple[str, ...], list[str]]] = defaultdict(dict)
    for file in sorted(folder.glob("*.certificate.json")):
        certificate = json.loads(file.read_text(encoding="utf-8"))
        spec: str = certificate["spec"]
        counted = [proof for proof in certificate["proofs"] if proof["kind"] == "any-number"]
        finite[spec] += not counted
        for proof in counted:
            entry = f"[{_instance(file, spec)}]({link}/{file.name}) ({len(proof['properties'])} properties)"
            unbounded[spec].setdefault(tuple(proof["roles"]), []).append(entry)
    lines = [
        "# What is proved for which sizes",
        "",
        "Made by `.ci/run` from `reports/certificates`; not edited by hand. A certificate of an instance holds for"
        " ever, at the sizes that the instance has; one for any number holds for every number of these roles,"
        " whatever the sizes of the instance.",
        "",
        "| specification | instances with a certificate | for any number |",
        "|---|---|---|",
    ]
    for spec in sorted(finite):
        lines.append(f"| {spec} | {finite[spec] or 'none'} | {_told(unbounded[spec])} |")
    some = [spec for spec in finite if unbounded[spec]]
    both = [spec for spec in some if any("Thread" in roles for roles in unbounded[spec])]
    lines += ["", f"{len(some)} are proved for any number of devices, {len(both)} of these of threads, too."]
    return "\n".join(lines) + "\n"


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
