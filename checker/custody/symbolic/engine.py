"""The z3 engine as the others see it: starts a process, collects its findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import closing

from custody.symbolic.fault import EngineFault
from custody.symbolic.process import messages
from custody.symbolic.task import ANSWERED, NO_FIRST_STATE, Ended, Message, Task
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Stopwatch, Verdict
from custody.system.model import Property, System

ENGINE = "z3"
INTERRUPTED = "interrupted"

DEFAULT_DEPTH = 40
"""How many steps deep it looks when neither a depth nor a time is given."""

DEFAULT_SECONDS = 30.0
"""How long it tries when no time is given: z3 need not end by itself in reasonable time."""


def analyse(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
    max_depth: int | None = None,
) -> Exploration:
    """Settles what it can of the named properties, or all, without enumerating states.

    Of the limits, `timeout` and `max_memory` apply.  EngineFault when a run does not replay in the evaluator, or
    when the system can leave its own domains.  Everything else that goes wrong with z3, or a limit, leaves
    properties inconclusive with the reason.  `progress` is not used: z3 gives no sign of life.
    """
    del progress
    clock = Stopwatch()
    limits = limits or Limits()
    wanted = [p for p in system.properties if properties is None or p.name in properties]
    if max_depth is None and limits.timeout is None:
        max_depth = DEFAULT_DEPTH
    task = Task(
        system,
        names=tuple(p.name for p in wanted if p.form in ANSWERED),
        max_depth=max_depth,
        seconds=DEFAULT_SECONDS if limits.timeout is None else limits.timeout,
        max_memory=limits.max_memory,
    )
    _require_initial_values_in_domains(system)
    with closing(messages(task)) as received:
        found, ended = _collected(received)
    if ended.fault is not None:
        raise EngineFault(ended.fault)
    findings = {p.name: found.get(p.name) or _open(p, ended) for p in wanted}
    return Exploration(
        engine=ENGINE,
        findings=findings,
        complete=all(findings[name].verdict is not Verdict.INCONCLUSIVE for name in task.names),
        limit=ended.limit,
        seconds=clock.seconds,
        peak_bytes=ended.peak_bytes,
        looked=ended.looked,
    )


def _collected(received: Iterable[Message]) -> tuple[dict[str, Finding], Ended]:
    """The findings by name, and how it ended. An interrupt ends it too: what is found until then stays."""
    found: dict[str, Finding] = {}
    try:
        for message in received:
            if isinstance(message, Ended):
                return found, message
            if isinstance(message, Finding):
                found[message.property] = message
    except KeyboardInterrupt:
        return found, Ended(INTERRUPTED, INTERRUPTED)
    return found, Ended("z3 gave no answer")


def _open(p: Property, ended: Ended) -> Finding:
    """The finding for a property of which nothing was said."""
    if p.form in ANSWERED or ended.reason == NO_FIRST_STATE:
        reason = ended.reason or "z3 gave no answer"
    else:
        reason = "z3 looks at states, steps and runs, not at what can still happen"
    return Finding(p.name, Verdict.INCONCLUSIVE, reason=reason)


def _require_initial_values_in_domains(system: System) -> None:
    """The encoding has no room for other values."""
    for variable in system.variables:
        for value in variable.initial:
            if not variable.domain.low <= value <= variable.domain.high:
                raise EngineFault(
                    f"{variable.name} may begin with {value}, outside its domain"
                    f" {variable.domain.low}..{variable.domain.high}"
                )
