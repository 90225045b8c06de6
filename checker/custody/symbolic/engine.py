"""The z3 engine as the others see it: starts a process, collects its findings."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Collection
from pathlib import Path

from custody.symbolic.bad import Question, question
from custody.symbolic.fault import EngineFault
from custody.symbolic.task import Ended, Task
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Stopwatch, Verdict
from custody.system.model import System

ENGINE = "z3"

DEFAULT_DEPTH = 40
"""How deep it looks when nobody says otherwise."""

DEFAULT_SECONDS = 30.0
"""How long it tries when nobody says otherwise: bounded search need not end by itself in reasonable time."""

_GRACE = 5.0
"""Seconds after its time limit in which the process should have ended by itself."""


def analyse(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
    max_depth: int | None = None,
) -> Exploration:
    """Settles what it can of the named properties, or all, without enumerating states.

    Raises EngineFault when a counterexample does not replay.  Everything else that goes wrong with z3, or a
    limit, leaves properties inconclusive with the reason.  `progress` is not used: z3 gives no sign of life.
    """
    del progress
    clock = Stopwatch()
    wanted = [p for p in system.properties if properties is None or p.name in properties]
    questions: list[Question] = []
    findings: dict[str, Finding] = {}
    for p in wanted:
        asked = question(system, p)
        if asked is None:
            reason = "z3 looks at states and steps, not at whole runs"
            findings[p.name] = Finding(p.name, Verdict.INCONCLUSIVE, reason=reason)
        else:
            questions.append(asked)
    timeout = limits.timeout if limits is not None and limits.timeout is not None else DEFAULT_SECONDS
    task = Task(system, tuple(questions), DEFAULT_DEPTH if max_depth is None else max_depth, timeout)
    reason = None
    if questions:
        found, ended = _run(task, timeout)
        findings.update(found)
        if ended.fault is not None:
            raise EngineFault(ended.fault)
        reason = ended.reason
    for asked in questions:
        if asked.name not in findings:
            why = f"stopped at {reason}" if reason else "z3 gave no answer"
            findings[asked.name] = Finding(asked.name, Verdict.INCONCLUSIVE, reason=why)
    complete = all(finding.verdict is not Verdict.INCONCLUSIVE for finding in findings.values())
    return Exploration(
        engine=ENGINE,
        findings={p.name: findings[p.name] for p in wanted},
        complete=complete,
        limit=None if complete else reason,
        seconds=clock.seconds,
    )


def _run(task: Task, timeout: float) -> tuple[dict[str, Finding], Ended]:
    """Runs the task in a process of its own; whatever happens to it, what it found until then is kept."""
    findings: dict[str, Finding] = {}
    ended = Ended("z3's process ended unexpectedly")
    # The package may have been found without being installed; the child is to find the same one.
    home = str(Path(__file__).resolve().parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "custody.symbolic.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    watchdog = threading.Timer(timeout + _GRACE, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("pipes were asked for")
        process.stdin.write(pickle.dumps(task))
        process.stdin.close()
        while True:
            message: Finding | Ended = pickle.load(process.stdout)
            if isinstance(message, Ended):
                ended = message
                break
            findings[message.property] = message
    except (EOFError, OSError, pickle.UnpicklingError):
        pass
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
    return findings, ended
