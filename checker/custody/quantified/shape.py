"""What an expression over the members of one size looks like: whom it is about, and whether exchanging two members
makes another one of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from custody.quantified.cells import Layout
from custody.system.expression import Expr, Op, Sort, nodes, number
from custody.system.model import System

_MOST_SHOWN = 160
_SIGNS = {Op.AND: " and ", Op.OR: " or ", Op.EQ: " == ", Op.LT: " < ", Op.LE: " <= ", Op.ADD: " + ", Op.SUB: " - ",
          Op.MUL: " * ", Op.DIV: " / ", Op.MOD: " % "}  # fmt: skip


class Shapes:
    """Questions about expressions of one system, each answered once."""

    def __init__(self, system: System, layout: Layout) -> None:
        self._system, self._layout = system, layout
        self._mentions: dict[Expr, frozenset[str]] = {}
        self._digests: dict[tuple[str, str], dict[Expr, str]] = {}

    # ------------------------------------------------------------------ variables that hold a member

    def labels(self, node: Expr) -> Sequence[str]:
        """What the values of a term stand for, if it may be a member; else nothing."""
        if self._is_size(node):
            return ()
        if node.op in (Op.READ, Op.NEXT):
            domain = self._system.variables[node.value].domain
            return domain.labels or () if self._layout.places[node.value].cell in self._layout.held else ()
        if node.op is Op.ADD and len(node.args) == 2 and node.args[1].is_constant:
            inner = self.labels(node.args[0])
            return ("",) * max(0, node.args[1].value) + tuple(inner)[max(0, -node.args[1].value) :] if inner else ()
        if node.op is Op.ITE and node.sort is Sort.INT:
            found = [self.labels(arg) for arg in node.args[1:]]
            return max(found, key=lambda each: (sum(map(bool, each)), len(each)))
        return ()

    def holds(self, node: Expr) -> bool:
        """Whether the term may be a member."""
        return bool(self.labels(node))

    def chosen_by(self, node: Expr) -> Expr | None:
        """The variable that a choice asks for the member that it holds."""
        condition = node.args[0]
        if condition.op is Op.EQ and condition.args[1].is_constant and condition.args[0].op in (Op.READ, Op.NEXT):
            holder = condition.args[0]
            return holder if self.holds(holder) else None
        return None

    def cases(self, node: Expr, holder: Expr) -> dict[int, Expr]:
        """What a choice is for each value of the variable."""
        if node.op is Op.ITE and self.chosen_by(node) is holder:
            condition, yes, no = node.args
            found = self.cases(no, holder)
            value = condition.args[1].value
            if value in found:
                found[value] = self.cases(yes, holder)[value]
            return found
        return dict.fromkeys(range(len(self.labels(holder))), node)

    # ------------------------------------------------------------------ counts

    def counts(self, node: Expr) -> tuple[list[Expr], int, str] | None:
        """Of a comparison of a count with a number: what is counted, the number, and `least`, `most` or `just`."""
        left, right = node.args
        if right.is_constant and (terms := _terms(left)) is not None:
            by = {Op.LE: ("most", 0), Op.LT: ("most", -1), Op.EQ: ("just", 0)}[node.op]
        elif left.is_constant and (terms := _terms(right)) is not None:
            by = {Op.LE: ("least", 0), Op.LT: ("least", 1), Op.EQ: ("just", 0)}[node.op]
            right = left
        else:
            return None
        conditions, extra = terms
        return conditions, right.value + by[1] - extra, by[0]

    # ------------------------------------------------------------------ whom it is about

    def mentions(self, root: Expr) -> frozenset[str]:
        """The members that the expression names."""
        places, role_of = self._layout.places, self._layout.role_of
        known = self._mentions
        for node in nodes(root, known=known):
            found: set[str] = set()
            if node.op in (Op.READ, Op.NEXT) and not self._is_size(node):
                found |= set(places[node.value].owners)
            for arg in node.args:
                found |= known[arg]
            for label in self._compared(node):
                if label in role_of:
                    found.add(label)
            known[node] = frozenset(found)
        return known[root]

    def _compared(self, node: Expr) -> list[str]:
        """What the constants beside terms that may be members stand for."""
        if node.op is Op.EQ or (node.op is Op.ITE and node.sort is Sort.INT):
            args = node.args[-2:]
            labels = max((self.labels(arg) for arg in args), key=len)
            return [labels[arg.value] for arg in args if arg.is_constant and 0 <= arg.value < len(labels)]
        return []

    def special(self, root: Expr, free: Sequence[str]) -> list[str]:
        """Those of the members whom the expression tells from most others."""
        classes: list[list[str]] = []
        for name in free:
            for members in classes:
                if self._digest(root, members[0], name) == self._digest(root, "", ""):
                    members.append(name)
                    break
            else:
                classes.append([name])
        rest = max(classes, key=len)
        return [name for name in free if name not in rest]

    def _digest(self, root: Expr, one: str, other: str) -> str:
        """A fingerprint of the expression with two members exchanged."""
        known = self._digests.setdefault((one, other), {})
        change = {one: other, other: one} if one else {}
        for node in nodes(root, known=known):
            known[node] = self._told(node, known, change)
        return known[root]

    def _told(self, node: Expr, known: dict[Expr, str], change: Mapping[str, str]) -> str:
        if self._is_size(node):
            parts = ["size"]
        elif node.op in (Op.READ, Op.NEXT):
            where = self._layout.places[node.value]
            parts = [str(where.cell), *(change.get(owner, owner) for owner in where.owners)]
        elif node.op is Op.ITE and (holder := self.chosen_by(node)) is not None:
            labels = self.labels(holder)
            found: dict[str, str] = {}
            for value, case in self.cases(node, holder).items():
                if case not in known:
                    for each in nodes(case, known=known):
                        known[each] = self._told(each, known, change)
                found[change.get(labels[value], labels[value])] = known[case]
            parts = [known[holder], *(f"{label} {found[label]}" for label in sorted(found))]
        else:
            labels = max((self.labels(arg) for arg in node.args[-2:]), key=len, default=())
            parts = [
                change.get(labels[arg.value], labels[arg.value])
                if arg.is_constant and 0 <= arg.value < len(labels) and node.op in (Op.EQ, Op.ITE)
                else known[arg]
                for arg in node.args
            ]
            if node.op in (Op.AND, Op.OR, Op.ADD, Op.EQ, Op.MUL):
                parts.sort()
            if not node.args:
                parts = [str(node.value)]
        return hashlib.sha256(f"{node.op} {parts}".encode()).hexdigest()[:24]

    def _is_size(self, node: Expr) -> bool:
        return node.op is Op.READ and node.value == len(self._system.variables)

    def shown(self, root: Expr) -> str:
        """The expression in the specification's names, cut where it is long."""
        text = self._text(root, 4)
        return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 2]} …"

    def _text(self, node: Expr, depth: int) -> str:
        if self._is_size(node):
            return "how many there are"
        if node.op in (Op.READ, Op.NEXT):
            return self._system.variables[node.value].name + ("'" if node.op is Op.NEXT else "")
        if node.is_constant:
            return str(bool(node.value)).lower() if node.sort is Sort.BOOL else str(node.value)
        if depth == 0:
            return "…"
        args = [self._text(arg, depth - 1) for arg in node.args]
        if node.op is Op.EQ and node.args[1].is_constant:
            read = node.args[0]
            if read.op in (Op.READ, Op.NEXT) and not self._is_size(read):
                args[1] = self._system.variables[read.value].domain.show(node.args[1].value)
        if node.op is Op.NOT:
            return f"not {args[0]}"
        if node.op is Op.ITE:
            return f"(if {args[0]} then {args[1]} else {args[2]})"
        return f"({_SIGNS[node.op].join(args)})"


def _terms(node: Expr) -> tuple[list[Expr], int] | None:
    """The conditions that a sum counts, and a number beside them."""
    if node.op is not Op.ADD:
        return None
    extra = sum(arg.value for arg in node.args if arg.is_constant)
    terms = [arg for arg in node.args if not arg.is_constant]
    one, none = number(1), number(0)
    if len(terms) < 2 or any(t.op is not Op.ITE or t.args[1] != one or t.args[2] != none for t in terms):
        return None
    return [term.args[0] for term in terms], extra
