"""Evaluates expressions over states as tuples, many times: each is laid out once as a straight line of steps.

Independent of the code that `explore` generates; the plain evaluator of `system` is the judge of both.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from custody.system.expression import Expr, Op, nodes
from custody.system.model import State

_BINARY: dict[Op, Callable[[int, int], int]] = {
    Op.EQ: operator.eq,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.SUB: operator.sub,
    Op.MUL: operator.mul,
    Op.DIV: lambda a, b: a // b if b > 0 else 0,
    Op.MOD: lambda a, b: a % b if b > 0 else 0,
}


class Machine:
    """One expression, ready to be evaluated."""

    def __init__(self, root: Expr) -> None:
        order = {node: position for position, node in enumerate(dict.fromkeys(nodes(root)))}
        self._steps = [(node.op, node.value, tuple(order[arg] for arg in node.args)) for node in order]

    def __call__(self, state: State, after: State = ()) -> int:
        """The value in `state`, or over the step from `state` to `after`."""
        values: list[int] = []
        for op, value, args in self._steps:
            match op:
                case Op.CONST:
                    result = value
                case Op.READ:
                    result = state[value]
                case Op.NEXT:
                    result = after[value]
                case Op.NOT:
                    result = not values[args[0]]
                case Op.AND:
                    result = all(values[arg] for arg in args)
                case Op.OR:
                    result = any(values[arg] for arg in args)
                case Op.ADD:
                    result = sum(values[arg] for arg in args)
                case Op.ITE:
                    result = values[args[1]] if values[args[0]] else values[args[2]]
                case _:
                    result = _BINARY[op](values[args[0]], values[args[1]])
            values.append(int(result))
        return values[-1]
