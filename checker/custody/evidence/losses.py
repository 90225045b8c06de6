"""Where a recording says that events were lost: whether what looks like a misuse may be nothing but that.

The steps that would excuse it have to fit where events were lost, and every line of the buffer since then has to be
explained with them as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from custody.evidence.history import Gap
from custody.evidence.instance import Slots, Step
from custody.evidence.meaning import Event
from custody.evidence.run import Run
from custody.evidence.search import Limits

MOST_AFTER = 2_000
"""How many lines of a buffer after the loss are looked at again."""

EXCUSE = Limits(depth=12, lost=6, lost_cost=30, invent=True)


def excused(run: Run, event: Event, losses: Sequence[int]) -> Run | None:
    """The run with the event explained without a misuse, by steps whose lines were lost; None where that is none.

    `losses` are the lines where the recording says that events were lost.
    """
    trial = run.copy()
    found = trial.explanation(event, EXCUSE)
    if not found.ways or found.ways[0].misuses or not found.ways[0].lost:
        return None
    lost: list[Step] = []
    for part in found.ways[0].parts:
        if part.kind == "seen":
            break
        lost.append(part.step)
    for number in reversed([loss for loss in losses if loss <= event.line.number]):
        again = _without(run, number, lost)
        if again is None:
            continue
        since = [entry.event for entry in run.history if entry.event.line.number > number]
        if len(since) > MOST_AFTER:
            return None
        if all(again.follow(later, Limits(lost=0)) for later in (*since, event)) and _no_worse(run, again):
            before = next((e.event for e in reversed(run.history) if e.event.line.number < number), None)
            first = since[0] if since else event
            again.gaps.append(Gap(first, before, found.ways[0].lost, False, _words(run, event)))
            return again
    return None


def _without(run: Run, number: int, lost: Sequence[Step]) -> Run | None:
    """The run as it was at the loss, after the lost steps; None where they do not fit there."""
    kept = [entry for entry in run.history if entry.event.line.number < number]
    if not kept or kept[-1].sized is not run.sized:
        return None
    states = kept[-1].states
    for step in lost:
        fired = [after for state in states if (after := step.fire(state)) is not None and not after.broken]
        states = tuple(dict.fromkeys(after.state for after in fired))
    if not states:
        return None
    again = run.copy()
    slots = {role: Slots(dict(bound)) for role, bound in kept[-1].bound.items()}
    # Who is seen after the loss only has the place already that the lost steps speak of.
    for role, known in run.slots.items():
        for value, slot in known.bound.items():
            if slot not in slots[role].bound.values():
                slots[role].bound.setdefault(value, slot)
    return replace(
        again,
        states=states,
        slots=slots,
        history=kept,
        misuses=[misuse for misuse in run.misuses if misuse.event.line.number < number],
        gaps=[gap for gap in run.gaps if gap.event.line.number < number],
    )


def _no_worse(run: Run, again: Run) -> bool:
    return len(again.misuses) <= len(run.misuses)


def _words(run: Run, event: Event) -> str:
    found = run.copy().explanation(event, Limits(lost=0))
    clauses = [clause for way in found.ways[:1] for part in way.misuses for clause in part.broken]
    return "; ".join(dict.fromkeys(clause.message or clause.text for clause in clauses))
