"""The way of z3's Spacer: all properties together, then each alone. It proves without a certificate."""

from __future__ import annotations

from collections.abc import Callable

from custody.symbolic.horn import reachable
from custody.symbolic.solver import Answer
from custody.symbolic.task import Ended, Message, Proved, Task, stopped_at
from custody.system.finding import Finding, Stopwatch, Verdict
from custody.system.model import SAFETY

WORDS = "by Spacer, without a certificate"


def settle(task: Task, send: Callable[[Message], None]) -> Ended:
    """Sends what is proved; of what fails there is no run, so nothing is said of it."""
    clock = Stopwatch()
    wanted = [p for p in task.system.properties if p.name in task.names and p.form in SAFETY]
    for together in ([wanted], [[p] for p in wanted]):
        for group in together:
            left = task.seconds - clock.seconds
            if left <= 0:
                return stopped_at(f"timeout {task.seconds:g} s")
            if group and reachable(task.system, group, left) is Answer.NO:
                send(Proved(tuple(Finding(p.name, Verdict.HOLDS, reason=WORDS) for p in group), None, "spacer"))
                if len(together) == 1:
                    return Ended()
    return Ended()
