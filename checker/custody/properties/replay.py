"""Replays the trace of a finding in the plain evaluator, so that no report shows a run that there is not.

`custody.system.replay` says what a trace has to be; here an engine's finding is held to it.
"""

from __future__ import annotations

from custody.properties.fault import ReplayError
from custody.system.finding import Finding, Verdict
from custody.system.model import Form, Property, System
from custody.system.replay import broken_run, complaint, steps

__all__ = ["replay", "steps"]


def replay(system: System, subject: Property, finding: Finding) -> None:
    """Confirm the finding's trace; ReplayError when it does not show what the verdict says."""
    trace = finding.trace
    shown = Verdict.HOLDS if subject.form is Form.REACHABLE else Verdict.VIOLATED
    if trace is None:
        if finding.verdict is shown:
            raise _fault(system, finding, "there is no trace")
        return
    if finding.verdict is not shown:
        raise _fault(system, finding, f"a trace comes with the verdict {finding.verdict}")
    if subject.form is Form.IMPLEMENTS:
        from custody.properties.implements import broken_claim

        wrong = broken_run(system, trace) or broken_claim(system, trace)
    else:
        wrong = complaint(system, subject, trace, finding.subject)
    if wrong is not None:
        raise _fault(system, finding, wrong)


def _fault(system: System, finding: Finding, wrong: str) -> ReplayError:
    message = f"the trace for {finding.property} does not replay: {wrong}"
    return ReplayError(message, f"{system.file} {dict(system.parameters)}\n{message}\n{finding!r}\n")
