"""The same verdicts as Markdown: what a review comment or a mail quotes."""

from __future__ import annotations

from collections.abc import Iterator

from custody.present.page.content import Cell, Content, Row, Spec

_WORDS = {
    "failed": "**failed**",
    "open": "inconclusive",
    "expected": "violated",
    "reached": "reached",
    "holds": "holds",
}


def markdown(content: Content) -> str:
    """The whole document with a final newline."""
    totals = content.totals
    lines = [
        "# What the specifications say",
        "",
        f"{totals['specifications']:,} specifications in {totals['runs']:,} instances, {totals['properties']:,} "
        f"properties: {totals['holds']:,} hold, {totals['expected']:,} violated as expected, "
        f"{totals['failed']:,} failed, {totals['open']:,} inconclusive.",
    ]
    lines += [f"\n> error: {_cell(error)}" for error in content.errors]
    for spec in content.specs:
        lines += _spec(spec)
    return "\n".join(lines) + "\n"


def _spec(spec: Spec) -> Iterator[str]:
    yield from ("", f"## {spec.path}", "")
    if spec.doc:
        yield from (" ".join(spec.doc.split()), "")
    yield "| # | instance | states | transitions | depth | engines |"
    yield "|--:|---|--:|--:|--:|---|"
    for one in spec.instances:
        numbers = " | ".join("" if n is None else f"{n:,}" for n in (one.states, one.transitions, one.depth))
        limit = f"; stopped at {one.limit}" if one.limit else ""
        yield f"| {one.number} | {_cell(one.words) or '(as written)'} | {numbers} | {one.engines}{limit} |"
    yield from ("", "| property | rules | verdict | |", "|---|---|---|---|")
    for row in spec.rows:
        rules = ", ".join(row.subject.rules)
        yield f"| {_cell(row.subject.name)} | {rules} | {_verdicts(row)} | {_cell(_message(row))} |"
    for row in spec.rows:
        if row.why is not None:
            where = f" (in the instance {row.why.instance})" if row.why.instance else ""
            yield from ("", f"Why {row.subject.name} is violated{where}:", "")
            yield from (f"* {sentence}" for sentence in row.why.sentences)
    if spec.silent:
        yield from ("", f"{len(spec.silent)} hazards that are looked for without being asked never happen.")
    for warning in spec.warnings:
        yield from ("", f"Warning, line {warning.place.line}: {warning.message} [{warning.code}]")


def _verdicts(row: Row) -> str:
    """The verdict where all instances agree, else with the numbers of the instances."""
    groups: dict[str, list[int]] = {}
    for number, cell in enumerate(row.cells, 1):
        if cell is not None:
            groups.setdefault(_verdict(cell), []).append(number)
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{words} in {', '.join(map(str, numbers))}" for words, numbers in groups.items())


def _verdict(cell: Cell) -> str:
    words = _WORDS[cell.kind]
    return words if cell.steps is None else f"{words} ({cell.steps} steps)"


def _message(row: Row) -> str:
    """Why, of the first instance in which it is not simply so."""
    return next(
        (cell.message for cell in row.cells if cell is not None and cell.kind in ("failed", "open", "expected")), ""
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
