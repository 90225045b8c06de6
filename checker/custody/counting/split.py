"""Which variables are whose: those of each instance of the counted roles, and those that all share.

A shared variable that holds an instance (the holder of a mutex, the device whose turn it is) becomes two things: of
which role the holder is, which is shared, and for each instance whether it is the one, which is its own.

A variable of an instance that holds none or an instance, or an object that is some instance's own, becomes whether it
holds the instance itself or its object.  That it never holds another's is found out: all that is assigned to it is
looked at, with what was found of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from custody.counting.pointers import naming, without_pointers
from custody.counting.problem import NotCountableError
from custody.system.expression import (
    Expr,
    Op,
    Sort,
    after,
    and_,
    boolean,
    eq,
    ite,
    nodes,
    number,
    or_,
    read,
    rebuild,
)
from custody.system.model import BOOLEAN, Action, Domain, Effect, Form, Property, System, Variable
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Split:
    """A system without variables that hold instances of the counted roles.

    `instances` has the names by role; `own` by instance the variables that are its own, in the same order for all of
    a role, `keys` what these are called by role; `shared` are all others.
    """

    system: System
    instances: dict[str, tuple[str, ...]]
    own: dict[str, tuple[int, ...]]
    keys: dict[str, tuple[str, ...]]
    shared: tuple[int, ...]

    def role_of(self, instance: str) -> str:
        """The role of a counted instance."""
        return next(role for role, names in self.instances.items() if instance in names)


def split(system: System, roles: Sequence[str]) -> Split:
    """NotCountableError when a variable relates two instances."""
    instances = {role: names for role, names in system.roles if role in roles}
    role_of = {name: role for role, names in instances.items() for name in names}
    system = _without_holders(without_pointers(system, role_of), role_of)
    # Of a variant's payload the indices are part of the name alone.
    named = naming(role_of)
    own: dict[str, list[tuple[str, int]]] = {name: [] for name in role_of}
    shared: list[int] = []
    for index, variable in enumerate(system.variables):
        owners = list(dict.fromkeys(found.group() for found in named.finditer(variable.name)))
        if not owners and variable.actor in role_of:
            owners = [variable.actor]
        if len(owners) > 1:
            raise NotCountableError(f"{variable.name} relates two instances", variable.place)
        if owners:
            own[owners[0]].append((_key(variable, owners[0], role_of[owners[0]]), index))
        else:
            shared.append(index)
    keys: dict[str, tuple[str, ...]] = {}
    for role, names in instances.items():
        lists = [sorted(own[name]) for name in names]
        keys[role] = tuple(key for key, _ in lists[0])
        first = [system.variables[index] for _, index in lists[0]]
        for name, entries in zip(names, lists, strict=True):
            same = tuple(key for key, _ in entries) == keys[role]
            for variable, (_, index) in zip(first, entries, strict=False):
                other = system.variables[index]
                same = same and (variable.domain, variable.initial) == (other.domain, other.initial)
            if not same:
                raise NotCountableError(
                    f"{name} has other variables than {names[0]}, or other first values", Place(system.file, 1)
                )
    placed = {name: tuple(index for _, index in sorted(entries)) for name, entries in own.items()}
    return Split(system, instances, placed, keys, tuple(shared))


def _key(variable: Variable, instance: str, role: str) -> str:
    return variable.name.replace(f"[{instance}]", "").replace(f"{instance}.", f"{role}.", 1)


def _without_holders(system: System, role_of: dict[str, str]) -> System:
    holders = _Holders(system, role_of)
    if not holders.variables:
        return system
    return replace(
        system,
        variables=holders.all_variables(),
        actions=tuple(map(holders.action, system.actions)),
        properties=tuple(map(holders.subject, system.properties)),
        where=holders.over(system.where),
        terminal=holders.over(system.terminal),
    )


class _Holders:
    """Rewrites expressions: a comparison of a holder with an instance asks the instance's own flag."""

    def __init__(self, system: System, role_of: dict[str, str]) -> None:
        self._system, self._role_of = system, role_of
        self.variables: dict[int, dict[int, int]] = {}
        self._kinds: dict[int, list[str]] = {}
        self._flags: list[Variable] = []
        self._known: dict[Expr, Expr] = {}
        for index, variable in enumerate(system.variables):
            labels = variable.domain.labels or ()
            held = [value for value, label in enumerate(labels) if label in role_of]
            if not held:
                continue
            if variable.actor in role_of or any(name in role_of for name in variable.indices):
                raise NotCountableError(
                    f"{variable.name} of one instance names another: a relation between two", variable.place
                )
            if len(variable.initial) != 1 or variable.initial[0] in held:
                raise NotCountableError(f"{variable.name} names an instance at first", variable.place)
            flags: dict[int, int] = {}
            for value in held:
                flags[value] = len(system.variables) + len(self._flags)
                name = f"{variable.name} is mine[{labels[value]}]"
                self._flags.append(
                    Variable(name, BOOLEAN, (0,), name, (labels[value],), variable.control, None, variable.place)
                )
            self.variables[index] = flags
            self._kinds[index] = list(dict.fromkeys(role_of.get(label, label) for label in labels))

    def all_variables(self) -> tuple[Variable, ...]:
        found = list(self._system.variables)
        for index, kinds in self._kinds.items():
            old = found[index]
            labels = list(old.domain.labels or ())
            first = kinds.index(labels[old.initial[0]])
            found[index] = replace(old, domain=Domain(0, len(kinds) - 1, tuple(kinds)), initial=(first,))
        return (*found, *self._flags)

    def action(self, action: Action) -> Action:
        effects: list[Effect] = []
        for effect in action.effects:
            if effect.variable in self.variables:
                effects += self._assigned(effect)
            else:
                effects.append(Effect(effect.variable, self.over(effect.value)))
        return replace(
            action,
            guard=self.over(action.guard),
            control=self.over(action.control),
            effects=tuple(effects),
            checks=tuple(replace(check, condition=self.over(check.condition)) for check in action.checks),
        )

    def subject(self, p: Property) -> Property:
        if p.form in (Form.PROGRESS, Form.EVENTUALLY, Form.LEADS_TO, Form.IMPLEMENTS):
            return p
        return replace(p, expression=self.over(p.expression), goal=self.over(p.goal), conjuncts=(), premises=())

    def over(self, root: Expr) -> Expr:
        """The expression without holders. NotCountableError where one is more than compared."""
        for node in nodes(root, known=self._known):
            if node.op is Op.EQ and self._holds(node.args[0]):
                self._known[node] = self._equal(*node.args)
            elif self._holds(node):
                self._known[node] = node
            elif node.args:
                if any(self._holds(arg) for arg in node.args):
                    raise NotCountableError("a variable that holds an instance is calculated with")
                self._known[node] = rebuild(node, tuple(self._known[arg] for arg in node.args))
            else:
                self._known[node] = node
        return self._known[root]

    def _holds(self, node: Expr) -> bool:
        if node.op in (Op.READ, Op.NEXT):
            return node.value in self.variables
        return node.op is Op.ITE and node.sort is Sort.INT and any(map(self._holds, node.args[1:]))

    def _holder(self, node: Expr) -> int:
        if node.op in (Op.READ, Op.NEXT) and node.value in self.variables:
            return node.value
        return next((found for arg in node.args[1:] if (found := self._holder(arg)) >= 0), -1)

    def _equal(self, left: Expr, right: Expr) -> Expr:
        if right.is_constant:
            return self._is(left, self._holder(left), right.value)
        if self._holds(right) and self._holder(left) == self._holder(right) and left.op is not Op.ITE is not right.op:
            one, other = self._holder(left), self._holder(right)
            flags = self.variables[one]
            values = range(len(self._system.variables[one].domain.labels or ()))
            plain = [value for value in values if value not in flags]
            same = [and_(self._is(left, one, v), self._is(right, other, v)) for v in (*plain, *flags)]
            return or_(*same)
        raise NotCountableError("two variables that hold instances are compared")

    def _is(self, node: Expr, holder: int, value: int) -> Expr:
        """That a term over holders is that value of the holder."""
        if node.is_constant:
            return boolean(node.value == value)
        if node.op is Op.ITE:
            yes, no = (self._is(arg, holder, value) for arg in node.args[1:])
            return ite(self.over(node.args[0]), yes, no)
        if node.value not in self.variables:
            raise NotCountableError("a variable that holds an instance is calculated with")
        make = read if node.op is Op.READ else after
        if value in self.variables[node.value]:
            return make(self.variables[node.value][value], Sort.BOOL)
        return eq(make(node.value, Sort.INT), number(self._kind(node.value, value)))

    def _kind(self, holder: int, value: int) -> int:
        labels = self._system.variables[holder].domain.labels or ()
        label = labels[value]
        return self._kinds[holder].index(self._role_of.get(label, label))

    def _assigned(self, effect: Effect) -> list[Effect]:
        holder = effect.variable
        found = [Effect(holder, self._kind_of(effect.value, holder))]
        found += [Effect(flag, self._is(effect.value, holder, v)) for v, flag in self.variables[holder].items()]
        return found

    def _kind_of(self, node: Expr, holder: int) -> Expr:
        if node.is_constant:
            return number(self._kind(holder, node.value))
        if node.op is Op.ITE:
            return ite(
                self.over(node.args[0]), self._kind_of(node.args[1], holder), self._kind_of(node.args[2], holder)
            )
        if node.op is Op.READ and node.value == holder:
            return node
        raise NotCountableError("an instance is copied from one variable to another")
