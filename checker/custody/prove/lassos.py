"""The way of IC3 for what must happen at last: liveness as safety of a larger system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from custody.prove import induction
from custody.symbolic.task import Ended, Message, Proved, Task
from custody.system.finding import Finding, Stopwatch
from custody.system.lasso import doubled, lasso
from custody.system.model import LIVENESS, Property, System
from custody.system.replay import complaint


def settle(task: Task, send: Callable[[Message], None]) -> Ended:
    """Sends findings with proofs that are about the double of the system."""
    clock, system, ended = Stopwatch(), task.system, Ended()
    for p in map(system.property_named, task.names):
        if p.form in LIVENESS:
            left = max(0.1, task.seconds - clock.seconds)
            found = induction.settle(
                replace(task, system=doubled(system, p), names=(p.name,), seconds=left), _to(system, p, send)
            )
            ended = found if ended.reason is None else ended
    return ended


def _to(system: System, p: Property, send: Callable[[Message], None]) -> Callable[[Message], None]:
    def told(message: Message) -> None:
        if not isinstance(message, Proved) or not message.findings:
            return
        findings = tuple(_of(system, p, finding) for finding in message.findings)
        send(Proved(findings, message.proof, "lasso"))

    return told


def _of(system: System, p: Property, finding: Finding) -> Finding:
    if finding.trace is None:
        return finding
    trace = lasso(system, finding.trace)
    wrong = complaint(system, p, trace)
    if wrong is not None:
        raise ValueError(f"the run for {p.name} shows nothing: {wrong}")
    return replace(finding, trace=trace)
