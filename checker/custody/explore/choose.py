"""Which explorer searches: plain Python for small systems, or where nothing else can, and the C engine beyond.

Small systems are done before a compiler could be.  All explorers give the same answers, so the choice shows in
nothing but time, and in what is said of symmetry and of steps that were left out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from custody.explore import compiled, reduced, search
from custody.explore.compiler import CompilerError
from custody.explore.task import CompiledCode, Task, usable
from custody.symmetry.detect import NO_SYMMETRIES
from custody.system.finding import Exploration, Limits, Means, ProgressHook, Stopwatch
from custody.system.model import LIVENESS, System

FIRST_IN_PYTHON = 2_000
"""States that Python looks at before C is compiled: some hundredths of a second."""


def explore(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
    means: Means | None = None,
) -> Exploration:
    """Checks the named properties, or all, on every reachable state.

    Where there is no C compiler, or C cannot hold the system, the result says so in its notes.  Liveness is settled
    by C alone, and C alone leaves out steps.
    """
    limits, means = limits or Limits(), means or Means()
    clock = Stopwatch()
    first = min(FIRST_IN_PYTHON, limits.max_states or FIRST_IN_PYTHON)
    if first < FIRST_IN_PYTHON or not means.large:
        found = search.explore(system, replace(limits, max_states=first), properties, progress)
        if found.limit != f"max-states {first}" or first == limits.max_states:
            return found
    try:
        found = _in_c(system, limits, properties, progress, means)
    except (CompilerError, OSError, OverflowError) as error:
        found = search.explore(system, limits, properties, progress)
        note = f"the search ran in Python, about a hundred times slower than in C: {error}"
        found = replace(found, notes=(note,))
    return replace(found, seconds=clock.seconds)


def _in_c(
    system: System,
    limits: Limits,
    properties: Collection[str] | None,
    progress: ProgressHook | None,
    means: Means,
) -> Exploration:
    wanted = [p for p in system.properties if properties is None or p.name in properties]
    liveness = [p.name for p in wanted if p.form in LIVENESS]
    others = [p.name for p in wanted if p.form not in LIVENESS]
    symmetries = usable(system, others) if means.symmetry else NO_SYMMETRIES
    if means.reduce:
        names = [p.name for p in wanted]
        candidates = reduced.possible(system, names, symmetries)
        if not isinstance(candidates, str):

            def searching(task: Task, limits: Limits, means: Means, until_seen: bool) -> Exploration:
                return _search(task, limits, progress, means, until_seen=until_seen)

            return reduced.explore(system, names, symmetries, candidates, limits, means, searching)
        found = _in_c(system, limits, properties, progress, replace(means, reduce=False))
        return replace(found, notes=(*found.notes, f"--reduce left out nothing of {system.name}: {candidates}"))
    if not (symmetries.roles and liveness):
        return _search(Task.of(system, [p.name for p in wanted], symmetries), limits, progress, means)
    # Promises about runs are made to single instances, so liveness needs every state by itself.
    clock = Stopwatch()
    found = _search(Task.of(system, others, symmetries), limits, progress, means)
    if limits.timeout is not None:
        limits = replace(limits, timeout=max(0.0, limits.timeout - clock.seconds))
    followed = _search(Task.of(system, liveness), limits, progress, means)
    return replace(
        found,
        findings=found.findings | followed.findings,
        complete=found.complete and followed.complete,
        limit=found.limit or followed.limit,
        premises=found.premises | followed.premises,
        peak_bytes=max(found.peak_bytes, followed.peak_bytes),
        notes=found.notes + followed.notes,
    )


def _search(
    task: Task, limits: Limits, progress: ProgressHook | None, means: Means, *, until_seen: bool = False
) -> Exploration:
    code = CompiledCode(task, means.hasty)
    try:
        return compiled.search(task, code, limits, progress, means, until_seen=until_seen)
    finally:
        code.stop()
