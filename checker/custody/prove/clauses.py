"""From what excludes states of one size to what may be true of any: a clause about some members, said of all.

A cube names members by its variables and by what these hold; the clause says of any distinct members that they are
not like these.  "Holds none of the others" and the like are kept in the form that names fewest.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from custody.prove.words import parts
from custody.quantified.atoms import At, Every, Size, Var
from custody.quantified.cells import Layout
from custody.quantified.uniform import Uniform
from custody.symbolic.relation import Cube, Relation
from custody.system.expression import Expr, Op, Sort, and_, eq, not_, number, or_
from custody.system.model import Domain


class Clauses:
    """Makes clauses of cubes of one size; each has its members named alike, so that no two say the same."""

    def __init__(self, uniform: Uniform, layout: Layout, relation: Relation) -> None:
        self._uniform, self._layout, self._relation = uniform, layout, relation

    def clauses(self, cube: Cube) -> list[Expr]:
        """What the cube may mean at any size: that no members are as it says, and where it says the same of all
        members, that some member is otherwise."""
        found = [self.clause(cube)]
        somebody = self._somebody(cube)
        return found if somebody is None else [*found, somebody]

    def _somebody(self, cube: Cube) -> Expr | None:
        atoms, plain = self._uniform.atoms, list[Expr]()
        by_member: dict[str, list[Expr]] = {}
        for index, values in parts(self._relation, cube):
            owners = self._layout.places[index].owners
            if len(owners) > 1 or self._named(index, values):
                return None
            scope = {name: atoms.member("m0", self._layout.role_of[name]) for name in owners}
            literal = self._literal(index, values, scope)
            (by_member.setdefault(owners[0], []) if owners else plain).append(literal)
        if len(by_member) != 1 and len(set(map(frozenset, by_member.values()))) != 1:
            return None
        roles = [names for names in self._layout.roles.values() if set(names) == by_member.keys()]
        if not roles:
            return None
        (name, alike), *_ = by_member.items()
        member = atoms.member("m0", self._layout.role_of[name])
        everybody = atoms.every([member], (), and_(*sorted(alike, key=atoms.digest)))
        return or_(*(not_(literal) for literal in sorted(plain, key=atoms.digest)), not_(everybody))

    def clause(self, cube: Cube) -> Expr:
        """That no members are as the cube says."""
        allowed = parts(self._relation, cube)
        about: dict[str, None] = {}
        for index, values in allowed:
            about.update(dict.fromkeys(self._layout.places[index].owners))
            about.update(dict.fromkeys(self._named(index, values)))
        names = sorted(about, key=lambda name: (self._layout.role_of[name], name))
        found: dict[str, Expr] = {}
        for order in itertools.permutations(names) if len(names) <= 4 else [tuple(names)]:
            roles = [self._layout.role_of[name] for name in order]
            if roles == sorted(roles):
                clause = self._over(allowed, order)
                found.setdefault(self._uniform.atoms.digest(clause), clause)
        return found[min(found)]

    def _named(self, index: int, values: Sequence[int]) -> list[str]:
        """The members that a variable which holds one has to name: those that it may hold, or the fewer that it may
        not."""
        domain = self._relation.system.variables[index].domain
        if self._layout.places[index].cell not in self._layout.held:
            return []
        inside, outside = self._members(domain, values)
        return inside if len(inside) < len(outside) else outside

    def _members(self, domain: Domain, values: Sequence[int]) -> tuple[list[str], list[str]]:
        labels = domain.labels or ()
        inside = [labels[v] for v in values if labels[v] in self._layout.role_of]
        outside = [label for label in labels if label in self._layout.role_of and label not in inside]
        return inside, outside

    def _over(self, allowed: Sequence[tuple[int, list[int]]], order: Sequence[str]) -> Expr:
        atoms = self._uniform.atoms
        scope = {name: atoms.member(f"m{i}", self._layout.role_of[name]) for i, name in enumerate(order)}
        literals = [self._literal(index, values, scope) for index, values in allowed]
        literals.sort(key=atoms.digest)
        return atoms.every(list(scope.values()), (), or_(*(not_(literal) for literal in literals)))

    def _literal(self, index: int, values: list[int], scope: dict[str, Expr]) -> Expr:
        where = self._layout.places[index]
        domain = self._relation.system.variables[index].domain
        args = tuple(scope[name] for name in where.owners)
        atoms = self._uniform.atoms
        if where.cell in self._layout.held:
            return self._held(index, values, args, scope)
        value = atoms.of(At(where.cell, args), domain.sort)
        if domain.boolean:
            return value if values == [1] else not_(value)
        others = [v for v in range(domain.low, domain.high + 1) if v not in set(values)]
        if len(others) < len(values):
            return not_(or_(*(eq(value, number(v)) for v in others)))
        return or_(*(eq(value, number(v)) for v in values))

    def _held(self, index: int, values: list[int], args: tuple[Expr, ...], scope: dict[str, Expr]) -> Expr:
        atoms, layout = self._uniform.atoms, self._layout
        where, domain = layout.places[index], self._relation.system.variables[index].domain
        labels, cells = domain.labels or (), layout.held[where.cell]
        whole = where.cell not in cells.values()
        kind = atoms.of(At(where.cell, args), Sort.INT) if whole else None
        cases = [
            eq(kind, number(layout.words[labels[v]]))
            for v in values
            if labels[v] not in layout.role_of and kind is not None
        ]
        inside, outside = self._members(domain, values)
        few = len(inside) < len(outside)
        for role, cell in cells.items():
            member = atoms.of(At(cell, args), Sort.INT)
            mine = [eq(member, scope[name]) for name in (inside if few else outside) if layout.role_of[name] == role]
            if few and not mine:
                continue
            here = or_(*mine) if few else not_(or_(*mine))
            cases.append(here if kind is None else and_(eq(kind, number(layout.kind(role))), here))
        return or_(*cases)


def alike(uniform: Uniform, root: Expr) -> Expr:
    """The condition with its members named as those of clauses are, so that none is said twice."""
    atoms = uniform.atoms
    found = atoms[root] if root.op is Op.READ else None
    if not isinstance(found, Every):
        return root
    cases = found.body.args if found.body.op is Op.OR else (found.body,)
    flat: list[Expr] = []
    for case in cases:
        inner = case.args[0] if case.op is Op.NOT else case
        flat += [not_(part) for part in inner.args] if inner.op is Op.AND and case.op is Op.NOT else [case]
    made: dict[str, Expr] = {}
    for order in itertools.permutations(found.variables):
        roles = [atoms.role(variable) for variable in order]
        if roles == sorted(roles):
            names = {v: atoms.member(f"m{i}", role) for i, (v, role) in enumerate(zip(order, roles, strict=True))}
            rest = [atoms.replaced(case, names) for case in flat]
            rest = [case for case in rest if case.op is not Op.EQ or not set(case.args) <= set(names.values())]
            clause = atoms.every(list(names.values()), (), or_(*sorted(rest, key=atoms.digest)))
            made.setdefault(atoms.digest(clause), clause)
    return made[min(made)]


_SIGNS = {Op.AND: " and ", Op.OR: " or ", Op.EQ: " == ", Op.LT: " < ", Op.LE: " <= ", Op.ADD: " + ", Op.SUB: " - ",
          Op.MUL: " * ", Op.DIV: " / ", Op.MOD: " % "}  # fmt: skip


def sentence(uniform: Uniform, root: Expr) -> str:
    """A condition in the words of the specification, such as `never a[m0] and b[m1], for distinct m0, m1`."""
    atoms = uniform.atoms
    found = atoms[root] if root.op is Op.READ else None
    if not isinstance(found, Every):
        return _told(uniform, root)
    variables, cases = found.variables, found.body.args if found.body.op is Op.OR else (found.body,)
    pairs = [eq(one, other) for one, other in itertools.combinations(variables, 2)]
    rest = [not_(case) for case in cases if case not in pairs]
    rest = [part for case in rest for part in (case.args if case.op is Op.AND else (case,))]
    names = ", ".join(f"{atoms.role(v)} {_told(uniform, v)}" for v in variables)
    apart = "distinct " if pairs else ""
    return f"never {' and '.join(_told(uniform, case) for case in rest)}, for {apart}{names}"


def _told(uniform: Uniform, node: Expr) -> str:
    atoms = uniform.atoms
    if node.op is Op.CONST:
        return str(bool(node.value)).lower() if node.sort is Sort.BOOL else str(node.value)
    if node.op is Op.READ:
        match atoms[node]:
            case Var(name, _):
                return name
            case At(cell, args, _):
                name = atoms.cells[cell].name.partition(" member ")[0]
                for arg in args:
                    name = re.sub(r"\{\w+\}", _told(uniform, arg), name, count=1)
                return name
            case Every():
                return f"({sentence(uniform, node)})"
            case Size(role):
                return f"#{role}"
    if node.op is Op.NOT:
        inner = node.args[0]
        if inner.op is Op.READ and isinstance(found := atoms[inner], Every):
            names = ", ".join(f"{atoms.role(v)} {_told(uniform, v)}" for v in found.variables)
            return f"(some {names}: {_told(uniform, not_(found.body))})"
        if inner.op is Op.EQ:
            return _equal(uniform, inner, " != ")
        text = _told(uniform, inner)
        return f"not {text}"
    if node.op is Op.EQ:
        return _equal(uniform, node, " == ")
    if node.op is Op.ITE:
        condition, yes, no = (_told(uniform, arg) for arg in node.args)
        return f"(if {condition} then {yes} else {no})"
    text = _SIGNS[node.op].join(_told(uniform, arg) for arg in node.args)
    return f"({text})"


def _equal(uniform: Uniform, node: Expr, sign: str) -> str:
    left, right = node.args
    told = _told(uniform, right)
    if right.is_constant and left.op is Op.READ and isinstance(at := uniform.atoms[left], At):
        told = dict(uniform.atoms.cells[at.cell].labels).get(right.value, told)
        role = {uniform.layout.kind(role): role for role in uniform.layout.roles}.get(right.value)
        if right.value < 0 and role is not None:
            told = f"a {role}"
    return f"{_told(uniform, left)}{sign}{told}"
