"""The system over counters at one size: an action for each action of one instance in each of its local states."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from custody.counting.classes import Classes, classes, distinguished
from custody.counting.problem import NotCountableError
from custody.counting.split import Split, split
from custody.counting.translate import State, Translator
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    Sort,
    add,
    and_,
    boolean,
    eq,
    ite,
    le,
    not_,
    number,
    or_,
    read,
)
from custody.system.model import (
    Action,
    Check,
    Domain,
    Effect,
    Form,
    Property,
    System,
    Variable,
)
from custody.system.place import Place

LEFT = "(a local state that was not foreseen)"
"""The property that nobody comes into a local state that is not counted."""

LARGE = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Flat:
    """A system whose variables are totals (by role), shared variables, and counters, in this order.

    `counters` gives for each counter its role and local state; `columns` by role which of an instance's variables a
    local state has, by name, place and domain; `sources` the shared variables of the split system.
    """

    system: System
    totals: dict[str, int]
    sources: dict[int, int]
    counters: dict[int, tuple[str, State]]
    begins: dict[str, frozenset[State]]
    columns: dict[str, tuple[str, ...]]
    places: dict[str, tuple[int, ...]]
    fixed: tuple[tuple[str, int], ...]
    same: dict[str, tuple[tuple[str, int], ...]]
    split: Split
    skipped: tuple[str, ...]


Kept: TypeAlias = Mapping[str, frozenset[State]]
"""By role the local states that are counted."""


def flat(system: System, roles: Sequence[str], numbers: frozenset[str], kept: Kept | None = None) -> Flat:
    """The counters of a system; `numbers` are the shared variables that count. NotCountableError says why not.

    Where `kept` says which local states are counted, that nobody comes into another one is for a proof to show.
    """
    parts = split(system, roles)
    for role in roles:
        if role not in parts.instances:
            raise NotCountableError(f"there is no role '{role}'")
    return _Builder(parts, numbers, kept).flat()


class _Builder:
    def __init__(self, parts: Split, numbers: frozenset[str], kept: Kept | None) -> None:
        self._split = parts
        variables = parts.system.variables
        counts = frozenset(i for i in parts.shared if variables[i].name in numbers)
        self._classes: Classes = classes(parts, counts)
        if kept is not None:
            local = {role: tuple(s for s in found if s in kept[role]) for role, found in self._classes.local.items()}
            self._classes = replace(self._classes, local=local)
        self._roles = list(parts.instances)
        self._variables: list[Variable] = []
        self._shared: dict[int, Expr] = {}
        self._sources: dict[int, int] = {}
        self._counters: dict[tuple[str, State], int] = {}
        self._columns = {role: self._varying(role) for role in self._roles}
        for role in self._roles:
            total = len(parts.instances[role])
            self._add(Variable(f"#{role}", Domain(0, LARGE), (total,), f"#{role}", place=Place(parts.system.file, 1)))
        for index in parts.shared:
            variable = variables[index]
            values = self._classes.shared.get(index)
            if values is not None and len(values) == 1:
                (value,) = values
                boolean_ = variable.domain.boolean
                self._shared[index] = boolean(bool(value)) if boolean_ else number(value)
            else:
                self._sources[index] = len(self._variables)
                self._shared[index] = read(len(self._variables), variable.domain.sort)
                self._add(variable)
        for role in self._roles:
            for state in self._classes.local[role]:
                self._counters[role, state] = len(self._variables)
                name = f"#{role}({self._shown(role, state)})"
                self._add(Variable(name, Domain(0, LARGE), (0,), name))
        self._translator = Translator(parts, self._classes, self._shared, self._counter)
        self._skipped: list[str] = []

    def flat(self) -> Flat:
        system = self._split.system
        actions = [flat for action in system.actions for flat in self._actions(action)]
        moving = or_(*(action.guard for action in actions if not action.spontaneous))
        stuck = not_(or_(self._translator.over(system.terminal, {}), moving))
        properties = tuple(p for each in system.properties if (p := self._property(each, stuck)) is not None)
        left = Property(LEFT, Form.HAZARD, properties[0].kind, Place(system.file, 1), implicit=True)
        counted = replace(
            system,
            variables=tuple(self._variables),
            actions=tuple(actions),
            properties=(*properties, left),
            where=self._where(),
            terminal=self._translator.over(system.terminal, {}),
            fairness=(),
            views=(),
            roles=(),
            implementation=None,
        )
        totals = {role: number_ for number_, role in enumerate(self._roles)}
        counters = {index: key for key, index in self._counters.items()}
        places = {role: tuple(at) for role, at in self._columns.items()}
        named = {role: self._named(role) for role in self._roles}
        columns = {role: tuple(named[role][at] for at in places[role]) for role in self._roles}
        same = {role: self._same(role, named[role], places[role]) for role in self._roles}
        fixed = [
            (system.variables[index].name, self._shared[index].value)
            for index in self._shared
            if index not in self._sources
        ]
        return Flat(
            counted,
            totals,
            self._sources,
            counters,
            self._begins(),
            columns,
            places,
            tuple(fixed),
            same,
            self._split,
            tuple(self._skipped),
        )

    # ------------------------------------------------------------------ variables

    def _add(self, variable: Variable) -> None:
        self._variables.append(variable)

    def _varying(self, role: str) -> list[int]:
        states = self._classes.local[role]
        return [at for at in range(len(self._split.keys[role])) if len({state[at] for state in states}) > 1]

    def _named(self, role: str) -> list[str]:
        """The variables of an instance, with `{}` for its name."""
        first = self._split.instances[role][0]
        return [self._split.system.variables[index].name.replace(first, "{}") for index in self._split.own[first]]

    def _same(self, role: str, named: list[str], places: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
        state = self._classes.local[role][0]
        return tuple((name, state[at]) for at, name in enumerate(named) if at not in places)

    def _shown(self, role: str, state: State) -> str:
        first = self._split.instances[role][0]
        told: list[str] = []
        for at in self._columns[role]:
            domain = self._split.system.variables[self._split.own[first][at]].domain
            told.append(f"{self._split.keys[role][at]} = {domain.show(state[at])}")
        return ", ".join(told)

    def _counter(self, role: str, state: State) -> Expr:
        return read(self._counters[role, state], Sort.INT)

    def _begins(self) -> dict[str, frozenset[State]]:
        variables = self._split.system.variables
        own = {role: self._split.own[names[0]] for role, names in self._split.instances.items()}
        return {r: frozenset(itertools.product(*(variables[i].initial for i in own[r]))) for r in own}

    def _where(self) -> Expr:
        system = self._split.system
        if system.where != TRUE:
            raise NotCountableError("the first states are restricted", Place(system.file, 1))
        parts: list[Expr] = []
        for number_, role in enumerate(self._roles):
            begin = self._begins()[role]
            states = self._classes.local[role]
            parts += [eq(self._counter(role, state), number(0)) for state in states if state not in begin]
            total = add(*(self._counter(role, state) for state in states if state in begin))
            parts.append(eq(total, read(number_, Sort.INT)))
        return and_(*parts)

    # ------------------------------------------------------------------ steps

    def _actions(self, action: Action) -> list[Action]:
        about = distinguished(self._split, action)
        if any(self._split.instances[self._split.role_of(name)][0] != name for name in about):
            return []
        found: list[Action] = []
        roles = [self._split.role_of(name) for name in about]
        for states in itertools.product(*(self._classes.local[role] for role in roles)):
            known = dict(zip(about, states, strict=True))
            try:
                step = self._action(action, known)
            except NotCountableError as error:
                raise NotCountableError(
                    f"{action.name}: {error.reason}", error.place if error.place.line else action.place
                ) from None
            if step is not None:
                found.append(step)
        return found

    def _action(self, action: Action, known: dict[str, State]) -> Action | None:
        over = self._translator.over
        guard = over(action.guard, known)
        if guard == FALSE:
            return None
        there = [le(number(1), self._counter(self._split.role_of(name), state)) for name, state in known.items()]
        checks = [replace(check, condition=over(check.condition, known)) for check in _together(action.checks)]
        values = {effect.variable: self._translator.fixed(effect.value, known) for effect in action.effects}
        values = {index: value for index, value in values.items() if not self._translator.stays(index, value)}
        effects = [
            Effect(self._sources[index], over(values[index], known)) for index in self._sources if index in values
        ]
        checks += self._steps_checked(action, values, known)
        fixed = [index for index in values if index in self._shared and index not in self._sources]
        stays = [eq(over(values[index], known), self._shared[index]) for index in fixed]
        for role in self._roles:
            counted, inside = self._counted(role, values, known)
            effects += counted
            stays += inside
        left = and_(*stays)
        if left != TRUE:
            checks.append(Check(left, LEFT, "a local state that was not foreseen", action.place))
        arguments = tuple(
            (self._split.role_of(name), self._shown(self._split.role_of(name), state))
            for name, state in known.items()
        )
        return replace(
            action,
            guard=and_(*there, guard),
            checks=tuple(checks),
            effects=tuple(effects),
            actor=self._general(action.actor),
            arguments=(*((n, v) for n, v in action.arguments if v not in known), *arguments),
            control=TRUE,
            waits=(),
            clauses=(),
            waived=(),
            answer=None,
        )

    def _general(self, actor: str) -> str:
        return self._split.role_of(actor) if actor in self._split.own else actor

    def _counted(
        self, role: str, values: Mapping[int, Expr], known: dict[str, State]
    ) -> tuple[list[Effect], list[Expr]]:
        """What becomes of the counters of a role, and that everybody comes to a local state that is counted."""
        split_, states = self._split, self._classes.local[role]
        others = self._translator.others
        acting = [name for name in known if split_.role_of(name) == role]
        unknown = [name for name in split_.instances[role] if name not in known]
        moved = [name for name in unknown if any(index in values for index in split_.own[name])]
        if moved and moved != unknown:
            raise NotCountableError("a step changes some of the other instances and not all alike")
        inside: list[Expr] = []
        total: dict[State, list[Expr]] = {state: [] for state in states}
        for name in acting:
            goes = self._targets(role, name, values, known, known[name])
            inside.append(or_(*goes.values()))
            for target, when in goes.items():
                if when != FALSE:
                    total[target].append(ite(when, number(1), number(0)))
        if not acting and not moved:
            return [], []
        for state in states:
            if not moved:
                total[state].append(others(role, state, known))
                continue
            self._require_alike(role, values, known, unknown)
            goes = self._targets(role, unknown[0], values, {**known, unknown[0]: state}, state)
            there = le(number(1), others(role, state, known))
            inside.append(or_(*goes.values(), not_(there)))
            for target, when in goes.items():
                if when != FALSE:
                    total[target].append(ite(when, others(role, state, known), number(0)))
        effects = [Effect(self._counters[role, state], add(*parts)) for state, parts in total.items()]
        return [e for e in effects if e.value != read(e.variable, Sort.INT)], inside

    def _require_alike(
        self, role: str, values: Mapping[int, Expr], known: dict[str, State], unknown: list[str]
    ) -> None:
        if not self._translator.all_alike(values, known, unknown):
            raise NotCountableError(f"a step changes the other instances of {role} differently")

    def _targets(
        self, role: str, name: str, values: Mapping[int, Expr], known: dict[str, State], state: State
    ) -> dict[State, Expr]:
        """When the instance goes to which local state."""
        own = self._split.own[name]
        terms: list[tuple[int, Expr]] = []
        for at, index in enumerate(own):
            if index in values:
                terms.append((at, self._translator.over(values[index], known)))
        changed = {at for at, _ in terms}
        found: dict[State, Expr] = {}
        for target in self._classes.local[role]:
            if any(target[at] != state[at] for at in range(len(own)) if at not in changed):
                continue
            found[target] = and_(*(_equals(term, target[at]) for at, term in terms))
        return found

    # ------------------------------------------------------------------ properties

    def _steps_checked(self, action: Action, values: Mapping[int, Expr], known: dict[str, State]) -> list[Check]:
        """What properties of steps say of this one, over the state before it."""
        found: list[Check] = []
        for p in self._split.system.properties:
            if p.form is Form.STEP:
                condition = self._translator.after(p.expression, values, known)
                if condition != TRUE:
                    found.append(Check(condition, p.name, p.doc or p.text or p.name, p.place))
        return found

    def _property(self, p: Property, stuck: Expr) -> Property | None:
        plain = replace(p, conjuncts=(), premises=(), resting=(), expression=TRUE, goal=TRUE)
        try:
            match p.form:
                case Form.STEP | Form.HAZARD:
                    return replace(plain, form=Form.HAZARD)
                case Form.INVARIANT | Form.REACHABLE:
                    return replace(plain, expression=self._translator.over(p.expression, {}))
                case Form.DEADLOCK:
                    return replace(plain, form=Form.INVARIANT, expression=not_(stuck))
                case _:
                    self._skipped.append(p.name)
                    return None
        except NotCountableError as error:
            place = error.place if error.place.line else p.place
            raise NotCountableError(f"{p.name}: {error.reason}", place) from None


def _together(checks: Sequence[Check]) -> list[Check]:
    """One check for each property: those that a loop makes for one instance after the other say it of all."""
    found: dict[str, Check] = {}
    for check in checks:
        before = found.get(check.property)
        found[check.property] = (
            check if before is None else replace(before, condition=and_(before.condition, check.condition))
        )
    return list(found.values())


def _equals(term: Expr, value: int) -> Expr:
    if term.sort is Sort.BOOL:
        return eq(term, boolean(bool(value)))
    return eq(term, number(value))
