"""A difference shown on both sides: a run that one version has, and why the other refuses its last step.

The run is one of the version that allows the label, its unseen steps included; beside it goes a run of the other
version with the same labels, as far as there is one.  `confirm` goes over both again in the plain evaluator, which
shares no code with the search.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from custody.change.product import Difference, Direction
from custody.observe.label import Label, Labels, Seen
from custody.observe.observer import BROKEN, UNSEEN, Observer
from custody.properties.fault import ReplayError
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.model import Action, Clause, State, System

MOST_STATES = 20_000
"""How many states are followed at once to confirm that a version refuses a label."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a run: the action, the state before it, and what is seen of it, if anything."""

    action: int
    before: State
    label: Label | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the version does not allow the last label: a clause that is false, and the action that it belongs to.

    `clause` is None where no clause of the author's says so, or nothing of the name is there at all (`action` -1).
    """

    action: int
    clause: Clause | None
    state: State


@dataclass(frozen=True, slots=True)
class Witness:
    """Both sides of a difference.

    `allowed` is a run of the version that allows the last label, which its last leg gives; `after` the state that it
    ends in, None where the step breaks a check.  `followed` is a run of the other version with the labels before.
    """

    difference: Difference
    allowed: tuple[Leg, ...]
    after: State | None
    followed: tuple[Leg, ...]
    refusal: Refusal
    instead: tuple[Label, ...]

    @property
    def length(self) -> int:
        """The number of visible steps, the one in question included."""
        return len(self.difference.path) + 1


def witness(old: Observer, new: Observer, difference: Difference) -> Witness:
    """The difference on both sides, confirmed; ReplayError when the evaluator sees it differently."""
    allowing = old if difference.direction is Direction.GONE else new
    allowed, last = _run(allowing, (*difference.path, difference.label))
    return shown(old, new, difference, allowed, None if last == BROKEN else allowing.state(last))


def shown(
    old: Observer, new: Observer, difference: Difference, allowed: tuple[Leg, ...], after: State | None
) -> Witness:
    """The same with the run of the version that allows it, and the state that it ends in."""
    gone = difference.direction is Direction.GONE
    allowing, refusing = (old, new) if gone else (new, old)
    belief = difference.new if gone else difference.old
    refusal, followed = _refused(refusing, difference, belief)
    instead = tuple(
        label
        for label in sorted((refusing.alphabet.labels[n] for n in refusing.after(belief)), key=str)
        if label.call == difference.label.call and label.seen is not Seen.HAZARD
    )
    found = Witness(difference, allowed, after, followed, refusal, instead)
    confirm(allowing.system, allowing.labels, refusing.system, refusing.labels, found)
    return found


def _run(observer: Observer, labels: Sequence[Label]) -> tuple[tuple[Leg, ...], int]:
    """A shortest run with these labels, and the point that it ends in."""
    return _run_to(observer, labels, None)


def _run_to(observer: Observer, labels: Sequence[Label], goals: frozenset[int] | None) -> tuple[tuple[Leg, ...], int]:
    """A shortest run with these labels that ends in one of the goals."""
    numbers = [observer.alphabet.number(label) for label in labels]
    queue: deque[tuple[int, int]] = deque((point, 0) for point in observer.first_points())
    before: dict[tuple[int, int], tuple[tuple[int, int], Leg] | None] = dict.fromkeys(queue)
    while queue:
        here = queue.popleft()
        point, seen = here
        if seen == len(numbers) and (goals is None or point in goals):
            return _back(before, here), point
        for move in observer.moves(point):
            if move.label == UNSEEN:
                there = (move.target, seen)
            elif seen < len(numbers) and move.label == numbers[seen]:
                there = (move.target, seen + 1)
            else:
                continue
            if there not in before:
                label = None if move.label == UNSEEN else observer.alphabet.labels[move.label]
                before[there] = (here, Leg(move.action, observer.state(point), label))
                queue.append(there)
    raise ReplayError(
        "a run that was found cannot be found again", f"{observer.system.file}: {list(map(str, labels))}"
    )


def _back(before: dict[tuple[int, int], tuple[tuple[int, int], Leg] | None], end: tuple[int, int]) -> tuple[Leg, ...]:
    legs: list[Leg] = []
    step = before[end]
    while step is not None:
        end, leg = step
        legs.append(leg)
        step = before[end]
    return tuple(reversed(legs))


def _refused(observer: Observer, difference: Difference, belief: int) -> tuple[Refusal, tuple[Leg, ...]]:
    """The nearest that the version comes to the label, and a run to there."""
    candidates = _candidates(observer.labels, observer.system, difference.label)
    best: tuple[int, int, Refusal] | None = None
    for point in [point for point in observer.beliefs[belief] if point != BROKEN]:
        state = observer.state(point)
        for index in candidates:
            action = observer.system.actions[index]
            if not evaluate(action.control, state):
                continue
            false = [clause for clause in action.clauses if not evaluate(clause.expression, state)]
            if not false and evaluate(action.guard, state):
                continue
            rank = len(false) or 1_000
            if best is None or rank < best[0]:
                best = (rank, point, Refusal(index, false[0] if false else None, state))
    if best is None:
        point = next((point for point in observer.beliefs[belief] if point != BROKEN), BROKEN)
        state = observer.state(point) if point != BROKEN else ()
        best = (0, point, Refusal(candidates[0] if candidates else -1, None, state))
    run, _ = _run_to(observer, difference.path, frozenset({best[1]}))
    return best[2], run


def _candidates(labels: Labels, system: System, wanted: Label) -> list[int]:
    """The actions that could have given the label: of the same answer first, else of the same call."""
    same_call: list[int] = []
    same_answer: list[int] = []
    for index, action in enumerate(system.actions):
        call = labels.call(index)
        if wanted.seen is Seen.RETURN:
            fits = call.actor == wanted.actor and call.name == wanted.name and action.ends
        elif wanted.seen is Seen.HAZARD:
            fits = call.name == wanted.name and call.actor == wanted.actor
        else:
            fits = call.call == wanted.call and not action.inner
        if fits:
            same_call.append(index)
            if action.answer is not None or _words(action.outcome) == wanted.answer:
                same_answer.append(index)
    return same_answer or same_call


def _words(outcome: str | None) -> str:
    return outcome or ""


# ------------------------------------------------------------------ the plain evaluator's own look at it


def confirm(allowing: System, its_labels: Labels, refusing: System, other_labels: Labels, found: Witness) -> None:
    """ReplayError unless the run is one of `allowing`, and no run of `refusing` has its labels."""
    complaint = _broken_run(allowing, its_labels, found)
    if complaint is None:
        complaint = still_allowed(refusing, other_labels, [*found.difference.path, found.difference.label])
    if complaint is not None:
        labels = ", ".join(map(str, [*found.difference.path, found.difference.label]))
        raise ReplayError(
            f"a difference does not replay: {complaint}", f"{allowing.file}, {refusing.file}: {labels}\n"
        )


def _broken_run(system: System, labels: Labels, found: Witness) -> str | None:
    wanted = [label.key for label in (*found.difference.path, found.difference.label)]
    if not found.allowed or found.allowed[0].before not in set(initial_states(system)):
        return "the run does not start in a first state"
    seen: list[object] = []
    for number, leg in enumerate(found.allowed):
        action = system.actions[leg.action]
        last = number + 1 == len(found.allowed)
        if not evaluate(action.guard, leg.before):
            return f"step {number + 1} ({action.label}) is not enabled"
        failed = failed_check(action, leg.before)
        if failed is not None:
            seen.append(labels.hazard(leg.action, failed).key)
            if not last:
                return f"step {number + 1} ({action.label}) breaks a check"
            continue
        part = leg.label.seen if labels.halves[leg.action] and leg.label is not None else None
        if part is Seen.RETURN:
            seen.append(labels.end(leg.action, leg.before).key)
        elif not labels.hidden[leg.action]:
            seen.append(labels.of(leg.action, leg.before).key)
        after = leg.before if part is Seen.CALL else fire(action, leg.before)
        following = found.after if last else found.allowed[number + 1].before
        if after != following:
            return f"step {number + 1} ({action.label}) leads to another state"
    return None if seen == wanted else "the run has other labels"


def still_allowed(system: System, labels: Labels, wanted: Sequence[Label]) -> str | None:
    """Follows every run with these labels; None when there is none, as there should not be."""
    actions = list(enumerate(system.actions))
    unseen = [action for index, action in actions if labels.hidden[index]]
    present: set[tuple[State, int]] = {(state, -1) for state in initial_states(system)}
    for label in wanted:
        present = _closed(present, unseen)
        if len(present) > MOST_STATES:
            return None  # more than can be followed; the search itself followed them
        following: set[tuple[State, int]] = set()
        broken = False
        for state, pending in present:
            if pending >= 0:
                if labels.end(pending, state).key == label.key:
                    following.add((fire(system.actions[pending], state), -1))
                continue
            for index, action in actions:
                call = labels.call(index)
                if call.name != label.name or call.actor != label.actor or not evaluate(action.guard, state):
                    continue
                failed = failed_check(action, state)
                if failed is not None:
                    broken = broken or labels.hazard(index, failed).key == label.key
                elif not labels.hidden[index] and labels.of(index, state).key == label.key:
                    following.add((state, index) if labels.halves[index] else (fire(action, state), -1))
        if broken and label is wanted[-1]:
            return "the other version breaks the same check"
        present = following
    return "the other version allows it as well" if present else None


def _closed(present: set[tuple[State, int]], unseen: Sequence[Action]) -> set[tuple[State, int]]:
    found = set(present)
    stack = list(found)
    while stack and len(found) <= MOST_STATES:
        state, pending = stack.pop()
        if pending >= 0:
            continue
        for action in unseen:
            if evaluate(action.guard, state) and failed_check(action, state) is None:
                point = (fire(action, state), -1)
                if point not in found:
                    found.add(point)
                    stack.append(point)
    return found
