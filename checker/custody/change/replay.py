"""A change that was written down, tried again in the plain evaluator: its run is one of the one version only.

The run is taken step by step as the JSON of a comparison has it.  A difference of behaviour replays where the other
version has no run with the same labels; a verdict that was lost or gained, where the run shows the violation and the
other version keeps the property.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.change.result import Change
from custody.change.witness import still_allowed
from custody.observe.label import SAME, Label, Labels, renamed, stepwise
from custody.properties.check import check
from custody.properties.engines import searching
from custody.properties.fault import ReplayError
from custody.properties.replay import replay as confirm
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.finding import Finding, Means, Trace, Verdict
from custody.system.model import LIVENESS, State, System


@dataclass(frozen=True, slots=True)
class Replayed:
    """Whether the change is there, and the sentence that says so, or why not."""

    there: bool
    words: str


def is_replayable(change: Change) -> bool:
    """Whether the change was shown by a run."""
    return bool(change.only and (change.old_run if change.only == "old" else change.new_run))


def replay(old: System, new: System, change: Change, *, hasty: bool = False) -> Replayed:
    """Tries the change on one instance of both versions; the numbers of its actions are those of the comparison.

    `hasty` is for instances that are known to be small.
    """
    gone = change.only == "old"
    run = change.old_run if gone else change.new_run
    if change.id.endswith(("-LOST", "-GAINED")):
        return _verdict(old, new, change, run, hasty)
    names = renamed(new, old)
    split = stepwise(old) | stepwise(new, names)
    labels = Labels(old, SAME, split), Labels(new, names, split)
    mine, yours = (0, 1) if gone else (1, 0)
    sides, words = (old, new), ("OLD", "NEW")
    seen = _labels(sides[mine], labels[mine], run)
    if seen is None:
        return Replayed(False, f"{words[mine]} does not have the run")
    if [str(label) for label in seen] != [row.words for row in change.rows]:
        return Replayed(False, f"{words[mine]} has a run of these steps, and other calls are seen of it")
    complaint = still_allowed(sides[yours], labels[yours], seen)
    if complaint is not None:
        return Replayed(False, f"{words[yours]} has the run as well")
    steps = len(seen)
    return Replayed(True, f"{words[mine]} has the run of {steps} visible steps, and {words[yours]} has none like it")


def _labels(system: System, labels: Labels, run: Sequence[int]) -> list[Label] | None:
    """What is seen of the run, from the first state in which it can be taken; None where there is none."""
    for state in initial_states(system):
        seen = _from(system, labels, run, state)
        if seen is not None:
            return seen
    return None


def _from(system: System, labels: Labels, run: Sequence[int], state: State) -> list[Label] | None:
    seen: list[Label] = []
    pending = -1
    for number, index in enumerate(run):
        if index >= len(system.actions) or pending not in (-1, index):
            return None
        action = system.actions[index]
        if pending == index:
            seen.append(labels.end(index, state))
            state, pending = fire(action, state), -1
            continue
        if not evaluate(action.guard, state):
            return None
        failed = failed_check(action, state)
        if failed is not None:
            seen.append(labels.hazard(index, failed))
            return seen if number + 1 == len(run) else None
        if not labels.hidden[index]:
            seen.append(labels.of(index, state))
        if labels.halves[index]:
            pending = index
        else:
            state = fire(action, state)
    return seen


def _verdict(old: System, new: System, change: Change, run: Sequence[int], hasty: bool) -> Replayed:
    """The run violates the property in its version, and the other version keeps it."""
    said = renamed(new, old).property(change.subject)
    gained = change.only == "old"
    system, name, where = (old, said, "OLD") if gained else (new, change.subject, "NEW")
    other, its_name, elsewhere = (new, change.subject, "NEW") if gained else (old, said, "OLD")
    if not _violates(system, name, run):
        return Replayed(False, f"{where} has no such run, or it does not violate {name}")
    if its_name in {subject.name for subject in other.properties}:
        result = check(other, other.file, properties=[its_name], engines=searching(Means(hasty=hasty)))
        if result.properties[0].finding.verdict is not Verdict.HOLDS:
            return Replayed(False, f"{its_name} does not hold in {elsewhere} either")
    return Replayed(True, f"the run of {len(run)} steps violates {name} in {where}, and it holds in {elsewhere}")


def _violates(system: System, name: str, run: Sequence[int]) -> bool:
    subject = next((known for known in system.properties if known.name == name), None)
    if subject is None:
        return False
    for state in initial_states(system):
        trace = _trace(system, run, state, lasso=subject.form in LIVENESS)
        if trace is None:
            continue
        for actor in (None, *dict(subject.resting)):
            try:
                confirm(system, subject, Finding(name, Verdict.VIOLATED, trace, subject=actor))
            except ReplayError:
                continue
            return True
    return False


def _trace(system: System, run: Sequence[int], state: State, *, lasso: bool) -> Trace | None:
    states = [state]
    for number, index in enumerate(run):
        if index >= len(system.actions) or not evaluate(system.actions[index].guard, state):
            return None
        failed = failed_check(system.actions[index], state)
        if failed is not None:
            broken = system.actions[index].checks.index(failed)
            return Trace(tuple(states), tuple(run), broken=broken) if number + 1 == len(run) else None
        state = fire(system.actions[index], state)
        states.append(state)
    if not lasso:
        return Trace(tuple(states), tuple(run))
    loop = next((number for number, known in enumerate(states[:-1]) if known == state), None)
    return Trace(tuple(states), tuple(run), loop_at=loop, stutters=loop is None)


__all__ = ["Replayed", "is_replayable", "replay"]
