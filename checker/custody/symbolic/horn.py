"""The system as Horn clauses for z3's Spacer: one rule an action, integers for numbers (A. Komuravelli, A. Gurfinkel,
S. Chaki, CAV 2014).

It has one relation, the states that can be reached, and one query a property.  What it proves comes without a
certificate, because its invariants are of z3's own making; it is asked last, and as the measure of the others.
While a Fixedpoint lives, other solvers of its context were seen to answer `unknown`: so each query has a context of
its own.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from typing import Any

import z3

from custody.symbolic.integers import Integers
from custody.symbolic.solver import Answer
from custody.system.forbidden import forbidden
from custody.system.model import Form, Property, System


def reachable(system: System, properties: list[Property], seconds: float) -> Answer:
    """Whether something that one of the properties forbids, or a value outside its domain, can be reached."""
    horn = _Horn(system)
    return horn.ask(properties, seconds)


class _Horn:
    def __init__(self, system: System) -> None:
        self._system = system
        self._integers = Integers(system)

    def ask(self, properties: list[Property], seconds: float) -> Answer:
        integers, system = self._integers, self._system
        context, now, term = integers.context, integers.now, integers.term
        fixed: Any = z3.Fixedpoint(ctx=context)
        fixed.set("engine", "spacer", "timeout", max(1, int(seconds * 1000)))
        sorts = [z3.BoolSort(context) if v.domain.boolean else z3.IntSort(context) for v in system.variables]
        reached: Any = z3.Function("reached", *sorts, z3.BoolSort(context))
        fails: Any = z3.Bool("fails", context)
        fixed.register_relation(reached, fails.decl())
        fixed.declare_var(*now)
        fixed.rule(reached(*now), self._first())
        state = reached(*now)
        for action in system.actions:
            proper = integers.all([term(action.guard), *(term(c.condition) for c in action.checks)])
            after: list[Any] = list(now)
            for effect in action.effects:
                after[effect.variable] = term(effect.value)
            fixed.rule(reached(*after), integers.all([state, proper]))
            outside = [
                z3.Or(after[e.variable] < domain.low, after[e.variable] > domain.high)
                for e in action.effects
                if not (domain := system.variables[e.variable].domain).boolean
            ]
            over = [z3.Not(integers.over(p.expression, after)) for p in properties if p.form is Form.STEP]
            if outside or over:
                fixed.rule(fails, integers.all([state, proper, integers.any([*outside, *over])]))
        for p in properties:
            if p.form is not Form.STEP:
                fixed.rule(fails, integers.all([state, term(forbidden(system, p))]))
        try:
            answer = fixed.query(fails)
        except z3.Z3Exception:  # so it says that the time is over
            return Answer.UNKNOWN
        return Answer.YES if answer == z3.sat else Answer.NO if answer == z3.unsat else Answer.UNKNOWN

    def _first(self) -> Any:
        parts = [self._integers.term(self._system.where)]
        for variable, term in zip(self._system.variables, self._integers.now, strict=True):
            choices = [
                (term if value else z3.Not(term)) if variable.domain.boolean else term == value
                for value in variable.initial
            ]
            parts.append(self._integers.any(choices))
        return self._integers.all(parts)
