"""The page of explanations: why each defect of what was posted is one, and what would have prevented it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from findings.evidence import measured_of


def page(file: Path, root: Path) -> str:
    """The whole page, from `reports/explanations.json`."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    lines = [
        "# Why what was posted fails, and what would have prevented it",
        "",
        "Made by `.ci/run` from `explanations.json`, which `python -m findings.measure explanations` measures (with",
        "`PYTHONPATH=.ci`): for each violated property of what was posted, in the smallest instance with it, what",
        "`custody check --explain` says. Lines are of the specification. Every change was tried out on the amended",
        "specification with all properties of that instance. Of the largest specifications fewer changes were tried,",
        "and one repair is shown. A specification that is not listed was not measured.",
        "",
        "| specification | defects | repaired | repaired, but something spoilt | not repaired | measured of |",
        "|---|---|---|---|---|---|",
        *(_line(spec, entry, root) for spec, entry in kept.items()),
    ]
    for spec, entry in kept.items():
        lines += ["", f"## {spec}"]
        for found in entry["explanations"]:
            lines += _explanation(found)
    return "\n".join(lines) + "\n"


def _line(spec: str, entry: Mapping[str, Any], root: Path) -> str:
    found = entry["explanations"]
    clean = sum(any(repair["clean"] for repair in each["repairs"]) for each in found)
    none = sum(not each["repairs"] for each in found)
    said = measured_of(root / spec, entry["fingerprint"])
    return f"| {spec} | {len(found)} | {clean} | {len(found) - clean - none} | {none} | {said} |"


def _explanation(found: Mapping[str, Any]) -> Iterator[str]:
    instance = f", instance {found['instance']}" if found["instance"] else ""
    yield from ("", f"### {found['property']}", "", f"Violated in {found['length']} steps{instance}.", "")
    for sentence in found["said"]:
        yield f"* {sentence}"
