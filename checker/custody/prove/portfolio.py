"""Several ways of proving, side by side, each in a process of its own; the first answer to each question counts.

A counterexample of the bounded search or of the exhaustive one is a shortest one; that of another way is only taken
when nothing better comes.  Two ways that contradict each other are a fault of ours, never a verdict.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from custody.properties.fault import DisagreementError, InternalError
from custody.properties.result import INTERRUPTED
from custody.symbolic.process import messages
from custody.symbolic.task import Ended, Message, Proved, Task
from custody.system.finding import Exploration, Finding, Limits, Stopwatch, Trace, Verdict
from custody.system.model import System

ENGINE = "portfolio"
METHODS = ("ic3", "set", "bounded", "lasso", "spacer")
"""The ways, in the order in which they are started."""

DEFAULT_SECONDS = 60.0
ROOM = "custody.prove"


@dataclass(slots=True)
class Proofs:
    """What the ways have found; `entries` are the proofs of a certificate, `made_by` which way made each."""

    findings: dict[str, Finding] = field(default_factory=dict[str, Finding])
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    seconds: dict[str, float] = field(default_factory=dict[str, float])


class Portfolio:
    """Settles properties of a system; afterwards `proofs` has what supports the findings."""

    def __init__(self, methods: Sequence[str] = METHODS, jobs: int = 3) -> None:
        self._methods = methods
        self._jobs = jobs
        self.proofs = Proofs()

    def __call__(
        self, system: System, limits: Limits, properties: Collection[str], progress: object = None
    ) -> Exploration:
        del progress
        clock = Stopwatch()
        seconds = limits.timeout or DEFAULT_SECONDS
        names = tuple(p.name for p in system.properties if p.name in properties)
        run = _Run(system, names, limits, seconds, clock, self.proofs)
        try:
            limit = run.all(self._methods, self._jobs)
        finally:
            run.stop()
        findings = {name: run.finding(name) for name in names}
        complete = all(finding.verdict is not Verdict.INCONCLUSIVE for finding in findings.values())
        return Exploration(
            ENGINE, findings, complete, limit=None if complete else limit, seconds=clock.seconds, peak_bytes=run.peak
        )


class _Run:
    def __init__(
        self, system: System, names: tuple[str, ...], limits: Limits, seconds: float, clock: Stopwatch, proofs: Proofs
    ) -> None:
        self._system, self._names, self._limits, self._seconds = system, names, limits, seconds
        self._clock, self._proofs = clock, proofs
        self._messages: queue.Queue[tuple[str, Message]] = queue.Queue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._running: set[str] = set()
        self._stopped = False
        self._fallback: dict[str, Finding] = {}
        self._reasons: list[str] = []
        self.peak = 0

    def all(self, methods: Sequence[str], jobs: int) -> str | None:
        """Until everything is settled or nothing is left to try; the limit that was reached, if one was."""
        waiting = list(methods)
        limit: str | None = None
        try:
            while self._open():
                while waiting and len(self._running) < jobs:
                    self._start(waiting.pop(0))
                if not self._running:
                    break
                left = self._seconds - self._clock.seconds
                if left <= 0:
                    return f"timeout {self._seconds:g} s"
                try:
                    method, message = self._messages.get(timeout=left)
                except queue.Empty:
                    return f"timeout {self._seconds:g} s"
                if isinstance(message, Ended):
                    self._ended(method, message)
                    limit = limit or message.limit
                else:
                    self._take(method, message)
        except KeyboardInterrupt:
            return INTERRUPTED
        return limit

    def finding(self, name: str) -> Finding:
        """What is known of the property."""
        found = self._proofs.findings.get(name) or self._fallback.get(name)
        if found is not None:
            return found
        reason = "; ".join(dict.fromkeys(self._reasons)) or f"stopped at timeout {self._seconds:g} s"
        return Finding(name, Verdict.INCONCLUSIVE, reason=reason)

    def stop(self) -> None:
        """Ends all processes."""
        self._stopped = True
        for process in self._processes:
            process.kill()

    def _open(self) -> list[str]:
        return [name for name in self._names if name not in self._proofs.findings]

    def _start(self, method: str) -> None:
        left = max(0.1, self._seconds - self._clock.seconds)
        task = Task(self._system, tuple(self._open()), None, left, self._limits.max_memory, method)
        self._running.add(method)

        def follow() -> None:
            for message in messages(task, ROOM, self._processes.append):
                self._messages.put((method, message))

        threading.Thread(target=follow, daemon=True).start()

    def _ended(self, method: str, ended: Ended) -> None:
        self._running.discard(method)
        self.peak = max(self.peak, ended.peak_bytes)
        if ended.fault is not None:
            raise InternalError(f"{method}: {ended.fault}")
        if ended.reason is not None:
            self._reasons.append(f"{method}: {ended.reason}")

    def _take(self, method: str, message: Finding | Proved) -> None:
        proved = message if isinstance(message, Proved) else Proved((message,), None, method)
        fresh: list[Finding] = []
        for finding in proved.findings:
            if finding.verdict is Verdict.INCONCLUSIVE or finding.property not in self._names:
                continue
            self._require_agreement(finding, proved.method)
            if finding.property in self._proofs.findings:
                continue
            worse = finding.trace is not None and not finding.shortest
            if worse or (finding.trace is None and proved.proof is None and method in ("bounded", "spacer")):
                self._fallback.setdefault(finding.property, finding)
                continue
            self._proofs.findings[finding.property] = finding
            self._proofs.seconds[finding.property] = self._clock.seconds
            fresh.append(finding)
            if finding.trace is not None:
                self._proofs.entries.append(traced(finding, finding.trace, proved.method))
        settled = [finding.property for finding in fresh if finding.trace is None]
        if proved.proof is not None and settled:
            self._proofs.entries.append({**proved.proof, "properties": settled, "found_by": proved.method})

    def _require_agreement(self, finding: Finding, method: str) -> None:
        for known in (self._proofs.findings, self._fallback):
            other = known.get(finding.property)
            if other is not None and other.verdict is not finding.verdict:
                raise DisagreementError(
                    f"{method} says that {finding.property} is {finding.verdict}, and another way that it is"
                    f" {other.verdict}",
                    f"{self._system.file} {dict(self._system.parameters)}\n{finding!r}\n{other!r}\n",
                )


def traced(finding: Finding, trace: Trace, method: str) -> dict[str, Any]:
    """The entry of a certificate for a trace."""
    return {
        "kind": "trace",
        "properties": [finding.property],
        "first": list(trace.states[0]),
        "actions": list(trace.actions),
        "loop_at": trace.loop_at,
        "stutters": trace.stutters,
        "subject": finding.subject,
        "found_by": method,
    }
