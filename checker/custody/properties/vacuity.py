"""What a specification says that makes no difference: a sign that it does not say what its author means.

An action that never fires, and a property that holds only because what it presupposes never happens.  Both are
known only when every reachable state has been seen, so an unfinished search gives no warnings.  Instances of one
declaration count together, and so do the runs of one file with different parameters: a warning that stands means
that none of them ever mattered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from custody.properties.result import Notice, RunResult
from custody.system.finding import Exploration
from custody.system.model import Property, System

ACTION_NEVER_FIRES = "action-never-fires"
PREMISE_NEVER_TRUE = "premise-never-true"

CODES = {
    ACTION_NEVER_FIRES: "No reachable state lets this step happen: its guard is too strong, or nothing leads to it.",
    PREMISE_NEVER_TRUE: "The property holds only because what it presupposes never happens.",
}
"""Each code with what it means."""


def judge(
    system: System, subjects: Sequence[Property], found: Sequence[Exploration]
) -> tuple[tuple[Notice, ...], frozenset[Notice]]:
    """The warnings that the finished explorations support, in the order of the text, and those that are refuted."""
    seen: dict[Notice, bool] = {}
    finished: set[Notice] = set()
    for exploration in found:
        mattered = [*_actions(system, exploration.fired)] if exploration.fired else []
        for subject in subjects:
            if subject.name in exploration.premises:
                mattered += _premises(subject, exploration.premises[subject.name])
        for notice, matters in mattered:
            seen[notice] = seen.get(notice, False) or matters
        if exploration.complete:
            finished.update(notice for notice, _ in mattered)
    idle = {notice for notice, matters in seen.items() if not matters} & finished
    return (
        tuple(sorted(idle, key=lambda notice: (notice.place, notice.code, notice.message))),
        frozenset(notice for notice, matters in seen.items() if matters),
    )


def standing(runs: Iterable[RunResult]) -> dict[str, tuple[Notice, ...]]:
    """For each file the warnings of its runs that no other run of the file refutes, each once."""
    warned: dict[str, dict[Notice, None]] = {}
    refuted: dict[str, set[Notice]] = {}
    for run in runs:
        warned.setdefault(run.spec, {}).update(dict.fromkeys(run.notices))
        refuted.setdefault(run.spec, set()).update(run.refuted)
    return {
        spec: tuple(notice for notice in notices if notice not in refuted[spec]) for spec, notices in warned.items()
    }


def _actions(system: System, fired: Sequence[int]) -> Iterator[tuple[Notice, bool]]:
    """By the statement: one that is part of a procedure matters where any of its callers gets to it."""
    for action, times in zip(system.actions, fired, strict=True):
        whole = action.label in ("", action.name) or action.label.startswith(f"{action.name}(")
        title = f"`{action.name if whole else action.label}`"
        if action.outcome:
            title += f" with the outcome `{action.outcome}`"
        yield Notice(ACTION_NEVER_FIRES, f"{title} never happens", action.place), times > 0


def _premises(subject: Property, held: Sequence[bool]) -> Iterator[tuple[Notice, bool]]:
    for premise, was_true in zip(subject.premises, held, strict=True):
        message = f"`{subject.name}` says nothing: `{premise.text}` is never true"
        yield Notice(PREMISE_NEVER_TRUE, message, premise.place), was_true
