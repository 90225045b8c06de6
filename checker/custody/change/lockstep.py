"""Two systems over the same variables, most of whose actions are the same: do they ever differ?

Where no reachable state of OLD tells them apart, the graphs of both are one and the same, and so is everything that
can be said of them.  The question is one of reachability in OLD alone, which the search in C answers for millions of
states; the product need not be made.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from custody.explore.choose import explore
from custody.system.expression import FALSE, Expr, Sort, and_, eq, not_, or_, read
from custody.system.finding import Limits, Verdict
from custody.system.model import Action, Form, Kind, Property, System
from custody.system.place import NOWHERE

_NAME = "the two versions differ"


def never_differ(old: System, new: System, limits: Limits) -> int | None:
    """How many states both have, where no reachable one tells them apart; None where one does, or nobody knows."""
    apart = difference(old, new)
    if apart is None:
        return None
    if apart == FALSE:
        return 0
    question = Property(_NAME, Form.REACHABLE, Kind.REACHABILITY, NOWHERE, expression=apart)
    found = explore(replace(old, properties=(question,), implementation=None), limits, [_NAME])
    if not found.complete or found.findings[_NAME].verdict is not Verdict.VIOLATED:
        return None
    return found.states or 0


def difference(old: System, new: System) -> Expr | None:
    """Where the systems differ, over OLD's variables; None where they have others, or other first states."""
    if [(v.domain, v.initial) for v in old.variables] != [(v.domain, v.initial) for v in new.variables]:
        return None
    if old.where != new.where:
        return None
    before, after = _sorted(old), _sorted(new)
    parts: list[Expr] = []
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key, []), after.get(key, [])
        if len(one) != len(other):
            parts += [action.guard for action in (*one, *other)]
        else:
            parts += [_apart(left, right, old) for left, right in zip(one, other, strict=True)]
    return or_(*parts)


def _sorted(system: System) -> dict[object, list[Action]]:
    """The actions by what can be seen of them."""
    found: dict[object, list[Action]] = defaultdict(list)
    for a in system.actions:
        answer = None if a.answer is None else (a.answer.value, a.answer.domain.labels)
        seen = (a.name, a.actor, a.arguments, a.outcome, answer, a.begins, a.ends, a.inner, a.spontaneous, a.side)
        found[seen].append(a)
    return found


def _apart(one: Action, other: Action, system: System) -> Expr:
    """Where the two actions do not do the same."""
    differ: list[Expr] = [_unequal(one.guard, other.guard)]
    for number in range(max(len(one.checks), len(other.checks))):
        left = one.checks[number] if number < len(one.checks) else None
        right = other.checks[number] if number < len(other.checks) else None
        if left is None or right is None or left.property != right.property:
            extra = left or right
            differ.append(not_(extra.condition) if extra is not None else FALSE)
        if left is not None and right is not None:
            differ.append(_unequal(left.condition, right.condition))
    effects = {effect.variable: effect.value for effect in one.effects}
    others = {effect.variable: effect.value for effect in other.effects}
    for variable in effects.keys() | others.keys():
        present = read(variable, system.variables[variable].domain.sort)
        differ.append(_unequal(effects.get(variable, present), others.get(variable, present)))
    return or_(and_(or_(one.guard, other.guard), or_(*differ)))


def _unequal(one: Expr, other: Expr) -> Expr:
    if one == other:
        return FALSE
    if one.sort is Sort.BOOL:
        return or_(and_(one, not_(other)), and_(not_(one), other))
    return not_(eq(one, other))
