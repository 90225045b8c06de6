"""What expressions without a size are made of.

They are expressions as any others (`custody.system.expression`) that read atoms instead of variables: a cell at some
members, a member by its name, a quantifier.  A member is written as an integer is, but all that is ever done with one
is to compare it with another: in a solver it has a sort of its own.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from custody.system.expression import Expr, Op, Sort, eq, nodes, not_, or_, read, rebuild
from custody.system.place import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Cell:
    """A variable of the specification for all members at once: a function of members of these roles.

    `name` has the role in braces where the variable's name has an instance.  `holds` is the role whose member the
    value is, None where it is a truth value or a number from `low` to `high`, of `values` where these have gaps.
    `initial` are the first values; None is any.
    """

    name: str
    roles: tuple[str, ...]
    sort: Sort
    holds: str | None = None
    low: int = 0
    high: int = 1
    initial: tuple[int, ...] | None = None
    values: tuple[int, ...] | None = None
    labels: tuple[tuple[int, str], ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Var:
    """A member by its name."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class At:
    """A cell at these members; with `later` after the step."""

    cell: int
    args: tuple[Expr, ...]
    later: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """For all members of the variables' roles, whether they are distinct or not."""

    variables: tuple[Expr, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Size:
    """The number of members of a role."""

    role: str


Atom: TypeAlias = Var | At | Every | Size


class Atoms:
    """All atoms of one system, each once; an expression reads an atom by its number."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = tuple(cells)
        self._known: dict[Atom, Expr] = {}
        self._atoms: list[Atom] = []
        self._digests: dict[Expr, str] = {}

    def of(self, atom: Atom, sort: Sort) -> Expr:
        if atom not in self._known:
            self._known[atom] = read(len(self._atoms), sort)
            self._atoms.append(atom)
        return self._known[atom]

    def __getitem__(self, node: Expr) -> Atom:
        return self._atoms[node.value]

    def member(self, name: str, role: str) -> Expr:
        return self.of(Var(name, role), Sort.INT)

    def every(self, variables: Sequence[Expr], apart: Sequence[Expr], body: Expr) -> Expr:
        """For all members that are distinct from each other and from those of their role in `apart`."""
        if not variables or body.is_constant:
            return body
        pairs = [*itertools.combinations(variables, 2), *itertools.product(variables, apart)]
        same = [eq(one, other) for one, other in pairs if self.role(one) == self.role(other)]
        return self.of(Every(tuple(variables), or_(*same, body)), Sort.BOOL)

    def some(self, variables: Sequence[Expr], apart: Sequence[Expr], body: Expr) -> Expr:
        return not_(self.every(variables, apart, not_(body)))

    def role(self, member: Expr) -> str:
        """The role of a member, which is named, bound, or held by a cell."""
        match self[member]:
            case Var(_, role):
                return role
            case At(cell, _, _):
                return self.cells[cell].holds or ""
            case Every() | Size():
                raise AssertionError("no member is a truth value or a number")

    def replaced(self, root: Expr, given: Mapping[Expr, Expr]) -> Expr:
        """The expression with other expressions for these; simplified on the way."""
        known = dict(given)
        for node in nodes(root, known=known):
            if node.op is Op.READ:
                known[node] = self._inside(node, given)
            else:
                known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
        return known[root]

    def _inside(self, node: Expr, given: Mapping[Expr, Expr]) -> Expr:
        match self[node]:
            case At(cell, args, later):
                return self.of(At(cell, tuple(self.replaced(arg, given) for arg in args), later), node.sort)
            case Every(variables, body):
                return self.of(Every(variables, self.replaced(body, given)), Sort.BOOL)
            case Var() | Size():
                return node

    def digest(self, root: Expr) -> str:
        """A fingerprint that does not depend on the order in which things came up."""
        for node in nodes(root, known=self._digests):
            parts = [self._digests[arg] for arg in node.args]
            if node.op in (Op.AND, Op.OR, Op.ADD, Op.EQ):
                parts.sort()
            text = f"{node.op} {self._told(node) if node.op is Op.READ else node.value} {parts}"
            self._digests[node] = hashlib.sha256(text.encode()).hexdigest()[:24]
        return self._digests[root]

    def _told(self, node: Expr) -> str:
        match self[node]:
            case At(cell, args, later):
                return f"at {cell} {later} {[self.digest(arg) for arg in args]}"
            case Every(variables, body):
                return f"every {[self.digest(v) for v in variables]} {self.digest(body)}"
            case Var(name, role):
                return f"var {name} {role}"
            case Size(role):
                return f"size {role}"
