"""The report as KTAP version 1, the kernel's own test output: a subtest for each run, a test for each property.

https://docs.kernel.org/dev-tools/ktap.html.  An expected violation is `ok` with the directive XFAIL; an
inconclusive verdict is `not ok` with TIMEOUT, and what could not be checked `not ok` with ERROR.
"""

from __future__ import annotations

from custody.present.report import Report, instance_words, step_words, trace_steps, verdict_words
from custody.properties.result import Outcome, PropertyResult, RunResult
from custody.system.finding import Verdict


def render(report: Report) -> str:
    """The whole document with a final newline."""
    lines = ["KTAP version 1", f"1..{len(report.runs) + len(report.errors)}"]
    for number, run in enumerate(report.runs, 1):
        lines += [f"  {line}" for line in _subtest(run)]
        instance = instance_words(run)
        lines.append(f"{_ok(run.passes)} {number} {_name(f'{run.spec} {instance}' if instance else run.spec)}")
    for number, error in enumerate(report.errors, len(report.runs) + 1):
        lines += [f"# {line}" for line in str(error).splitlines()]
        lines.append(f"not ok {number} {_name(str(error.place))} # ERROR {_name(error.code)}")
    return "\n".join(lines) + "\n"


def _subtest(run: RunResult) -> list[str]:
    lines = ["KTAP version 1", f"1..{len(run.properties)}"]
    for number, result in enumerate(run.properties, 1):
        if result.outcome is not Outcome.PASSED:
            lines += _diagnosis(run, result)
        passed = result.outcome is Outcome.PASSED
        lines.append(f"{_ok(passed)} {number} {_name(result.subject.name)}{_directive(result)}")
    return lines


def _diagnosis(run: RunResult, result: PropertyResult) -> list[str]:
    place = result.subject.place
    lines = [f"# {place.file}:{place.line}: {verdict_words(result)}: {' '.join(result.message.split())}"]
    if result.finding.trace is not None:
        for number, step in enumerate(trace_steps(run.system, result.finding.trace), 1):
            lines.append(f"# {number}. {step.action.actor}: {step_words(step.action)}")
    return lines


def _directive(result: PropertyResult) -> str:
    if result.outcome is Outcome.UNSETTLED:
        return f" # TIMEOUT {_name(result.message)}"
    expected_violation = result.outcome is Outcome.PASSED and result.finding.verdict is Verdict.VIOLATED
    return " # XFAIL violated as expected" if expected_violation else ""


def _ok(passed: bool) -> str:
    return "ok" if passed else "not ok"


def _name(text: str) -> str:
    """One line without `#`, which would begin a directive."""
    return " ".join(text.replace("#", " ").split())
