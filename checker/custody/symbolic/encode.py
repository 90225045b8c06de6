"""The system in z3, once: a copy of the variables for each step, a selector for each action.

A Boolean is a Boolean; everything else is a bit-vector just wide enough for its domain, holding the value less
the domain's lowest.  Expressions are computed in one width that no intermediate result can overflow, found by
interval arithmetic, so nothing ever wraps.  The domain is assumed of the first copy only: the later ones are
what the effects make them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingTypeStubs=false
from __future__ import annotations

from typing import Any

import z3

from custody.symbolic.bad import proper
from custody.system.expression import Expr, Op, nodes
from custody.system.model import State, System


class Encoding:
    """Builds the formulas of one system in a context of its own."""

    def __init__(self, system: System, extra: list[Expr]) -> None:
        self.context = z3.Context()
        self._system = system
        roots = [system.where, *extra]
        for action in system.actions:
            roots += [action.guard, *(c.condition for c in action.checks), *(e.value for e in action.effects)]
        self._width = _width(system, roots)
        self._copies: list[list[Any]] = []
        self._known: list[dict[Expr, Any]] = []
        self._selectors: list[list[Any]] = []

    # ------------------------------------------------------------------ variables

    def _copy(self, step: int) -> list[Any]:
        while len(self._copies) <= step:
            number = len(self._copies)
            copy: list[Any] = []
            for index, variable in enumerate(self._system.variables):
                name = f"v{index}_{number}"
                if variable.domain.boolean:
                    copy.append(z3.Bool(name, self.context))
                else:
                    copy.append(z3.BitVec(name, _bits(variable.domain.size), self.context))
            self._copies.append(copy)
            self._known.append({})
        return self._copies[step]

    def in_domain(self, step: int) -> Any:
        """Every variable of the copy has a value of its domain."""
        limits: list[Any] = []
        for variable, term in zip(self._system.variables, self._copy(step), strict=True):
            size = variable.domain.size
            if not variable.domain.boolean and size != 1 << _bits(size):
                limits.append(z3.ULE(term, z3.BitVecVal(size - 1, _bits(size), self.context)))
        return self._and(limits)

    def first(self) -> Any:
        """Copy 0 is a first state."""
        parts = [self.term(self._system.where, 0)]
        for variable, term in zip(self._system.variables, self._copy(0), strict=True):
            parts.append(self._or([self._is(term, variable.domain, value) for value in variable.initial]))
        return self._and(parts)

    def different(self, one: int, other: int) -> Any:
        """The two copies are not the same state."""
        pairs = zip(self._copy(one), self._copy(other), strict=True)
        return self._or([a != b for a, b in pairs])

    def step(self, number: int) -> Any:
        """Copy `number + 1` comes from copy `number` by one action, whose selector is true."""
        before, after = self._copy(number), self._copy(number + 1)
        selectors = [z3.Bool(f"a{i}_{number}", self.context) for i in range(len(self._system.actions))]
        while len(self._selectors) <= number:
            self._selectors.append([])
        self._selectors[number] = selectors
        parts: list[Any] = [self._or(selectors)]
        for action, selector in zip(self._system.actions, selectors, strict=True):
            written = {effect.variable: effect.value for effect in action.effects}
            body: list[Any] = [self.term(proper(action), number)]
            for index, variable in enumerate(self._system.variables):
                if index not in written:
                    body.append(after[index] == before[index])
                elif variable.domain.boolean:
                    body.append(after[index] == self.term(written[index], number))
                else:
                    raw = self.term(written[index], number) - self._constant(variable.domain.low)
                    body.append(after[index] == z3.Extract(_bits(variable.domain.size) - 1, 0, raw))
            parts.append(z3.Implies(selector, self._and(body)))
        return self._and(parts)

    # ------------------------------------------------------------------ expressions

    def term(self, root: Expr, step: int) -> Any:
        """The expression over the given copy."""
        copy, known = self._copy(step), self._known[step]
        for node in nodes(root):
            if node not in known:
                known[node] = self._node(node, [known[arg] for arg in node.args], copy)
        return known[root]

    def _node(self, node: Expr, args: list[Any], copy: list[Any]) -> Any:
        match node.op:
            case Op.CONST:
                if node.sort == "bool":
                    return z3.BoolVal(bool(node.value), self.context)
                return self._constant(node.value)
            case Op.READ:
                domain = self._system.variables[node.value].domain
                if domain.boolean:
                    return copy[node.value]
                wide = z3.ZeroExt(self._width - _bits(domain.size), copy[node.value])
                return wide + self._constant(domain.low) if domain.low else wide
            case Op.NOT:
                return z3.Not(args[0])
            case Op.AND:
                return self._and(args)
            case Op.OR:
                return self._or(args)
            case Op.EQ:
                return args[0] == args[1]
            case Op.LT:
                return args[0] < args[1]
            case Op.LE:
                return args[0] <= args[1]
            case Op.ADD:
                total = args[0]
                for arg in args[1:]:
                    total = total + arg
                return total
            case Op.SUB:
                return args[0] - args[1]
            case Op.MUL:
                return args[0] * args[1]
            case Op.DIV | Op.MOD:
                return self._division(node.op, args[0], args[1])
            case Op.ITE:
                return z3.If(args[0], args[1], args[2])
            case Op.NEXT:
                raise AssertionError("steps are questions about the state before them")

    def _division(self, op: Op, a: Any, b: Any) -> Any:
        """Rounding towards minus infinity; z3's signed remainder with the divisor's sign does just that."""
        zero = self._constant(0)
        remainder = z3.If(b > zero, z3.SRem(a, b), zero)
        floored = z3.If(z3.And(remainder < zero, b > zero), remainder + b, remainder)
        if op is Op.MOD:
            return floored
        return z3.If(b > zero, (a - floored) / b, zero)

    def _constant(self, value: int) -> Any:
        return z3.BitVecVal(value, self._width, self.context)

    def _is(self, term: Any, domain: Any, value: int) -> Any:
        if domain.boolean:
            return term if value else z3.Not(term)
        return term == z3.BitVecVal(value - domain.low, _bits(domain.size), self.context)

    def _and(self, parts: list[Any]) -> Any:
        return z3.And(*parts, self._true()) if parts else self._true()

    def _or(self, parts: list[Any]) -> Any:
        return z3.Or(*parts, z3.BoolVal(False, self.context)) if parts else z3.BoolVal(False, self.context)

    def _true(self) -> Any:
        return z3.BoolVal(True, self.context)

    # ------------------------------------------------------------------ reading models

    def state(self, model: Any, step: int) -> State:
        """The state that the model gives to a copy."""
        values: list[int] = []
        for variable, term in zip(self._system.variables, self._copy(step), strict=True):
            value = model.eval(term, model_completion=True)
            if variable.domain.boolean:
                values.append(int(z3.is_true(value)))
            else:
                values.append(value.as_long() + variable.domain.low)
        return tuple(values)

    def action(self, model: Any, step: int) -> int:
        """The action that leads from copy `step` to the next."""
        for index, selector in enumerate(self._selectors[step]):
            if z3.is_true(model.eval(selector, model_completion=True)):
                return index
        raise AssertionError("a step without an action")


def _bits(size: int) -> int:
    return max(1, (size - 1).bit_length())


def _width(system: System, roots: list[Expr]) -> int:
    """Enough bits, with the sign, for every value that any subexpression can have."""
    bounds: dict[Expr, tuple[int, int]] = {}
    most = 1
    for variable in system.variables:
        most = max(most, abs(variable.domain.low), abs(variable.domain.high), variable.domain.size)
    for node in nodes(*roots):
        low, high = _interval(system, node, [bounds[arg] for arg in node.args])
        bounds[node] = (low, high)
        most = max(most, abs(low), abs(high))
    # One bit for the sign, one for the sums inside division and for values less their lowest.
    return most.bit_length() + 3


def _interval(system: System, node: Expr, args: list[tuple[int, int]]) -> tuple[int, int]:
    match node.op:
        case Op.CONST:
            return node.value, node.value
        case Op.READ | Op.NEXT:
            domain = system.variables[node.value].domain
            return domain.low, domain.high
        case Op.ADD:
            return sum(low for low, _ in args), sum(high for _, high in args)
        case Op.SUB:
            return args[0][0] - args[1][1], args[0][1] - args[1][0]
        case Op.MUL:
            products = [a * b for a in args[0] for b in args[1]]
            return min(products), max(products)
        case Op.DIV | Op.MOD:
            widest = max(abs(bound) for pair in args for bound in pair) + 1
            return -widest, widest
        case Op.ITE:
            return min(args[1][0], args[2][0]), max(args[1][1], args[2][1])
        case _:
            return 0, 1
