"""States up to exchanging instances: the definition that faster engines are tested against.

Two states are in one orbit when permuting instances of symmetric roles makes one of the other.  Of each orbit one
state stands for all: the one whose keys (as `arrangement` has them) are least, role by role and instance by
instance, and of those with the same keys the one that is least when the variables are compared from the last to
the first.

All permutations are tried, which is obviously right and not fast.
"""

from __future__ import annotations

from custody.symmetry.arrangement import classify
from custody.symmetry.detect import SymmetricRole, Symmetries
from custody.symmetry.permutation import Permutation, generated, permute, product
from custody.system.model import State, System


class Orbits:
    """The orbits of one system's states under all permutations of its symmetric roles."""

    def __init__(self, system: System, symmetries: Symmetries) -> None:
        size = len(system.variables)
        self._arrangements = classify(symmetries)
        self.group = product([elements(role, size) for role in symmetries.roles], size)

    def images(self, state: State) -> frozenset[State]:
        """The orbit of the state."""
        return frozenset(permute(state, permutation) for permutation in self.group)

    def representative(self, state: State) -> State:
        """The state that stands for the orbit."""
        return min(self.images(state), key=self._key)

    def orbit_size(self, state: State) -> int:
        """How many states the orbit has."""
        return len(self.images(state))

    def _key(self, state: State) -> tuple[int, ...]:
        keys: list[int] = []
        for arrangement in self._arrangements:
            for instance in range(len(arrangement.blocks)):
                keys += arrangement.key(state, instance)
        return (*keys, *reversed(state))


def elements(role: SymmetricRole, size: int) -> tuple[Permutation, ...]:
    """All permutations of a role's instances, in a system of `size` variables; the identity first."""
    return generated([transposition.permutation for transposition in role.transpositions], size)
