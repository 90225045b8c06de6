"""Expressions as z3 terms in which nothing can wrap.

A Boolean is a Boolean; an integer is a signed bit-vector together with the interval of the values that it can
have, found from the domains, and wide enough for all of them.  Sums, differences and products are computed in the
width of their result: what wraps on the way comes back, because bit-vectors count modulo a power of two.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import z3

from custody.system.expression import Expr, Op, Sort

MAX_WIDTH = 2048
"""The most bits that a number may take; a chain of products grows without bound."""


class TooWideError(Exception):
    """An expression has values of more than MAX_WIDTH bits."""


@dataclass(frozen=True, slots=True)
class Number:
    """A signed bit-vector whose value is between `low` and `high`."""

    bits: Any
    low: int
    high: int

    def within(self, width: int) -> Any:
        """The bit-vector in another width: the same value where it fits, modulo 2 ** width where not."""
        have = self.bits.size()
        if have == width:
            return self.bits
        return z3.SignExt(width - have, self.bits) if have < width else z3.Extract(width - 1, 0, self.bits)


Term: TypeAlias = "Number | Any"
"""A Number for an integer expression, a z3 Boolean for a Boolean one."""


def width(low: int, high: int) -> int:
    """How many bits hold every integer of the interval, with the sign. TooWideError beyond MAX_WIDTH."""
    needed = 1 + max((value if value >= 0 else ~value).bit_length() for value in (low, high))
    if needed > MAX_WIDTH:
        raise TooWideError(f"a number of more than {MAX_WIDTH} bits")
    return needed


def constant(value: int, context: Any) -> Number:
    return Number(z3.BitVecVal(value, width(value, value), context), value, value)


def conjunction(parts: Sequence[Any], context: Any) -> Any:
    return z3.And(*parts) if len(parts) > 1 else (parts[0] if parts else z3.BoolVal(True, context))


def disjunction(parts: Sequence[Any], context: Any) -> Any:
    return z3.Or(*parts) if len(parts) > 1 else (parts[0] if parts else z3.BoolVal(False, context))


def apply(node: Expr, args: Sequence[Any], context: Any) -> Term:
    """The term of an operator or a constant over the terms of its arguments; variables are the caller's."""
    match node.op:
        case Op.CONST:
            if node.sort is Sort.BOOL:
                return z3.BoolVal(bool(node.value), context)
            return constant(node.value, context)
        case Op.NOT:
            return z3.Not(args[0])
        case Op.AND:
            return conjunction(args, context)
        case Op.OR:
            return disjunction(args, context)
        case Op.EQ:
            left, right = _comparable(args) if isinstance(args[0], Number) else args
            return left == right
        case Op.LT:
            left, right = _comparable(args)
            return left < right
        case Op.LE:
            left, right = _comparable(args)
            return left <= right
        case Op.ADD:
            return _sum(args)
        case Op.SUB:
            low, high = args[0].low - args[1].high, args[0].high - args[1].low
            size = width(low, high)
            return Number(args[0].within(size) - args[1].within(size), low, high)
        case Op.MUL:
            return _product(args[0], args[1])
        case Op.DIV | Op.MOD:
            return _division(node.op, args[0], args[1], context)
        case Op.ITE:
            return _choice(args[0], args[1], args[2])
        case Op.READ | Op.NEXT:
            raise AssertionError("variables are not operators")


def _comparable(args: Sequence[Number]) -> tuple[Any, Any]:
    size = max(arg.bits.size() for arg in args)
    return args[0].within(size), args[1].within(size)


def _sum(args: Sequence[Number]) -> Number:
    low, high = sum(arg.low for arg in args), sum(arg.high for arg in args)
    size = width(low, high)
    total = args[0].within(size)
    for arg in args[1:]:
        total = total + arg.within(size)
    return Number(total, low, high)


def _product(left: Number, right: Number) -> Number:
    ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    size = width(min(ends), max(ends))
    return Number(left.within(size) * right.within(size), min(ends), max(ends))


def _division(op: Op, left: Number, right: Number, context: Any) -> Number:
    """Rounding towards minus infinity; 0 where the divisor is not positive, as in the evaluator."""
    if right.high <= 0:
        return constant(0, context)
    # The numerator less the remainder can be as much as a divisor below the numerator.
    size = width(min(left.low, right.low) - right.high, max(left.high, right.high))
    a, b = left.within(size), right.within(size)
    zero = z3.BitVecVal(0, size, context)
    truncated = z3.SRem(a, b)  # has the sign of the numerator
    remainder = z3.If(truncated < zero, truncated + b, truncated) if left.low < 0 else truncated
    positive = b > zero
    if op is Op.MOD:
        return Number(z3.If(positive, remainder, zero), 0, right.high - 1)
    divisors = (max(1, right.low), right.high)
    ends = [0, *(end // divisor for end in (left.low, left.high) for divisor in divisors)]
    return Number(z3.If(positive, (a - remainder) / b, zero), min(ends), max(ends))


def _choice(condition: Any, yes: Term, no: Term) -> Term:
    if not isinstance(yes, Number):
        return z3.If(condition, yes, no)
    low, high = min(yes.low, no.low), max(yes.high, no.high)
    size = width(low, high)
    return Number(z3.If(condition, yes.within(size), no.within(size)), low, high)
