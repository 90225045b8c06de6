"""What values an expression can have at most: where that is within a type, no range check is needed."""

from __future__ import annotations

from collections.abc import Sequence

from custody.system.expression import Expr, Op, nodes
from custody.system.model import Variable

Interval = tuple[int, int]


class Intervals:
    """Bounds of expressions over `variables`, which may still grow; remembers what it found."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self._variables = variables
        self._known: dict[Expr, Interval] = {}

    def of(self, root: Expr) -> Interval:
        """The least and the greatest value, never too narrow."""
        for node in nodes(root):
            if node not in self._known:
                self._known[node] = self._bounds(node, [self._known[arg] for arg in node.args])
        return self._known[root]

    def _bounds(self, node: Expr, args: list[Interval]) -> Interval:
        match node.op:
            case Op.CONST:
                return node.value, node.value
            case Op.READ | Op.NEXT:
                domain = self._variables[node.value].domain
                return domain.low, domain.high
            case Op.ADD:
                return sum(low for low, _ in args), sum(high for _, high in args)
            case Op.SUB:
                return args[0][0] - args[1][1], args[0][1] - args[1][0]
            case Op.MUL:
                products = [a * b for a in args[0] for b in args[1]]
                return min(products), max(products)
            case Op.DIV:
                widest = max(abs(args[0][0]), abs(args[0][1])) + 1
                return -widest, widest
            case Op.MOD:
                return 0, max(0, args[1][1] - 1)
            case Op.ITE:
                return min(args[1][0], args[2][0]), max(args[1][1], args[2][1])
            case _:
                return 0, 1
