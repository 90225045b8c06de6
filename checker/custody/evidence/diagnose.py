"""Why a line cannot be explained: what was possible, what the line would have needed, what it nearly was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from custody.evidence.instance import Sized, Step
from custody.evidence.meaning import Event
from custody.evidence.run import NOTHING, Run
from custody.evidence.search import Limits
from custody.system.display import show
from custody.system.evaluate import evaluate
from custody.system.model import Clause, State

MOST_SHOWN = 5
"""How many candidate states are described."""

FAR_ENOUGH = 12
"""How many further lines of the buffer a repair is tried on."""

_SILENT = 3
"""How many unseen steps a candidate may take, to come nearer to what the line needs."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A state that the recording allows before the line: what is not as at first in it, and which conditions of the
    action fail there."""

    values: tuple[tuple[str, str], ...]
    action: str
    failed: tuple[Clause, ...]
    since: Event | None


@dataclass(frozen=True, slots=True)
class Repair:
    """A change to the recording with which the line would fit, and how many lines of the buffer fit after it."""

    words: str
    further: int
    of: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that is said about the line where a run stops."""

    event: Event
    message: str
    rules: tuple[str, ...]
    since: Event | None
    candidates: tuple[Candidate, ...]
    count: int
    enabled: tuple[str, ...]
    repairs: tuple[Repair, ...]


def diagnose(run: Run, later: Sequence[Event]) -> Diagnosis:
    """What to say about the stop of a run; `later` are the events of the same buffer after it."""
    stop = run.stop
    assert stop is not None
    run = run.copy()
    event = stop.event
    sequences = run.sequences(event)
    candidates = [_candidate(run, event, state, sequences) for state in run.states]
    first = min(candidates, key=lambda candidate: len(candidate.failed))
    message, rules = _reason(run, event, first, sequences)
    return Diagnosis(
        event,
        message,
        rules,
        first.since,
        tuple(candidates[:MOST_SHOWN]),
        len(candidates),
        tuple(_enabled(run, event)),
        tuple(_repairs(run, event, later)),
    )


def _reason(
    run: Run, event: Event, nearest: Candidate, sequences: Sequence[Sequence[Sequence[Step]]]
) -> tuple[str, tuple[str, ...]]:
    telling = next((c for c in nearest.failed if c.rules and c.message), None)
    telling = telling or next((c for c in nearest.failed if c.rules), None)
    if telling is not None:
        return telling.message or f"{telling.text} does not hold", telling.rules
    if nearest.failed:
        return f"{nearest.failed[0].text} does not hold", _rules_of(run, nearest.action)
    actions = " or ".join(dict.fromkeys(rule.meanings[-1].action for rule in event.rules))
    rules = _rules_of(run, event.rules[0].meanings[-1].action)
    if event.result_known and not any(sequence[-1] for sequence in sequences):
        how = f"fail with {event.errno}" if event.errno else "succeed"
        return f"the contract does not let {actions} {how} with these arguments", rules
    return f"{actions} is never allowed with these arguments", rules


def _rules_of(run: Run, action: str) -> tuple[str, ...]:
    name = action.partition("(")[0]
    steps = run.sized.by_name.get(name, [])
    return tuple(dict.fromkeys(rule for step in steps for c in step.action.clauses for rule in c.rules))


def _candidate(run: Run, event: Event, state: State, sequences: Sequence[Sequence[Sequence[Step]]]) -> Candidate:
    """The state with the conditions that fail in it, or after silent steps from it where fewer do."""
    best: tuple[int, int, str, tuple[Clause, ...], State] | None = None
    for distance, reached in _nearby(run, event, state):
        for sequence in sequences:
            for label, failed in _failing(sequence, reached):
                ranked = (len(failed), distance, label, failed, reached)
                if best is None or ranked[:2] < best[:2]:
                    best = ranked
    values = tuple(_unusual(run.sized, state))
    if best is None:
        return Candidate(values, event.rules[0].meanings[-1].action, (), None)
    return Candidate(values, best[2], best[3], run.since(best[3], best[4]))


def _nearby(run: Run, event: Event, state: State) -> Iterator[tuple[int, State]]:
    seen = {state}
    frontier = [state]
    for distance in range(_SILENT + 1):
        following: list[State] = []
        for reached in frontier:
            yield distance, reached
            for step in run.unseen(event).silent if distance < _SILENT else ():
                fired = step.fire(reached)
                if fired is not None and not fired.broken and fired.state not in seen:
                    seen.add(fired.state)
                    following.append(fired.state)
        frontier = following[:64]


def _failing(sequence: Sequence[Sequence[Step]], state: State) -> Iterator[tuple[str, tuple[Clause, ...]]]:
    """For the first action of the sequence that is not possible: what fails, for each choice of what is not known."""
    for steps in sequence:
        fired = next((f for f in (step.fire(state) for step in steps) if f is not None), None)
        if fired is not None:
            state = fired.state
            continue
        for step in steps:
            failed = tuple(c for c in step.action.clauses if not evaluate(c.expression, state))
            if failed:
                yield step.action.label, failed
        return


def _unusual(sized: Sized, state: State) -> Iterator[tuple[str, str]]:
    for view in sized.system.views:
        value = show(view.shape, state)
        if not view.hidden and value != show(view.shape, sized.start):
            yield view.name, value


def _enabled(run: Run, event: Event) -> Iterator[str]:
    """The recorded actions that the event's task could take, without a complaint, in some candidate."""
    tasks = run.tasks(event)
    allowed = {role: frozenset(names) for role, names in run.sized.names.items()} | tasks
    told: dict[str, None] = {}
    for step in run.sized.steps:
        if step.action.name not in run.mapped or any(v not in allowed[r] for r, v in step.roles):
            continue
        for state in run.states:
            fired = step.fire(state)
            if fired is not None and not fired.broken:
                told[step.action.name] = None
                break
    yield from told


# ---------------------------------------------------------------- nearest explanations


def _repairs(run: Run, event: Event, later: Sequence[Event]) -> list[Repair]:
    """The changes of one line that take the recording furthest, the best first; at most three."""
    following = list(islice(later, FAR_ENOUGH))
    found: list[tuple[tuple[int, int], Repair]] = []
    for rank, (words, trial, rest) in enumerate(_edits(run, event, following)):
        further = _further(trial, rest)
        found.append(((-further, rank), Repair(words, further, len(rest))))
    found.sort(key=lambda entry: entry[0])
    best = [repair for _, repair in found if repair.further == found[0][1].further]
    return best[:3]


def _edits(run: Run, event: Event, following: Sequence[Event]) -> Iterator[tuple[str, Run, Sequence[Event]]]:
    for lost in (1, 2, 3, 4):
        trial = run.copy()
        found = trial.explanation(event, Limits(lost=lost, invent=True))
        if found.ways and not found.ways[0].misuses:
            steps = found.ways[0].lost
            trial.accept(event, found)
            yield f"would fit if {_listed(steps)} had happened before", trial, following
            break
    for words, changed in _changes(run, event):
        trial = run.copy()
        if trial.follow(changed, Limits(lost=0)) and not trial.past:
            yield f"would fit with {words}", trial, following
    if following:
        trial = run.copy()
        if trial.follow(following[0], Limits(lost=0)) and trial.follow(event, Limits(lost=0)):
            yield f"would fit after line {following[0].line.number}", trial, following[1:]
    trial = run.copy()
    yield "would fit if this line were not there", trial, following


def _listed(steps: Sequence[Step]) -> str:
    labels = [step.action.label for step in steps]
    return labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + f" and {labels[-1]}"


def _changes(run: Run, event: Event) -> Iterator[tuple[str, Event]]:
    """The event with another value of one argument: another word of an enumeration, or another known thing."""
    slots = {slot.field: slot for rule in event.rules for meaning in rule.meanings for slot in meaning.slots}
    for name, slot in slots.items():
        if name not in event.fields:
            continue
        if slot.labels is not None:
            for number, label in enumerate(slot.labels):
                if event.fields[name] not in (number, label):
                    yield f"{name} = {label}", replace(event, fields={**event.fields, name: number})
        elif slot.role is not None:
            for value in run.slots[slot.role].bound:
                if isinstance(value, (int, str)) and value != event.fields[name]:
                    shown = hex(value) if isinstance(value, int) else value
                    yield f"{name} = {shown}", replace(event, fields={**event.fields, name: value})


def _further(trial: Run, rest: Sequence[Event]) -> int:
    for count, event in enumerate(rest):
        found = trial.explanation(event, NOTHING)
        if not found.ways:
            found = trial.explanation(event, Limits(lost=0))
        if not found.ways or found.ways[0].misuses:
            return count
        trial.accept(event, found)
    return len(rest)
