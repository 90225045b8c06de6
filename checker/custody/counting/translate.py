"""What an expression over all instances says of counts.

Some instances are known by their local state, the others only by how many there are in each.  A conjunction that
says the same of every other one says of each local state that nobody is in it or that it is true of it; a sum
counts. What is neither (a loop that goes from instance to instance) is tried out: where its value depends on nothing
but which kinds of instances there are, it is a choice by that.  Anything else is refused.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from custody.counting.classes import Classes
from custody.counting.loops import flattened
from custody.counting.problem import NotCountableError
from custody.counting.split import Split
from custody.symmetry.normal import NormalForms
from custody.system.evaluate import evaluate
from custody.system.expression import (
    Expr,
    Op,
    Sort,
    add,
    and_,
    boolean,
    ite,
    le,
    mul,
    nodes,
    not_,
    number,
    or_,
    read,
    reads,
    rebuild,
    substitute,
)

State = tuple[int, ...]
Known = Mapping[str, State]
"""The local states of the instances that are known."""

MOST_TRIED = 20_000
"""A loop is tried out in so many situations at most."""

MOST_KINDS = 400
"""So many are told apart at most of what came of a loop so far."""


class Translator:
    """Translates expressions of one system; `shared` says what shared variables become, `counter` which variable
    counts the instances of a role in a local state."""

    def __init__(
        self, split: Split, classes: Classes, shared: Mapping[int, Expr], counter: Callable[[str, State], Expr]
    ) -> None:
        self._split, self._classes, self._shared, self._counter = split, classes, dict(shared), counter
        variables = split.system.variables
        # A second copy of the variables stands for their values after a step.
        self._size = len(variables)
        self._forms = NormalForms((*variables, *variables))
        self._constants = dict(self._always())
        self._kept: list[Expr] = []
        self._owner = {index: name for name, own in split.own.items() for index in own}
        self._mentioned: dict[Expr, frozenset[str]] = {}
        self._swaps: dict[tuple[str, str], dict[Expr, Expr]] = {}

    def over(self, root: Expr, known: Known) -> Expr:
        """The expression over counters. NotCountableError when it is none."""
        return self._go(self.fixed(root, known), known)

    def after(self, root: Expr, values: Mapping[int, Expr], known: Known) -> Expr:
        """A property of the step with these effects, over the counters before it."""
        changed: dict[Expr, Expr] = {}
        for node in nodes(root):
            if node.op is not Op.NEXT:
                same = tuple(changed[arg] for arg in node.args)
                changed[node] = rebuild(node, same) if same else node
            elif node.value in self._owner or node.value not in values:
                changed[node] = values.get(node.value, read(node.value, node.sort))
            else:
                later = node.value + self._size
                self._shared[later] = self.over(values[node.value], known)
                changed[node] = read(later, node.sort)
        return self.over(changed[root], known)

    def fixed(self, root: Expr, known: Known) -> Expr:
        """The expression with the local states that are known put in."""
        fixed = dict(self._constants)
        for name, state in known.items():
            for index, value in zip(self._split.own[name], state, strict=True):
                fixed[index] = self._constant(index, value)
        return substitute(root, fixed)

    def stays(self, index: int, value: Expr) -> bool:
        """Whether a variable that never changes is given its one value."""
        return self._constants.get(index) == value

    def _always(self) -> Iterator[tuple[int, Expr]]:
        for index, values in self._classes.shared.items():
            if len(values) == 1:
                yield index, self._constant(index, min(values))
        for role, names in self._split.instances.items():
            for at, values in enumerate(zip(*self._classes.local[role], strict=True)):
                if len(set(values)) == 1:
                    for name in names:
                        index = self._split.own[name][at]
                        yield index, self._constant(index, values[0])

    def _constant(self, index: int, value: int) -> Expr:
        return boolean(bool(value)) if self._split.system.variables[index].domain.boolean else number(value)

    def others(self, role: str, state: State, known: Known) -> Expr:
        """How many of the instances that are not known are in the local state."""
        inside = sum(self._split.role_of(name) == role and other == state for name, other in known.items())
        return add(self._counter(role, state), number(-inside))

    def all_alike(self, values: Mapping[int, Expr], known: Known, unknown: Sequence[str]) -> bool:
        """Whether a step with these effects does the same with each of the unknown instances."""
        first = unknown[0]
        for name in unknown[1:]:
            for index, other in zip(self._split.own[first], self._split.own[name], strict=True):
                if (index in values) != (other in values):
                    return False
                if index in values:
                    one, two = (self.fixed(values[i], known) for i in (index, other))
                    if not self._same(self._renamed(one, (first,), (name,)), two):
                        return False
        return True

    # ------------------------------------------------------------------ shapes

    def _go(self, root: Expr, known: Known) -> Expr:
        mentioned = self._mentions(root)
        if not mentioned:
            return substitute(root, dict(self._shared))
        if root.op in (Op.AND, Op.OR, Op.ADD):
            return self._gathered(root, known)
        if all(self._is_symmetric(arg, known) for arg in root.args) and root.args:
            return rebuild(root, tuple(self._go(arg, known) for arg in root.args))
        flat = flattened(root) if root.op is Op.ITE else root
        return self._gathered(flat, known) if flat.op in (Op.AND, Op.OR) else self._tried(root, known)

    def _gathered(self, root: Expr, known: Known) -> Expr:
        """AND, OR or ADD: arguments without others, and for the others one like the other."""
        plain: list[Expr] = []
        about: defaultdict[frozenset[str], list[Expr]] = defaultdict(list[Expr])
        for arg in root.args:
            mentioned = self._mentions(arg)
            if not mentioned or (len(mentioned) > 1 and self._is_symmetric(arg, known)):
                plain.append(self._go(arg, known))
            elif len(mentioned) <= 2:
                about[mentioned].append(arg)
            elif (special := self._special(arg, known, mentioned)) is not None:
                about[frozenset({special})].append(arg)
            else:
                return self._tried(root, known)
        if root.op is Op.ADD and any(len(names) > 1 for names in about):
            return self._tried(root, known)
        shapes: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list[tuple[str, ...]])
        for names in about:
            ordered = tuple(sorted(names, key=self._position))
            shapes[tuple(map(self._split.role_of, ordered))].append(ordered)
        for roles, groups in shapes.items():
            if not self._are_all_alike(root.op, roles, groups, about, known):
                return self._tried(root, known)
            body = rebuild(
                Expr(root.op, root.sort, tuple(about[frozenset(groups[0])])), tuple(about[frozenset(groups[0])])
            )
            plain.append(self._for_all(root.op, roles, groups[0], body, known))
        return rebuild(root, tuple(plain)) if len(plain) > 1 else plain[0]

    def _for_all(self, op: Op, roles: tuple[str, ...], names: tuple[str, ...], body: Expr, known: Known) -> Expr:
        cases: defaultdict[Expr, list[tuple[State, ...]]] = defaultdict(list[tuple[State, ...]])
        for states in itertools.product(*(self._classes.local[role] for role in roles)):
            if len(roles) == 2 and roles[0] == roles[1] and states[0] > states[1]:
                continue
            cases[self.over(body, {**known, **dict(zip(names, states, strict=True))})].append(states)
        parts: list[Expr] = []
        for value, where in cases.items():
            if op is Op.ADD:
                total = add(*(self.others(roles[0], states[0], known) for states in where))
                parts.append(_times(value, total))
            else:
                there = self._somebody(roles, where, known)
                parts.append(or_(not_(there), value) if op is Op.AND else and_(there, value))
        return (and_ if op is Op.AND else or_ if op is Op.OR else add)(*parts)

    def _somebody(self, roles: tuple[str, ...], where: Sequence[tuple[State, ...]], known: Known) -> Expr:
        if len(roles) == 1:
            return le(number(1), add(*(self.others(roles[0], states[0], known) for states in where)))
        cases: list[Expr] = []
        for one, other in where:
            if roles[0] == roles[1] and one == other:
                cases.append(le(number(2), self.others(roles[0], one, known)))
            else:
                both = ((roles[0], one), (roles[1], other))
                cases.append(and_(*(le(number(1), self.others(role, s, known)) for role, s in both)))
        return or_(*cases)

    def _are_all_alike(
        self,
        op: Op,
        roles: tuple[str, ...],
        groups: list[tuple[str, ...]],
        about: Mapping[frozenset[str], list[Expr]],
        known: Known,
    ) -> bool:
        """Whether there is a group for each choice of unknown instances, and all are images of the first."""
        unknown = [self._unknown(role, known) for role in roles]
        every = {frozenset(names) for names in itertools.product(*unknown) if len(set(names)) == len(names)}
        if every != {frozenset(names) for names in groups}:
            return False
        sort = Sort.INT if op is Op.ADD else Sort.BOOL
        bodies = {names: Expr(op, sort, tuple(about[frozenset(names)])) for names in groups}
        first = groups[0]
        for names in groups:
            images = [names] if len(set(roles)) == len(roles) else [names, names[::-1]]
            if any(not self._same(self._renamed(bodies[first], first, image), bodies[names]) for image in images):
                return False
        return True

    # ------------------------------------------------------------------ trying out

    def _tried(self, root: Expr, known: Known) -> Expr:
        """By which kinds of instances there are, where nothing else matters; kinds by the conditions that occur."""
        mentioned = self._mentions(root)
        roles = {self._split.role_of(name) for name in mentioned}
        if len(roles) != 1:
            raise NotCountableError("something depends on instances of two roles, one after the other")
        (role,) = roles
        unknown = self._unknown(role, known)
        atoms = self._atoms(root, unknown[0])
        vectors: dict[State, tuple[int, ...]] = {}
        for state in self._classes.local[role]:
            given = dict(zip(self._split.own[unknown[0]], state, strict=True))
            row = [0] * self._size
            for index, value in given.items():
                row[index] = value
            vectors[state] = tuple(evaluate(atom, tuple(row)) for atom in atoms)
        kinds = sorted(set(vectors.values()))
        images = [[self._renamed(atom, (unknown[0],), (name,)) for atom in atoms] for name in unknown]
        # Where one after the other is known, whatever happened before comes to the same in few ways.
        rows: dict[tuple[Expr, frozenset[tuple[int, ...]]], None] = {(root, frozenset()): None}
        for image in images:
            rows = dict.fromkeys(
                (substitute(left, {}, _told(image, kind)), present | {kind})
                for left, present in rows
                for kind in kinds
            )
            if len(rows) > MOST_KINDS:
                raise NotCountableError("a loop over instances distinguishes too many kinds of them")
        if any(self._mentions(left) for left, _ in rows):
            raise NotCountableError("a loop over instances looks at more than conditions")
        for neutral in kinds:
            by_set: dict[frozenset[tuple[int, ...]], Expr] = {}
            if all(self._equal(by_set.setdefault(present - {neutral}, left), left) for left, present in rows):
                break
        else:
            raise NotCountableError("what a loop over instances does depends on their order or number")
        others = [kind for kind in kinds if kind != neutral]

        def tree(left: list[tuple[int, ...]], present: frozenset[tuple[int, ...]]) -> Expr:
            if not left:
                if present not in by_set:
                    raise NotCountableError("a loop over instances distinguishes too many kinds of them")
                return substitute(by_set[present], dict(self._shared))
            states = [(state,) for state, vector in vectors.items() if vector == left[0]]
            there = self._somebody((role,), states, known)
            return ite(there, tree(left[1:], present | {left[0]}), tree(left[1:], present))

        return tree(others, frozenset())

    def _atoms(self, root: Expr, name: str) -> list[Expr]:
        """The largest conditions of one instance's variables alone."""
        mine = frozenset(self._split.own[name])
        found: dict[Expr, None] = {}
        stack = [root]
        while stack:
            node = stack.pop()
            support = reads(node)
            if node.sort is Sort.BOOL and support and support <= mine:
                found[node] = None
            elif support & mine:
                stack += node.args
        return list(found)

    def _equal(self, one: Expr, other: Expr) -> bool:
        """Whether two expressions over shared variables are the same, wherever these have values of theirs."""
        if one == other or self._same(one, other):
            return True
        support = sorted(reads(one, other))
        if any(index not in self._classes.shared for index in support):
            return False
        choices = [sorted(self._classes.shared[index]) for index in support]
        size = 1
        for values in choices:
            size *= len(values)
        if size > MOST_TRIED:
            return False
        row = [0] * self._size
        for values in itertools.product(*choices):
            for index, value in zip(support, values, strict=True):
                row[index] = value
            if evaluate(one, tuple(row)) != evaluate(other, tuple(row)):
                return False
        return True

    # ------------------------------------------------------------------ names

    def _unknown(self, role: str, known: Known) -> list[str]:
        return [name for name in self._split.instances[role] if name not in known]

    def _position(self, name: str) -> tuple[str, int]:
        role = self._split.role_of(name)
        return role, self._split.instances[role].index(name)

    def _mentions(self, root: Expr) -> frozenset[str]:
        for node in nodes(root, known=self._mentioned):
            if node.op is Op.READ:
                owner = self._owner.get(node.value)
                self._mentioned[node] = frozenset() if owner is None else frozenset({owner})
            else:
                self._mentioned[node] = frozenset[str]().union(*(self._mentioned[arg] for arg in node.args))
        return self._mentioned[root]

    def _is_symmetric(self, root: Expr, known: Known, without: str | None = None) -> bool:
        mentioned = self._mentions(root)
        for role in {self._split.role_of(name) for name in mentioned}:
            names = [name for name in self._unknown(role, known) if name != without]
            for one, other in itertools.pairwise(names):
                if not self._same(root, self._renamed(root, (one, other), (other, one))):
                    return False
        return True

    def _special(self, arg: Expr, known: Known, mentioned: frozenset[str]) -> str | None:
        """The one instance that the expression is about, where it says the same of all others."""
        for name in sorted(mentioned, key=self._position):
            if self._is_symmetric(arg, known, name) and not self._is_symmetric(arg, known):
                return name
        return None

    def _renamed(self, root: Expr, names: tuple[str, ...], images: tuple[str, ...]) -> Expr:
        """The expression about `images` instead of `names`, which change places where both occur."""
        replacement: dict[int, Expr] = {}
        for name, image in (*zip(images, names, strict=True), *zip(names, images, strict=True)):
            for index, other in zip(self._split.own[name], self._split.own[image], strict=True):
                replacement[index] = read(other, self._split.system.variables[other].domain.sort)
        return substitute(root, replacement)

    def _same(self, one: Expr, other: Expr) -> bool:
        self._kept += (one, other)
        return self._forms.of(one) == self._forms.of(other)


def _told(atoms: Sequence[Expr], values: tuple[int, ...]) -> dict[Expr, Expr]:
    return {atom: boolean(bool(value)) for atom, value in zip(atoms, values, strict=True)}


def _times(factor: Expr, total: Expr) -> Expr:
    if factor.is_constant:
        return mul(total, factor)
    if factor.op is Op.ITE:
        return ite(factor.args[0], _times(factor.args[1], total), _times(factor.args[2], total))
    raise NotCountableError("a sum over instances adds up something that is no constant")
