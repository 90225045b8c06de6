"""Expressions after two instances of a role have changed places.

A renaming says for each variable where its value goes, and which two of its values are exchanged on the way
(those that are the two instances).  The form of a renamed expression is that of the expression which has, after
the exchange, the value that the original had before it, itself exchanged where it is an instance.

Which constants are instances is inferred: what is compared with, or chosen beside, or stored in a variable of
instances is one.  Adding a constant is allowed, since that is how an instance becomes an optional one; whatever
else is done with instances (other arithmetic, order) distinguishes them, and raises `DistinguishedError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from custody.symmetry.normal import Form, NormalForms
from custody.system.expression import Expr, Op, Sort

Swap: TypeAlias = tuple[int, int] | tuple[()]
"""Two values that are exchanged, or () for a value that is no instance and stays."""

PLAIN: Final[Swap] = ()


class DistinguishedError(Exception):
    """An expression tells instances apart by more than whether they are the same; the text says how."""


class Renaming:
    """`images[v]` is the variable that has the value of variable v afterwards, `swaps[v]` what is exchanged in it."""

    def __init__(self, forms: NormalForms, images: Sequence[int], swaps: Sequence[Swap]) -> None:
        self.images = tuple(images)
        self.swaps = tuple(swaps)
        self.moved = sum(1 << v for v, image in enumerate(images) if image != v or swaps[v])
        self._forms = forms
        self._kinds: dict[int, Swap | None] = {}
        self._known: dict[tuple[int, Swap], Form] = {}

    def touches(self, expr: Expr) -> bool:
        """Whether the expression mentions anything that changes."""
        return bool(self._forms.support(expr) & self.moved)

    def of(self, root: Expr, kind: Swap = PLAIN) -> Form:
        """The form of the renamed expression, of which the context wants values of the given kind."""
        known = self._known
        stack: list[tuple[Expr, Swap, tuple[Swap, ...] | None]] = [(root, kind, None)]
        while stack:
            node, wanted, kinds = stack.pop()
            if (id(node), wanted) in known:
                continue
            if not wanted and not self.touches(node):
                form = self._forms.of(node)
            elif not node.args:
                form = self._leaf(node, wanted)
            elif kinds is None:
                kinds = self._wanted(node, wanted)
                stack.append((node, wanted, kinds))
                stack.extend((arg, inner, None) for arg, inner in zip(node.args, kinds, strict=True))
                continue
            else:
                parts = [known[id(arg), inner] for arg, inner in zip(node.args, kinds, strict=True)]
                form = self._forms.build(node.op, parts)
            known[id(node), wanted] = form
        return known[id(root), kind]

    def exchanged(self, variable: int, value: int) -> int:
        """The value that a value of the variable becomes."""
        return _exchange(self.swaps[variable], value)

    # ------------------------------------------------------------------ what is an instance

    def _leaf(self, node: Expr, wanted: Swap) -> Form:
        if node.op is Op.CONST:
            return self._forms.constant(_exchange(wanted, node.value), node.sort)
        if self.swaps[node.value] != wanted:
            raise DistinguishedError("uses an instance as a number, or a number as an instance")
        return self._forms.variable(node.op, self.images[node.value])

    def _wanted(self, node: Expr, wanted: Swap) -> tuple[Swap, ...]:
        """Of what kind each argument must be, for the node to be of the wanted kind."""
        match node.op:
            case Op.ITE:
                return (PLAIN, wanted, wanted)
            case Op.EQ:
                return (_join(*map(self._kind, node.args)) or PLAIN,) * 2
            case Op.ADD:
                if wanted and sum(not arg.is_constant for arg in node.args) != 1:
                    raise DistinguishedError("adds instances")
                inner = _shifted(wanted, -sum(arg.value for arg in node.args if arg.is_constant))
                return tuple(PLAIN if arg.is_constant else inner for arg in node.args)
            case _:
                if wanted:
                    raise DistinguishedError("computes an instance")
                return (PLAIN,) * len(node.args)

    def _kind(self, root: Expr) -> Swap | None:
        """What is exchanged in the values of an expression; None for constants, which are what they must be."""
        kinds = self._kinds
        stack = [root]
        while stack:
            node = stack[-1]
            missing = [arg for arg in node.args if id(arg) not in kinds] if node.sort is Sort.INT else []
            if id(node) in kinds or not missing:
                kinds.setdefault(id(stack.pop()), self._kind_of(node))
            else:
                stack += missing
        return kinds[id(root)]

    def _kind_of(self, node: Expr) -> Swap | None:
        if node.sort is Sort.BOOL:
            return PLAIN
        match node.op:
            case Op.CONST:
                return None
            case Op.READ | Op.NEXT:
                return self.swaps[node.value]
            case Op.ITE:
                return _join(self._kinds[id(node.args[1])], self._kinds[id(node.args[2])])
            case Op.ADD:
                terms = [arg for arg in node.args if not arg.is_constant]
                inner = self._kinds[id(terms[0])] if len(terms) == 1 else PLAIN
                added = sum(arg.value for arg in node.args if arg.is_constant)
                return _shifted(inner, added) if inner else inner
            case _:
                return PLAIN


def _exchange(swap: Swap, value: int) -> int:
    if not swap or value not in swap:
        return value
    return swap[1] if value == swap[0] else swap[0]


def _shifted(swap: Swap, change: int) -> Swap:
    return (swap[0] + change, swap[1] + change) if swap else swap


def _join(one: Swap | None, other: Swap | None) -> Swap | None:
    if one is None or one == other:
        return other
    if other is None:
        return one
    raise DistinguishedError("compares or mixes an instance with something else")
