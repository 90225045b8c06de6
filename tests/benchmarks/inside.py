"""Times the search alone, inside a process: everything is compiled and loaded before the clock starts.

A program of its own, started by the bench with the case as JSON; prints one JSON object.  What it times is what
`pan` does in its whole life: from the first state to the verdict.  A short search is done again a few times and the
shortest counts: the first one also imports what only a Python program has to import.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from custody.cli.paths import load_one
from custody.explore import compiled
from custody.explore.task import NO_SYMMETRIES, CompiledCode, Task, usable
from custody.language import instances
from custody.system.finding import Exploration, Limits, Means

_SHORT = 0.05
"""Seconds below which a search is done again."""
_AGAIN = 5


def timed(spec: str, settings: dict[str, str], wanted: str, threads: int, symmetry: bool) -> dict[str, Any]:
    """The times of the search, and what it found of the property."""
    (system,) = instances(load_one(spec).program, settings)
    symmetries = usable(system, [wanted]) if symmetry else NO_SYMMETRIES
    task = Task.of(system, [wanted], symmetries)
    code = CompiledCode(task)
    for load in (code.engine, code.expand, code.model):
        load()
    wall, cpu, found = _once(task, code, threads, symmetry)
    if wall < _SHORT:
        wall, cpu, found = min((_once(task, code, threads, symmetry) for _ in range(_AGAIN)), key=lambda one: one[1])
    finding = found.findings[wanted]
    return {
        "wall": wall,
        "cpu": cpu,
        "complete": found.complete,
        "limit": found.limit,
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "orbits": found.orbits,
        "verdict": finding.verdict.value,
        "trace": None if finding.trace is None else len(finding.trace.actions),
        "bits": task.layout.bits,
    }


def _once(task: Task, code: CompiledCode, threads: int, symmetry: bool) -> tuple[float, float, Exploration]:
    """Seconds by the clock and of the processor, and what was found."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = compiled.search(task, code, Limits(), None, Means(threads=threads, symmetry=symmetry))
    return time.perf_counter() - wall, time.process_time() - cpu, found


if __name__ == "__main__":
    print(json.dumps(timed(**json.loads(sys.argv[1]))))
