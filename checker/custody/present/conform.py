"""What `custody conform` says: for people, with both sides of a divergence beside each other, and as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from custody.evidence.conform.interleavings import Event
from custody.evidence.conform.lockstep import Difference, Divergence, Moment
from custody.evidence.conform.result import Answer, Comparison, History, Part
from custody.present.text import Page

_STYLE = {Answer.CONFORMS: "green", Answer.DIVERGES: "bold red", Answer.INCONCLUSIVE: "bold yellow"}
_KINDS = {"tours": "toured", "interleavings": "interleaved", "walks": "walked", "replay": "replayed"}


def render(comparison: Comparison, page: Page) -> str:
    """The comparison as text."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=page.width, force_terminal=page.colour, no_color=not page.colour, highlight=False
    )
    console.print(Text(f"{comparison.spec}: {comparison.model}", style="bold"), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=5, overflow="fold")
    for part in comparison.parts:
        table.add_row(_KINDS[part.kind], _instance(part), _measure(part))
    console.print(Padding(table, (0, 0, 0, 2)))
    for part in comparison.parts:
        _print_trouble(console, part)
    _print_unclaimed(console, comparison)
    console.print(Text(_closing(comparison), style=_STYLE[comparison.answer]), soft_wrap=True)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _instance(part: Part) -> str:
    return ", ".join(f"{name} = {value}" for name, value in part.parameters) or "as declared"


def _print_trouble(console: Console, part: Part) -> None:
    if part.answer is not Answer.CONFORMS:
        text = f"{_KINDS[part.kind]} {_instance(part)}: {part.answer}" + (f": {part.reason}" if part.reason else "")
        console.print(Padding(Text(text, style=_STYLE[part.answer]), (0, 0, 0, 2)))
    if part.divergence is not None:
        _print_divergence(console, part.divergence)
    if part.history is not None:
        _print_history(console, part.history)


def _measure(part: Part) -> str:
    if part.toured is not None:
        it = part.toured
        share = "all" if it.covered == it.claimed else f"{it.covered:,} of"
        best = "the shortest there are" if it.exact else f"at least {it.least:,} are needed"
        return (
            f"{share} {it.claimed:,} transitions of {it.states:,} states, in {it.tours:,} tours of {it.steps:,} steps"
            f" ({best})" + (f"; no call took more than {it.longest_call} steps" if it.longest_call else "")
        )
    if part.interleaved is not None:
        return (
            f"{part.interleaved.interleavings:,} interleavings of {part.interleaved.scenarios:,} scenarios,"
            f" {part.interleaved.moments:,} different moments"
        )
    if part.wandered is not None:
        return (
            f"{part.wandered.walks:,} walks of {part.wandered.steps:,} steps, {part.wandered.different:,} different"
        )
    return "followed again" if part.kind == "replay" else "nothing was compared"


def _print_unclaimed(console: Console, comparison: Comparison) -> None:
    left: dict[tuple[str, str], int] = {}
    for part in comparison.parts:
        for excuse in part.toured.excuses if part.toured is not None else ():
            left[excuse.name, excuse.reason] = left.get((excuse.name, excuse.reason), 0) + excuse.steps
    if left or comparison.unclaimed or comparison.ghosts:
        console.print(Text("  not claimed:"))
    for (name, reason), steps in left.items():
        console.print(Padding(Text(f"{name}, {steps:,} transitions: {reason}"), (0, 0, 0, 4)))
    for name, reason in (*comparison.unclaimed, *comparison.ghosts):
        console.print(Padding(Text(f"{name}: {reason}"), (0, 0, 0, 4)))


def _print_divergence(console: Console, divergence: Divergence) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("#", "contract", "changes", "implementation", "changes"):
        table.add_column(title, overflow="fold", justify="right" if title == "#" else "left")
    for number, moment in enumerate(divergence.moments, 1):
        table.add_row(
            str(number),
            f"{moment.step.show()} ({moment.place.rpartition('/')[2]})",
            _changes(moment.contract),
            moment.label,
            "the same" if moment.implementation == moment.contract else _changes(moment.implementation),
        )
    console.print(Padding(table, (0, 0, 0, 4)))
    console.print(Padding(Text(divergence.message, style="bold"), (0, 0, 0, 4)))
    _print_differences(console, divergence.differences)


def _print_history(console: Console, history: History) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("#", justify="right")
    table.add_column("what happened", overflow="fold")
    lines = [step.show() for step in history.way] + [event.show() for event in history.events]
    for number, line in enumerate(lines, 1):
        table.add_row(str(number), line)
    console.print(Padding(table, (0, 0, 0, 4)))
    console.print(Padding(Text(history.message, style="bold"), (0, 0, 0, 4)))
    _print_differences(console, history.differences)


def _print_differences(console: Console, differences: Iterable[Difference]) -> None:
    for found in differences:
        text = f"{found.subject}: the contract has {found.contract}, the implementation {found.implementation}"
        console.print(Padding(Text(text), (0, 0, 0, 4)))


def _changes(changes: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {old} → {new}" for name, (old, new) in changes.items())


def _closing(comparison: Comparison) -> str:
    match comparison.answer:
        case Answer.CONFORMS:
            return "conforms: everything that the implementation showed is allowed, and it did everything it claims"
        case Answer.DIVERGES:
            return "diverges: the implementation and the contract part as shown"
        case Answer.INCONCLUSIVE:
            return "inconclusive: not everything was compared"


# ---------------------------------------------------------------- JSON


def to_json(comparisons: Sequence[Comparison]) -> str:
    """All comparisons as one document, the same bytes each time."""
    document = {"version": 1, "comparisons": [_comparison(each) for each in comparisons]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "spec": comparison.spec,
        "model": comparison.model,
        "verdict": str(comparison.answer),
        "parts": [_part(part) for part in comparison.parts],
        "unclaimed": dict(comparison.unclaimed),
        "ghosts": dict(comparison.ghosts),
        "words": dict(comparison.words),
    }


def _part(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": part.kind,
        "parameters": dict(part.parameters),
        "verdict": str(part.answer),
        "reason": part.reason or None,
    }
    if part.toured is not None:
        it = part.toured
        found |= {
            "states": it.states,
            "transitions": it.transitions,
            "claimed": it.claimed,
            "covered": it.covered,
            "tours": it.tours,
            "steps": it.steps,
            "shortest": it.exact,
            "least": it.least,
            "longest_call": it.longest_call,
            "excused": [{"action": e.name, "reason": e.reason, "transitions": e.steps} for e in it.excuses],
        }
    if part.interleaved is not None:
        it = part.interleaved
        found |= {"scenarios": it.scenarios, "interleavings": it.interleavings, "moments": it.moments}
    if part.wandered is not None:
        it = part.wandered
        found |= {"walks": it.walks, "steps": it.steps, "different": it.different}
    found["divergence"] = None if part.divergence is None else _divergence(part.divergence)
    found["history"] = None if part.history is None else _history(part.history)
    return found


def _divergence(divergence: Divergence) -> dict[str, Any]:
    return {
        "kind": divergence.kind,
        "message": divergence.message,
        "steps": [_moment(moment) for moment in divergence.moments],
        "differences": [_difference(each) for each in divergence.differences],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "actor": moment.step.actor,
        "action": moment.step.name,
        "label": moment.step.label,
        "arguments": dict(moment.step.arguments),
        "outcome": moment.step.outcome,
        "variant": moment.step.variant,
        "place": moment.place,
        "implementation": moment.label,
        "contract_changes": {name: list(pair) for name, pair in moment.contract.items()},
        "implementation_changes": {name: list(pair) for name, pair in moment.implementation.items()},
    }


def _history(history: History) -> dict[str, Any]:
    return {
        "message": history.message,
        "way": [step.show() for step in history.way],
        "events": [_event(event) for event in history.events],
        "differences": [_difference(each) for each in history.differences],
    }


def _event(event: Event) -> dict[str, Any]:
    return {"actor": event.actor, "event": event.kind}


def _difference(found: Difference) -> dict[str, Any]:
    return {"subject": found.subject, "contract": found.contract, "implementation": found.implementation}
