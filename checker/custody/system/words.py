"""Expressions of a system as text: what stands in a guard, in the names and values that the specification uses.

The specification's own text is shorter where it is at hand; here is what remains when definitions, quantifiers and
variants have been unfolded, as it is when somebody asks why just this step cannot be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from custody.system.expression import Expr, Op, Sort
from custody.system.model import Variable

_STRENGTH = {Op.ITE: 0, Op.OR: 3, Op.AND: 4, Op.NOT: 5, Op.EQ: 7, Op.LT: 7, Op.LE: 7, Op.ADD: 8, Op.SUB: 8,
             Op.MUL: 9, Op.DIV: 9, Op.MOD: 9}  # fmt: skip
_BETWEEN = {Op.OR: " or ", Op.AND: " and ", Op.LT: " < ", Op.LE: " <= ", Op.MUL: " * ", Op.DIV: " / ", Op.MOD: " % "}
_ATOM = 11

_AtLeast: TypeAlias = Callable[[Expr, int], str]


def conjuncts(expression: Expr) -> tuple[Expr, ...]:
    """The parts that must all hold."""
    return expression.args if expression.op is Op.AND else (expression,)


def words(expression: Expr, variables: Sequence[Variable]) -> str:
    """The expression in the words of the specification; `x'` is the value of x after the step."""
    known: dict[int, tuple[str, int]] = {}
    return _show(expression, variables, known)[0]


def _show(node: Expr, variables: Sequence[Variable], known: dict[int, tuple[str, int]]) -> tuple[str, int]:
    """The text, and how strongly it holds together."""
    found = known.get(id(node))
    if found is None:
        found = known[id(node)] = _made(node, variables, known)
    return found


def _made(node: Expr, variables: Sequence[Variable], known: dict[int, tuple[str, int]]) -> tuple[str, int]:
    def at_least(part: Expr, strength: int) -> str:
        text, own = _show(part, variables, known)
        return text if own >= strength else f"({text})"

    strength = _STRENGTH.get(node.op, _ATOM)
    match node.op:
        case Op.CONST:
            return (("true" if node.value else "false") if node.sort is Sort.BOOL else str(node.value)), _ATOM
        case Op.READ:
            return variables[node.value].name, _ATOM
        case Op.NEXT:
            return f"{variables[node.value].name}'", _ATOM
        case Op.NOT if node.args[0].op is Op.EQ:
            return _equality(node.args[0], "!=", variables, at_least), 7
        case Op.NOT if node.args[0].op in (Op.LT, Op.LE):
            left, right = node.args[0].args
            sign = ">=" if node.args[0].op is Op.LT else ">"
            return f"{at_least(left, 8)} {sign} {at_least(right, 8)}", 7
        case Op.NOT:
            return f"not {at_least(node.args[0], 5)}", 5
        case Op.EQ:
            return _equality(node, "==", variables, at_least), 7
        case Op.ADD:
            text = at_least(node.args[0], 8)
            for part in node.args[1:]:
                negative = part.op is Op.CONST and part.value < 0
                text += f" - {-part.value}" if negative else f" + {at_least(part, 9)}"
            return text, 8
        case Op.SUB:
            return f"{at_least(node.args[0], 8)} - {at_least(node.args[1], 9)}", 8
        case Op.ITE:
            condition, yes, no = (_show(part, variables, known)[0] for part in node.args)
            return f"if {condition} then {yes} else {no}", 0
        case Op.AND | Op.OR | Op.LT | Op.LE | Op.MUL | Op.DIV | Op.MOD:
            first = strength if node.op in (Op.MUL, Op.DIV, Op.MOD) else strength + 1
            rest = (at_least(part, strength + 1) for part in node.args[1:])
            return _BETWEEN[node.op].join([at_least(node.args[0], first), *rest]), strength


def _equality(node: Expr, sign: str, variables: Sequence[Variable], at_least: _AtLeast) -> str:
    """A value that one side names is given the name that it has for the variable on the other."""
    left, right = node.args
    for one, other in ((left, right), (right, left)):
        if one.op in (Op.READ, Op.NEXT) and other.op is Op.CONST:
            shown = variables[one.value].domain.show(other.value)
            return f"{at_least(one, 8)} {sign} {shown}"
    return f"{at_least(left, 8)} {sign} {at_least(right, 8)}"
