"""Expressions that share parts, as straight-line code none of whose lines is long.

The parts of an expression are shared in memory; written out as text, a part that is used twice is written twice,
and parts of parts four times.  So what is used more than once, or is long, gets a line and a name of its own: the
expression reads it as one more variable, numbered after those of the system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.system.expression import Expr, Op, nodes

WORTH_SHARING = 8
"""Nodes of a part used more than once, from which on it gets a line of its own."""

LONG = 300
"""Nodes of any part, from which on it gets a line of its own."""


@dataclass(frozen=True, slots=True)
class Line:
    """Before anything reads it, `variable` gets the value of `value`."""

    variable: int
    value: Expr


def size(root: Expr) -> int:
    """The number of nodes of `root` when it is written out as text."""
    sizes: dict[int, int] = {}
    for node in nodes(root):
        sizes[id(node)] = _size(node, sizes)
    return sizes[id(root)]


def _size(node: Expr, sizes: Mapping[int, int]) -> int:
    """A division is written with its arguments up to four times each, to round down as ours does."""
    args = sum(sizes[id(arg)] for arg in node.args)
    return 1 + 4 * args if node.op in (Op.DIV, Op.MOD) else 1 + args


def straighten(roots: Sequence[Expr], first: int) -> tuple[tuple[Line, ...], tuple[Expr, ...]]:
    """Lines that name the parts, with variables from `first` on, and the roots in terms of them."""
    merged = _merge(roots)
    uses: dict[int, int] = {}
    for node in nodes(*merged):
        for arg in node.args:
            uses[id(arg)] = uses.get(id(arg), 0) + 1
    for root in merged:
        uses[id(root)] = uses.get(id(root), 0) + 1
    whole = {id(root) for root in merged if uses[id(root)] == 1}
    lines: list[Line] = []
    cut: dict[int, Expr] = {}
    sizes: dict[int, int] = {}
    for node in nodes(*merged):
        value = Expr(node.op, node.sort, tuple(cut[id(arg)] for arg in node.args), node.value)
        length = _size(node, sizes)
        shared = uses[id(node)] > 1 and length >= WORTH_SHARING
        if shared or (length >= LONG and id(node) not in whole):
            line = Line(first + len(lines), value)
            lines.append(line)
            value, length = Expr(Op.READ, node.sort, (), line.variable), 1
        cut[id(node)], sizes[id(node)] = value, length
    return tuple(lines), tuple(cut[id(root)] for root in merged)


def _merge(roots: Sequence[Expr]) -> tuple[Expr, ...]:
    """The roots with equal parts made one object, without comparing deep structures."""
    known: dict[tuple[object, ...], Expr] = {}
    replaced: dict[int, Expr] = {}
    for node in nodes(*roots):
        args = tuple(replaced[id(arg)] for arg in node.args)
        key = (node.op, node.sort, node.value, *map(id, args))
        replaced[id(node)] = known.setdefault(key, Expr(node.op, node.sort, args, node.value))
    return tuple(replaced[id(root)] for root in roots)
