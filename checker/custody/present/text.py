"""The report for people: what was checked, the verdicts, and for each violation the way there.

Everything that needs attention comes first; what holds is a line each, and what nobody asked for and holds is one
line together.  A trace is a table of who does what, where that stands, and only what it changes.  Without colour
the text depends on the results and the width alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from custody.present.columns import Column, Page, Row, table
from custody.present.report import (
    Report,
    Step,
    free_start,
    instance_words,
    statement,
    step_words,
    trace_steps,
    verdict_words,
)
from custody.properties.engines import EngineChoice
from custody.properties.result import Notice, Outcome, PropertyResult, RunResult
from custody.rules import rule, rule_ids
from custody.system.finding import Trace, Verdict
from custody.system.model import Form, Property, System
from custody.system.place import Place

_STYLE = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.UNSETTLED: "bold yellow"}


def render(report: Report, page: Page) -> str:
    """All runs, the warnings, and the closing line."""
    warnings = render_warnings([notice for _, notice in report.warnings()], page)
    runs = [render_run(run, page) for run in report.runs]
    return "".join(f"{part}\n" for part in [*runs, warnings] if part) + render_total(report, page)


def render_run(run: RunResult, page: Page) -> str:
    """One run, from what was checked to what never happens."""
    return "".join(f"{line}\n" for line in _run(run, page))


def _run(run: RunResult, page: Page) -> Iterator[str]:
    instance = instance_words(run)
    yield page.styled(f"{run.spec}: {run.system.name}" + (f", {instance}" if instance else ""), "bold")
    yield from page.paragraph(_measure(run), 2)
    for role, reason in searched.asymmetric if (searched := run.counted or run.reduced) is not None else ():
        yield from page.paragraph(f"no use is made of the symmetry of {role}: {reason}", 2)
    if run.engine == EngineChoice.ALL:
        yield from page.paragraph(_agreement(run), 2)
    failed = [result for result in run.properties if result.outcome is Outcome.FAILED]
    unsettled = [result for result in run.properties if result.outcome is Outcome.UNSETTLED]
    passed = [result for result in run.properties if result.outcome is Outcome.PASSED]
    for result in [*failed, *(result for result in passed if _is_violated(result))]:
        yield ""
        yield from _result(page, run, result)
    yield from _table(page, unsettled, "inconclusive as well")
    yield from _table(page, [result for result in passed if not _is_violated(result)], "never happens")


def render_warnings(notices: Sequence[Notice], page: Page) -> str:
    """A line each."""
    lines = [f"  warning: {notice.place}: {notice.message} [{notice.code}]" for notice in notices]
    return "".join(f"{page.styled(line, 'yellow')}\n" for line in lines)


def render_total(report: Report, page: Page) -> str:
    """The closing line. Only a report in which everything was checked and passed says so."""
    outcomes = [result.outcome for _, result in report.results()]
    expected = sum(result.outcome is Outcome.PASSED and _is_violated(result) for _, result in report.results())
    held = outcomes.count(Outcome.PASSED) - expected
    parts = [
        (outcomes.count(Outcome.FAILED), "failed"),
        (outcomes.count(Outcome.UNSETTLED), "inconclusive"),
        (held, "holds" if held == 1 else "hold"),
        (expected, "violated as expected"),
    ]
    counted = ", ".join(f"{number:,} {what}" for number, what in parts if number)
    text = f"{_count(len(report.runs), 'run')}, {_count(len(outcomes), 'property', 'properties')}"
    text += f": {counted}" if counted else ""
    if report.errors:
        text += f"; {_count(len(report.errors), 'error')}"
    return "".join(f"{line}\n" for line in page.paragraph(text, 0, _STYLE[_worst(report, outcomes)]))


def _worst(report: Report, outcomes: list[Outcome]) -> Outcome:
    if report.errors or Outcome.FAILED in outcomes:
        return Outcome.FAILED
    return Outcome.UNSETTLED if Outcome.UNSETTLED in outcomes or not outcomes else Outcome.PASSED


def _measure(run: RunResult) -> str:
    """How large the search was, which engines did it, and whether a limit ended it."""
    parts: list[str] = []
    counted = run.counted
    if counted is not None:
        parts.append(_count(counted.states or 0, "state"))
        if counted.transitions is not None:
            parts.append(_count(counted.transitions, "transition"))
        if counted.depth is not None:
            parts.append(f"depth {counted.depth}")
        if counted.orbits is not None:
            parts.append(_count(counted.orbits, "orbit"))
    if run.reduced is not None:
        parts.append(f"reduced to {_count(run.reduced.explored or 0, 'state')}")
    parts.append(f"{sum(found.seconds for found in run.explorations):.2f} s")
    parts.append("engine " + " + ".join(found.engine for found in run.explorations))
    limits = [f"{found.engine} stopped at a limit, {found.limit}" for found in run.explorations if found.limit]
    return "; ".join([", ".join(parts), *limits])


def _agreement(run: RunResult) -> str:
    """How much each engine contributed to a verdict that none of them contradicts."""
    parts: list[str] = []
    for found in run.explorations:
        settled = sum(finding.verdict is not Verdict.INCONCLUSIVE for finding in found.findings.values())
        parts.append(f"{found.engine} settles {settled} of {len(run.properties)}")
    return f"{', '.join(parts)}; no two disagree"


def _is_violated(result: PropertyResult) -> bool:
    return result.finding.verdict is Verdict.VIOLATED


def _result(page: Page, run: RunResult, result: PropertyResult) -> Iterator[str]:
    subject = result.subject
    verdict = page.styled(verdict_words(result), _STYLE[result.outcome])
    name = page.styled(subject.name, "bold")
    yield f"  {verdict}  {name}{_cited(subject)}, {subject.kind}, {_where(subject.place, run.system)}"
    if subject.doc:
        yield from page.paragraph(" ".join(subject.doc.split()), 4)
    for rule_id in subject.rules:
        if rule_id in rule_ids():
            yield from page.paragraph(f"{rule_id}: {rule(rule_id).text}", 4, "dim")
    yield from page.paragraph(result.message, 4)
    if subject.expected is not None and subject.expected.doc and _is_violated(result):
        yield from page.paragraph(f"expected: {' '.join(subject.expected.doc.split())}", 4)
    if result.finding.trace is not None and _is_violated(result):
        yield from _trace(page, run.system, subject.form, result.finding.trace)


_STEPS = (
    Column(wraps=False),
    Column("#", right=True, wraps=False),
    Column("actor", wraps=False),
    Column("step"),
    Column("line", wraps=False),
    Column("changes"),
)


def _trace(page: Page, system: System, form: Form, trace: Trace) -> Iterator[str]:
    chosen = ", ".join(f"{name}: {value}" for name, value in free_start(system, trace).items())
    rows = [Row(("", "0", "", "start", "", chosen))]
    repeats = trace.loop_at is not None and not trace.stutters
    numbered = list(enumerate(trace_steps(system, trace), 1))
    for number, step in numbered:
        last = number == len(numbered)
        told = (
            _mark(form, trace, number, last),
            str(number),
            step.action.actor,
            step_words(step.action),
            _where(step.action.place, system).removeprefix("line "),
            _changes(step),
        )
        rows.append(Row(told, "bold red" if last and not repeats else ""))
    yield from table(page, _STEPS, rows, 4)
    if trace.stutters:
        yield from page.paragraph("Nothing happens after that, for ever.", 4)
    elif trace.loop_at is not None:
        yield from page.paragraph(f"{_span(trace.loop_at + 1, trace.length)} for ever.", 4)


def _mark(form: Form, trace: Trace, number: int, last: bool) -> str:
    if trace.loop_at is not None and not trace.stutters:
        return "\N{CLOCKWISE OPEN CIRCLE ARROW}" if number > trace.loop_at else ""
    return ">" if last and form is not Form.REACHABLE else ""


def _span(first: int, last: int) -> str:
    return f"Step {first} repeats" if first == last else f"Steps {first} to {last} repeat"


def _changes(step: Step) -> str:
    if step.breaks is not None:
        return step.breaks
    return ", ".join(f"{found.name}: {found.old} \N{RIGHTWARDS ARROW} {found.new}" for found in step.told)


def _table(page: Page, results: list[PropertyResult], implicitly: str) -> Iterator[str]:
    """Results without a trace: the declared properties a line each, the implicit hazards in one line together."""
    declared = [result for result in results if not result.subject.implicit]
    implicit = [result.subject.name for result in results if result.subject.implicit]
    if results:
        yield ""
    if declared:
        rows = [
            Row(
                (
                    verdict_words(result),
                    result.subject.name,
                    f"{_about(result)}{_cited(result.subject)}".strip(),
                ),
                first=_STYLE[result.outcome],
            )
            for result in declared
        ]
        yield from table(page, (Column(), Column(), Column()), rows, 2)
    if implicit:
        yield from page.paragraph(f"{implicitly}: {', '.join(implicit)}", 2)


def _cited(subject: Property) -> str:
    return f" [{', '.join(subject.rules)}]" if subject.rules else ""


def _about(result: PropertyResult) -> str:
    """What there is to say about a result without a trace: why it is open, or what it is that holds."""
    if result.outcome is Outcome.UNSETTLED:
        return result.message
    text = " ".join(result.subject.doc.split()) or statement(result.subject)
    telling = result.subject.form in (Form.REACHABLE, Form.IMPLEMENTS)
    return f"{text} ({result.message})" if telling else text


def _where(place: Place, system: System) -> str:
    """The line, with the file's name where it is another than the system's."""
    return f"line {place.line}" if place.file in ("", system.file) else f"{PurePath(place.file).name}:{place.line}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
