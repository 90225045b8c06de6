"""The system for a SAT solver: state literals before and after one step, and what relates them.

A variable of few values has a literal for each value; a Boolean has one; a number of many values has its bits.  The
action is chosen by a number in bits, so that exactly one is, and the state after the step is a function of the state
and the choice whether or not the action may be taken; `proper` says whether it may.  A value outside its variable's
domain is kept out of no step: `escapes` says that there is one.
"""

from __future__ import annotations

from custody.symbolic.gates import FALSE, MOST_CHOICES, TRUE, Bits, Choice, Gates, Number, Terms
from custody.system.expression import Expr
from custody.system.model import Form, Property, State, System

Cube = tuple[int, ...]
"""A conjunction of state literals before the step, ascending."""


class Relation:
    """Gates of one system. `states` are the literals of the state before the step."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.gates = Gates()
        self._own: dict[int, tuple[int, ...]] = {}
        self._before = [self._variable(index) for index in range(len(system.variables))]
        self.meaning = self._meanings(self._before)
        self.states = tuple(self.meaning)
        self.choice = [self.gates.fresh() for _ in range(max(1, (len(system.actions) - 1).bit_length()))]
        self.base = len(self.gates.clauses)
        self._terms = Terms(self.gates, self._before)
        gates = self.gates
        self.selected = [
            gates.all([bit if index >> k & 1 else -bit for k, bit in enumerate(self.choice)])
            for index in range(len(system.actions))
        ]
        self.guards = [self._terms.truth(action.guard) for action in system.actions]
        self.checks = [[self._terms.truth(c.condition) for c in action.checks] for action in system.actions]
        may = [gates.all([g, *c]) for g, c in zip(self.guards, self.checks, strict=True)]
        self.may = may
        self.proper = gates.any([gates.all([s, m]) for s, m in zip(self.selected, may, strict=True)])
        self._after, escapes = self._successor()
        self.escape = gates.all([self.proper, gates.any(escapes)])
        self.after = dict(zip(self.states, self._meanings(self._after), strict=True))
        self.first = self._first()

    def bad(self, p: Property) -> int:
        """That the state (with STEP, HAZARD: the step) is one that the property forbids; for REACHABLE asks for."""
        gates = self.gates
        match p.form:
            case Form.INVARIANT:
                return -self._terms.truth(p.expression)
            case Form.REACHABLE:
                return self._terms.truth(p.expression)
            case Form.STEP:
                over = Terms(gates, self._before, self._after)
                return gates.all([self.proper, -over.truth(p.expression)])
            case Form.DEADLOCK:
                moving = [g for g, a in zip(self.guards, self.system.actions, strict=True) if not a.spontaneous]
                return -gates.any([self._terms.truth(self.system.terminal), *moving])
            case Form.HAZARD:
                cases = [
                    gates.all([guard, *checks[:k], -checks[k]])
                    for action, guard, checks in zip(self.system.actions, self.guards, self.checks, strict=True)
                    for k, check in enumerate(action.checks)
                    if check.property == p.name
                ]
                return gates.any(cases)
            case _:
                raise ValueError(f"{p.name} is not about states or steps")

    def truth(self, expression: Expr) -> int:
        """The expression in the state before the step."""
        return self._terms.truth(expression)

    def truth_after(self, expression: Expr) -> int:
        """The expression in the state after the step."""
        return Terms(self.gates, self._after).truth(expression)

    # ------------------------------------------------------------------ states

    def cube(self, state: State) -> Cube:
        """The true literals of a state: one for each variable, or its bits."""
        return tuple(sorted(literal for index, value in enumerate(state) for literal in self.literals(index, value)))

    def literals(self, index: int, value: int) -> list[int]:
        """What says that the variable has the value."""
        term = self._before[index]
        if isinstance(term, int):
            return [term if value else -term]
        if isinstance(term, Choice):
            return [term.literals[value]] if len(term.literals) > 1 else []
        low = self.system.variables[index].domain.low
        return [bit if (value - low) >> place & 1 else -bit for place, bit in enumerate(self._own[index])]

    def state(self, true: frozenset[int] | set[int]) -> State:
        """The state in which these of the positive state literals hold."""
        values: list[int] = []
        for index, term in enumerate(self._before):
            if isinstance(term, int):
                values.append(int(term in true))
            elif isinstance(term, Choice):
                values.append(next(value for value, literal in term.literals.items() if literal in true))
            else:
                low = self.system.variables[index].domain.low
                values.append(low + sum(1 << place for place, bit in enumerate(self._own[index]) if bit in true))
        return tuple(values)

    def in_bits(self, index: int) -> bool:
        """Whether the literals of the variable are the bits of its value less its lowest one."""
        return index in self._own

    # ------------------------------------------------------------------ building

    def _variable(self, index: int) -> int | Number:
        gates, domain = self.gates, self.system.variables[index].domain
        if domain.boolean:
            return gates.fresh()
        if domain.size == 1:
            return Choice({domain.low: TRUE})
        if domain.size <= MOST_CHOICES:
            literals = [gates.fresh() for _ in range(domain.size)]
            gates.clauses.append(literals)
            gates.clauses += [[-a, -b] for i, a in enumerate(literals) for b in literals[:i]]
            return Choice({domain.low + offset: literal for offset, literal in enumerate(literals)})
        own = tuple(gates.fresh() for _ in range((domain.size - 1).bit_length()))
        self._own[index] = own
        offset = Bits((*own, FALSE), 0, (1 << len(own)) - 1)
        gates.clauses.append([gates.at_most(offset, gates.constant(domain.size - 1))])
        return gates.plus(Bits(offset.literals, 0, domain.size - 1), gates.constant(domain.low))

    def _meanings(self, terms: list[int | Number]) -> dict[int, tuple[int, int]]:
        """For each state literal the variable and its value, or -1 less the place of the bit."""
        found: dict[int, tuple[int, int]] = {}
        for index, term in enumerate(terms):
            if isinstance(term, int):
                found[self._named(term, found)] = (index, 1)
            elif isinstance(term, Choice):
                domain = self.system.variables[index].domain
                if domain.size > 1:
                    for value in range(domain.low, domain.high + 1):
                        found[self._named(term.literals.get(value, FALSE), found)] = (index, value)
            else:
                own = self._own[index] if terms is self._before else self._places(index, term)
                for place, bit in enumerate(own):
                    found[self._named(bit, found)] = (index, -1 - place)
        return found

    def _named(self, literal: int, taken: dict[int, tuple[int, int]]) -> int:
        """The literal, or a new name for it where it is taken or constant."""
        if literal not in taken and abs(literal) != TRUE:
            return literal
        name = self.gates.fresh()
        self.gates.clauses += [[-name, literal], [name, -literal]]
        return name

    def _places(self, index: int, term: Bits) -> list[int]:
        low = self.system.variables[index].domain.low
        offset = self.gates.bits(self.gates.plus(term, self.gates.constant(-low)))
        width = len(self._own[index])
        return [offset.literals[min(place, len(offset.literals) - 1)] for place in range(width)]

    def _successor(self) -> tuple[list[int | Number], list[int]]:
        gates = self.gates
        after = list(self._before)
        escapes: list[int] = []
        for action, selected in zip(self.system.actions, self.selected, strict=True):
            for effect in action.effects:
                value, old = self._terms.term(effect.value), after[effect.variable]
                domain = self.system.variables[effect.variable].domain
                if isinstance(value, int):
                    assert isinstance(old, int)
                    after[effect.variable] = gates.either(selected, value, old)
                    continue
                assert not isinstance(old, int)
                wrong = self._outside(value, domain.low, domain.high)
                if wrong != FALSE:
                    escapes.append(gates.all([selected, wrong]))
                if isinstance(value, Choice) and domain.size <= MOST_CHOICES:
                    inside = {v: x for v, x in value.literals.items() if domain.low <= v <= domain.high}
                    value = Choice(inside or {domain.low: FALSE})
                after[effect.variable] = gates.chosen(selected, value, old)
        return after, escapes

    def _outside(self, value: Number, low: int, high: int) -> int:
        gates = self.gates
        if isinstance(value, Choice):
            return gates.any([literal for v, literal in value.literals.items() if not low <= v <= high])
        if low <= value.low <= value.high <= high:
            return FALSE
        return -gates.all([gates.at_most(gates.constant(low), value), gates.at_most(value, gates.constant(high))])

    def _first(self) -> int:
        gates = self.gates
        parts = [self._terms.truth(self.system.where)]
        for index, variable in enumerate(self.system.variables):
            if variable.domain.size > 1:
                parts.append(gates.any([gates.all(self.literals(index, value)) for value in variable.initial]))
        return gates.all(parts)
