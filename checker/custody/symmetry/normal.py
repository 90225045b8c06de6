"""Normal forms of expressions: two that differ only in how they were written get the same number.

Conjunctions, disjunctions, sums, products and equations are flattened and sorted; a chain of choices that asks
for one value of a variable after another is a table over the values that the variable can have.  The same
number means the same value in every state; the converse does not hold, and need not.

Expressions are looked at once, however often they are shared.  This must not know why anyone compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from custody.system.expression import Expr, Op, Sort
from custody.system.model import Variable

Form: TypeAlias = int
"""A normal form, by its number in one `NormalForms`."""

MAX_TABLE = 64
"""Choices on a variable with more values than this stay chains."""

_SORTED: Final = frozenset({Op.MUL, Op.EQ})


class NormalForms:
    """The normal forms of one system's expressions. They must live as long as this does."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self._sizes = [(variable.domain.low, variable.domain.size) for variable in variables]
        self._numbers: dict[object, Form] = {}
        self._terms: list[tuple[Op, int, tuple[Form, ...]]] = []
        self._tables: dict[Form, tuple[Form, tuple[Form, ...]]] = {}
        self._known: dict[int, Form] = {}
        self._support: dict[int, int] = {}
        self.true = self.constant(1, Sort.BOOL)
        self.false = self.constant(0, Sort.BOOL)

    def of(self, root: Expr) -> Form:
        """The normal form of an expression as it stands."""
        known = self._known
        stack = [root]
        while stack:
            node = stack[-1]
            if id(node) in known:
                stack.pop()
                continue
            missing = [arg for arg in node.args if id(arg) not in known]
            if missing:
                stack += missing
                continue
            support = 0
            if node.op is Op.CONST:
                form = self.constant(node.value, node.sort)
            elif node.op is Op.READ or node.op is Op.NEXT:
                form = self.variable(node.op, node.value)
                support = 1 << node.value
            else:
                form = self.build(node.op, [known[id(arg)] for arg in node.args])
                for arg in node.args:
                    support |= self._support[id(arg)]
            known[id(node)] = form
            self._support[id(node)] = support
        return known[id(root)]

    def support(self, root: Expr) -> int:
        """The variables that the expression mentions, one bit for each."""
        self.of(root)
        return self._support[id(root)]

    # ------------------------------------------------------------------ building

    def constant(self, value: int, sort: Sort) -> Form:
        return self._number((Op.CONST, sort, value), Op.CONST, value, ())

    def variable(self, op: Op, index: int) -> Form:
        return self._number((op, index), op, index, ())

    def build(self, op: Op, args: Sequence[Form]) -> Form:
        """The operator over forms; not for CONST, READ and NEXT."""
        match op:
            case Op.AND:
                return self._connect(op, args, self.false, self.true)
            case Op.OR:
                return self._connect(op, args, self.true, self.false)
            case Op.NOT:
                return self._not(args[0])
            case Op.ADD:
                return self._sum(args)
            case Op.EQ:
                return self._equal(args[0], args[1])
            case Op.ITE:
                return self._choice(args[0], args[1], args[2])
            case _:
                parts = tuple(sorted(args)) if op in _SORTED else tuple(args)
                return self._number((op, parts), op, 0, parts)

    def conjunction(self, args: Sequence[Form]) -> Form:
        return self._connect(Op.AND, args, self.false, self.true)

    def _number(self, key: object, op: Op, value: int, args: tuple[Form, ...]) -> Form:
        found = self._numbers.get(key)
        if found is None:
            found = len(self._terms)
            self._numbers[key] = found
            self._terms.append((op, value, args))
        return found

    def _not(self, arg: Form) -> Form:
        op, value, args = self._terms[arg]
        if op is Op.NOT:
            return args[0]
        if op is Op.CONST:
            return self.false if value else self.true
        return self._number((Op.NOT, arg), Op.NOT, 0, (arg,))

    def _connect(self, op: Op, args: Sequence[Form], absorbing: Form, neutral: Form) -> Form:
        kept: set[Form] = set()
        for arg in args:
            kind, _, parts = self._terms[arg]
            if kind is op:
                kept.update(parts)
            else:
                kept.add(arg)
        kept.discard(neutral)
        if absorbing in kept or any(self._not(arg) in kept for arg in kept if self._terms[arg][0] is Op.NOT):
            return absorbing
        if len(kept) < 2:
            return kept.pop() if kept else neutral
        parts = tuple(sorted(kept))
        return self._number((op, parts), op, 0, parts)

    def _sum(self, args: Sequence[Form]) -> Form:
        total = 0
        terms: list[Form] = []
        for arg in args:
            op, value, parts = self._terms[arg]
            if op is Op.CONST:
                total += value
            elif op is Op.ADD:
                terms += parts
                total += value
            else:
                terms.append(arg)
        if not terms:
            return self.constant(total, Sort.INT)
        if len(terms) == 1 and not total:
            return terms[0]
        parts = tuple(sorted(terms))
        return self._number((Op.ADD, total, parts), Op.ADD, total, parts)

    def _equal(self, left: Form, right: Form) -> Form:
        if left == right:
            return self.true
        for one, other in ((left, right), (right, left)):
            op, value, _ = self._terms[one]
            kind, added, parts = self._terms[other]
            if op is Op.CONST and kind is Op.ADD and added:
                rest = parts[0] if len(parts) == 1 else self._sum(parts)
                return self._equal(self.constant(value - added, Sort.INT), rest)
        parts = (left, right) if left < right else (right, left)
        return self._number((Op.EQ, parts), Op.EQ, 0, parts)

    def _choice(self, condition: Form, yes: Form, no: Form) -> Form:
        if condition == self.true or yes == no:
            return yes
        if condition == self.false:
            return no
        op, _, args = self._terms[condition]
        if op is Op.NOT:
            return self._choice(args[0], no, yes)
        if op is Op.EQ:
            found = self._case(args)
            if found is not None:
                return self._table(*found, yes, no)
        return self._number((Op.ITE, condition, yes, no), Op.ITE, 0, (condition, yes, no))

    def _case(self, args: tuple[Form, ...]) -> tuple[Form, int] | None:
        """The variable and the place of the value in its domain, when an equation is of these two."""
        for one, other in (args, args[::-1]):
            op, index, _ = self._terms[one]
            if op is Op.READ or op is Op.NEXT:
                low, size = self._sizes[index]
                kind, value, _ = self._terms[other]
                if kind is Op.CONST and size <= MAX_TABLE and low <= value < low + size:
                    return one, value - low
        return None

    def _table(self, variable: Form, position: int, yes: Form, no: Form) -> Form:
        size = self._sizes[self._terms[variable][1]][1]
        entries = list(self._row(variable, no, size))
        entries[position] = self._row(variable, yes, size)[position]
        if all(entry == entries[0] for entry in entries):
            return entries[0]
        row = tuple(entries)
        found = self._number(("table", variable, row), Op.ITE, 0, (variable, *row))
        self._tables[found] = (variable, row)
        return found

    def _row(self, variable: Form, form: Form, size: int) -> tuple[Form, ...]:
        """What a form is for each value of the variable, as far as it is a table of that variable."""
        known = self._tables.get(form)
        return known[1] if known is not None and known[0] == variable else (form,) * size
