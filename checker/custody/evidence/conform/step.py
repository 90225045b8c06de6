"""A step of the contract as the implementation is asked for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from custody.system.expression import TRUE
from custody.system.model import Action, System


class Manner(Enum):
    """How the implementation takes the step."""

    WHOLE = "whole"  # a call from beginning to end, or what hardware or core do by themselves
    CALL = "call"  # the beginning of a call, to its first point
    WITHIN = "within"  # from one point of a call to the next


@dataclass(frozen=True, slots=True)
class Step:
    """What an action of the contract asks of the implementation.

    `variant` numbers the actions that differ in nothing else: which of several allocations fails, say.
    """

    index: int
    actor: str
    name: str
    label: str
    arguments: tuple[tuple[str, str], ...]
    outcome: str | None
    variant: int
    manner: Manner

    @property
    def failure(self) -> str | None:
        """The errno that the contract has the call return, in its words; None where the step is no failure."""
        word = self.outcome or ""
        return word.removeprefix("fails ") if word.startswith("fails ") else None

    def show(self) -> str:
        outcome = f" ({self.outcome})" if self.outcome else ""
        return f"{self.actor}: {self.label}{outcome}"


def steps_of(system: System) -> tuple[Step, ...]:
    """The steps that the system's actions are, in their order."""
    met: Counter[tuple[object, ...]] = Counter()
    found: list[Step] = []
    for index, action in enumerate(system.actions):
        key = (action.actor, action.name, action.label, action.arguments, action.outcome, action.place)
        found.append(
            Step(
                index,
                action.actor,
                action.name,
                action.label,
                action.arguments,
                action.outcome,
                met[key],
                _manner(action),
            )
        )
        met[key] += 1
    return tuple(found)


def _manner(action: Action) -> Manner:
    if action.begins:
        return Manner.CALL if action.label.startswith("calls ") else Manner.WHOLE
    return Manner.WHOLE if action.control is TRUE else Manner.WITHIN
