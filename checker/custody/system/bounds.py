"""How large the value of an expression, and of every part of it, can become.

Expressions are over mathematical integers; C, SPIN and rumur calculate with so many bits and would wrap or stop.
Interval arithmetic over the variables' domains decides whether that can happen anywhere.  It is an
over-approximation: it may refuse an expression whose large values are never reached, and never accepts one that
overflows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from custody.system.expression import Expr, Op, Sort, nodes

Range: TypeAlias = tuple[int, int]

LIMIT = 2**31 - 1
"""The largest absolute value of 32 bits, which SPIN and rumur calculate with."""


def bounds(root: Expr, ranges: Mapping[int, Range], limit: int = LIMIT) -> dict[int, Range]:
    """The least and the largest value of every part of `root`, by the part's id, given those of the variables.

    OverflowError when the absolute value of one of them can exceed `limit`.
    """
    return _all((root,), ranges, limit)


def require_bounds(roots: Iterable[Expr], ranges: Mapping[int, Range], limit: int = LIMIT) -> None:
    """OverflowError when some part of one of them can exceed `limit`."""
    _all(tuple(roots), ranges, limit)


def _all(roots: tuple[Expr, ...], ranges: Mapping[int, Range], limit: int) -> dict[int, Range]:
    known: dict[int, Range] = {}
    for node in nodes(*roots):
        low, high = known[id(node)] = _bounds(node, [known[id(arg)] for arg in node.args], ranges, limit)
        if low < -limit or high > limit:
            raise OverflowError(f"a value between {low} and {high} does not fit {limit.bit_length() + 1} bits")
    return known


def _bounds(node: Expr, args: list[Range], ranges: Mapping[int, Range], limit: int) -> Range:
    match node.op:
        case Op.CONST:
            return node.value, node.value
        case Op.READ | Op.NEXT:
            return ranges[node.value]
        case Op.ADD:
            return _sum(args, limit)
        case Op.SUB:
            return args[0][0] - args[1][1], args[0][1] - args[1][0]
        case Op.MUL:
            return _corners([left * right for left in args[0] for right in args[1]])
        case Op.DIV:
            return _quotient(*args)
        case Op.MOD:
            return 0, max(0, args[1][1] - 1)
        case Op.ITE if node.sort is Sort.INT:
            return _corners([*args[1], *args[2]])
        case _:
            return 0, 1


def _sum(args: list[Range], limit: int) -> Range:
    """Of all the terms; the tools add from left to right, and no sum on the way may be too large either."""
    low = high = 0
    for one, other in args:
        low, high = low + one, high + other
        if low < -limit or high > limit:
            break
    return low, high


def _quotient(dividend: Range, divisor: Range) -> Range:
    """Rounded down; 0 where the divisor is not positive."""
    if divisor[1] <= 0:
        return 0, 0
    results = [value // by for value in dividend for by in (max(1, divisor[0]), divisor[1])]
    return _corners(results if divisor[0] > 0 else [*results, 0])


def _corners(values: list[int]) -> Range:
    return min(values), max(values)
