"""How an engine finds the representative of a state without trying all permutations.

Each instance of a role has a key: the values of the variables that are this instance's alone (its block), and
for each variable that names an instance of the role, whether it names this one.  Exchanging instances exchanges
their keys and exchanging those of another role leaves them.  So the keys can be sorted role by role, and what may
still differ between states of one orbit are the variables that no key determines, `rest`: where there are some,
the permutations of instances whose keys are equal have to be tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, prod

from custody.symmetry.detect import Refusal, SymmetricRole, Symmetries
from custody.symmetry.permutation import touched
from custody.system.model import State, System
from custody.system.place import Place

MAX_PERMUTATIONS = 5_040
"""How many permutations `practical` lets an engine try for a state: those of seven instances."""
MAX_ORBIT = 2**63
"""Sizes of orbits must stay below this."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A variable that names at most one instance of a role: instance i by the value `values[i]`.

    Permuting instances permutes these values, and leaves the others.
    """

    variable: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What can be known of the instances of one symmetric role.

    `blocks[i]` are the variables that belong to instance i and that no other role's exchanges touch; block i and
    block j list them in the same order, and permuting instances permutes whole blocks and leaves the values.
    `pointers` are variables of the whole system.  `rest` are the other variables that exchanges of this role
    touch: those of two instances, those of one instance that name another, and so on.
    """

    name: str
    blocks: tuple[tuple[int, ...], ...]
    pointers: tuple[Pointer, ...]
    rest: tuple[int, ...]

    @property
    def simple(self) -> bool:
        """Whether sorting the keys is all there is to do, as far as this role is concerned."""
        return not self.rest

    def key(self, state: State, instance: int) -> tuple[int, ...]:
        """The key of an instance in a state."""
        values = [state[variable] for variable in self.blocks[instance]]
        return (*values, *(int(state[p.variable] == p.values[instance]) for p in self.pointers))


def classify(symmetries: Symmetries) -> tuple[Arrangement, ...]:
    """The arrangement of each symmetric role, in the order of the roles."""
    reach = {role.name: touched(t.permutation for t in role.transpositions) for role in symmetries.roles}
    found: list[Arrangement] = []
    for role in symmetries.roles:
        others = frozenset[int]().union(*(reach[r.name] for r in symmetries.roles if r is not role))
        rows: list[tuple[int, ...]] = []
        pointers: list[Pointer] = []
        for variable in sorted(reach[role.name]):
            row = _row(role, variable) if variable not in others else None
            if row is not None:
                rows.append(row)
            values = _pointed(role, variable)
            if values is not None and not any(
                _mentions(r, variable, values) for r in symmetries.roles if r is not role
            ):
                pointers.append(Pointer(variable, values))
        known = {variable for row in rows for variable in row} | {pointer.variable for pointer in pointers}
        blocks = tuple(tuple(row[i] for row in rows) for i in range(len(role.instances)))
        found.append(Arrangement(role.name, blocks, tuple(pointers), tuple(sorted(reach[role.name] - known))))
    return tuple(found)


def practical(system: System, symmetries: Symmetries) -> Symmetries:
    """The symmetries without the roles that would make an engine try too many permutations for each state."""
    roles, refused = list(symmetries.roles), list(symmetries.refused)
    while True:
        kept = Symmetries(tuple(roles), tuple(refused))
        hard = {arrangement.name for arrangement in classify(kept) if not arrangement.simple}
        if prod(factorial(len(role.instances)) for role in roles) >= MAX_ORBIT:
            candidates = roles
        elif prod(factorial(len(role.instances)) for role in roles if role.name in hard) > MAX_PERMUTATIONS:
            candidates = [role for role in roles if role.name in hard]
        else:
            return kept
        largest = max(candidates, key=lambda role: len(role.instances))
        roles.remove(largest)
        reason = f"its {len(largest.instances)} instances have too many arrangements to try them all"
        refused.append(Refusal(largest.name, reason, Place(system.file, 1)))


def _row(role: SymmetricRole, first: int) -> tuple[int, ...] | None:
    """The variables of all instances, when `first` is that of instance 0 and each instance has just one."""
    row = [first]
    for transposition in role.transpositions:
        row.append(transposition.permutation.variables[row[-1]])
    if len(set(row)) < len(row):
        return None
    for i, transposition in enumerate(role.transpositions):
        permutation = transposition.permutation
        for j, variable in enumerate(row):
            target = row[i + 1] if j == i else row[i] if j == i + 1 else variable
            if permutation.variables[variable] != target or permutation.values[variable] is not None:
                return None
    # With two instances both of a pair fit: the lower is taken for that of instance 0.
    return tuple(row) if len(row) > 2 or row[0] < row[1] else None


def _pointed(role: SymmetricRole, variable: int) -> tuple[int, ...] | None:
    """The values that stand for the instances, when the variable stays and each exchange is one of two values."""
    pairs: list[tuple[int, int]] = []
    for transposition in role.transpositions:
        table = transposition.permutation.values[variable]
        if transposition.permutation.variables[variable] != variable or table is None:
            return None
        changed = [value for value, image in enumerate(table) if image != value]
        if len(changed) != 2:
            return None
        pairs.append((changed[0], changed[1]))
    values = list(pairs[0])
    if len(pairs) > 1 and values[0] in pairs[1]:
        values.reverse()
    for one, other in pairs[1:]:
        if values[-1] not in (one, other):
            return None
        values.append(other if values[-1] == one else one)
    return tuple(values) if len(set(values)) == len(values) else None


def _mentions(role: SymmetricRole, variable: int, values: tuple[int, ...]) -> bool:
    """Whether exchanges of the role move the variable, or change one of the values in it."""
    for transposition in role.transpositions:
        table = transposition.permutation.values[variable]
        if transposition.permutation.variables[variable] != variable:
            return True
        if table is not None and any(table[value] != value for value in values):
            return True
    return False
