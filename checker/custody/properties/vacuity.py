"""What a specification says that makes no difference: a sign that it does not say what its author means.

An action that never fires, and a property that holds only because what it presupposes never happens.  Both are
known only when every reachable state has been seen, so an unfinished search gives no warnings.  Instances of one
declaration count together: a warning means that none of them ever mattered.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.properties.result import Notice
from custody.system.finding import Exploration
from custody.system.model import Property, System
from custody.system.place import Place

ACTION_NEVER_FIRES = "action-never-fires"
PREMISE_NEVER_TRUE = "premise-never-true"

CODES = {
    ACTION_NEVER_FIRES: "No reachable state lets this step happen: its guard is too strong, or nothing leads to it.",
    PREMISE_NEVER_TRUE: "The property holds only because what it presupposes never happens.",
}
"""Each code with what it means."""


def notices(system: System, subjects: Sequence[Property], found: Sequence[Exploration]) -> tuple[Notice, ...]:
    """The warnings that the finished explorations support, in the order of the text."""
    warnings: list[Notice] = []
    for exploration in found:
        if exploration.complete and exploration.fired:
            warnings += _idle_actions(system, exploration.fired)
            break
    for subject in subjects:
        for exploration in found:
            if exploration.complete and subject.name in exploration.premises:
                warnings += _idle_premises(subject, exploration.premises[subject.name])
                break
    return tuple(sorted(set(warnings), key=lambda notice: (notice.place, notice.code, notice.message)))


def _idle_actions(system: System, fired: Sequence[int]) -> list[Notice]:
    total: dict[tuple[Place, str, str, str | None], int] = {}
    for action, times in zip(system.actions, fired, strict=True):
        key = (action.place, action.name, action.label, action.outcome)
        total[key] = total.get(key, 0) + times
    return [
        Notice(ACTION_NEVER_FIRES, f"{_title(name, label, outcome)} never happens", place)
        for (place, name, label, outcome), times in total.items()
        if times == 0
    ]


def _title(name: str, label: str, outcome: str | None) -> str:
    step = f"`{name}`" if label in ("", name) else f"`{label}` in `{name}`"
    return f"{step} with the outcome `{outcome}`" if outcome else step


def _idle_premises(subject: Property, held: Sequence[bool]) -> list[Notice]:
    seen: dict[tuple[Place, str], bool] = {}
    for premise, was_true in zip(subject.premises, held, strict=True):
        key = (premise.place, premise.text)
        seen[key] = seen.get(key, False) or was_true
    return [
        Notice(PREMISE_NEVER_TRUE, f"`{subject.name}` says nothing: `{text}` is never true", place)
        for (place, text), was_true in seen.items()
        if not was_true
    ]
