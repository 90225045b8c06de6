"""A condition as an SMT-LIB script that asks for a state in which it is true.

Over bit-vectors wide enough for every value that anything in it can have, with each variable within its domain; or
over all integers, where no value is assumed to be within anything.
"""

from __future__ import annotations

from custody.system.bounds import bounds
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import System

_WIDEST = 62


def script(system: System, root: Expr, *, integers: bool = False) -> str:
    """Variable i is called `vi`. OverflowError when a value may be too large for any bit-vector."""
    ranges = {i: (v.domain.low, v.domain.high) for i, v in enumerate(system.variables)}
    if integers:
        width, numbers, names = 0, "Int", _OVER_INTEGERS
    else:
        found = bounds(root, ranges, (1 << _WIDEST) - 1).values()
        width = 1 + max(max(end, ~end).bit_length() for pair in (*found, *ranges.values(), (0, 1)) for end in pair)
        numbers, names = f"(_ BitVec {width})", _NAMES
    lines = [f"(set-logic {'QF_LIA' if integers else 'QF_BV'})", "(set-option :produce-models true)"]
    for i, variable in enumerate(system.variables):
        sort = "Bool" if variable.domain.boolean else numbers
        lines.append(f"(declare-const v{i} {sort}) ; {variable.name!r}")
        if sort != "Bool" and not integers:
            low, high = (_number(end, width) for end in ranges[i])
            lines.append(f"(assert (and (bvsle {low} v{i}) (bvsle v{i} {high})))")
    known: dict[Expr, str] = {}
    for node in nodes(root):
        text = _written(node, [known[arg] for arg in node.args], names, width)
        if node.args:
            lines.append(f"(define-fun e{len(known)} () {'Bool' if node.sort is Sort.BOOL else numbers} {text})")
            text = f"e{len(known)}"
        known[node] = text
    return "\n".join([*lines, f"(assert {known[root]})", "(check-sat)", ""])


def _written(node: Expr, args: list[str], names: dict[Op, str], width: int) -> str:
    match node.op:
        case Op.CONST if node.sort is Sort.BOOL:
            return "true" if node.value else "false"
        case Op.CONST:
            return _number(node.value, width)
        case Op.READ:
            return f"v{node.value}"
        case Op.DIV | Op.MOD:
            return _floored(node.op, *args, zero=_number(0, width), one=_number(1, width))
        case _:
            return f"({names[node.op]} {' '.join(args)})"


def _number(value: int, width: int) -> str:
    if width:
        return f"(_ bv{value % (1 << width)} {width})"
    return str(value) if value >= 0 else f"(- {-value})"


_NAMES = {
    Op.NOT: "not", Op.AND: "and", Op.OR: "or", Op.EQ: "=", Op.LT: "bvslt", Op.LE: "bvsle",
    Op.ADD: "bvadd", Op.SUB: "bvsub", Op.MUL: "bvmul", Op.ITE: "ite",
}  # fmt: skip
_OVER_INTEGERS = {**_NAMES, Op.LT: "<", Op.LE: "<=", Op.ADD: "+", Op.SUB: "-", Op.MUL: "*"}


def _floored(op: Op, a: str, b: str, zero: str, one: str) -> str:
    """Rounded towards minus infinity; 0 where the divisor is not positive."""
    exact = f"(bvsmod {a} {b})" if op is Op.MOD else f"(bvsdiv (bvsub {a} (bvsmod {a} {b})) {b})"
    return f"(ite (bvsle {one} {b}) {exact} {zero})"
