"""The comparison for people: the heaviest change first, both runs side by side, what differs before the last step."""

from __future__ import annotations

import io

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from custody.change.category import Level, Severity
from custody.change.judge import Finding, Judgement
from custody.change.result import Change, Result, Row
from custody.present.change.words import closing, refused_by, result_words, same_shifts, shifts_words, spot, together
from custody.present.text import Page
from custody.rules import rule, rule_ids

_STYLE = {
    Level.BREAKING: "bold red",
    Level.AMBIGUOUS: "bold yellow",
    Level.COMPATIBLE: "green",
    Level.IDENTICAL: "dim",
}


def render(judgement: Judgement, page: Page, *, everything: bool = True) -> str:
    """The whole report. Without `everything` changes that nobody has to act on are a line each."""
    console = _console(page)
    for result in judgement.results:
        _print_result(console, judgement, result, everything)
    loose = [finding for finding in judgement.told if finding.spec not in {r.spec for r in judgement.results}]
    for finding in loose:
        _print_finding(console, finding, everything)
    for error in judgement.errors:
        place = f"{spot(error)}: " if spot(error) else ""
        _print_indented(console, f"could not be compared: {place}{error.message}", 2, "bold red")
    console.print(Text(closing(judgement), style=_closing_style(judgement)), soft_wrap=True)
    return _finished(console)


def _closing_style(judgement: Judgement) -> str:
    if judgement.closes or judgement.errors:
        return _STYLE[Level.BREAKING]
    return _STYLE[Level.AMBIGUOUS] if judgement.limits else _STYLE[Level.COMPATIBLE]


def _print_result(console: Console, judgement: Judgement, result: Result, everything: bool) -> None:
    level = result.level
    heading = Text(f"{result.spec}: {result.model}: ", style="bold")
    heading.append(
        result_words(result), style=_STYLE[Level.AMBIGUOUS if result.is_left else level or Level.AMBIGUOUS]
    )
    console.print(heading, soft_wrap=True)
    for finding in judgement.of(result):
        console.print()
        _print_finding(console, finding, everything)
    for limit in result.limits:
        _print_indented(console, f"not complete: {limit}", 2, "bold yellow")
    if result.costs or result.how or result.left:
        console.print()
    for left in together(result.left):
        _print_indented(console, f"left to --wide: {left}", 2, "yellow")
    for how in together(result.how):
        _print_indented(console, how, 2, "dim")
    for cost in result.costs:
        where = f"{cost.instance}: " if cost.instance else ""
        text = f"{where}{cost.old_states:,} states became {cost.new_states:,}"
        text += f", {cost.old_transitions:,} transitions {cost.new_transitions:,}"
        _print_indented(console, text, 2, "dim")
    console.print()


def _print_finding(console: Console, finding: Finding, everything: bool) -> None:
    change = finding.change
    heading = Text("  ")
    heading.append(_severity_words(finding), style=_STYLE[change.level])
    heading.append(f"  {change.id}", style="bold")
    rules = f" [{', '.join(change.rules)}]" if change.rules else ""
    heading.append(f"  {change.subject}{rules}, {change.file}:{change.line}")
    console.print(heading, soft_wrap=True)
    _print_indented(console, change.message)
    if finding.accepted is not None:
        _print_indented(console, f"accepted: {finding.accepted}", style="green")
        return
    if not everything and finding.severity is not Severity.ERROR:
        return
    if change.harmed:
        verb = "breaks" if change.level is Level.BREAKING else "concerns"
        _print_indented(console, f"{verb}: {', '.join(change.harmed)}")
    for name in change.rules:
        if name in rule_ids():
            _print_indented(console, f"{name}: {rule(name).text}", style="dim")
    for line in change.detail[1:]:
        _print_indented(console, line)
    if change.instances and change.instances != ("",):
        many = "s" if len(change.instances) > 1 else ""
        _print_indented(console, f"seen in the instance{many} {', '.join(change.instances)}", style="dim")
    if change.rows:
        _print_rows(console, change)
    if change.level in (Level.BREAKING, Level.AMBIGUOUS):
        _print_indented(console, f"to do: {change.category.advice}")


def _severity_words(finding: Finding) -> str:
    if finding.accepted is not None:
        return f"{finding.change.level}, accepted"
    return str(finding.change.level)


def _print_rows(console: Console, change: Change) -> None:
    both = change.old_run and change.new_run
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("", width=1)
    table.add_column("#", justify="right")
    table.add_column("actor", no_wrap=True)
    table.add_column("step", overflow="fold")
    table.add_column("line", no_wrap=True)
    table.add_column("changes", overflow="fold")
    for number, row in enumerate(change.rows, 1):
        last = number == len(change.rows)
        for unseen in row.unseen:
            table.add_row("", "", "", Text(f"({unseen})", style="dim"), "", "")
        table.add_row(
            ">" if last else "",
            str(number),
            Text(row.actor),
            Text(row.words),
            str(row.line),
            _changes(change, row, last=last, both=bool(both)),
            style="bold red" if last else "",
        )
    console.print(Padding(table, (0, 0, 0, 4)))
    if change.states:
        _print_states(console, change)


def _changes(change: Change, row: Row, *, last: bool, both: bool) -> Text:
    if last and both:
        mine = row.old if change.only == "old" else row.new
        return Text(f"{change.only.upper()}: {shifts_words(mine) or 'nothing changes'}; {refused_by(change)}")
    if not both or same_shifts(row):
        return Text(shifts_words(row.old or row.new))
    return Text(f"OLD: {shifts_words(row.old) or 'nothing'}; NEW: {shifts_words(row.new) or 'nothing'}")


def _print_states(console: Console, change: Change) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("before the last step")
    table.add_column("OLD")
    table.add_column("NEW")
    for name, old, new in change.states:
        table.add_row(Text(name), Text(old), Text(new), style="bold" if old != new else "")
    console.print(Padding(table, (0, 0, 0, 4)))


def _print_indented(console: Console, text: str, indent: int = 4, style: str = "") -> None:
    console.print(Padding(Text(text, style=style), (0, 0, 0, indent)))


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
