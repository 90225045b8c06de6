"""Questions about guards that need no state space: for which values may what be taken?

A *decision* are the alternatives of one call with the same arguments at the same position, each with conditions of
its own (`either` with a `when` in each branch).  Asked is whether two can be taken in the same state (*overlap*),
whether one can be whenever another can (*implication*), whether none can although the call can be made (*gap*), and
of every step whether it can be taken for any values at all (*dead*).  The values need not be reachable, only of their
types, and such that the invariants of the specification hold that it does not expect to be violated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from custody.properties.guard_codes import DEAD, GAP, IMPLIED, OVERLAP
from custody.properties.result import Notice
from custody.symbolic.solver import Answer
from custody.symbolic.witness import Witness, witness
from custody.system.display import show, variables
from custody.system.expression import Expr, and_, not_, or_
from custody.system.model import Action, Clause, Form, State, System


@dataclass(frozen=True, slots=True)
class Asked:
    """What was found: warnings, those that this instance refutes should another give them, and what is not known."""

    notices: tuple[Notice, ...]
    refuted: frozenset[Notice]
    unknown: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class _Branch:
    action: Action
    own: tuple[Clause, ...]

    @property
    def condition(self) -> Expr:
        return and_(*(clause.expression for clause in self.own))

    @property
    def text(self) -> str:
        return " and ".join(f"`{clause.text}`" for clause in self.own)


class _Ask(Protocol):
    def __call__(self, *conditions: Expr) -> Witness: ...


def ask(system: System) -> Asked:
    """All questions about one instance."""
    found: dict[tuple[str, str, int], Notice] = {}
    unknown: dict[Notice, None] = {}
    alive: set[Notice] = set()
    domains = [variable.domain for variable in system.variables]
    assumed = [
        p.expression
        for p in system.properties
        if p.form is Form.INVARIANT and not (p.expected is not None and p.expected.violated)
    ]

    def asked(*conditions: Expr) -> Witness:
        return witness([*assumed, *conditions], domains)

    for branches in _decisions(system):
        for code, message, action, answer in _about(system, branches, asked):
            notice = Notice(code, message, action.place)
            if answer is Answer.UNKNOWN:
                unknown[notice] = None
            else:
                # Instances of one declaration count once, with the first example.
                found.setdefault((code, message.partition(", such as ")[0], action.place.line), notice)
    dead: dict[Notice, None] = {}
    for action in system.actions:
        asks = " and ".join(f"`{clause.text}`" for clause in action.clauses) or "its guard"
        notice = Notice(DEAD, f"{_step(action)} can never be taken: no values satisfy {asks}", action.place)
        if notice in alive:
            continue
        match witness([action.guard], domains).answer:
            case Answer.NO:
                dead[notice] = None
            case Answer.YES:
                alive.add(notice)
            case Answer.UNKNOWN:
                unknown[notice] = None
    notices = [*found.values(), *(notice for notice in dead if notice not in alive)]
    order = sorted(notices, key=lambda notice: (notice.place, notice.code, notice.message))
    return Asked(tuple(order), frozenset(alive), tuple(notice for notice in unknown if notice not in alive))


def _decisions(system: System) -> Iterator[list[_Branch]]:
    """The alternatives that each have a condition of their own."""
    groups: dict[tuple[object, ...], list[Action]] = {}
    for action in system.actions:
        if action.clauses:
            key = (action.actor, action.name, action.arguments, action.control, action.place)
            groups.setdefault(key, []).append(action)
    for group in groups.values():
        if len(group) < 2:
            continue
        said = [{(clause.text, clause.place) for clause in action.clauses} for action in group]
        common = said[0].intersection(*said[1:])
        branches = [
            _Branch(action, tuple(c for c in action.clauses if (c.text, c.place) not in common)) for action in group
        ]
        yield branches


def _about(system: System, branches: Sequence[_Branch], asked: _Ask) -> Iterator[tuple[str, str, Action, Answer]]:
    guarded = [branch for branch in branches if branch.own]
    for one, other in combinations(guarded, 2):
        if one.action.outcome != other.action.outcome or one.condition == other.condition:
            continue  # which error comes, if any, and what comes of one condition, is meant to be left open
        both = asked(one.action.guard, other.action.guard)
        if both.answer is Answer.NO:
            continue
        name = one.action.name
        for first, second in ((one, other), (other, one)):
            only = asked(first.action.guard, not_(second.action.guard))
            if only.answer is Answer.NO and both.answer is Answer.YES:
                message = f"in {name}, whenever {first.text} holds, so does {second.text}{_example(system, both)}"
                yield IMPLIED, message, first.action, both.answer
                break
        else:
            message = f"in {name}, {one.text} and {other.text} can hold together{_example(system, both)}"
            yield OVERLAP, message, one.action, both.answer
    if len(guarded) == len(branches) and len(guarded) > 1:
        first = branches[0].action
        shared = [c.expression for c in first.clauses if c not in branches[0].own]
        gap = asked(first.control, *shared, not_(or_(*(branch.condition for branch in branches))))
        if gap.answer is not Answer.NO:
            texts = ", ".join(dict.fromkeys(branch.text for branch in branches))
            yield GAP, f"in {first.name}, none of {texts} need hold{_example(system, gap)}", first, gap.answer


def _example(system: System, found: Witness) -> str:
    """Such as `, such as lamp = off, n = 1`."""
    if found.answer is not Answer.YES:
        return ""
    values = dict(found.values)
    state: State = tuple(values.get(index, v.domain.low) for index, v in enumerate(system.variables))
    told = [
        f"{view.name} = {show(view.shape, state)}"
        for view in system.views
        if not view.hidden and not values.keys().isdisjoint(variables(view.shape))
    ]
    return f", such as {', '.join(told)}" if told else ""


def _step(action: Action) -> str:
    branch = f" ({action.outcome})" if action.outcome else ""
    called = action.label.startswith((f"{action.name}(", f"calls {action.name}("))
    return f"`{action.name}`{branch}" if called else f"`{action.name}: {action.label}`{branch}"


def standing(found: Iterable[Asked]) -> tuple[Notice, ...]:
    """The warnings of the instances of one file that no other instance refutes, each once."""
    asked = list(found)
    refuted = frozenset[Notice]().union(*(one.refuted for one in asked))
    return tuple(dict.fromkeys(notice for one in asked for notice in one.notices if notice not in refuted))
