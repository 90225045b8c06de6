"""One version as the other one is held against it: its steps by what is seen of them, over its own variables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias

from custody.observe.label import Labels, Names, Seen
from custody.system.expression import TRUE, Expr, Sort, and_, boolean, eq, not_, number, or_, read
from custody.system.model import Action, Check, Domain, System, Variable

Call: TypeAlias = tuple[str, str, tuple[str, ...]]
Key: TypeAlias = tuple[Seen | None, Call]
"""What is seen of a step but its answer; for an unseen step None, and the call that it belongs to."""

_PENDING = "the call whose answer is to be seen"


@dataclass(frozen=True, slots=True)
class Part:
    """One step, or one of the two parts in which a whole call is seen. `action` is the one in the system.

    `whole` marks a call whose beginning and end are seen, and which is one step here; `words` are the answers, each
    with when it is given; `signature` is what the step is called, for finding it again in the other version.
    """

    action: int
    key: Key
    guard: Expr
    checks: tuple[Check, ...]
    effects: dict[int, Expr]
    words: tuple[tuple[Expr, str], ...]
    signature: str
    whole: bool = False
    inner: bool = False

    @property
    def is_seen(self) -> bool:
        return self.key[0] is not None

    @property
    def possible(self) -> Expr:
        """When the step is taken and breaks no check."""
        return and_(self.guard, *(check.condition for check in self.checks))

    def breaks(self, name: str) -> Expr:
        """When the first check that the step breaks belongs to the property."""
        found: list[Expr] = []
        before: list[Expr] = [self.guard]
        for check in self.checks:
            if check.property == name:
                found.append(and_(*before, not_(check.condition)))
            before.append(check.condition)
        return or_(*found)

    def answers(self, word: str) -> Expr:
        """When it answers so."""
        return or_(*(when for when, known in self.words if known == word))


@dataclass(frozen=True, slots=True)
class Side:
    """A system in parts. `names` are those of its variables, in the other version's words."""

    system: System
    labels: Labels
    variables: tuple[Variable, ...]
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    groups: dict[Key, tuple[int, ...]] = field(default_factory=dict[Key, tuple[int, ...]])

    @staticmethod
    def of(system: System, labels: Labels, names: Names, apart: Collection[Call]) -> Side:
        """`apart`: the calls that are one step here and several there, and so are taken in two parts."""
        variables = list(system.variables)
        cut = [i for i, half in enumerate(labels.halves) if half and labels.call(i).call in apart]
        pending = len(variables)
        if cut:
            domain = Domain(0, len(cut))
            variables.append(Variable(_PENDING, domain, (0,), _PENDING))
        parts: list[Part] = []
        idle = eq(read(pending, Sort.INT), number(0)) if cut else TRUE
        for index, action in enumerate(system.actions):
            part = _part(index, action, labels, names, idle)
            if index not in cut:
                parts.append(part)
                continue
            number_of = number(cut.index(index) + 1)
            call = part.key[1]
            parts.append(
                Part(
                    index, (Seen.CALL, call), part.guard, part.checks, {pending: number_of}, _NOTHING, part.signature
                )
            )
            here = eq(read(pending, Sort.INT), number_of)
            effects = {**part.effects, pending: number(0)}
            key = (Seen.RETURN, (*call[:2], ()))
            parts.append(Part(index, key, here, (), effects, part.words, part.signature))
        groups: dict[Key, list[int]] = defaultdict(list)
        for number_, part in enumerate(parts):
            groups[part.key].append(number_)
        shown = tuple(names.text(variable.name) for variable in variables)
        known = {key: tuple(members) for key, members in groups.items()}
        return Side(system, labels, tuple(variables), shown, tuple(parts), known)


_NOTHING: tuple[tuple[Expr, str], ...] = ((TRUE, ""),)


def _part(index: int, action: Action, labels: Labels, names: Names, idle: Expr) -> Part:
    call = labels.call(index)
    whole = labels.halves[index]
    if labels.hidden[index]:
        key: Key = (None, (call.actor, call.name, ()))
    elif action.inner:
        key = (Seen.RETURN, (call.actor, call.name, ()))
    elif action.begins and not action.ends:
        key = (Seen.CALL, call.call)
    else:
        key = (Seen.WHOLE, call.call)
    gives = key[0] in (Seen.WHOLE, Seen.RETURN)
    return Part(
        action=index,
        key=key,
        guard=and_(idle, action.guard),
        checks=action.checks,
        effects={effect.variable: effect.value for effect in action.effects},
        words=_words(index, action, labels) if gives else _NOTHING,
        signature=names.text(f"{action.label} {[value for _, value in action.arguments]} {action.outcome}"),
        whole=whole,
        inner=action.inner and not action.ends and not action.spontaneous,
    )


def _words(index: int, action: Action, labels: Labels) -> tuple[tuple[Expr, str], ...]:
    """Each answer of the call, with when it is given."""
    answer = action.answer
    if answer is None or answer.value.is_constant:
        return ((TRUE, labels.answer(index, ())),)
    value = answer.value
    found: list[tuple[Expr, str]] = []
    for known in range(answer.domain.low, answer.domain.high + 1):
        constant = boolean(bool(known)) if value.sort is Sort.BOOL else number(known)
        when = eq(value, constant)
        if not when.is_constant or when.value:
            found.append((when, labels.word(index, known)))
    return tuple(found)


def apart(one: Labels, other: Labels, systems: tuple[System, System]) -> frozenset[Call]:
    """The calls that are seen in two parts and are one step in one version only."""
    kinds: list[tuple[set[Call], set[Call]]] = []
    for system, labels in zip(systems, (one, other), strict=True):
        whole = {labels.call(i).call for i, half in enumerate(labels.halves) if half}
        stepwise = {labels.call(i).call for i, a in enumerate(system.actions) if a.begins and not a.ends}
        kinds.append((whole, stepwise))
    (whole, stepwise), (its_whole, its_stepwise) = kinds
    return frozenset((whole & its_stepwise) | (its_whole & stepwise))


def counterparts(one: Side, other: Side) -> dict[int, int]:
    """For parts of the one its own in the other: of the same call, and of the same name in the same order.

    What is paired wrongly makes the comparison say less, never something else.
    """
    found: dict[int, int] = {}
    for key, mine in one.groups.items():
        yours = other.groups.get(key, ())
        names = [one.parts[i].signature for i in mine], [other.parts[i].signature for i in yours]
        for how, a, b, c, d in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
            if how == "equal" or (how == "replace" and b - a == d - c):
                found.update(zip(mine[a:b], yours[c:d], strict=True))
    return found
