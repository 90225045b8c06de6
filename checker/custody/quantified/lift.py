"""Expressions over the members of one size, folded back to expressions over any members.

Of a conjunction over members (a disjunction likewise) the parts that differ by the names of members alone make one
"for all".  Which members a part is about is seen by exchanging members: those that can be exchanged with most others
and make no difference are the ones that it is not about.  A choice by what a variable holds, `if client == Cache.0
then … else if client == Cache.1 …`, is what is said of the member that it holds.

The members that are named by an action, or bound further out, are the scope; all others are alike.  What is folded
wrongly is found by unfolding it at other sizes, see `custody.quantified.sized`.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from custody.quantified.atoms import At, Atoms, Size, Var
from custody.quantified.cells import Layout
from custody.quantified.problem import NotUniformError
from custody.quantified.shape import Shapes
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    Op,
    Sort,
    and_,
    eq,
    ite,
    not_,
    number,
    or_,
    rebuild,
)
from custody.system.model import System

Scope = Mapping[str, Expr]
"""The terms of the instances that are named."""

MOST_ABOUT = 3
"""A part is about so many members at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a variable that may hold a member has: its number (see Layout) and, by role, the member."""

    kind: Expr
    members: Mapping[str, Expr]

    def unless(self, condition: Expr, other: Held) -> Held:
        """This, or the other where the condition holds; a member that one of them has not may then be any."""
        both = {**other.members, **self.members}
        for role in sorted(self.members.keys() & other.members.keys()):
            both[role] = ite(condition, other.members[role], self.members[role])
        return Held(ite(condition, other.kind, self.kind), both)


class Lift:
    """Folds expressions of one system. `bound` begins the names of bound members."""

    def __init__(self, system: System, layout: Layout, atoms: Atoms, bound: str) -> None:
        self._system, self._layout, self._atoms, self._bound = system, layout, atoms, bound
        self._shapes = Shapes(system, layout)
        self._known: dict[tuple[Expr, frozenset[tuple[str, Expr]]], Expr] = {}

    def over(self, root: Expr, scope: Scope) -> Expr:
        """NotUniformError where members are told apart."""
        mentioned = self._shapes.mentions(root)
        key = root, frozenset(item for item in scope.items() if item[0] in mentioned or mentioned - scope.keys())
        if key not in self._known:
            self._known[key] = self._over(root, scope)
        return self._known[key]

    def held(self, root: Expr, scope: Scope, labels: Sequence[str]) -> Held:
        """What is held by a term whose values are these, a word or an instance each."""
        if root.is_constant:
            label = labels[root.value]
            role = self._layout.role_of.get(label)
            if role is None:
                return Held(number(self._layout.words[label]), {})
            return Held(number(self._layout.kind(role)), {role: self._term(label, scope)})
        if root.op is Op.ADD and len(root.args) == 2 and root.args[1].is_constant:
            shift = root.args[1].value
            return self.held(root.args[0], scope, labels[shift:])
        if root.op is Op.ITE and (holder := self._shapes.chosen_by(root)) is not None:
            return self._choice(root, holder, scope, lambda case, inner: self.held(case, inner, labels))
        if root.op is Op.ITE:
            yes, no = (self.held(arg, scope, labels) for arg in root.args[1:])
            return yes.unless(not_(self.over(root.args[0], scope)), no)
        if root.op in (Op.READ, Op.NEXT) and self._shapes.holds(root):
            return self._held(root, scope)
        raise NotUniformError(f"a member is calculated with: {self._shown(root)}")

    def at(self, variable: int, scope: Scope, *, later: bool = False) -> Expr:
        """The cell that the variable is, at its owners."""
        where = self._layout.places[variable]
        return self._cell(where.cell, where.owners, scope, later)

    # ------------------------------------------------------------------ by operator

    def _over(self, root: Expr, scope: Scope) -> Expr:
        match root.op:
            case Op.CONST:
                return root
            case Op.READ if root.value == len(self._system.variables):
                (role,) = self._layout.roles
                return self._atoms.of(Size(role), Sort.INT)
            case Op.READ | Op.NEXT:
                if self._layout.places[root.value].cell in self._layout.held:
                    raise NotUniformError(f"{self._system.variables[root.value].name} is calculated with")
                return self.at(root.value, scope, later=root.op is Op.NEXT)
            case Op.AND | Op.OR:
                return self._all(root, scope)
            case Op.EQ if any(map(self._shapes.holds, root.args)):
                return self._same(root.args[0], root.args[1], scope)
            case Op.ITE if (holder := self._shapes.chosen_by(root)) is not None:
                return self._choice(root, holder, scope, self._plainly).kind
            case Op.EQ | Op.LT | Op.LE if (counted := self._shapes.counts(root)) is not None:
                return self._count(*counted, root, scope)
            case Op.ADD if self._shapes.mentions(root) - scope.keys():
                raise NotUniformError(f"a number of members is calculated with: {self._shown(root)}")
            case _:
                return rebuild(root, tuple(self.over(arg, scope) for arg in root.args))

    def _same(self, one: Expr, other: Expr, scope: Scope) -> Expr:
        labels = self._shapes.labels(one) or self._shapes.labels(other)
        longer = self._shapes.labels(other) or labels
        labels = longer if len(longer) > len(labels) else labels
        left, right = self.held(one, scope, labels), self.held(other, scope, labels)
        parts = [eq(left.kind, right.kind)]
        for role in sorted(left.members.keys() & right.members.keys()):
            is_one = eq(left.kind, number(self._layout.kind(role)))
            same = eq(left.members[role], right.members[role])
            known = left.kind.is_constant or right.kind.is_constant
            parts.append(same if known else or_(not_(is_one), same))
        return and_(*parts)

    def _choice(self, root: Expr, holder: Expr, scope: Scope, of: Callable[[Expr, Scope], Held]) -> Held:
        """What is said of the member that is held: first of those that are named, then of any other."""
        cases = self._shapes.cases(root, holder)
        if not cases:
            return of(root.args[2], scope)
        labels, role_of = self._shapes.labels(holder), self._layout.role_of
        held = self._held(holder, scope)
        found: Held | None = None
        for role, member in held.members.items():
            is_one = eq(held.kind, number(self._layout.kind(role)))
            others = [v for v in cases if role_of.get(labels[v]) == role and labels[v] not in scope]
            if len({cases[v] for v in others}) == 1:
                body = of(cases[others[0]], scope)
            elif not others:
                continue
            else:
                body, *more = (of(cases[v], {**scope, labels[v]: member}) for v in others)
                if any(each != body for each in more):
                    raise NotUniformError(f"members that are held are told apart: {self._shown(root)}")
            found = body if found is None else found.unless(is_one, body)
        for v, label in enumerate(labels):
            if label in scope:
                role = role_of[label]
                is_one = eq(held.kind, number(self._layout.kind(role)))
                here = and_(is_one, eq(held.members[role], self._term(label, scope)))
            elif label not in role_of:
                here = eq(held.kind, number(self._layout.words[label]))
            else:
                continue
            body = of(cases[v], scope)
            found = body if found is None else found.unless(here, body)
        assert found is not None
        return found

    def _plainly(self, case: Expr, scope: Scope) -> Held:
        return Held(self.over(case, scope), {})

    def _all(self, root: Expr, scope: Scope) -> Expr:
        """Every part; those that are the same for other members together."""
        every = root.op is Op.AND
        plain: list[Expr] = []
        groups: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        said: dict[str, Expr] = {}
        for arg in root.args:
            about = self._about(arg, scope)
            if not about:
                plain.append(self.over(arg, scope))
                continue
            digest, body, orders = self._bound_over(arg, about, scope, every)
            said.setdefault(digest, body)
            groups[digest] |= orders
        for digest, orders in groups.items():
            if len(orders) != self._number(next(iter(orders)), scope):
                raise NotUniformError(f"some members are treated otherwise than others: {self._shown(root)}")
            plain.append(said[digest])
        plain.sort(key=self._atoms.digest)
        return and_(*plain) if every else or_(*plain)

    def _bound_over(
        self, arg: Expr, about: tuple[str, ...], scope: Scope, every: bool
    ) -> tuple[str, Expr, set[tuple[str, ...]]]:
        """The part for all members like those that it is about, and in which orders of these it says the same; first
        its fingerprint."""
        apart = list(dict.fromkeys(scope.values()))
        depth = self._depth(scope)
        by_digest: dict[str, tuple[list[Expr], Expr]] = {}
        orders: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        for order in itertools.permutations(about):
            roles = [self._layout.role_of[name] for name in order]
            if roles != sorted(roles):
                continue
            variables = [self._atoms.member(f"{self._bound}{depth + i}", role) for i, role in enumerate(roles)]
            body = self.over(arg, {**scope, **dict(zip(order, variables, strict=True))})
            digest = self._atoms.digest(body)
            by_digest.setdefault(digest, (variables, body))
            orders[digest].add(order)
        least = min(by_digest)
        variables, body = by_digest[least]
        make = self._atoms.every if every else self._atoms.some
        return least, make(variables, apart, body), orders[least]

    def _number(self, about: tuple[str, ...], scope: Scope) -> int:
        """In how many ways so many members can be chosen, one after the other, that are not named."""
        total = 1
        for role, names in self._layout.roles.items():
            free = sum(name not in scope for name in names)
            total *= math.perm(free, sum(self._layout.role_of[name] == role for name in about))
        return total

    def _about(self, arg: Expr, scope: Scope) -> tuple[str, ...]:
        """The members that are not named and that the part is about."""
        found: list[str] = []
        for names in self._layout.roles.values():
            free = [name for name in names if name not in scope]
            mentioned = [name for name in free if name in self._shapes.mentions(arg)]
            if len(mentioned) > 1 and len(free) - len(mentioned) < 2:
                mentioned = self._shapes.special(arg, free)
            found += mentioned
        if len(found) > MOST_ABOUT:
            raise NotUniformError(f"members are told apart: {self._shown(arg)}")
        return tuple(found)

    def _count(self, terms: list[Expr], limit: int, by: str, root: Expr, scope: Scope) -> Expr:
        """That at least, at most or just so many of the conditions hold."""
        if limit > MOST_ABOUT:
            raise NotUniformError(f"a number of members is compared with {limit}: {self._shown(root)}")
        enough = TRUE if by == "most" else self._at_least(terms, limit, root, scope)
        more = FALSE if by == "least" else self._at_least(terms, limit + 1, root, scope)
        return and_(enough, not_(more))

    def _at_least(self, terms: list[Expr], least: int, root: Expr, scope: Scope) -> Expr:
        if least <= 0:
            return TRUE
        named = [term for term in terms if not self._about(term, scope)]
        rest = [term for term in terms if term not in named]
        about = {self._about(term, scope) for term in rest}
        if len(rest) < len(terms) - len(named) or any(len(each) != 1 for each in about) or len(about) < len(rest):
            raise NotUniformError(f"what is counted is not members: {self._shown(root)}")
        roles = {self._layout.role_of[name] for (name,) in about}
        if len(roles) > 1 or (rest and len(rest) != self._number(next(iter(about)), scope)):
            raise NotUniformError(f"not all members are counted: {self._shown(root)}")
        cases: list[Expr] = []
        for count in range(min(len(named), least) + 1):
            fewer = least - count
            for chosen in itertools.combinations(named, count):
                parts = [self.over(term, scope) for term in chosen]
                if fewer and not rest:
                    continue
                if fewer:
                    parts.append(self._some(rest, fewer, roles.copy().pop(), scope, root))
                cases.append(and_(*parts))
        return or_(*cases)

    def _some(self, terms: list[Expr], count: int, role: str, scope: Scope, root: Expr) -> Expr:
        depth = self._depth(scope)
        variables = [self._atoms.member(f"{self._bound}{depth + i}", role) for i in range(count)]
        bodies: set[Expr] = set()
        for term in terms:
            (name,) = self._about(term, scope)
            # Each is looked at with its own name, and the others are only there to be kept apart.
            parts = [self.over(term, {**scope, name: variable}) for variable in variables]
            bodies.add(and_(*parts))
        if len(bodies) != 1:
            raise NotUniformError(f"members are counted by different conditions: {self._shown(root)}")
        return self._atoms.some(variables, list(dict.fromkeys(scope.values())), bodies.pop())

    # ------------------------------------------------------------------ atoms

    def _depth(self, scope: Scope) -> int:
        """The first number that no bound member has that is named."""
        found = -1
        for term in scope.values():
            atom = self._atoms[term]
            if isinstance(atom, Var) and atom.name.startswith(self._bound):
                found = max(found, int(atom.name.removeprefix(self._bound)))
        return found + 1

    def _held(self, node: Expr, scope: Scope) -> Held:
        where = self._layout.places[node.value]
        cells = self._layout.held[where.cell]
        later = node.op is Op.NEXT
        members = {role: self._cell(cell, where.owners, scope, later) for role, cell in cells.items()}
        if where.cell in cells.values():
            (role,) = cells
            return Held(number(self._layout.kind(role)), members)
        return Held(self._cell(where.cell, where.owners, scope, later), members)

    def _cell(self, cell: int, owners: Sequence[str], scope: Scope, later: bool) -> Expr:
        args = tuple(self._term(owner, scope) for owner in owners)
        return self._atoms.of(At(cell, args, later), self._layout.cells[cell].sort)

    def _term(self, name: str, scope: Scope) -> Expr:
        if name not in scope:
            raise NotUniformError(f"{name} is treated otherwise than others")
        return scope[name]

    def _shown(self, root: Expr) -> str:
        return self._shapes.shown(root)
