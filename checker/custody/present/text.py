"""The report for people: what was checked, the verdicts, and for each violation the way there.

Everything that needs attention comes first; what holds is a line each, and what nobody asked for and holds is one
line together.  A trace is a table of who does what, where that stands, and only what it changes.  Without colour
the text depends on the results and the width alone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

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


@dataclass(frozen=True, slots=True)
class Page:
    """What the text is written for: so many columns, with colours or without."""

    width: int = 100
    colour: bool = False


def render(report: Report, page: Page) -> str:
    """All runs, the warnings, and the closing line."""
    warnings = render_warnings([notice for _, notice in report.warnings()], page)
    runs = [render_run(run, page) for run in report.runs]
    return "".join(f"{part}\n" for part in [*runs, warnings] if part) + render_total(report, page)


def render_run(run: RunResult, page: Page) -> str:
    """One run, from what was checked to what never happens."""
    console = _console(page)
    instance = instance_words(run)
    console.print(
        Text(f"{run.spec}: {run.system.name}" + (f", {instance}" if instance else ""), style="bold"), soft_wrap=True
    )
    console.print(Padding(Text(_measure(run)), (0, 0, 0, 2)))
    for role, reason in searched.asymmetric if (searched := run.counted or run.reduced) is not None else ():
        console.print(Padding(Text(f"no use is made of the symmetry of {role}: {reason}"), (0, 0, 0, 2)))
    if run.engine == EngineChoice.ALL:
        console.print(Padding(Text(_agreement(run)), (0, 0, 0, 2)))
    failed = [result for result in run.properties if result.outcome is Outcome.FAILED]
    unsettled = [result for result in run.properties if result.outcome is Outcome.UNSETTLED]
    passed = [result for result in run.properties if result.outcome is Outcome.PASSED]
    for result in [*failed, *(result for result in passed if _is_violated(result))]:
        console.print()
        _print_result(console, run, result)
    _print_table(console, unsettled, "inconclusive as well")
    _print_table(console, [result for result in passed if not _is_violated(result)], "never happens")
    return _finished(console)


def render_warnings(notices: Sequence[Notice], page: Page) -> str:
    """A line each."""
    console = _console(page)
    for notice in notices:
        console.print(
            Text(f"  warning: {notice.place}: {notice.message} [{notice.code}]", style="yellow"), soft_wrap=True
        )
    return _finished(console)


def render_total(report: Report, page: Page) -> str:
    """The closing line. Only a report in which everything was checked and passed says so."""
    console = _console(page)
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
    console.print(Text(text, style=_STYLE[_worst(report, outcomes)]))
    return _finished(console)


def _worst(report: Report, outcomes: list[Outcome]) -> Outcome:
    if report.errors or Outcome.FAILED in outcomes:
        return Outcome.FAILED
    return Outcome.UNSETTLED if Outcome.UNSETTLED in outcomes or not outcomes else Outcome.PASSED


def _console(page: Page) -> Console:
    return Console(
        file=io.StringIO(),
        width=page.width,
        force_terminal=page.colour,
        color_system="standard" if page.colour else None,
        no_color=not page.colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _finished(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return "".join(line.rstrip() + "\n" for line in console.file.getvalue().splitlines())


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


def _print_result(console: Console, run: RunResult, result: PropertyResult) -> None:
    subject = result.subject
    heading = Text("  ")
    heading.append(verdict_words(result), style=_STYLE[result.outcome])
    heading.append(f"  {subject.name}", style="bold")
    heading.append(f"{_cited(subject)}, {subject.kind}, {_where(subject.place, run.system)}")
    console.print(heading, soft_wrap=True)
    if subject.doc:
        _print_indented(console, " ".join(subject.doc.split()))
    for name in subject.rules:
        if name in rule_ids():
            _print_indented(console, f"{name}: {rule(name).text}", style="dim")
    _print_indented(console, result.message)
    if result.finding.trace is not None and _is_violated(result):
        _print_trace(console, run.system, subject.form, result.finding.trace)


def _print_indented(console: Console, text: str, style: str = "") -> None:
    console.print(Padding(Text(text, style=style), (0, 0, 0, 4)))


def _print_trace(console: Console, system: System, form: Form, trace: Trace) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("", width=1)
    table.add_column("#", justify="right")
    table.add_column("actor", no_wrap=True)
    table.add_column("step", overflow="fold")
    table.add_column("line", no_wrap=True)
    table.add_column("changes", overflow="fold")
    chosen = ", ".join(f"{name}: {value}" for name, value in free_start(system, trace).items())
    table.add_row("", "0", "", "start", "", Text(chosen))
    repeats = trace.loop_at is not None and not trace.stutters
    numbered = list(enumerate(trace_steps(system, trace), 1))
    for number, step in numbered:
        last = number == len(numbered)
        table.add_row(
            _mark(form, trace, number, last),
            str(number),
            Text(step.action.actor),
            Text(step_words(step.action)),
            _where(step.action.place, system).removeprefix("line "),
            _changes_cell(step),
            style="bold red" if last and not repeats else "",
        )
    console.print(Padding(table, (0, 0, 0, 4)))
    if trace.stutters:
        _print_indented(console, "Nothing happens after that, for ever.")
    elif trace.loop_at is not None:
        _print_indented(console, f"{_span(trace.loop_at + 1, trace.length)} for ever.")


def _mark(form: Form, trace: Trace, number: int, last: bool) -> str:
    if trace.loop_at is not None and not trace.stutters:
        return "\N{CLOCKWISE OPEN CIRCLE ARROW}" if number > trace.loop_at else ""
    return ">" if last and form is not Form.REACHABLE else ""


def _span(first: int, last: int) -> str:
    return f"Step {first} repeats" if first == last else f"Steps {first} to {last} repeat"


def _changes_cell(step: Step) -> Text:
    if step.breaks is not None:
        return Text(step.breaks)
    return Text(", ".join(f"{name}: {old} \N{RIGHTWARDS ARROW} {new}" for name, (old, new) in step.changes.items()))


def _print_table(console: Console, results: list[PropertyResult], implicitly: str) -> None:
    """Results without a trace: the declared properties a line each, the implicit hazards in one line together."""
    declared = [result for result in results if not result.subject.implicit]
    implicit = [result.subject.name for result in results if result.subject.implicit]
    if results:
        console.print()
    if declared:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
        for result in declared:
            subject = result.subject
            table.add_row(
                Text(verdict_words(result), style=_STYLE[result.outcome]),
                Text(subject.name),
                Text(f"{_about(result)}{_cited(subject)}".strip()),
            )
        console.print(Padding(table, (0, 0, 0, 2)))
    if implicit:
        console.print(Padding(Text(f"{implicitly}: {', '.join(implicit)}"), (0, 0, 0, 2)))


def _cited(subject: Property) -> str:
    return f" [{', '.join(subject.rules)}]" if subject.rules else ""


def _about(result: PropertyResult) -> str:
    """What there is to say about a result without a trace: why it is open, or what it is that holds."""
    if result.outcome is Outcome.UNSETTLED:
        return result.message
    text = " ".join(result.subject.doc.split()) or statement(result.subject)
    return f"{text} ({result.message})" if result.subject.form is Form.REACHABLE else text


def _where(place: Place, system: System) -> str:
    """The line, with the file's name where it is another than the system's."""
    return f"line {place.line}" if place.file in ("", system.file) else f"{PurePath(place.file).name}:{place.line}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
