"""The process that runs z3: reads a task from standard input, writes findings to standard output.

z3 keeps state and can crash or hang; here it takes nothing with it.  Findings are written as they come, so that
what is known survives being stopped.  The process ends when its standard input does, with whoever started it, and
when it has used the memory that it may use: z3's own limit on memory was seen to end in a segmentation fault.
"""

from __future__ import annotations

import os
import pickle
import select
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from custody.symbolic.fault import EngineFault
from custody.symbolic.task import NO_FIRST_STATE, Ended, Message, Task, stopped_at
from custody.symbolic.transport import load
from custody.system.finding import Finding, Stopwatch
from custody.system.lasso import doubled, lasso
from custody.system.memory import peak_bytes
from custody.system.model import LIVENESS, Property, System
from custody.system.replay import complaint

_LOOK_EVERY = 0.1
"""Seconds between two looks at what is used."""


Settle = Callable[[Task, Callable[[Message], None]], Ended]
"""What a process does: settles what it can of its task, sends what it finds, and says how it ended."""


def main() -> None:
    """Runs one task."""
    serve(settle)


def serve(settle: Settle) -> None:
    """Runs one task in the given way."""
    task = load(sys.stdin.buffer)
    # Whatever else writes to standard output, z3 itself included, must not come between the messages.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    one_at_a_time = threading.Lock()

    def send(message: Message) -> None:
        if isinstance(message, Ended):
            message = replace(message, peak_bytes=peak_bytes())
        with one_at_a_time:
            pickle.dump(message, out)
            out.flush()

    threading.Thread(target=_watch, args=(task, send), daemon=True).start()
    send(settle(task, send))


def settle(task: Task, send: Callable[[Message], None]) -> Ended:
    try:
        from custody.symbolic.bad import invariant, question
        from custody.symbolic.search import Search
    except ImportError as error:
        return Ended(f"z3 cannot be used ({error}); install it with: pip install z3-solver")
    system = task.system
    asked = (question(system, system.property_named(name)) for name in task.names)
    try:
        clock = Stopwatch()
        ended = Search(system, [each for each in asked if each is not None], task.seconds).run(task.max_depth, send)
        runs = [p for p in map(system.property_named, task.names) if p.form in LIVENESS]
        for p in runs if ended.reason != NO_FIRST_STATE else ():
            double = doubled(system, p)
            told = partial(_told, system, p, send)
            left = max(0.1, task.seconds - clock.seconds)
            of_runs = Search(double, [invariant(double.properties[0])], left).run(task.max_depth, told)
            ended = of_runs if ended.reason is None else ended
        return ended
    except EngineFault as error:
        return Ended(fault=str(error))
    except Exception as error:
        return Ended(f"z3's process failed: {error!r}")


def _told(system: System, p: Property, send: Callable[[Message], None], finding: Finding) -> None:
    """Passes on what was found of the system's double. EngineFault when the run shows nothing."""
    if finding.trace is None:
        send(finding)
        return
    trace = lasso(system, finding.trace)
    wrong = complaint(system, p, trace)
    if wrong is not None:
        raise EngineFault(f"z3's run for '{p.name}' shows nothing: {wrong}")
    # It goes round as early as can be; another may have a shorter way to its loop.
    send(replace(finding, trace=trace, shortest=False))


def _watch(task: Task, send: Callable[[Message], None]) -> None:
    start = peak_bytes()
    while True:
        readable, _, _ = select.select([0], [], [], _LOOK_EVERY)
        if readable and not os.read(0, 1):
            os._exit(1)
        if task.max_memory is not None and peak_bytes() - start > task.max_memory:
            send(stopped_at(f"max-memory {task.max_memory >> 20} MiB"))
            os._exit(0)
