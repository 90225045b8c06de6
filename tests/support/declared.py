"""What the specifications of this repository declare, as runs without verdicts: never out of date."""

from __future__ import annotations

from pathlib import Path

from custody.language import load
from custody.language.syntax import Param, PropertyDecl
from findings.paths import ROOT
from findings.runs import Run, Subject, Verdict, subjects


def declared(spec: Path) -> Run:
    """A run of which only the properties with their rules, and the parameters, are known."""
    name = str(spec.relative_to(ROOT))
    trees = load(str(spec)).library.trees()
    nodes = [node for declarations in trees.values() for node in declarations]
    verdicts = tuple(
        Verdict(node.name, node.kind, node.rules, False, "holds", None, {})
        for node in nodes
        if isinstance(node, PropertyDecl)
    )
    return Run(name, spec.stem, "", {node.name: "" for node in nodes if isinstance(node, Param)}, None, verdicts)


def declared_subjects() -> dict[str, Subject]:
    """Every system that declares properties, by name."""
    runs = [declared(spec) for spec in sorted((ROOT / "spec").rglob("*.custody"))]
    return {subject.name: subject for subject in subjects(run for run in runs if run.verdicts)}
