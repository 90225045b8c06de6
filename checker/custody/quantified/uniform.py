"""The one system without a size: made of a size at which nobody is short of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.quantified.atoms import At, Atoms, Cell, Every, Size
from custody.quantified.cells import Layout, layout, naming
from custody.quantified.grown import grown, is_near
from custody.quantified.lift import Lift, Scope
from custody.quantified.problem import NotUniformError
from custody.system.expression import Expr, Op, Sort, add, and_, eq, ite, le, nodes, not_, number, or_, rebuild
from custody.system.model import SAFETY, Action, Form, Property, System
from custody.system.place import Place

BASE = 6
"""The size it is made of: two that act and two that something is about leave two to tell others by."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a cell is after a step, at the members `formals`."""

    formals: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Step:
    """An action of any distinct `members`, who act or are its arguments. `key` tells it from others, see `key`."""

    key: tuple[object, ...]
    words: str
    members: tuple[Expr, ...]
    guard: Expr
    checks: tuple[tuple[str, Expr], ...]
    effects: Mapping[int, Post]
    spontaneous: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Uniform:
    """A system of any size: `atoms` has its cells. `stated` are the safety properties as expressions, over one state
    or, of those of steps, over two; `refused` says of those that have none why."""

    file: str
    layout: Layout
    atoms: Atoms
    steps: tuple[Step, ...]
    stated: Mapping[str, Expr]
    forms: Mapping[str, Form]
    refused: Mapping[str, NotUniformError]
    where: Expr
    terminal: Expr
    ranges: tuple[tuple[Expr, Expr], ...]

    def wrong(self, name: str) -> list[tuple[Step | None, Expr]]:
        """What the property forbids, case by case: in a state, or where a step is taken."""
        match self.forms[name]:
            case Form.HAZARD:
                return [(step, case) for step in self.steps for case in _breaks(step, name)]
            case Form.STEP:
                return [
                    (step, and_(self.taken(step), not_(self.after(step, self.stated[name])))) for step in self.steps
                ]
            case Form.DEADLOCK:
                moving = [self.possible(step) for step in self.steps if not step.spontaneous]
                return [(None, not_(or_(self.terminal, *moving)))]
            case _:
                return [(None, not_(self.stated[name]))]

    def taken(self, step: Step) -> Expr:
        """That the step can be taken and breaks nothing."""
        return and_(step.guard, *(condition for _, condition in step.checks))

    def possible(self, step: Step) -> Expr:
        """That some members may take the step."""
        return self.atoms.some(step.members, (), step.guard)

    def after(self, step: Step, root: Expr) -> Expr:
        """What reads cells after the step, as an expression of the state before it."""
        return _After(self, step).over(root, later=True)

    def kept(self, step: Step, root: Expr) -> Expr:
        """An expression of one state, of the state after the step."""
        return _After(self, step).over(root, later=False)

    def domains(self) -> Iterator[Expr]:
        """That the values of each cell are in its domain, for all members."""
        for (cell, arguments, value), (low, high) in zip(self.everywhere("d"), self.ranges, strict=True):
            if cell.holds is None and value.sort is Sort.INT:
                if cell.values is not None:
                    within = or_(*(eq(value, number(v)) for v in cell.values))
                else:
                    within = and_(le(low, value), le(value, high))
                yield self._for_all(arguments, within)

    def first(self) -> Expr:
        """The first states, and perhaps more: a variable that holds a member at first may hold any."""
        parts = [self.where]
        for cell, arguments, value in self.everywhere("d"):
            if cell.initial is not None:
                if value.sort is Sort.BOOL:
                    values = [value if v else not_(value) for v in cell.initial]
                else:
                    values = [eq(value, number(v)) for v in cell.initial]
                parts.append(self._for_all(arguments, or_(*values)))
        return and_(*parts)

    def everywhere(self, name: str) -> Iterator[tuple[Cell, tuple[Expr, ...], Expr]]:
        """Each cell at members of its own."""
        for index, cell in enumerate(self.atoms.cells):
            arguments = tuple(self.atoms.member(f"{name}{i}", role) for i, role in enumerate(cell.roles))
            yield cell, arguments, self.atoms.of(At(index, arguments), cell.sort)

    def _for_all(self, variables: tuple[Expr, ...], body: Expr) -> Expr:
        return self.atoms.of(Every(variables, body), Sort.BOOL) if variables else body


def _breaks(step: Step, name: str) -> Iterator[Expr]:
    """The step may be taken and breaks a check of the property, be it the first that it breaks or not."""
    for whose, condition in step.checks:
        if whose == name:
            yield and_(step.guard, not_(condition))


def together(action: Action) -> dict[str, Expr]:
    """What a step must not break, by property: of what it does with each member there is a check for each."""
    found: dict[str, list[Expr]] = {}
    for check in action.checks:
        found.setdefault(check.property, []).append(check.condition)
    return {name: and_(*conditions) for name, conditions in found.items()}


class _After:
    """Writes what cells are after a step for the cells themselves."""

    def __init__(self, uniform: Uniform, step: Step) -> None:
        self._atoms, self._step = uniform.atoms, step

    def over(self, root: Expr, *, later: bool) -> Expr:
        """For those that are read after the step, or with `later` false for all."""
        known: dict[Expr, Expr] = {}
        for node in nodes(root):
            if node.op is Op.READ:
                known[node] = self._read(node, later=later)
            else:
                known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
        return known[root]

    def _read(self, node: Expr, *, later: bool) -> Expr:
        match self._atoms[node]:
            case At(cell, args, whether):
                inner = tuple(self.over(arg, later=later) for arg in args)
                post = self._step.effects.get(cell)
                if whether is not later or post is None:
                    return self._atoms.of(At(cell, inner), node.sort)
                return self._atoms.replaced(post.value, dict(zip(post.formals, inner, strict=True)))
            case Every(variables, body):
                return self._atoms.of(Every(variables, self.over(body, later=later)), Sort.BOOL)
            case _:
                return node


def uniform(system: System, roles: Sequence[str]) -> Uniform:
    """The system of any size that one of size BASE is an instance of. NotUniformError says why there is none."""
    return _Builder(system, roles).uniform()


def key(action: Action, names: Mapping[str, str]) -> tuple[object, ...]:
    """What an action is known by, its instances named so."""
    pattern = naming(list(names)) if names else None

    def named(text: str) -> str:
        return text if pattern is None else pattern.sub(lambda found: names[found.group()], text)

    arguments = tuple((name, named(value)) for name, value in action.arguments)
    return action.name, named(action.actor), arguments, action.outcome, str(action.place), named(action.label)


def members_of(action: Action, role_of: Mapping[str, str]) -> tuple[str, ...]:
    """The instances that the action is about: who acts, and the arguments."""
    named = (action.actor, *(value for _, value in action.arguments))
    return tuple(dict.fromkeys(name for name in named if name in role_of))


class _Builder:
    def __init__(self, system: System, roles: Sequence[str]) -> None:
        self._layout = layout(system, roles)
        self._system = system = grown(system, BASE) if len(roles) == 1 else system
        for role in roles:
            if role not in self._layout.roles:
                raise NotUniformError(f"there is no role '{role}'", Place(system.file, 1))
        self._atoms = Atoms(self._layout.cells)
        self._steps = Lift(system, self._layout, self._atoms, "x")
        self._states = Lift(system, self._layout, self._atoms, "z")
        self._at = {(w.cell, w.owners): index for index, w in enumerate(self._layout.places)}

    def uniform(self) -> Uniform:
        system = self._system
        steps = tuple(step for action in system.actions if (step := self._action(action)) is not None)
        stated: dict[str, Expr] = {}
        refused: dict[str, NotUniformError] = {}
        forms = {p.name: p.form for p in system.properties if p.form in SAFETY}
        for p in system.properties:
            if p.form in (Form.INVARIANT, Form.STEP):
                try:
                    stated[p.name] = self._states.over(p.expression, {})
                except NotUniformError as error:
                    refused[p.name] = _placed(error, p)
        try:
            where, terminal = (self._states.over(e, {}) for e in (system.where, system.terminal))
        except NotUniformError as error:
            raise NotUniformError(error.reason, Place(system.file, 1)) from None
        forms = {name: form for name, form in forms.items() if name not in refused}
        return Uniform(
            system.file,
            self._layout,
            self._atoms,
            steps,
            stated,
            forms,
            refused,
            where,
            terminal,
            tuple(self._range(cell) for cell in self._layout.cells),
        )

    def _range(self, cell: Cell) -> tuple[Expr, Expr]:
        """The ends of a cell's range, which may grow with the number of members."""
        if cell.labels or cell.holds is not None or cell.sort is Sort.BOOL or len(self._layout.roles) > 1:
            return number(cell.low), number(cell.high)
        (role,) = self._layout.roles
        size = self._atoms.of(Size(role), Sort.INT)
        high = add(size, number(cell.high - BASE)) if is_near(cell.high, BASE) else number(cell.high)
        return number(cell.low), high

    def _action(self, action: Action) -> Step | None:
        role_of, roles = self._layout.role_of, self._layout.roles
        about = members_of(action, role_of)
        by_role = {role: [name for name in about if role_of[name] == role] for role in roles}
        if any(list(roles[role][: len(names)]) != names for role, names in by_role.items()):
            return None
        scope = {name: self._atoms.member(f"p{i}", role_of[name]) for i, name in enumerate(about)}
        try:
            guard = self._steps.over(action.guard, scope)
            checks = tuple((name, self._steps.over(each, scope)) for name, each in together(action).items())
            effects = self._effects(action, scope)
        except NotUniformError as error:
            raise _placed(error, action) from None
        names = {name: f"p{i}" for i, name in enumerate(about)}
        return Step(
            key(action, names),
            action.label or action.name,
            tuple(scope.values()),
            guard,
            checks,
            effects,
            action.spontaneous,
            action.place,
        )

    def _effects(self, action: Action, scope: Scope) -> dict[int, Post]:
        values = {effect.variable: effect.value for effect in action.effects}
        found: dict[int, Post] = {}
        for cell in sorted({self._layout.places[variable].cell for variable in values}):
            roles = self._layout.cells[cell].roles
            formals = tuple(self._atoms.member(f"y{i}", role) for i, role in enumerate(roles))
            self._formals = formals
            for at, value in self._post(cell, (), scope, values).items():
                if value != self._atoms.of(At(at, formals), value.sort):
                    found[at] = Post(formals, value)
        return found

    def _post(self, cell: int, owners: tuple[str, ...], scope: Scope, values: Mapping[int, Expr]) -> dict[int, Expr]:
        """By cell what it is after the step at these owners and the formals that are left."""
        roles = self._layout.cells[cell].roles
        if len(owners) == len(roles):
            return self._value(cell, self._at[cell, owners], scope, values)
        formal = self._formals[len(owners)]
        names = self._layout.roles[roles[len(owners)]]
        free = [name for name in names if name not in scope]
        others = [self._post(cell, (*owners, name), {**scope, name: formal}, values) for name in free]
        if any(other != others[0] for other in others):
            raise NotUniformError(f"{self._layout.cells[cell].name} of some is changed otherwise than of others")
        found = others[0]
        for name in names:
            if name in scope:
                here = self._post(cell, (*owners, name), scope, values)
                found = {at: ite(eq(formal, scope[name]), here[at], value) for at, value in found.items()}
        return found

    def _value(self, cell: int, variable: int, scope: Scope, values: Mapping[int, Expr]) -> dict[int, Expr]:
        held = self._layout.held.get(cell)
        cells = [cell] if held is None else list(dict.fromkeys([cell, *held.values()]))
        stays = {at: self._atoms.of(At(at, self._formals), self._layout.cells[at].sort) for at in cells}
        if variable not in values:
            return stays
        if held is None:
            return {cell: self._steps.over(values[variable], scope)}
        labels = self._system.variables[variable].domain.labels or ()
        found = self._steps.held(values[variable], scope, labels)
        new = {at: found.members.get(role, stays[at]) for role, at in held.items()}
        return new if cell in held.values() else {cell: found.kind, **new}


def _placed(error: NotUniformError, what: Action | Property) -> NotUniformError:
    place = error.place if error.place.line else what.place
    return NotUniformError(f"{what.name}: {error.reason}", place)
