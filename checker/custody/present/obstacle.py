"""What is in the way of an induction, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from custody.present.report import step_words
from custody.prove.result import Obstacle
from custody.prove.templates import LEMMA
from custody.system.display import show, variables
from custody.system.model import System

MOST_NAMES = 6
"""How many values and lemmas are told at most; the picture shows more of the values."""


def unusual(system: System, obstacle: Obstacle) -> list[str]:
    """What is not as at first in the state that induction cannot exclude."""
    differs = frozenset(obstacle.differs)
    state = obstacle.trace.states[0]
    told = [
        f"{view.name} is {show(view.shape, state)}"
        for view in system.views
        if not view.hidden and not differs.isdisjoint(variables(view.shape))
    ]
    for index in obstacle.differs:
        variable = system.variables[index]
        if variable.control and variable.name == f"{variable.actor}.at":
            told.append(f"{variable.actor} is in {variable.domain.show(state[index])}")
    return told


def sentences(system: System, obstacle: Obstacle) -> Iterator[str]:
    """The step that is in the way, and what would exclude it, a paragraph each."""
    values = unusual(system, obstacle)
    more = [f"{len(values) - MOST_NAMES} other values"] if len(values) > MOST_NAMES else []
    told = ", ".join([*values[:MOST_NAMES], *more])
    actions = [system.actions[index] for index in obstacle.trace.actions]
    taken = ", then ".join(f"{action.actor} {step_words(action)}" for action in actions)
    where = f"a state like a first one but that {told}" if told else "a first state"
    yield f"nothing that is stated and kept excludes {where}; there {taken} violates it"
    if not obstacle.missing:
        yield "no template gives a lemma that excludes that state"
        return
    texts = [text.removeprefix(LEMMA) for text in obstacle.missing]
    left = [f"and {len(texts) - MOST_NAMES} more"] if len(texts) > MOST_NAMES else []
    ends = "with that every step keeps it" if obstacle.suffice else "but other states are in the way then"
    yield f"missing is: {'; '.join([*texts[:MOST_NAMES], *left])}; {ends}"
