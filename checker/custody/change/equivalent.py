"""Whether two expressions have the same value wherever they are looked at: by trying, and by their parts.

A guard with one more condition that the others imply, or an effect written in another way, is no change.  What is
found here is proved: every value of the variables that both read is tried, as far as these are few, and what is
larger is taken apart.  Where two expressions differ in some states only, that these are never reached is proved by
induction over the steps.  Where that leads nowhere the answer is no, and the states have to be looked at.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from custody.system.expression import TRUE, Expr, Op, and_, eq, nodes, not_, or_, substitute
from custody.system.fast import truths
from custody.system.model import Action, Domain, Property, System
from custody.system.place import NOWHERE

MOST_VALUES = 4_096
"""Combinations of values of the variables that are tried for one question."""
MOST_CLAIMED = 64
"""The same for what is to be proved by induction, which is asked again for every step."""
_MOST_CLAIMS = 12
"""So much may be left to that: more is no small change."""
_MOST_DEEP = 8
"""How often an expression is taken apart."""

_Context = frozenset[Expr]
"""Conditions that hold where the expressions are looked at."""


def same_meaning(old: System, new: System, *, properties: bool) -> bool:
    """Whether the systems have the same variables, and the same steps from every state that they reach, in the same
    order; with `properties` whether they state the same, too. What they implement is not looked at."""
    if [(v.domain, v.initial) for v in old.variables] != [(v.domain, v.initial) for v in new.variables]:
        return False
    if len(old.actions) != len(new.actions):
        return False
    asked = Asked([variable.domain for variable in old.variables])
    rest = (
        [(f.name, f.strong, f.actions) for f in old.fairness],
        [(f.name, f.strong, f.actions) for f in new.fairness],
    )
    return (
        rest[0] == rest[1]
        and asked.same(old.where, new.where)
        and asked.same(old.terminal, new.terminal)
        and all(_same_action(one, other, asked) for one, other in zip(old.actions, new.actions, strict=True))
        and (not properties or _same_properties(old.properties, new.properties, asked))
        and asked.never_differ(old)
    )


def _same_action(old: Action, new: Action, asked: Asked) -> bool:
    if _fixed(old) != _fixed(new):
        return False
    known = _conjuncts(old.guard)
    one, other = ({effect.variable: effect.value for effect in action.effects} for action in (old, new))
    if one.keys() != other.keys() or len(old.checks) != len(new.checks):
        return False
    answers = old.answer, new.answer
    if answers[0] is None or answers[1] is None:
        same_answer = answers[0] is answers[1]
    else:
        same_answer = answers[0].domain == answers[1].domain and asked.alike(
            answers[0].value, answers[1].value, known
        )
    return (
        same_answer
        and asked.alike(old.guard, new.guard)
        and all(asked.alike(_said(old, duty), _said(new, duty)) for duty in (False, True))
        and asked.same(_waived(old), _waived(new))
        and all(asked.alike(one[variable], other[variable], known) for variable in one)
        and all(
            a.property == b.property and asked.alike(a.condition, b.condition, known)
            for a, b in zip(old.checks, new.checks, strict=True)
        )
    )


def _fixed(action: Action) -> tuple[object, ...]:
    """What is compared as it stands."""
    return (
        *(action.name, action.actor, action.arguments, action.outcome, action.side, action.control),
        *(action.begins, action.ends, action.inner, action.spontaneous, action.blocking),
        frozenset(rule for clause in action.clauses for rule in clause.rules),
    )


def _said(action: Action, duty: bool) -> Expr:
    """What the caller has to see to, or what is promised to him."""
    return and_(*(clause.expression for clause in action.clauses if clause.duty is duty))


def _waived(action: Action) -> Expr:
    return and_(*(clause.expression for clause in action.waived))


def _same_properties(old: Sequence[Property], new: Sequence[Property], asked: Asked) -> bool:
    def fixed(p: Property) -> tuple[object, ...]:
        expected = p.expected and replace(p.expected, place=NOWHERE)
        return p.name, p.form, p.rules, expected, [actor for actor, _ in p.resting]

    return len(old) == len(new) and all(
        fixed(one) == fixed(other)
        and asked.same(one.expression, other.expression)
        and asked.same(one.goal, other.goal)
        and all(asked.same(a, b) for (_, a), (_, b) in zip(one.resting, other.resting, strict=True))
        for one, other in zip(old, new, strict=True)
    )


def _conjuncts(root: Expr) -> _Context:
    return frozenset(root.args if root.op is Op.AND else (root,))


def _without_common_parts(one: Expr, other: Expr, known: _Context) -> tuple[Expr, Expr, _Context]:
    """What remains of two connectives, and what is known where it matters."""
    for op, connect in ((Op.AND, and_), (Op.OR, or_)):
        if op in (one.op, other.op):
            mine, yours = (dict.fromkeys(e.args if e.op is op else (e,)) for e in (one, other))
            common = mine.keys() & yours.keys()
            rest = [connect(*(part for part in parts if part not in common)) for parts in (mine, yours)]
            # Where a common part does not hold, or of an `or` does, nothing depends on the others.
            return rest[0], rest[1], known | (common if op is Op.AND else {not_(part) for part in common})
    return one, other, known


class Asked:
    """The answers to what was asked about expressions over variables of these domains."""

    def __init__(self, domains: Sequence[Domain]) -> None:
        self._domains = domains
        self._known: dict[tuple[Expr, Expr, _Context], bool] = {}
        self._claims: dict[Expr, None] = {}

    def same(self, one: Expr, other: Expr, known: _Context = frozenset(), depth: int = 0) -> bool:
        """Whether both have the same value wherever what is known holds."""
        if one is other:
            return True
        if one.sort is not other.sort or depth > _MOST_DEEP:
            return False
        key = (one, other, known)
        if key not in self._known:
            self._known[key] = self._by_parts(one, other, known, depth)
        return self._known[key]

    def alike(self, one: Expr, other: Expr, known: _Context = frozenset()) -> bool:
        """The same, or no, or left to `never_differ`."""
        if self.same(one, other, known):
            return True
        one, other, known = _without_common_parts(one, other, known)
        if one.sort is not other.sort or len(self._claims) >= _MOST_CLAIMS:
            return False
        wanted = self._variables(one, other)
        if self._count(wanted) > MOST_CLAIMED or any(variable >= len(self._domains) for variable in wanted):
            return False
        _, helpful = self._with_helpful(wanted, known, MOST_CLAIMED, others=True)
        self._claims[or_(*(not_(condition) for condition in helpful), eq(one, other))] = None
        return True

    def never_differ(self, system: System) -> bool:
        """Whether what was left holds wherever the system comes: it does at first, and after every step if it does
        before. Then the other system, with the same first states, comes to the same states."""
        claims = frozenset(self._claims)
        for claim in claims:
            order = sorted(self._variables(claim))
            evaluate, state = truths([claim]), [0] * len(self._domains)
            for values in itertools.product(*(sorted(set(system.variables[index].initial)) for index in order)):
                for index, value in zip(order, values, strict=True):
                    state[index] = value
                if not all(evaluate(state)):
                    return False
        for action in system.actions if claims else ():
            written = {effect.variable: effect.value for effect in action.effects}
            known = _conjuncts(action.guard) | claims
            for claim in claims:
                if not written.keys() & self._variables(claim):
                    continue
                if not self.same(substitute(claim, written), TRUE, known):
                    return False
        return True

    def _by_parts(self, one: Expr, other: Expr, known: _Context, depth: int) -> bool:
        one, other, known = _without_common_parts(one, other, known)
        if one is other:
            return True
        found = self._by_values(one, other, known)
        if found is not None:
            return found
        if one.op is not other.op or len(one.args) != len(other.args) or one.value != other.value:
            return False
        return bool(one.args) and all(
            self.same(a, b, known, depth + 1) for a, b in zip(one.args, other.args, strict=True)
        )

    def _by_values(self, one: Expr, other: Expr, known: _Context) -> bool | None:
        """Whether no values tell them apart; None where these are too many to try."""
        wanted = self._variables(one, other)
        if self._count(wanted) > MOST_VALUES:
            return None
        wanted, helpful = self._with_helpful(wanted, known, MOST_VALUES)
        order = sorted(wanted)
        width = len(self._domains)
        evaluate = truths([one, other, *helpful])
        state, after = [0] * width, [0] * width
        choices = [range(self._domains[index % width].low, self._domains[index % width].high + 1) for index in order]
        for values in itertools.product(*choices):
            for index, value in zip(order, values, strict=True):
                if index < width:
                    state[index] = value
                else:
                    after[index - width] = value
            first, second, *held = evaluate(state, after)
            if first != second and all(held):
                return False
        return True

    def _with_helpful(
        self, wanted: set[int], known: _Context, most: int, *, others: bool = False
    ) -> tuple[set[int], list[Expr]]:
        """What is known of these variables, or of `others` alone, as far as all can be tried; with all of them."""
        helpful: list[Expr] = []
        wanted = set(wanted)
        for condition in sorted(known, key=lambda c: self._distance(c, wanted)):
            read = self._variables(condition)
            if (others or read & wanted) and self._count(wanted | read) <= most:
                wanted |= read
                helpful.append(condition)
        return wanted, helpful

    def _distance(self, condition: Expr, wanted: set[int]) -> tuple[int, list[int]]:
        """How many other variables it reads; which, so that the answer does not depend on chance."""
        read = self._variables(condition)
        return len(read - wanted), sorted(read)

    def _count(self, variables: set[int]) -> int:
        return math.prod(self._domains[index % len(self._domains)].size for index in variables)

    def _variables(self, *roots: Expr) -> set[int]:
        """The variables that are read; those of the state after a step come behind all others."""
        width = len(self._domains)
        return {
            node.value + (width if node.op is Op.NEXT else 0)
            for node in nodes(*roots)
            if node.op in (Op.READ, Op.NEXT)
        }
