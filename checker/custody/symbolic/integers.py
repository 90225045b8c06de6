"""Expressions as terms of z3 over mathematical integers and truth values."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import System


class Integers:
    """One constant of z3 for each variable of a system, in a context of its own."""

    def __init__(self, system: System) -> None:
        self.context: Any = z3.Context()
        self.now: list[Any] = [
            (z3.Bool if variable.domain.boolean else z3.Int)(f"v{index}", self.context)
            for index, variable in enumerate(system.variables)
        ]
        self._known: dict[Expr, Any] = {}

    def term(self, root: Expr) -> Any:
        """The expression over the state before a step."""
        for node in nodes(root, known=self._known):
            self._known[node] = self.apply(node, [self._known[arg] for arg in node.args])
        return self._known[root]

    def over(self, root: Expr, after: Sequence[Any]) -> Any:
        """The expression over a step to a state of these terms."""
        known: dict[Expr, Any] = {}
        for node in nodes(root):
            args = [known[arg] for arg in node.args]
            known[node] = after[node.value] if node.op is Op.NEXT else self.apply(node, args)
        return known[root]

    def all(self, parts: Sequence[Any]) -> Any:
        return z3.And(*parts, z3.BoolVal(True, self.context))

    def any(self, parts: Sequence[Any]) -> Any:
        return z3.Or(*parts, z3.BoolVal(False, self.context))

    def apply(self, node: Expr, args: list[Any]) -> Any:
        """The operator of a node over terms."""
        context = self.context
        match node.op:
            case Op.CONST:
                return (z3.BoolVal if node.sort is Sort.BOOL else z3.IntVal)(node.value, context)
            case Op.READ:
                return self.now[node.value]
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
