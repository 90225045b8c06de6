"""The comparison as Markdown, to be posted below a change under review: the verdict first, then each change.

Diagrams are Mermaid, which code hosts draw by themselves: who acts in which order, and where the versions part.
"""

from __future__ import annotations

import re

from custody.change.category import Level
from custody.change.judge import Finding, Judgement
from custody.change.result import Change, Result, Row
from custody.present.change.words import closing, refused_by, result_words, same_shifts, shifts_words, spot, together
from custody.rules import rule, rule_ids

_MARKS = {
    Level.BREAKING: "\N{CROSS MARK}",
    Level.AMBIGUOUS: "\N{BLACK QUESTION MARK ORNAMENT}",
    Level.COMPATIBLE: "\N{WHITE HEAVY CHECK MARK}",
    Level.IDENTICAL: "\N{WHITE HEAVY CHECK MARK}",
}
MOST_STEPS = 24
"""The longest run that is drawn."""


def render(judgement: Judgement) -> str:
    """The whole comment with a final newline."""
    lines = ["## What this change means", "", f"**{_text(closing(judgement))}**", ""]
    for error in judgement.errors:
        place = f"{_text(spot(error))}: " if spot(error) else ""
        lines += [f"- could not be compared: {place}{_text(error.message)}"]
    if judgement.errors:
        lines.append("")
    for result in judgement.results:
        lines += _result(judgement, result)
    rest = [f for f in judgement.told if f.spec not in {r.spec for r in judgement.results}]
    for finding in rest:
        lines += [f"- `{finding.change.id}` {_text(finding.change.message)}"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _result(judgement: Judgement, result: Result) -> list[str]:
    level = result.level
    mark = _MARKS[level] if level is not None and not result.is_left else "\N{HOURGLASS}"
    lines = [f"### {mark} `{result.spec}` ({_text(result.model)}): {result_words(result)}", ""]
    findings = judgement.of(result)
    if findings:
        lines += ["| | category | what | rules | who |", "|---|---|---|---|---|"]
        lines += [_table_row(finding) for finding in findings] + [""]
    for finding in findings:
        if finding.change.rows and finding.accepted is None:
            lines += _fold(finding)
    lines += [f"- not complete: {_text(limit)}" for limit in result.limits]
    lines += [f"- left to `--wide`: {_text(left)}" for left in together(result.left)]
    for cost in result.costs:
        where = f"{cost.instance}: " if cost.instance else ""
        lines.append(f"- {where}{cost.old_states:,} states became {cost.new_states:,}")
    return [*lines, ""] if result.limits or result.left or result.costs else lines


def _table_row(finding: Finding) -> str:
    change = finding.change
    told = f"accepted: {finding.accepted}" if finding.accepted is not None else change.message
    cells = (
        change.level.value if finding.accepted is None else "accepted",
        f"`{change.id}`",
        f"{_cell(told)} ({_cell(change.file)}:{change.line})",
        ", ".join(change.rules),
        ", ".join(change.harmed),
    )
    return f"| {' | '.join(cells)} |"


def _fold(finding: Finding) -> list[str]:
    change = finding.change
    lines = ["<details>", f"<summary>{change.id}: {_html(change.subject)}, in {len(change.rows)} steps</summary>", ""]
    lines += [f"> {name}: {_text(rule(name).text)}" for name in change.rules if name in rule_ids()]
    lines += ["", *_steps(change), ""]
    if change.states:
        lines += ["| before the last step | OLD | NEW |", "|---|---|---|"]
        lines += [f"| {_code(name)} | {_cell(old)} | {_cell(new)} |" for name, old, new in change.states]
        lines.append("")
    if len(change.rows) <= MOST_STEPS:
        lines += ["```mermaid", *diagram(change), "```", ""]
    lines += [f"To do: {_text(change.category.advice)}", "", "</details>", ""]
    return lines


def _steps(change: Change) -> list[str]:
    lines = ["| # | actor | step | changes |", "|---|---|---|---|"]
    both = bool(change.old_run and change.new_run)
    for number, row in enumerate(change.rows, 1):
        last = both and number == len(change.rows)
        lines.append(
            f"| {number} | {_cell(row.actor)} | {_code(row.words)} | {_cell(_changes(change, row, last, both))} |"
        )
    return lines


def _changes(change: Change, row: Row, last: bool, both: bool) -> str:
    if last:
        mine = row.old if change.only == "old" else row.new
        return f"{change.only.upper()}: {shifts_words(mine) or 'nothing changes'}; {refused_by(change)}"
    if not both or same_shifts(row):
        return shifts_words(row.old or row.new)
    return f"OLD: {shifts_words(row.old) or 'nothing'}; NEW: {shifts_words(row.new) or 'nothing'}"


def diagram(change: Change) -> list[str]:
    """The run as a Mermaid sequence diagram; the step on which the versions part is in a box."""
    actors = list(dict.fromkeys(row.actor for row in change.rows))
    lines = ["sequenceDiagram"]
    lines += [f"    participant {_id(actor)} as {_mermaid(actor)}" for actor in actors]
    lines.append("    participant buffer as the contract")
    for number, row in enumerate(change.rows, 1):
        arrow = f"    {_id(row.actor)}->>buffer: {_mermaid(row.words)}"
        if number == len(change.rows) and change.old_run and change.new_run:
            here, there = ("OLD", "NEW") if change.only == "old" else ("NEW", "OLD")
            lines += [f"    rect rgb(255, 224, 224)\n{arrow}"]
            lines += [f"    Note over {_id(row.actor)},buffer: {here} allows it, {there} does not", "    end"]
        elif number == len(change.rows):
            lines += [f"    rect rgb(255, 224, 224)\n{arrow}"]
            lines += [f"    Note over {_id(row.actor)},buffer: {_mermaid(change.subject)} is violated", "    end"]
        else:
            lines.append(arrow)
    return lines


def _id(actor: str) -> str:
    return "a_" + re.sub(r"\W", "_", actor)


def _mermaid(text: str) -> str:
    """Text without what Mermaid reads as its own."""
    return " ".join(re.sub(r"[;#%]", " ", text).split())


def _text(text: str) -> str:
    """Prose in which nothing but code in back-quotes is marked up."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_<>\[\]])", r"\\\1", part) for part in parts)


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _code(text: str) -> str:
    """Code in a cell, where a backslash is itself everywhere but before the bar."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{' '.join(text.split())}{fence}".replace("|", "\\|")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
