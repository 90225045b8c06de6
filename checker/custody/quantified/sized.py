"""The system without a size at some size, and what the language unfolds there: `differences` says where they part.

What is said of any size is believed because the two are the same at small sizes, in every state whether it can be
reached or not.  That the language unfolds a quantifier in the same way for any number of instances, and lets no
number be written that larger sizes could be compared with (see `custody.language.elaborate.beyond`), remains to be
believed.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from custody.quantified.atoms import At, Cell, Every, Size
from custody.quantified.cells import Layout, layout
from custody.quantified.problem import NotUniformError
from custody.quantified.uniform import Step, Uniform, key, members_of, together
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    Op,
    Sort,
    add,
    after,
    and_,
    boolean,
    eq,
    ite,
    nodes,
    not_,
    number,
    or_,
    read,
    rebuild,
)
from custody.system.model import Action, Form, System, Variable
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two part: in the states in which `where` is true, they differ in what `what` says."""

    what: str
    where: Expr
    place: Place


class Sized:
    """Unfolds expressions without a size over the variables of the system at one size."""

    def __init__(self, uniform: Uniform, system: System) -> None:
        """NotUniformError where the system has other variables."""
        self._uniform, self.system = uniform, system
        self._known: dict[tuple[frozenset[tuple[Expr, int]], Expr], Expr] = {}
        self.layout: Layout = layout(system, list(uniform.layout.roles))
        _require_same(uniform.layout, self.layout, system)
        for at, (cell, ends) in enumerate(zip(self.layout.cells, uniform.ranges, strict=True)):
            if tuple(self.over(end).value for end in ends) != (cell.low, cell.high):
                where = uniform.layout.cells[at]
                raise NotUniformError(f"the range of {where.name} depends on the number otherwise", where.place)
        self._at = {(w.cell, w.owners): index for index, w in enumerate(self.layout.places)}
        self._holder = {at: cell for cell, held in self.layout.held.items() for at in (cell, *held.values())}

    def over(self, root: Expr, members: Mapping[Expr, int] | None = None) -> Expr:
        """The expression, with the places of the members that are named."""
        given = members or {}
        scope = frozenset(given.items())
        known: dict[Expr, Expr] = {}
        for node in nodes(root):
            found = self._known.get((scope, node))
            if found is None:
                if node.op is Op.READ:
                    found = self._read(node, given)
                else:
                    found = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
                self._known[scope, node] = found
            known[node] = found
        return known[root]

    def _read(self, node: Expr, given: Mapping[Expr, int]) -> Expr:
        match self._uniform.atoms[node]:
            case At(cell, args, later):
                roles = self.layout.cells[cell].roles
                return self._select(cell, roles, [self.over(arg, given) for arg in args], (), later=later)
            case Every(variables, body):
                sizes = [len(self.layout.roles[self._uniform.atoms.role(v)]) for v in variables]
                ways = itertools.product(*(range(size) for size in sizes))
                return and_(*(self.over(body, {**given, **dict(zip(variables, way, strict=True))}) for way in ways))
            case Size(role):
                return number(len(self.layout.roles[role]))
            case _:
                return number(given[node])

    def _select(
        self, cell: int, roles: Sequence[str], args: Sequence[Expr], owners: tuple[str, ...], *, later: bool
    ) -> Expr:
        if len(owners) == len(roles):
            return self._value(cell, owners, later=later)
        names = self.layout.roles[roles[len(owners)]]
        arg = args[len(owners)]
        if arg.is_constant:
            return self._select(cell, roles, args, (*owners, names[arg.value]), later=later)
        found = self._select(cell, roles, args, (*owners, names[-1]), later=later)
        for at in reversed(range(len(names) - 1)):
            found = ite(
                eq(arg, number(at)), self._select(cell, roles, args, (*owners, names[at]), later=later), found
            )
        return found

    def _value(self, cell: int, owners: tuple[str, ...], *, later: bool) -> Expr:
        whole = self._holder.get(cell, cell)
        index = self._at[whole, owners]
        variable = self.system.variables[index]
        term = (after if later else read)(index, variable.domain.sort)
        if whole not in self.layout.held:
            return term
        role = self.layout.cells[cell].holds
        labels = variable.domain.labels or ()
        if role is not None:
            values = [self.layout.roles[role].index(x) if x in self.layout.roles[role] else 0 for x in labels]
        else:
            values = [
                self.layout.kind(self.layout.role_of[x]) if x in self.layout.role_of else self.layout.words[x]
                for x in labels
            ]
        if [v - values[0] for v in values] == list(range(len(values))):
            return add(term, number(values[0]))
        found = number(values[-1])
        for value in reversed(range(len(values) - 1)):
            found = ite(eq(term, number(value)), number(values[value]), found)
        return found

    def any_first(self) -> tuple[Variable, ...]:
        """The variables, where those that hold a member at first may hold any."""
        found: list[Variable] = []
        for variable in self.system.variables:
            labels = variable.domain.labels or ()
            values = set(variable.initial)
            for value in variable.initial:
                role = self.layout.role_of.get(labels[value]) if labels else None
                if role is not None:
                    values |= {v for v, label in enumerate(labels) if self.layout.role_of.get(label) == role}
            found.append(replace(variable, initial=tuple(sorted(values))))
        return tuple(found)

    # ------------------------------------------------------------------ beside the specification

    def differences(self) -> Iterator[Difference]:
        """What may differ: each has to be impossible in every state. NotUniformError where the steps are others."""
        system, uniform = self.system, self._uniform
        steps = self._steps()
        counts: defaultdict[tuple[object, tuple[str, ...]], int] = defaultdict(int)
        for action in system.actions:
            about = members_of(action, self.layout.role_of)
            known = key(action, {name: f"p{i}" for i, name in enumerate(about)})
            instance = (known, about)
            if counts[instance] >= len(steps.get(known, ())):
                raise NotUniformError(f"with another number there is another step, {action.label}", action.place)
            step = steps[known][counts[instance]]
            counts[instance] += 1
            yield from self._step(action, step, about)
        yield from self._absent(steps, counts)
        for p in system.properties:
            if p.name in uniform.stated and p.form is not Form.STEP:
                yield Difference(p.name, _differ(self.over(uniform.stated[p.name]), p.expression), p.place)
        place = Place(system.file, 1)
        yield Difference("the first states", _differ(self.over(uniform.where), system.where), place)
        yield Difference("the last states", _differ(self.over(uniform.terminal), system.terminal), place)

    def _steps(self) -> dict[tuple[object, ...], list[Step]]:
        found: dict[tuple[object, ...], list[Step]] = {}
        for step in self._uniform.steps:
            found.setdefault(step.key, []).append(step)
        return found

    def _absent(
        self, steps: Mapping[tuple[object, ...], list[Step]], counts: Mapping[tuple[object, tuple[str, ...]], int]
    ) -> Iterator[Difference]:
        """The steps of members of which the specification has none: they must be impossible here as well."""
        for known, found in steps.items():
            for at, step in enumerate(found):
                names = [self.layout.roles[self._uniform.atoms.role(member)] for member in step.members]
                for about in itertools.product(*names):
                    if len(set(about)) == len(about) and counts.get((known, about), 0) <= at:
                        places = [n.index(name) for n, name in zip(names, about, strict=True)]
                        guard = self.over(step.guard, dict(zip(step.members, places, strict=True)))
                        yield Difference(step.words, guard, step.place)

    def _step(self, action: Action, step: Step, about: tuple[str, ...]) -> Iterator[Difference]:
        roles = self.layout.roles
        places = [roles[self.layout.role_of[name]].index(name) for name in about]
        given = dict(zip(step.members, places, strict=True))
        guard = self.over(step.guard, given)
        cases = [_differ(guard, action.guard)]
        mine = {name: self.over(condition, given) for name, condition in step.checks}
        theirs = together(action)
        for name in dict.fromkeys([*mine, *theirs]):
            cases.append(and_(guard, _differ(mine.get(name, TRUE), theirs.get(name, TRUE))))
        taken = and_(guard, *mine.values())
        effects = {effect.variable: effect.value for effect in action.effects}
        for index, where in enumerate(self.layout.places):
            variable = self.system.variables[index]
            old = read(index, variable.domain.sort)
            held = self.layout.held.get(where.cell)
            for cell in dict.fromkeys([where.cell, *(held or {}).values()]):
                post = step.effects.get(cell)
                if post is None and index not in effects:
                    continue
                owners = [roles[self.layout.role_of[name]].index(name) for name in where.owners]
                formals = () if post is None else post.formals
                found = (
                    self._value(cell, where.owners, later=False)
                    if post is None
                    else self.over(post.value, {**given, **dict(zip(formals, owners, strict=True))})
                )
                new = effects.get(index, old)
                if held is not None:
                    new = self._of_held(cell, where.cell, index, new)
                    if new is None:
                        continue
                    told, relevant = new
                    cases.append(and_(taken, relevant, _differ(found, told)))
                else:
                    cases.append(and_(taken, _differ(found, new)))
        yield Difference(action.label, or_(*cases), action.place)
        for p in self.system.properties:
            if p.form is Form.STEP and p.name in self._uniform.stated:
                mine = self.over(self._uniform.stated[p.name])
                if mine != p.expression:
                    both = (_after(one, effects) for one in (mine, p.expression))
                    yield Difference(p.name, and_(taken, _differ(*both)), p.place)

    def _of_held(self, cell: int, whole: int, index: int, value: Expr) -> tuple[Expr, Expr] | None:
        """What the cell is where the variable has the value, and when that matters."""
        labels = self.system.variables[index].domain.labels or ()
        role = self.layout.cells[cell].holds
        role_of = self.layout.role_of
        relevant = FALSE if role is not None and cell != whole else boolean(True)
        found = number(0)
        for v in reversed(range(len(labels))):
            here = eq(value, number(v))
            mine = role_of.get(labels[v])
            if role is None:
                told = self.layout.words[labels[v]] if mine is None else self.layout.kind(mine)
            elif mine == role:
                told = self.layout.roles[role].index(labels[v])
                if cell != whole:
                    relevant = or_(relevant, here)
            else:
                continue
            found = ite(here, number(told), found)
        return found, relevant


def _require_same(base: Layout, here: Layout, system: System) -> None:
    if len(base.cells) != len(here.cells) or base.words != here.words:
        odd = ({c.name for c in base.cells} ^ {c.name for c in here.cells}) or base.words.keys() ^ here.words.keys()
        raise NotUniformError(
            f"with another number there are other variables or words: {', '.join(sorted(odd)[:3])}",
            Place(system.file, 1),
        )
    for one, other in zip(base.cells, here.cells, strict=True):
        if _plain(one) != _plain(other):
            raise NotUniformError(f"the values or first values of {one.name} depend on the number", one.place)


def _after(root: Expr, effects: Mapping[int, Expr]) -> Expr:
    """What is said of a step, where the step is known."""
    known: dict[Expr, Expr] = {}
    for node in nodes(root):
        if node.op is Op.NEXT:
            known[node] = effects.get(node.value, read(node.value, node.sort))
        else:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
    return known[root]


def _plain(cell: Cell) -> Cell:
    return replace(cell, place=Place("", 0), low=0, high=0)


def _differ(one: Expr, other: Expr) -> Expr:
    if one == other:
        return FALSE
    if one.sort is Sort.BOOL:
        return or_(and_(one, not_(other)), and_(not_(one), other))
    return not_(eq(one, other))
