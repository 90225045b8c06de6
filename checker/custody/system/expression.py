"""Expressions over the variables of a transition system.

Small, pure and finite: constants, variables, Boolean connectives, comparisons, integer arithmetic and
if-then-else.  Everything richer in the language (quantifiers, arrays, variants, sets, queues) is expanded
into these before a system exists, so that each engine has fifteen operators to implement and no more.

Nodes are immutable and carry a precomputed hash; build them with the functions below, which fold constants.
Integers are unbounded mathematical integers.  `div` and `mod` take a positive divisor and round towards
minus infinity, as Python's do.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias, final
from weakref import ReferenceType, WeakValueDictionary


class Sort(StrEnum):
    """What an expression yields."""

    BOOL = "bool"
    INT = "int"


class Op(StrEnum):
    """The operators. READ is a variable before a step, NEXT the same variable after it."""

    CONST = "const"
    READ = "read"
    NEXT = "next"
    NOT = "not"
    AND = "and"
    OR = "or"
    EQ = "eq"
    LT = "lt"
    LE = "le"
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    MOD = "mod"
    ITE = "ite"


_Key: TypeAlias = "tuple[Op, Sort, tuple[Expr, ...], int]"

_KNOWN: Final[WeakValueDictionary[_Key, Expr]] = WeakValueDictionary()
_REFERENCES: Final[dict[_Key, ReferenceType[Expr]]] = _KNOWN.data  # pyright: ignore


@final
class Expr:
    """One node: an operator, its arguments, and for CONST, READ and NEXT a number.

    There is one object for each expression (hash consing): equal ones are the same, and what looks at every node of
    a specification looks at each but once.

    `value` is the constant (0 or 1 for a Boolean one) or the index of the variable.
    """

    __slots__ = ("__weakref__", "args", "op", "sort", "value")

    op: Final[Op]
    sort: Final[Sort]
    args: Final[tuple[Expr, ...]]
    value: Final[int]

    def __new__(cls, op: Op, sort: Sort, args: tuple[Expr, ...] = (), value: int = 0) -> Expr:
        key = (op, sort, args, value)
        # What `_KNOWN.get` does, without a call: nothing is asked more often.
        known = _REFERENCES.get(key)
        found = None if known is None else known()
        if found is None:
            found = super().__new__(cls)
            found.op = op  # pyright: ignore[reportAttributeAccessIssue]
            found.sort = sort  # pyright: ignore[reportAttributeAccessIssue]
            found.args = args  # pyright: ignore[reportAttributeAccessIssue]
            found.value = value  # pyright: ignore[reportAttributeAccessIssue]
            _KNOWN[key] = found
        return found

    if TYPE_CHECKING:
        # `__new__` does this once for each node.
        def __init__(self, op: Op, sort: Sort, args: tuple[Expr, ...] = (), value: int = 0) -> None:
            self.op = op
            self.sort = sort
            self.args = args
            self.value = value

    def __reduce__(self) -> tuple[type[Expr], tuple[Op, Sort, tuple[Expr, ...], int]]:
        return Expr, (self.op, self.sort, self.args, self.value)

    def __repr__(self) -> str:
        if self.op in (Op.CONST, Op.READ, Op.NEXT):
            return f"{self.op}({self.value})"
        return f"{self.op}({', '.join(map(repr, self.args))})"

    @property
    def is_constant(self) -> bool:
        return self.op is Op.CONST


TRUE: Final = Expr(Op.CONST, Sort.BOOL, (), 1)
FALSE: Final = Expr(Op.CONST, Sort.BOOL, (), 0)


def boolean(value: bool) -> Expr:
    return TRUE if value else FALSE


def number(value: int) -> Expr:
    return _NUMBERS[value] if 0 <= value < len(_NUMBERS) else Expr(Op.CONST, Sort.INT, (), value)


_NUMBERS: Final = tuple(Expr(Op.CONST, Sort.INT, (), value) for value in range(64))
"""Those that are written most, kept."""


def read(variable: int, sort: Sort) -> Expr:
    """The variable's value before the step (in a state property: its value)."""
    return Expr(Op.READ, sort, (), variable)


def after(variable: int, sort: Sort) -> Expr:
    """The variable's value after the step; only in transition properties."""
    return Expr(Op.NEXT, sort, (), variable)


def not_(operand: Expr) -> Expr:
    if operand.is_constant:
        return boolean(not operand.value)
    if operand.op is Op.NOT:
        return operand.args[0]
    return Expr(Op.NOT, Sort.BOOL, (operand,))


def and_(*operands: Expr) -> Expr:
    return _connect(Op.AND, operands, FALSE, TRUE)


def or_(*operands: Expr) -> Expr:
    return _connect(Op.OR, operands, TRUE, FALSE)


def implies(premise: Expr, conclusion: Expr) -> Expr:
    return or_(not_(premise), conclusion)


def _connect(op: Op, operands: Iterable[Expr], absorbing: Expr, neutral: Expr) -> Expr:
    kept: dict[Expr, None] = {}
    denied: set[Expr] = set()
    for operand in operands:
        for part in operand.args if operand.op is op else (operand,):
            if part is neutral:
                continue
            if part is absorbing or part in denied:
                return absorbing
            if part.op is Op.NOT:
                if part.args[0] in kept:
                    return absorbing
                denied.add(part.args[0])
            kept[part] = None
    if not kept:
        return neutral
    if len(kept) == 1:
        return next(iter(kept))
    return Expr(op, Sort.BOOL, tuple(kept))


def eq(left: Expr, right: Expr) -> Expr:
    if left == right:
        return TRUE
    if left.is_constant and right.is_constant:
        return boolean(left.value == right.value)
    if left.sort is Sort.BOOL:
        for one, other in ((left, right), (right, left)):
            if one.is_constant:
                return other if one.value else not_(other)
    if left.is_constant:
        left, right = right, left
    if right.is_constant and left.op is Op.ITE:
        # Comparing a choice of constants with a constant is a plain condition.
        condition, yes, no = left.args
        if yes.is_constant or no.is_constant:
            return ite(condition, eq(yes, right), eq(no, right))
    return Expr(Op.EQ, Sort.BOOL, (left, right))


def lt(left: Expr, right: Expr) -> Expr:
    if left.is_constant and right.is_constant:
        return boolean(left.value < right.value)
    return FALSE if left == right else Expr(Op.LT, Sort.BOOL, (left, right))


def le(left: Expr, right: Expr) -> Expr:
    if left.is_constant and right.is_constant:
        return boolean(left.value <= right.value)
    return TRUE if left == right else Expr(Op.LE, Sort.BOOL, (left, right))


def add(*operands: Expr) -> Expr:
    """The sum; constants are gathered at the end."""
    total = 0
    terms: list[Expr] = []
    for operand in operands:
        for part in operand.args if operand.op is Op.ADD else (operand,):
            if part.is_constant:
                total += part.value
            else:
                terms.append(part)
    if total or not terms:
        terms.append(number(total))
    return terms[0] if len(terms) == 1 else Expr(Op.ADD, Sort.INT, tuple(terms))


def sub(left: Expr, right: Expr) -> Expr:
    if right.is_constant:
        return add(left, number(-right.value))
    return number(0) if left == right else Expr(Op.SUB, Sort.INT, (left, right))


def mul(left: Expr, right: Expr) -> Expr:
    if left.is_constant and right.is_constant:
        return number(left.value * right.value)
    for one, other in ((left, right), (right, left)):
        if one.is_constant and one.value in (0, 1):
            return other if one.value else number(0)
    return Expr(Op.MUL, Sort.INT, (left, right))


def div(left: Expr, right: Expr) -> Expr:
    """Floor division; the divisor must be positive where it is evaluated."""
    if left.is_constant and right.is_constant and right.value > 0:
        return number(left.value // right.value)
    return Expr(Op.DIV, Sort.INT, (left, right))


def mod(left: Expr, right: Expr) -> Expr:
    """The remainder of floor division; the divisor must be positive where it is evaluated."""
    if left.is_constant and right.is_constant and right.value > 0:
        return number(left.value % right.value)
    return Expr(Op.MOD, Sort.INT, (left, right))


def ite(condition: Expr, yes: Expr, no: Expr) -> Expr:
    if condition.is_constant:
        return yes if condition.value else no
    if yes == no:
        return yes
    if yes.sort is Sort.BOOL:
        if yes.is_constant:
            return or_(condition, no) if yes.value else and_(not_(condition), no)
        if no.is_constant:
            return implies(condition, yes) if no.value else and_(condition, yes)
    return Expr(Op.ITE, yes.sort, (condition, yes, no))


def nodes(*roots: Expr, known: Container[Expr] = ()) -> Iterator[Expr]:
    """Every distinct node below `roots`, arguments before the nodes that use them.

    Without the nodes that are `known` when they are come across, and what is below these alone.
    """
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen and node not in known:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args))


def reads(*roots: Expr) -> frozenset[int]:
    """The variables that the expressions depend on, before or after the step."""
    return frozenset(node.value for node in nodes(*roots) if node.op in (Op.READ, Op.NEXT))


def substitute(root: Expr, replacement: dict[int, Expr], memo: dict[Expr, Expr] | None = None) -> Expr:
    """`root` with each READ of a key replaced; simplified on the way. `memo` may be shared between calls."""
    known = {} if memo is None else memo
    for node in nodes(root):
        if node in known:
            continue
        if node.op is Op.READ:
            known[node] = replacement.get(node.value, node)
        elif not node.args:
            known[node] = node
        else:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args))
    return known[root]


def rebuild(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same operator over other arguments, simplified."""
    match node.op:
        case Op.NOT:
            return not_(args[0])
        case Op.AND:
            return and_(*args)
        case Op.OR:
            return or_(*args)
        case Op.EQ:
            return eq(*args)
        case Op.LT:
            return lt(*args)
        case Op.LE:
            return le(*args)
        case Op.ADD:
            return add(*args)
        case Op.SUB:
            return sub(*args)
        case Op.MUL:
            return mul(*args)
        case Op.DIV:
            return div(*args)
        case Op.MOD:
            return mod(*args)
        case Op.ITE:
            return ite(*args)
        case Op.CONST | Op.READ | Op.NEXT:
            return node
