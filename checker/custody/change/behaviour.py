"""Says what a difference of behaviour is: which category, which clause, who is harmed, and both runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.change.category import category
from custody.change.product import Difference, Direction
from custody.change.result import Change, Row, Shift
from custody.change.sides import harmed, moves_by_itself
from custody.change.witness import Leg, Witness
from custody.observe.label import Label, Seen
from custody.observe.observer import Observer
from custody.system.display import View, show, variables
from custody.system.expression import reads
from custody.system.model import Action, Clause, State, System
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Pair:
    """Both versions under observation."""

    old: Observer
    new: Observer

    def allowing(self, difference: Difference) -> Observer:
        return self.old if difference.direction is Direction.GONE else self.new

    def refusing(self, difference: Difference) -> Observer:
        return self.new if difference.direction is Direction.GONE else self.old


def described(pair: Pair, found: Witness, instance: str) -> Change:
    """The difference as a change of the specification."""
    difference = found.difference
    gone = difference.direction is Direction.GONE
    allowing = pair.allowing(difference)
    action = allowing.system.actions[found.allowed[-1].action]
    clause = found.refusal.clause
    unchanged = clause is not None and _has_clause(allowing, difference.label, clause)
    name = _category(pair, found, action, unchanged)
    kind = category(name)
    here, there = ("OLD", "NEW") if gone else ("NEW", "OLD")
    told = str(difference.label)
    message = f"{difference.label.actor} `{told}`: {here} allows it after {_steps(len(difference.path))}, {there}"
    message += _refusal_words(found)
    detail = [kind.says]
    if unchanged:
        detail.append("the clause itself is the same in both versions: an earlier step has another effect")
    place = _place(pair, found, action)
    rows, states = side_by_side(pair, found)
    return Change(
        id=name,
        subject=_subject(name, difference.label),
        message=message,
        file=place.file,
        line=place.line,
        column=place.column,
        detail=tuple(detail),
        harmed=harmed(kind, action),
        rules=_rules(found),
        instances=(instance,) if instance else (),
        only="old" if gone else "new",
        rows=rows,
        states=states,
        old_run=tuple(leg.action for leg in (found.allowed if gone else found.followed)),
        new_run=tuple(leg.action for leg in (found.followed if gone else found.allowed)),
    )


_OF_ANSWERS = ("OUTCOME-", "PROMISE-", "HAZARD-")
"""Categories that speak of one answer of a call; the others speak of the call."""


def _subject(name: str, label: Label) -> str:
    return f"{label.name}: {label.answer}" if label.answer and name.startswith(_OF_ANSWERS) else label.name


def _steps(count: int) -> str:
    return "no step" if count == 0 else "1 step" if count == 1 else f"{count} steps"


def _refusal_words(found: Witness) -> str:
    clause, label = found.refusal.clause, found.difference.label
    if clause is not None and not found.instead:
        rules = f" [{', '.join(clause.rules)}]" if clause.rules else ""
        return f" refuses it: `{clause.text}`{rules} is false"
    if found.instead:
        answers = ", ".join(dict.fromkeys(other.answer or "OK" for other in found.instead))
        return f" answers {answers} only" if label.seen in (Seen.WHOLE, Seen.RETURN) else " does not"
    if label.seen is Seen.HAZARD:
        return " does not break the check there"
    return " does not know it" if found.refusal.action < 0 else " does not allow it"


def _category(pair: Pair, found: Witness, action: Action, unchanged: bool) -> str:
    difference = found.difference
    label = difference.label
    gone = difference.direction is Direction.GONE
    refusing = pair.refusing(difference)
    clause = found.refusal.clause
    if label.seen is Seen.HAZARD:
        return "HAZARD-REMOVED" if gone else "HAZARD-ADDED"
    if not _knows(refusing, label):
        return "ACTION-REMOVED" if gone else "ACTION-ADDED"
    if label.seen is not Seen.RETURN and not _knows_call(refusing, label):
        return "SIGNATURE-CHANGED"
    if found.instead:
        if label.fails:
            return "OUTCOME-REMOVED" if gone else "OUTCOME-ADDED"
        if label.answer:
            return "PROMISE-WEAKENED" if gone else "OUTCOME-ADDED"
        return "PROMISE-WEAKENED" if gone else "PROMISE-STRENGTHENED"
    if label.seen is Seen.RETURN:
        return ("OUTCOME-REMOVED" if label.fails else "PROMISE-WEAKENED") if gone else _new_return(label)
    if unchanged:
        return "PROMISE-WEAKENED" if gone else "EFFECT-CHANGED"
    if clause is not None and clause.duty:
        return "CALLER-NARROWED" if gone else "CALLER-WIDENED"
    if moves_by_itself(action):
        return "PROMISE-WEAKENED" if gone else "STEP-WIDENED"
    return "BLOCKING-ADDED" if gone else "BLOCKING-REMOVED"


def _new_return(label: Label) -> str:
    return "OUTCOME-ADDED" if label.answer else "PROMISE-STRENGTHENED"


def _knows(observer: Observer, label: Label) -> bool:
    return any(observer.labels.call(index).name == label.name for index in range(len(observer.system.actions)))


def _knows_call(observer: Observer, label: Label) -> bool:
    return any(observer.labels.call(index).call == label.call for index in range(len(observer.system.actions)))


def _has_clause(observer: Observer, label: Label, clause: Clause) -> bool:
    """Whether the other version's action states the clause as well, in the same words."""
    return any(
        observer.labels.call(index).name == label.name
        and any(known.text == clause.text and known.duty == clause.duty for known in action.clauses)
        for index, action in enumerate(observer.system.actions)
    )


def _rules(found: Witness) -> tuple[str, ...]:
    """The rules that the refusing clause cites."""
    clause = found.refusal.clause
    return clause.rules if clause is not None and not found.instead else ()


def _place(pair: Pair, found: Witness, action: Action) -> Place:
    """Where NEW says so: the clause, the action, or, of what is gone, where OLD had it."""
    gone = found.difference.direction is Direction.GONE
    if not gone:
        return action.place
    refusal = found.refusal
    if refusal.clause is not None:
        return refusal.clause.place
    if refusal.action >= 0:
        return pair.new.system.actions[refusal.action].place
    return action.place


# ------------------------------------------------------------------ both runs, side by side


def side_by_side(pair: Pair, found: Witness) -> tuple[tuple[Row, ...], tuple[tuple[str, str, str], ...]]:
    """A row for each visible step, and what differs between the two states before the last."""
    gone = found.difference.direction is Direction.GONE
    allowing, refusing = pair.allowing(found.difference), pair.refusing(found.difference)
    here = _stretches(allowing.system, found.allowed, found.after)
    followed_end = found.refusal.state or None
    there = _stretches(refusing.system, found.followed, followed_end)
    rows: list[Row] = []
    for number, (legs, changes) in enumerate(here):
        if not legs or legs[-1].label is None:
            break
        other = there[number][1] if number < len(there) and number + 1 < len(here) else ()
        action = allowing.system.actions[legs[-1].action]
        unseen = tuple(
            f"{allowing.system.actions[leg.action].actor}: {allowing.system.actions[leg.action].label}"
            for leg in legs[:-1]
        )
        old, new = (changes, other) if gone else (other, changes)
        rows.append(
            Row(legs[-1].label.actor, str(legs[-1].label), action.place.file, action.place.line, unseen, old, new)
        )
    before = found.allowed[-1].before
    mine, yours = _shown(allowing.system, before), _shown(refusing.system, found.refusal.state)
    names = [name for name in dict.fromkeys([*mine, *yours]) if mine.get(name) != yours.get(name)]
    quoted = _quoted(refusing.system, found)
    names = list(dict.fromkeys([*quoted, *names]))
    states = tuple(
        (name, mine.get(name, "-"), yours.get(name, "-"))
        if gone
        else (name, yours.get(name, "-"), mine.get(name, "-"))
        for name in names
    )
    return tuple(rows), states


def _quoted(system: System, found: Witness) -> list[str]:
    """The things that the refusing clause speaks of."""
    clause = found.refusal.clause
    if clause is None:
        return []
    wanted = reads(clause.expression)
    return [view.name for view in _visible(system) if not wanted.isdisjoint(variables(view.shape))]


def _stretches(
    system: System, legs: Sequence[Leg], end: State | None
) -> list[tuple[tuple[Leg, ...], tuple[Shift, ...]]]:
    """The run cut after each visible step, with what each stretch changes."""
    found: list[tuple[tuple[Leg, ...], tuple[Shift, ...]]] = []
    stretch: list[Leg] = []
    for number, leg in enumerate(legs):
        stretch.append(leg)
        if leg.label is None:
            continue
        after = legs[number + 1].before if number + 1 < len(legs) else end
        changes = _shifts(system, stretch[0].before, after) if after is not None else ()
        found.append((tuple(stretch), changes))
        stretch = []
    return found


def _shifts(system: System, before: State, after: State) -> tuple[Shift, ...]:
    shown = [(view.name, show(view.shape, before), show(view.shape, after)) for view in _visible(system)]
    return tuple(Shift(name, old, new) for name, old, new in shown if old != new)


def _shown(system: System, state: State) -> dict[str, str]:
    return {view.name: show(view.shape, state) for view in _visible(system)} if state else {}


def _visible(system: System) -> list[View]:
    return [view for view in system.views if not view.hidden]
