"""The one system over counters that is true of every size, made of two sizes: what differs must be a number that
grows with the size.

That a specification means the same at every other size is the language's doing: it unfolds a quantifier in the same
way for any number of instances.  A parameter that is compared with a constant could still make a difference at a size
that is not looked at; so whoever proves something looks at small sizes one by one, and at a larger one for whether
the counters are the same there (see `custody.prove.any_number`), and the language refuses large numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from custody.counting.flat import LARGE, Flat, Kept, flat
from custody.counting.problem import NotCountableError
from custody.counting.translate import State
from custody.system.expression import Expr, Op, Sort, add, mul, number, read, rebuild, substitute
from custody.system.model import Action, Domain, System, Variable
from custody.system.place import Place

_SMALL = 16
"""A number of so many values that does not depend on the size is a shared variable like others."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The system over counters.

    `system` has as its first variables the number of instances of each role, in the order of `roles`; `counters`
    gives for its last ones the role and the local state that they count.  `bounds` has for the numbers whose domain
    depends on the size their least and largest value, `begins` the local states that an instance may begin in.
    `columns` are, by role, the variables of an instance that change, as the specification names them with `{}` for
    the instance, and `places` where they are in a local state; `fixed` and `same` are what never changes, of all and
    of each instance.
    """

    system: System
    roles: tuple[str, ...]
    counters: dict[int, tuple[str, State]]
    bounds: dict[int, tuple[Expr, Expr]]
    begins: dict[str, frozenset[State]]
    columns: dict[str, tuple[str, ...]]
    places: dict[str, tuple[int, ...]]
    fixed: tuple[tuple[str, int], ...]
    same: dict[str, tuple[tuple[str, int], ...]]
    skipped: tuple[str, ...]

    def means(self) -> tuple[object, ...]:
        """What two of the same meaning have in common: everything but places and words."""
        system = self.system
        return (
            (self.roles, self.counters, self.bounds, self.begins, self.columns, self.places, self.fixed, self.same),
            tuple((v.name, v.domain) for v in system.variables),
            tuple(
                (a.name, a.guard, a.effects, tuple((c.condition, c.property) for c in a.checks))
                for a in system.actions
            ),
            tuple((p.name, p.form, p.expression) for p in system.properties),
            (system.where, system.terminal),
        )

    def values(self, counter: int) -> tuple[int, ...]:
        """The local state that a counter counts, as values of the columns."""
        role, state = self.counters[counter]
        return tuple(state[place] for place in self.places[role])

    def at(self, sizes: Mapping[str, int]) -> System:
        """The finite system with so many instances of each role."""
        totals = {index: number(sizes[role]) for index, role in enumerate(self.roles)}
        memo: dict[Expr, Expr] = {}

        def over(root: Expr) -> Expr:
            return substitute(root, totals, memo)

        variables: list[Variable] = []
        for index, variable in enumerate(self.system.variables):
            if index < len(self.roles):
                size = sizes[self.roles[index]]
                variables.append(replace(variable, domain=Domain(size, size), initial=(size,)))
            elif index in self.counters:
                begins = self.begins[role := self.counters[index][0]]
                here = self.counters[index][1] in begins
                size = sizes[role]
                initial = (size,) if here and len(begins) == 1 else tuple(range(size + 1)) if here else (0,)
                variables.append(replace(variable, domain=Domain(0, size), initial=initial))
            elif index in self.bounds:
                low, high = (over(end).value for end in self.bounds[index])
                variables.append(replace(variable, domain=Domain(low, high)))
            else:
                variables.append(variable)
        return replace(
            self.system,
            variables=tuple(variables),
            actions=tuple(_mapped(action, over) for action in self.system.actions),
            properties=tuple(
                replace(p, expression=over(p.expression)) for p in self.system.properties
            ),
            where=over(self.system.where),
            terminal=over(self.system.terminal),
        )  # fmt: skip


def counted(
    systems: Sequence[tuple[System, Mapping[str, int]]], roles: Sequence[str], kept: Kept | None = None
) -> Counted:
    """Of a system at several sizes, the first against which each other grows one role. NotCountableError says why
    there is none. `kept` are the local states that are counted, if not all that there may be."""
    numbers = _numbers([system for system, _ in systems])
    flats = [flat(system, roles, numbers, kept) for system, _ in systems]
    first, sizes = flats[0], systems[0][1]
    known = _Union(first, roles)
    for other, (_, grown) in zip(flats[1:], systems[1:], strict=True):
        (role,) = [role for role in roles if grown[role] != sizes[role]]
        known.add(other, roles.index(role), sizes[role], grown[role])
    return known.counted()


def _numbers(systems: Sequence[System]) -> frozenset[str]:
    """The shared variables that are numbers: of many values, or of as many as the size makes them."""
    found: set[str] = set()
    first = {variable.name: variable.domain for variable in systems[0].variables}
    for system in systems:
        for variable in system.variables:
            domain = variable.domain
            if domain.boolean or domain.labels is not None:
                continue
            if domain.size > _SMALL or first.get(variable.name, domain) != domain:
                found.add(variable.name)
    return frozenset(found)


class _Union:
    """The flat systems together: constants that differ become sums over the totals."""

    def __init__(self, first: Flat, roles: Sequence[str]) -> None:
        self._first, self._roles = first, tuple(roles)
        self._slopes: dict[tuple[object, ...], dict[int, int]] = {}

    def add(self, other: Flat, role: int, size: int, grown: int) -> None:
        one, two = self._first.system, other.system
        names = [variable.name for variable in one.variables], [variable.name for variable in two.variables]
        if names[0] != names[1]:
            odd = sorted(set(names[0]) ^ set(names[1]))
            raise NotCountableError(f"another size has other variables: {', '.join(odd[:3])}")
        if [_key(a) for a in one.actions] != [_key(a) for a in two.actions]:
            odd = sorted({str(_key(a)) for a in one.actions} ^ {str(_key(a)) for a in two.actions})
            raise NotCountableError(f"another size has other steps: {'; '.join(odd[:2])}")
        for place, (left, right) in enumerate(zip(_roots(one), _roots(two), strict=True)):
            try:
                self._compare((place,), left, right, role, size, grown)
            except _DifferentError:
                what = _roots_named(one)[place]
                raise NotCountableError(f"{what[0]} depends on the size in its form", what[1]) from None
        for index, (mine, its) in enumerate(zip(one.variables, two.variables, strict=True)):
            if index < len(self._roles) or index in self._first.counters:
                continue
            if mine.initial != its.initial or (mine.domain != its.domain and mine.domain.labels is not None):
                raise NotCountableError(f"{mine.name} depends on the size", mine.place)
            for end in ("low", "high"):
                a, b = getattr(mine.domain, end), getattr(its.domain, end)
                if a != b:
                    self._grow(("domain", index, end), a, b, role, size, grown)

    def counted(self) -> Counted:
        system = self._first.system
        places = iter(range(1 << 30))

        def over(root: Expr) -> Expr:
            return self._rebuilt((next(places),), root)

        # In the order of `_roots`.
        where, terminal = over(system.where), over(system.terminal)
        properties = tuple(replace(p, expression=over(p.expression)) for p in system.properties)
        actions = tuple(_mapped(action, over) for action in system.actions)
        bounds: dict[int, tuple[Expr, Expr]] = {}
        variables = list(system.variables)
        for index, variable in enumerate(variables):
            ends = [("domain", index, end) for end in ("low", "high")]
            plain = index < len(self._roles) or index in self._first.counters
            large = variable.domain.labels is None and variable.domain.size > _SMALL
            if not plain and (large or any(end in self._slopes for end in ends)):
                low, high = (self._line(end, getattr(variable.domain, str(end[2]))) for end in ends)
                bounds[index] = (low, high)
                variables[index] = replace(variable, domain=Domain(-LARGE, LARGE))
        result = replace(
            system,
            variables=tuple(variables),
            actions=actions,
            properties=properties,
            where=where,
            terminal=terminal,
            parameters=(),
        )
        first = self._first
        return Counted(
            result,
            self._roles,
            first.counters,
            bounds,
            first.begins,
            first.columns,
            first.places,
            first.fixed,
            first.same,
            first.skipped,
        )

    def _compare(self, path: tuple[object, ...], left: Expr, right: Expr, role: int, size: int, grown: int) -> None:
        if left == right:
            return
        if left.op is not right.op or left.sort is not right.sort or len(left.args) != len(right.args):
            raise _DifferentError
        if left.op is Op.CONST and left.sort is Sort.INT:
            self._grow(path, left.value, right.value, role, size, grown)
        elif left.value != right.value:
            raise _DifferentError
        for at, (one, other) in enumerate(zip(left.args, right.args, strict=True)):
            self._compare((*path, at), one, other, role, size, grown)

    def _grow(self, path: tuple[object, ...], one: int, other: int, role: int, size: int, grown: int) -> None:
        slope, rest = divmod(other - one, grown - size)
        if rest:
            raise _DifferentError
        self._slopes.setdefault(path, {})[role] = slope

    def _line(self, path: tuple[object, ...], value: int) -> Expr:
        slopes = self._slopes.get(path, {})
        base = value - sum(
            slope * len(self._first.split.instances[self._roles[role]]) for role, slope in slopes.items()
        )
        return add(number(base), *(mul(read(role, Sort.INT), number(slope)) for role, slope in slopes.items()))

    def _rebuilt(self, path: tuple[object, ...], root: Expr) -> Expr:
        if not any(slope[: len(path)] == path for slope in self._slopes):
            return root
        if root.op is Op.CONST:
            return self._line(path, root.value)
        return rebuild(root, tuple(self._rebuilt((*path, at), arg) for at, arg in enumerate(root.args)))


class _DifferentError(Exception):
    pass


def _key(action: Action) -> tuple[object, ...]:
    effects = tuple(effect.variable for effect in action.effects)
    checks = tuple(check.property for check in action.checks)
    return action.name, action.label, action.outcome, action.actor, action.arguments, effects, checks


def _roots(system: System) -> list[Expr]:
    found = [system.where, system.terminal, *(p.expression for p in system.properties)]
    for action in system.actions:
        found += [action.guard, *(check.condition for check in action.checks), *(e.value for e in action.effects)]
    return found


def _roots_named(system: System) -> list[tuple[str, Place]]:
    place = system.properties[0].place
    found: list[tuple[str, Place]] = [("where", place), ("terminal", place)]
    found += [(p.name, p.place) for p in system.properties]
    for action in system.actions:
        found += [(action.name, action.place)] * (1 + len(action.checks) + len(action.effects))
    return found


def _mapped(action: Action, over: object) -> Action:
    assert callable(over)
    return replace(
        action,
        guard=over(action.guard),
        checks=tuple(replace(check, condition=over(check.condition)) for check in action.checks),
        effects=tuple(replace(effect, value=over(effect.value)) for effect in action.effects),
    )
