"""What one line of a recording says of a parameter, of an instance and of an outcome, and what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence

from custody.evidence.instance import Step
from custody.evidence.meaning import Event
from custody.evidence.recording import Value
from custody.evidence.search import Way
from custody.language.events import EventRule, Slot


def recorded_value(event: Event, slot: Slot) -> Value | None:
    """What the recording says of a parameter."""
    match slot.field:
        case "task":
            return event.task
        case "process":
            return event.process
        case name:
            return event.fields.get(name)


def begins_unseen(way: Way) -> bool:
    """Whether what comes before the first line is more than the entry of the call that it is part of."""
    unseen = [part for part in way.parts if part.kind != "seen"]
    return len(unseen) > 1 or bool(way.lost)


def given(event: Event, way: Way, role: str, value: Value) -> str | None:
    """Which instance stands for the value in what the line shows."""
    seen = [part.step for part in way.parts if part.kind == "seen"]
    for rule in event.rules:
        for meaning, step in zip(rule.meanings, seen, strict=False):
            if meaning.action == step.action.name:
                for slot in meaning.slots:
                    if slot.role == role and recorded_value(event, slot) == value:
                        return step.arguments[slot.parameter]
    return None


def has_outcome(step: Step, event: Event, rule: EventRule, siblings: Sequence[Step]) -> bool:
    """Whether the action ends as the line says, where both tell."""
    if not event.result_known:
        return True
    outcome = step.action.outcome or ""
    if rule.errno is not None and not any((other.action.outcome or "").startswith("fails") for other in siblings):
        return True
    if event.errno is None:
        return not outcome.startswith("fails")
    return outcome == f"fails {event.errno}"
