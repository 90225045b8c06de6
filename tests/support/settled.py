"""z3 in this process: what it finds about all properties of a system."""

from __future__ import annotations

from custody.symbolic.bad import question
from custody.symbolic.search import Search
from custody.symbolic.task import Ended
from custody.system.finding import Finding, Verdict
from custody.system.model import System


def settled(system: System, max_depth: int | None = None) -> tuple[dict[str, Finding], Ended]:
    """The findings by name, each reported once, in the order in which they were reported; and how it ended."""
    asked = [each for p in system.properties if (each := question(system, p)) is not None]
    findings: list[Finding] = []
    ended = Search(system, asked).run(max_depth, findings.append)
    by_name = {finding.property: finding for finding in findings}
    assert len(by_name) == len(findings)
    return by_name, ended


def lengths(system: System, max_depth: int | None = None) -> dict[str, tuple[Verdict, int | None]]:
    """For each property that is settled, the verdict and the number of steps that show it."""
    found, _ = settled(system, max_depth)
    return {p.name: _shown(found[p.name]) for p in system.properties if p.name in found}


def _shown(finding: Finding) -> tuple[Verdict, int | None]:
    return finding.verdict, None if finding.trace is None else finding.trace.length
