"""Words that every form of the report uses; the words of success are made here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from custody.change.category import Level
from custody.change.judge import Judgement
from custody.change.result import Change, Result, Row, Shift
from custody.language.diagnostic import Diagnostic


def result_words(result: Result) -> str:
    """The verdict on one specification, and how far it goes."""
    if result.is_left:
        return "not compared"
    if not result.left or result.level is None:
        return level_words(result.level)
    return f"{_found_words(result.level)}, as far as it was compared"


def _found_words(level: Level | None) -> str:
    """The verdict where something was left out: then nothing is identical."""
    return "no change was found" if level is Level.IDENTICAL else level_words(level)


def level_words(level: Level | None) -> str:
    """The verdict on one specification, or on all."""
    match level:
        case None:
            return "inconclusive"
        case Level.IDENTICAL:
            return "identical: no change of behaviour"
        case _:
            return level.value


def together(lines: Sequence[str]) -> list[str]:
    """What is said of single instances, said once of all that it is said of."""
    names: dict[str, list[str]] = {}
    for line in lines:
        name, colon, what = line.partition(": ")
        names.setdefault(what if colon else line, []).append(name if colon else "")
    return [f"{', '.join(who)}: {what}" if who != [""] else what for what, who in names.items()]


def spot(error: Diagnostic) -> str:
    """Where it is that something could not be compared: file and line, the path alone, or nothing."""
    place = error.place
    return str(place) if place.file and place.line else place.file


def refused_by(change: Change) -> str:
    """Who refuses the last step."""
    return f"{'NEW' if change.only == 'old' else 'OLD'} does not have this step here"


def shifts_words(shifts: Sequence[Shift]) -> str:
    """What a step changes, in one line."""
    return ", ".join(f"{s.name}: {s.before} \N{RIGHTWARDS ARROW} {s.after}" for s in shifts)


def same_shifts(row: Row) -> bool:
    """Whether the step does the same in both versions."""
    return row.old == row.new


def closing(judgement: Judgement) -> str:
    """The closing line. Only where everything was compared and nothing closes the gate does it sound like success."""
    untouched = sum(result.is_left for result in judgement.results)
    counted = len(judgement.results) - untouched
    what = f"{counted} specification{'' if counted == 1 else 's'} compared"
    if untouched:
        what += f", {untouched} left to --wide"
    if judgement.unchanged:
        what += f", {judgement.unchanged} unchanged"
    if judgement.between:
        what += f", {judgement.between}"
    closing_ones = sum(finding.closes for finding in judgement.findings)
    accepted = sum(finding.accepted is not None for finding in judgement.findings)
    parts = [what]
    if closing_ones:
        parts.append(f"{closing_ones} change{'s that close' if closing_ones != 1 else ' that closes'} the gate")
    if accepted:
        parts.append(f"{accepted} accepted")
    if judgement.errors:
        parts.append(f"{len(judgement.errors)} could not be compared")
    if judgement.limits:
        parts.append("not complete")
    if closing_ones or judgement.errors or judgement.limits:
        return "; ".join(parts)
    left = sum(len(result.left) for result in judgement.results)
    if not left:
        return "; ".join([*parts, level_words(judgement.level)])
    return "; ".join([*parts, f"{_found_words(judgement.level)}, with {_instances(left)} left to --wide"])


def _instances(count: int) -> str:
    return "1 instance" if count == 1 else f"{count} instances"
