"""Which explorer searches: the C engine, or plain Python where that is as quick or nothing else can.

Small systems are done before a compiler could be.  So while C is being compiled, Python begins; if it reaches the end
within so many states, that is the answer.  Both give the same answers, so the choice shows in nothing but time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from custody.explore import compiled, search
from custody.explore.compiled import CompiledCode, Task
from custody.explore.compiler import CompilerError
from custody.system.finding import Exploration, Limits, Means, ProgressHook, Stopwatch
from custody.system.model import System

FIRST_IN_PYTHON = 4_000
"""States that Python looks at while C is being compiled: some hundredths of a second."""


def explore(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
    means: Means | None = None,
) -> Exploration:
    """Checks the named properties, or all, on every reachable state; liveness is not decided here.

    Where there is no C compiler, or C cannot hold the system, the result says so in its notes.
    """
    limits, means = limits or Limits(), means or Means()
    clock = Stopwatch()
    try:
        task = Task.of(system, properties)
        code = CompiledCode(task)
    except (CompilerError, OSError, OverflowError) as error:
        return _plainly(system, limits, properties, progress, error)
    try:
        if not code.is_ready:
            first = min(FIRST_IN_PYTHON, limits.max_states or FIRST_IN_PYTHON)
            found = search.explore(system, replace(limits, max_states=first), properties, progress)
            if found.limit != f"max-states {first}" or first == limits.max_states:
                return found
        if limits.timeout is not None:
            limits = replace(limits, timeout=max(0.0, limits.timeout - clock.seconds))
        found = compiled.search(task, code, limits, progress, means)
    except CompilerError as error:
        return _plainly(system, limits, properties, progress, error)
    finally:
        code.stop()
    return replace(found, seconds=clock.seconds)


def _plainly(
    system: System,
    limits: Limits,
    properties: Collection[str] | None,
    progress: ProgressHook | None,
    reason: Exception,
) -> Exploration:
    found = search.explore(system, limits, properties, progress)
    if found.states is None or found.states <= FIRST_IN_PYTHON:
        return found
    note = f"the search ran in Python, about a hundred times slower than in C: {reason}"
    return replace(found, notes=(note,))
