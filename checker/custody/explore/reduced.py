"""The search that leaves out orders of steps which make no difference (`ample`), and shortest traces nevertheless.

A reduced search settles every property it may be asked about, but the first way that it sees is not the shortest.  So
whatever was seen is looked for again in full, for no longer than until it is seen, but for PROGRESS, which needs the
whole.  Where a limit ends that, the longer trace is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeAlias

from custody.explore import ample
from custody.explore.ample import Candidate
from custody.explore.search import INTERRUPTED
from custody.explore.task import Task
from custody.symmetry.detect import Symmetries
from custody.system.finding import Exploration, Limits, Means, Stopwatch
from custody.system.model import System

Search: TypeAlias = Callable[[Task, Limits, Means, bool], Exploration]
"""Searches for a task; where the last argument is true, only until everything has been seen once."""


def possible(system: System, properties: Collection[str], symmetries: Symmetries) -> tuple[Candidate, ...] | str:
    """What a reduced search for the named properties needs, or why there can be none."""
    wanted = [p for p in system.properties if p.name in properties]
    obstacle = ample.obstacle(wanted)
    if obstacle is not None:
        return obstacle
    candidates = ample.candidates(system, wanted, symmetries)
    return candidates or "no step is nobody else's concern and out of sight of the properties"


def explore(
    system: System,
    properties: Sequence[str],
    symmetries: Symmetries,
    candidates: Sequence[Candidate],
    limits: Limits,
    means: Means,
    search: Search,
) -> Exploration:
    """Settles the named properties; the candidates are those that are `possible` for them and the symmetries."""
    clock = Stopwatch()
    found = search(Task.of(system, properties, symmetries, candidates), limits, means, False)
    longer = {name: replace(f, shortest=False) for name, f in found.findings.items() if f.trace is not None}
    found = replace(found, findings=found.findings | longer)
    left = None if limits.timeout is None else limits.timeout - clock.seconds
    if not longer or found.limit == INTERRUPTED or (left is not None and left <= 0):
        return _noted(found)
    task = Task.of(system, list(longer), symmetries)
    again = search(task, replace(limits, timeout=left), replace(means, resume=False), not task.resting)
    shorter = {name: finding for name, finding in again.findings.items() if finding.trace is not None}
    peak_bytes = max(found.peak_bytes, again.peak_bytes)
    # The verdicts are as settled as before, but whoever interrupted wants no other engine to begin.
    limit = INTERRUPTED if again.limit == INTERRUPTED else found.limit
    return _noted(replace(found, findings=found.findings | shorter, limit=limit, peak_bytes=peak_bytes))


def _noted(found: Exploration) -> Exploration:
    """With a word on traces that may not be the shortest."""
    longer = [name for name, finding in found.findings.items() if not finding.shortest]
    if not longer:
        return found
    return replace(found, notes=(*found.notes, f"there may be shorter traces for {', '.join(longer)}"))
