"""Evaluates expressions over states as tuples, many times: each is made into nested Python functions once.

Independent of the code that `explore` generates; the plain evaluator of `system` is the judge of both.  `and`, `or`
and if-then-else look at no more than they need, which is most of what makes this faster than the plain evaluator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from custody.system.expression import Expr, Op, nodes
from custody.system.model import State

_Function: TypeAlias = Callable[[Sequence[int], Sequence[int]], int]

_MAX_DEPTH = 200
"""Deeper expressions are evaluated step by step instead, so that no call nests too far."""


class Machine:
    """One expression, ready to be evaluated."""

    def __init__(self, root: Expr) -> None:
        functions: dict[Expr, _Function] = {}
        depth: dict[Expr, int] = {}
        size: dict[Expr, int] = {}
        for node in nodes(root):
            depth[node] = 1 + max((depth[arg] for arg in node.args), default=0)
            size[node] = 1 + sum(size[arg] for arg in node.args)
            if depth[node] > _MAX_DEPTH or size[node] > 8 * len(functions) + 64:
                # Nested this deep, or with this much of it shared, one value after the other is the better way.
                functions.clear()
                self._function: _Function = _one_after_the_other(root)
                return
            functions[node] = _function(node, [functions[arg] for arg in node.args])
        self._function = functions[root]

    def __call__(self, state: State, after: State = ()) -> int:
        """The value in `state`, or over the step from `state` to `after`."""
        return self._function(state, after)


def _one_after_the_other(root: Expr) -> _Function:
    order = {node: position for position, node in enumerate(dict.fromkeys(nodes(root)))}
    # Each node over a "state" that is the list of values so far, with leaves reading the real one.
    leaves = [(node.op, node.value) if not node.args else None for node in order]
    inner = [
        _function(node, [_function(Expr(Op.READ, arg.sort, (), order[arg]), []) for arg in node.args])
        for node in order
    ]

    def evaluate(state: Sequence[int], after: Sequence[int]) -> int:
        values: list[int] = []
        for leaf, function in zip(leaves, inner, strict=True):
            if leaf is None:
                values.append(function(values, ()))
            else:
                values.append(function(state, after))
        return values[-1]

    return evaluate


def _function(node: Expr, args: list[_Function]) -> _Function:
    value = node.value
    match node.op:
        case Op.CONST:
            return lambda _s, _t: value
        case Op.READ:
            return lambda s, _t: s[value]
        case Op.NEXT:
            return lambda _s, t: t[value]
        case Op.AND:

            def all_of(s: Sequence[int], t: Sequence[int]) -> int:
                for arg in args:
                    if not arg(s, t):
                        return 0
                return 1

            return all_of
        case Op.OR:

            def any_of(s: Sequence[int], t: Sequence[int]) -> int:
                for arg in args:
                    if arg(s, t):
                        return 1
                return 0

            return any_of
        case Op.ADD:
            return lambda s, t: sum(arg(s, t) for arg in args)
        case Op.NOT:
            operand = args[0]
            return lambda s, t: 0 if operand(s, t) else 1
        case Op.ITE:
            condition, yes, no = args
            return lambda s, t: yes(s, t) if condition(s, t) else no(s, t)
        case _:
            return _binary(node, args[0], args[1])


def _binary(node: Expr, a: _Function, b: _Function) -> _Function:
    match node.op:
        case Op.EQ:
            right = node.args[1]
            if right.is_constant:
                wanted = right.value
                return lambda s, t: 1 if a(s, t) == wanted else 0
            return lambda s, t: 1 if a(s, t) == b(s, t) else 0
        case Op.LT:
            return lambda s, t: 1 if a(s, t) < b(s, t) else 0
        case Op.LE:
            return lambda s, t: 1 if a(s, t) <= b(s, t) else 0
        case Op.SUB:
            return lambda s, t: a(s, t) - b(s, t)
        case Op.MUL:
            return lambda s, t: a(s, t) * b(s, t)
        case Op.DIV:
            return lambda s, t: a(s, t) // b(s, t) if b(s, t) > 0 else 0
        case _:
            return lambda s, t: a(s, t) % b(s, t) if b(s, t) > 0 else 0
