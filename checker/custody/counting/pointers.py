"""What an instance remembers of itself: variables of one that hold none or it, or none or an object of its own.

Such a variable is a truth value, whether it holds what is the instance's.  That it never holds what is another's is
shown here: it holds none at first, and no step assigns anything else, given that of all of these before the step.
What is read through it is the instance's own: where it holds none, that is a hazard, and nothing that a step reads
then is of use.  `complaint` looks whether all that is true, state by state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from custody.counting.problem import NotCountableError
from custody.system.evaluate import initial_states
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    Op,
    Sort,
    after,
    and_,
    boolean,
    ite,
    nodes,
    not_,
    or_,
    read,
    rebuild,
)
from custody.system.fast import moves
from custody.system.model import BOOLEAN, Action, Check, Effect, Form, Property, State, System, Variable

OWN = " is its own"
"""Ends the name of a truth value that was such a variable."""

Facts: TypeAlias = dict[Expr, Expr]


def naming(role_of: Mapping[str, str]) -> re.Pattern[str]:
    """Finds the names of these instances within others, such as a variable's."""
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, role_of))})(?!\w)")


def without_pointers(system: System, role_of: Mapping[str, str]) -> System:
    """The system without such variables. NotCountableError where one may hold what is another's."""
    pointers = _Pointers(system, role_of)
    return pointers.system() if pointers.mine else system


def complaint(system: System, role_of: Mapping[str, str], most: int) -> str | None:
    """What the system without them does otherwise in the first so many states; None if nothing."""
    pointers = _Pointers(system, role_of)
    if not pointers.mine:
        return None
    one, other = moves(system), moves(pointers.system())

    def view(state: State) -> State:
        row = list(state)
        for index, mine in pointers.mine.items():
            if row[index] not in (0, mine):
                raise NotCountableError(f"{system.variables[index].name} holds what is another's")
            row[index] = int(row[index] != 0)
        return tuple(row)

    seen = dict.fromkeys(initial_states(system))
    waiting = list(seen)
    for state in waiting:
        if len(seen) > most:
            break
        steps = list(one(state))
        mine = [(action, broken, None if broken >= 0 else view(to)) for action, broken, to in steps]
        its = [(action, broken, None if broken >= 0 else to) for action, broken, to in other(view(state))]
        if mine != its:
            return "what instances remember of themselves makes another difference than whether it is there"
        for _, broken, to in steps:
            if broken < 0 and to not in seen:
                seen[to] = None
                waiting.append(to)
    return None


class _Pointers:
    def __init__(self, system: System, role_of: Mapping[str, str]) -> None:
        self._system = system
        self._named = named = naming(role_of)
        self._role_of = role_of
        self.mine: dict[int, int] = {}
        """By variable its value that is the instance's own; 0 is none."""
        for index, variable in enumerate(system.variables):
            labels = variable.domain.labels or ()
            owners = self._owners(variable)
            held = [named.search(label) for label in labels]
            if len(owners) != 1 or not any(held):
                continue
            (owner,) = owners
            own = [value for value, found in enumerate(held) if found is not None and found.group() == owner]
            if held[0] is None and all(held[1:]) and len(own) == 1 and variable.initial == (0,):
                self.mine[index] = own[0]

    def _owners(self, variable: Variable) -> frozenset[str]:
        owners = frozenset(found.group() for found in self._named.finditer(variable.name))
        return owners | {variable.actor} if variable.actor is not None and variable.actor in self._role_of else owners

    def system(self) -> System:
        system = self._system
        return replace(
            system,
            variables=tuple(map(self._variable, range(len(system.variables)), system.variables)),
            actions=tuple(map(self._action, system.actions)),
            properties=tuple(map(self._subject, system.properties)),
            where=self._over(system.where, {}),
            terminal=self._over(system.terminal, {}),
        )

    def _variable(self, index: int, variable: Variable) -> Variable:
        if index not in self.mine:
            return variable
        return replace(variable, name=variable.name + OWN, domain=BOOLEAN, initial=(0,))

    def _action(self, action: Action) -> Action:
        facts: Facts = {}
        guard = self._over(action.guard, facts)
        _note(guard, facts)
        checks: list[Check] = []
        for check in action.checks:
            condition = self._over(check.condition, facts)
            checks.append(replace(check, condition=condition))
            _note(condition, facts)
        effects = [Effect(effect.variable, self._assigned(effect, action, facts)) for effect in action.effects]
        return replace(
            action, guard=guard, control=self._over(action.control, {}), checks=tuple(checks), effects=tuple(effects)
        )

    def _subject(self, p: Property) -> Property:
        if p.form in (Form.PROGRESS, Form.EVENTUALLY, Form.LEADS_TO, Form.IMPLEMENTS):
            return p
        return replace(
            p, expression=self._over(p.expression, {}), goal=self._over(p.goal, {}), conjuncts=(), premises=()
        )

    def _assigned(self, effect: Effect, action: Action, facts: Facts) -> Expr:
        if effect.variable not in self.mine:
            return self._over(effect.value, facts)
        try:
            return self._held(effect.value, effect.variable, facts)
        except NotCountableError as error:
            variable = self._system.variables[effect.variable]
            raise NotCountableError(f"{action.name}: {variable.name} {error.reason}", variable.place) from None

    def _held(self, node: Expr, variable: int, facts: Facts) -> Expr:
        """Whether what is assigned to the variable is what is its instance's own, and not none."""
        known: dict[Expr, Expr] = {}
        if not self._values(node, known, facts) <= {0, self.mine[variable]}:
            raise NotCountableError("may hold what is another's: a relation between two")
        return self._is(node, self.mine[variable], known, facts)

    def _read(self, node: Expr, facts: Facts) -> Expr:
        flag = (read if node.op is Op.READ else after)(node.value, Sort.BOOL)
        return facts.get(flag, flag)

    def _over(self, root: Expr, facts: Facts) -> Expr:
        known: dict[Expr, Expr] = {}
        for node in nodes(root, known=known):
            if node in facts:
                known[node] = facts[node]
            elif node.op is Op.EQ and any(map(self._points, node.args)):
                known[node] = self._equal(node.args[0], node.args[1], known, facts)
            elif self._points(node) or not node.args:
                known[node] = node
            elif any(self._points(arg) for arg in node.args):
                raise NotCountableError("a variable that holds an instance or its object is calculated with")
            elif node.op is Op.ITE and self._is_read_through(known[node.args[0]], node.args[1], node.args[2]):
                known[node] = known[node.args[1]]
            else:
                made = rebuild(node, tuple(known[arg] for arg in node.args))
                known[node] = facts.get(made, made)
        return known[root]

    def _is_read_through(self, held: Expr, own: Expr, other: Expr) -> bool:
        """Whether this is what is read through a variable: its instance's own; where it is none, just anything."""
        flags = held.args if held.op is Op.AND else (held,)
        if any(flag.op not in (Op.READ, Op.NEXT) or flag.value not in self.mine for flag in flags):
            return False
        owner = self._whose(held)
        return len(owner) == 1 and self._whose(own) <= owner and not self._whose(other) <= owner

    def _whose(self, root: Expr) -> frozenset[str]:
        variables = self._system.variables
        indices = {node.value for node in nodes(root) if node.op in (Op.READ, Op.NEXT)}
        return frozenset(name for index in indices for name in self._owners(variables[index]))

    def _points(self, node: Expr) -> bool:
        if node.op in (Op.READ, Op.NEXT):
            return node.value in self.mine
        if node.op is Op.ADD:
            # The values of a type with none are those of the one without, and one more.
            return len(node.args) == 2 and self._points(node.args[0]) and node.args[1].is_constant
        return node.op is Op.ITE and node.sort is Sort.INT and any(map(self._points, node.args[1:]))

    def _equal(self, left: Expr, right: Expr, known: dict[Expr, Expr], facts: Facts) -> Expr:
        """Where both are none or the same, which they are for one value of all that either may have."""
        values = self._values(left, known, facts) | self._values(right, known, facts)
        return or_(*(and_(self._is(left, v, known, facts), self._is(right, v, known, facts)) for v in sorted(values)))

    def _values(self, node: Expr, known: dict[Expr, Expr], facts: Facts) -> set[int]:
        if node.is_constant:
            return {node.value}
        if node.op is Op.ITE:
            _, branches = self._branches(node, known, facts)
            return {value for branch in branches for value in self._values(branch, known, facts)}
        if node.op is Op.ADD and self._points(node):
            return {value + node.args[1].value for value in self._values(node.args[0], known, facts)}
        if node.op in (Op.READ, Op.NEXT) and node.value in self.mine:
            flag = self._read(node, facts)
            return {flag.value * self.mine[node.value]} if flag.is_constant else {0, self.mine[node.value]}
        raise NotCountableError("a variable that holds an instance or its object is compared with another")

    def _is(self, node: Expr, value: int, known: dict[Expr, Expr], facts: Facts) -> Expr:
        if node.is_constant:
            return boolean(node.value == value)
        if node.op is Op.ITE:
            condition, branches = self._branches(node, known, facts)
            cases = [self._is(branch, value, known, facts) for branch in branches]
            return ite(condition, cases[0], cases[1]) if len(cases) > 1 else cases[0]
        if node.op is Op.ADD:
            return self._is(node.args[0], value - node.args[1].value, known, facts)
        if value not in (0, self.mine[node.value]):
            return FALSE
        flag = self._read(node, facts)
        return flag if value else not_(flag)

    def _branches(self, node: Expr, known: dict[Expr, Expr], facts: Facts) -> tuple[Expr, tuple[Expr, ...]]:
        """The condition of a choice, and those of its two cases that can be."""
        when, yes, no = node.args
        if when not in known:
            known[when] = self._over(when, facts)
        condition = known[when]
        if condition.is_constant:
            return condition, (yes if condition.value else no,)
        return condition, (yes,) if self._is_read_through(condition, yes, no) else (yes, no)


def _note(condition: Expr, facts: Facts) -> None:
    """What is so where the condition holds."""
    if condition.op is Op.AND:
        for arg in condition.args:
            _note(arg, facts)
    elif condition.op is Op.NOT:
        facts[condition.args[0]] = FALSE
    elif not condition.is_constant:
        facts[condition] = TRUE
