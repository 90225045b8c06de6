"""Explanations of violations: as text below a run, as data for the JSON, and as the page of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from custody.present.columns import Page
from custody.present.report import step_words, trace_steps
from custody.system.display import variables
from custody.system.finding import Trace
from custody.system.model import System
from custody.why.result import KINDS, Explanation, Tried

MOST_NAMES = 6
"""How many names a line of text has at most."""

MOST_STEPS = 12
"""How many steps of a passing run are told in text; the JSON has all."""


def render_explanations(system: System, found: Mapping[str, Explanation], page: Page) -> str:
    """Each violation with what mattered, the nearest passing run and the repairs."""
    lines: list[str] = []
    for name, explanation in found.items():
        lines.append(f"  {page.styled(f'why {name} is violated', 'bold')}")
        for sentence in sentences(system, explanation):
            lines += page.paragraph(sentence, 4)
    return "".join(f"{line}\n" for line in lines)


def sentences(system: System, explanation: Explanation) -> Iterator[str]:
    """What is to be said, a paragraph each."""
    yield from _mattered(system, explanation)
    yield _passing(system, explanation)
    if not explanation.repairs:
        more = "; a limit kept others from being tried" if explanation.cut else ""
        yield f"none of the {explanation.tried} small changes that were tried would have prevented it{more}"
    for number, tried in enumerate(explanation.repairs):
        first = "would have prevented it: " if number == 0 else "or: "
        yield f"{first}{repair_words(tried)}; {consequences(tried, explanation.result.subject.name)}"


def repair_words(tried: Tried) -> str:
    """Such as `line 198, another direction: …`."""
    return f"line {tried.repair.place.line}, {KINDS[tried.repair.kind]}: {tried.repair.what}"


def consequences(tried: Tried, name: str) -> str:
    """What else the repair does, of what was checked again."""
    others = [other for other in tried.fixes if other != name]
    parts = [f"it also repairs {_names(others)}"] if others else []
    if tried.idle:
        parts.append(f"then {_names(tried.idle)}, of no use any more")
    if tried.breaks:
        parts.append(f"but it breaks {_names(tried.breaks)}")
    if tried.unreachable:
        parts.append(f"but {_names(tried.unreachable)} can no longer be reached")
    if tried.vacuous:
        parts.append(f"but it takes meaning away: {_names(tried.vacuous)}")
    if tried.reason:
        parts.append(f"but not everything is known: {tried.reason}")
    if tried.clean and not others:
        parts.append("nothing else changes")
    elif tried.clean:
        parts.append("nothing is spoilt")
    return "; ".join(parts)


def _mattered(system: System, explanation: Explanation) -> Iterator[str]:
    what, trace = explanation.mattered, explanation.result.finding.trace
    if what is None or trace is None:
        yield "no values that stay as they are explain it, so that steps are not told apart"
        return
    rests = f"it rests on {_steps(what.steps)}" if what.steps else "it rests on no step"
    needed = f"; {_steps(what.enabling)} only lead there" if what.enabling else ""
    rest = trace.length - len(what.steps) - len(what.enabling)
    beside = f"; {'one other does' if rest == 1 else f'{rest} others do'} not matter" if rest else ""
    yield f"{rests}{needed}{beside}"
    names = shown_names(system, what.variables)
    if names:
        yield f"and on the values of {_names(names)}"


def _passing(system: System, explanation: Explanation) -> str:
    found, trace = explanation.passing, explanation.result.finding.trace
    if found is None or trace is None:
        return "no run that passes was found near it"
    told, own = _walk(system, found.trace), _walk(system, trace)
    if told[found.shared] == own[found.shared]:
        # A choice within the step: only what it changes tells the two apart.
        told, own = _walk(system, found.trace, found.shared), _walk(system, trace, found.shared)
    then = told[found.shared :]
    more = f", and {len(then) - MOST_STEPS} more" if len(then) > MOST_STEPS else ""
    same = (
        f"is the same for {found.shared} step{'' if found.shared == 1 else 's'}, and then" if found.shared else "has"
    )
    where = f"instead of step {found.shared + 1} ({own[found.shared]})"
    kind = "the nearest run that passes" if found.nearest else "the nearest run found that passes"
    return f"{kind} {same}, {where}: {'; '.join(then[:MOST_STEPS])}{more}; {found.ends}"


def _walk(system: System, trace: Trace, detailed: int = -1) -> list[str]:
    """The steps in words; of the detailed one also what it changes."""
    found: list[str] = []
    for number, step in enumerate(trace_steps(system, trace)):
        words = f"{step.action.actor} {step_words(step.action)}"
        if number == detailed:
            changed = [f"{change.name} = {change.new}" for change in step.told]
            words += f", so that {', '.join(changed)}" if changed else ", which breaks a check" if step.breaks else ""
        found.append(words)
    return found


def shown_names(system: System, indices: Sequence[int]) -> list[str]:
    """The declared things that the variables are part of; their own names where they are part of none."""
    owner = {index: view.name for view in reversed(system.views) for index in variables(view.shape)}
    return list(dict.fromkeys(owner.get(index, system.variables[index].name) for index in indices))


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown


def _steps(numbers: Sequence[int]) -> str:
    """Such as `steps 3, 8 to 10`."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number:
            spans[-1] = (spans[-1][0], number + 1)
        else:
            spans.append((number + 1, number + 1))
    told = ", ".join(
        str(a) if a == b else f"{a} to {b}" if b > a + 1 else f"{a}, {b}" for a, b in spans
    )  # fmt: skip
    return f"step {told}" if len(numbers) == 1 else f"steps {told}"


# ---------------------------------------------------------------------- data


def explanation_document(system: System, explanation: Explanation) -> dict[str, Any]:
    """For the JSON; steps are numbered from 1, as in the text."""
    what, found = explanation.mattered, explanation.passing
    return {
        "steps": None if what is None else [number + 1 for number in what.steps],
        "enabling": None if what is None else [number + 1 for number in what.enabling],
        "variables": None if what is None else [system.variables[index].name for index in what.variables],
        "initial": None if what is None else [system.variables[index].name for index in what.initial],
        "passing": None
        if found is None
        else {
            "shared": found.shared,
            "nearest": found.nearest,
            "ends": found.ends,
            "loop_at": found.trace.loop_at,
            "steps": _told(system, found.trace),
        },
        "repairs": [repair_document(tried) for tried in explanation.repairs],
        "tried": explanation.tried,
        "cut": explanation.cut,
    }


def repair_document(tried: Tried) -> dict[str, Any]:
    """A repair and what it does."""
    return {
        "kind": tried.repair.kind,
        "changes": [
            {"what": change.what, "file": change.place.file, "line": change.place.line}
            for change in tried.repair.changes
        ],
        "clean": tried.clean,
        "fixes": list(tried.fixes),
        "breaks": list(tried.breaks),
        "unreachable": list(tried.unreachable),
        "vacuous": list(tried.vacuous),
        "idle": list(tried.idle),
        "left": list(tried.left),
        "reason": tried.reason or None,
    }


def _told(system: System, trace: Trace) -> list[dict[str, Any]]:
    return [
        {"actor": step.action.actor, "step": step_words(step.action)} for step in trace_steps(system, trace)
    ]  # fmt: skip
