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

from custody.symbolic.solver import Answer
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.forbidden import forbidden
from custody.system.model import Form, Property, System


def reachable(system: System, properties: list[Property], seconds: float) -> Answer:
    """Whether something that one of the properties forbids, or a value outside its domain, can be reached."""
    horn = _Horn(system)
    return horn.ask(properties, seconds)


class _Horn:
    def __init__(self, system: System) -> None:
        self._context: Any = z3.Context()
        self._system = system
        self._now = [self._constant(index) for index in range(len(system.variables))]
        self._known: dict[Expr, Any] = {}

    def ask(self, properties: list[Property], seconds: float) -> Answer:
        context, system = self._context, self._system
        fixed: Any = z3.Fixedpoint(ctx=context)
        fixed.set("engine", "spacer", "timeout", max(1, int(seconds * 1000)))
        sorts = [z3.BoolSort(context) if v.domain.boolean else z3.IntSort(context) for v in system.variables]
        reached: Any = z3.Function("reached", *sorts, z3.BoolSort(context))
        fails: Any = z3.Bool("fails", context)
        fixed.register_relation(reached, fails.decl())
        fixed.declare_var(*self._now)
        fixed.rule(reached(*self._now), self._first())
        state = reached(*self._now)
        for action in system.actions:
            proper = self._all([self._term(action.guard), *(self._term(c.condition) for c in action.checks)])
            after = list(self._now)
            for effect in action.effects:
                after[effect.variable] = self._term(effect.value)
            fixed.rule(reached(*after), self._all([state, proper]))
            outside = [
                z3.Or(after[e.variable] < domain.low, after[e.variable] > domain.high)
                for e in action.effects
                if not (domain := system.variables[e.variable].domain).boolean
            ]
            over = [self._not(self._over(p.expression, after)) for p in properties if p.form is Form.STEP]
            if outside or over:
                fixed.rule(fails, self._all([state, proper, self._any([*outside, *over])]))
        plain = [p for p in properties if p.form is not Form.STEP]
        for p in plain:
            fixed.rule(fails, self._all([state, self._term(forbidden(system, p))]))
        try:
            answer = fixed.query(fails)
        except z3.Z3Exception:  # so it says that the time is over
            return Answer.UNKNOWN
        return Answer.YES if answer == z3.sat else Answer.NO if answer == z3.unsat else Answer.UNKNOWN

    def _constant(self, index: int) -> Any:
        make = z3.Bool if self._system.variables[index].domain.boolean else z3.Int
        return make(f"v{index}", self._context)

    def _first(self) -> Any:
        parts = [self._term(self._system.where)]
        for variable, term in zip(self._system.variables, self._now, strict=True):
            choices = [
                (term if value else self._not(term)) if variable.domain.boolean else term == value
                for value in variable.initial
            ]
            parts.append(self._any(choices))
        return self._all(parts)

    def _all(self, parts: list[Any]) -> Any:
        return z3.And(*parts, z3.BoolVal(True, self._context))

    def _any(self, parts: list[Any]) -> Any:
        return z3.Or(*parts, z3.BoolVal(False, self._context))

    def _not(self, part: Any) -> Any:
        return z3.Not(part)

    def _over(self, root: Expr, after: list[Any]) -> Any:
        known: dict[Expr, Any] = {}
        for node in nodes(root):
            args = [known[arg] for arg in node.args]
            known[node] = after[node.value] if node.op is Op.NEXT else self._apply(node, args)
        return known[root]

    def _term(self, root: Expr) -> Any:
        for node in nodes(root, known=self._known):
            self._known[node] = self._apply(node, [self._known[arg] for arg in node.args])
        return self._known[root]

    def _apply(self, node: Expr, args: list[Any]) -> Any:
        context = self._context
        match node.op:
            case Op.CONST:
                return (z3.BoolVal if node.sort is Sort.BOOL else z3.IntVal)(node.value, context)
            case Op.READ:
                return self._now[node.value]
            case Op.NOT:
                return z3.Not(args[0])
            case Op.AND:
                return z3.And(*args)
            case Op.OR:
                return z3.Or(*args)
            case Op.EQ:
                return args[0] == args[1]
            case Op.LT:
                return args[0] < args[1]
            case Op.LE:
                return args[0] <= args[1]
            case Op.ADD:
                return z3.Sum(*args)
            case Op.SUB:
                return args[0] - args[1]
            case Op.MUL:
                return args[0] * args[1]
            case Op.DIV:
                return z3.If(args[1] > 0, args[0] / args[1], 0)
            case Op.MOD:
                return z3.If(args[1] > 0, args[0] % args[1], 0)
            case Op.ITE:
                return z3.If(args[0], args[1], args[2])
            case Op.NEXT:
                raise AssertionError("only a property of steps reads the state after one")
