"""The local states that an instance can be in, and the values that shared variables can have: a little too many.

Both are found together, from the first states on, by asking of each action which values its effects can have where
every variable has any of its values so far, whatever the others have.  So what is found is closed under all steps,
at the size that is looked at; a proof shows it again, at every size.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from custody.counting.problem import NotCountableError
from custody.counting.split import Split
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import Action
from custody.system.place import Place

Values = frozenset[int] | None
"""What an expression may be; None is anything."""

MOST_VALUES = 40
"""A shared variable of more values is a number, whose values are not looked at."""

MOST_CLASSES = 250
_BOTH: frozenset[int] = frozenset({0, 1})


@dataclass(frozen=True, slots=True)
class Classes:
    """By role its local states, as values of its variables; by shared variable its values, for those of few."""

    local: dict[str, tuple[tuple[int, ...], ...]]
    shared: dict[int, frozenset[int]]


def classes(split: Split, numbers: frozenset[int]) -> Classes:
    """NotCountableError when there are too many. `numbers` are the shared variables that are counts."""
    return _Search(split, numbers).run()


def distinguished(split: Split, action: Action) -> tuple[str, ...]:
    """The instances of counted roles that the action is about: who acts, and the arguments."""
    named = (action.actor, *(value for _, value in action.arguments))
    found = tuple(dict.fromkeys(name for name in named if name in split.own))
    if len({split.role_of(name) for name in found}) < len(found):
        raise NotCountableError(f"{action.name} is about two instances of one role", action.place)
    return found


class _Search:
    def __init__(self, split: Split, numbers: frozenset[int]) -> None:
        self._split, self._numbers = split, numbers
        variables = split.system.variables
        self._shared = {i: frozenset(variables[i].initial) for i in split.shared if i not in numbers}
        self._local = {
            role: {
                tuple(values)
                for values in itertools.product(*(variables[i].initial for i in split.own[names[0]]))
            }
            for role, names in split.instances.items()
        }  # fmt: skip
        self._place = {index: (name, at) for name, own in split.own.items() for at, index in enumerate(own)}

    def run(self) -> Classes:
        actions = [(action, distinguished(self._split, action)) for action in self._split.system.actions]
        first = {names[0] for names in self._split.instances.values()}
        actions = [(action, about) for action, about in actions if set(about) <= first]
        before: tuple[int, int] = (-1, -1)
        while (now := self._size()) != before:
            before = now
            for action, about in actions:
                roles = [self._split.role_of(name) for name in about]
                for states in itertools.product(*(sorted(self._local[role]) for role in roles)):
                    self._take(action, dict(zip(about, states, strict=True)))
        return Classes({role: tuple(sorted(found)) for role, found in self._local.items()}, self._shared)

    def _size(self) -> tuple[int, int]:
        return sum(map(len, self._local.values())), sum(map(len, self._shared.values()))

    def _take(self, action: Action, given: Mapping[str, tuple[int, ...]]) -> None:
        can = self._possible([action.guard, *(check.condition for check in action.checks)], given)
        if any(values == frozenset({0}) for values in can):
            return
        others = {names[-1] for names in self._split.instances.values() if names[-1] not in given}
        values = dict(
            zip(
                (effect.variable for effect in action.effects),
                self._possible([effect.value for effect in action.effects], given),
                strict=True,
            )
        )
        for index, found in values.items():
            if index in self._shared:
                self._shared[index] |= self._some(found, index)
        for name, state in given.items():
            self._add(name, [state], values)
        for name in others:
            own = self._split.own[name]
            if any(index in values for index in own):
                for state in tuple(self._local[self._split.role_of(name)]):
                    inside = self._possible(
                        [effect.value for effect in action.effects], {**given, name: state}
                    )  # fmt: skip
                    self._add(name, [state], {e.variable: v for e, v in zip(action.effects, inside, strict=True)})

    def _add(self, name: str, states: list[tuple[int, ...]], values: Mapping[int, Values]) -> None:
        role = self._split.role_of(name)
        own = self._split.own[name]
        for state in states:
            choices = [
                sorted(self._some(values[index], index)) if index in values else [old]
                for index, old in zip(own, state, strict=True)
            ]
            self._local[role].update(itertools.product(*choices))
        if len(self._local[role]) > MOST_CLASSES:
            raise NotCountableError(
                f"an instance of {role} has more than {MOST_CLASSES} local states", Place(self._split.system.file, 1)
            )

    def _some(self, found: Values, index: int) -> frozenset[int]:
        domain = self._split.system.variables[index].domain
        everything = frozenset(range(domain.low, domain.high + 1))
        return everything if found is None else found & everything

    def _possible(self, roots: list[Expr], given: Mapping[str, tuple[int, ...]]) -> list[Values]:
        known: dict[Expr, Values] = {}
        for node in nodes(*roots):
            known[node] = self._of(node, [known[arg] for arg in node.args], given)
        return [known[root] for root in roots]

    def _of(self, node: Expr, args: list[Values], given: Mapping[str, tuple[int, ...]]) -> Values:
        match node.op:
            case Op.CONST:
                return frozenset({node.value})
            case Op.READ:
                return self._read(node.value, given)
            case Op.NOT:
                return None if args[0] is None else frozenset(1 - v for v in args[0])
            case Op.AND | Op.OR:
                return _connected(node.op, args)
            case Op.ITE:
                chosen = [args[2 - v] for v in (_BOTH if args[0] is None else args[0])]
                if any(values is None for values in chosen):
                    return _BOTH if node.sort is Sort.BOOL else None
                return frozenset(v for values in chosen if values is not None for v in values)
            case Op.EQ | Op.LT | Op.LE | Op.ADD | Op.SUB | Op.MUL:
                return _calculated(node.op, args)
            case _:
                return _BOTH if node.sort is Sort.BOOL else None

    def _read(self, index: int, given: Mapping[str, tuple[int, ...]]) -> Values:
        if index in self._place:
            name, at = self._place[index]
            if name in given:
                return frozenset({given[name][at]})
            return frozenset(state[at] for state in self._local[self._split.role_of(name)])
        return self._shared.get(index)


def _connected(op: Op, args: list[Values]) -> Values:
    absorbing = int(op is Op.OR)
    sets = [_BOTH if values is None else values for values in args]
    if any(values == frozenset({absorbing}) for values in sets):
        return frozenset({absorbing})
    if all(values == frozenset({1 - absorbing}) for values in sets):
        return frozenset({1 - absorbing})
    return _BOTH


def _calculated(op: Op, args: list[Values]) -> Values:
    truth = op in (Op.EQ, Op.LT, Op.LE)
    found: set[int] = set()
    sets: list[frozenset[int]] = []
    for values in args:
        if values is None:
            return _BOTH if truth else None
        sets.append(values)
    size = 1
    for values in sets:
        size *= len(values)
    if size > 2_000:
        return _BOTH if truth else None
    for row in itertools.product(*sets):
        match op:
            case Op.EQ:
                found.add(int(row[0] == row[1]))
            case Op.LT:
                found.add(int(row[0] < row[1]))
            case Op.LE:
                found.add(int(row[0] <= row[1]))
            case Op.ADD:
                found.add(sum(row))
            case Op.SUB:
                found.add(row[0] - row[1])
            case _:
                found.add(row[0] * row[1])
    return frozenset(found)
