"""From the set of reachable states to a short inductive invariant.

The set itself is an invariant, but not one to read or to check quickly.  Its complement is covered by cubes, few
and large ones, each empty of reachable states, so that "no state is in any of these cubes" is true, excludes what
must not be, and is kept by every step.  A SAT solver asks for a state that the cubes found so far still allow and
that is bad or leads into one of them; it cannot be reachable, so a cube around it can be cut off: literals are
chosen greedily, each time the one with which fewest reachable states agree, and those that turn out not to be
needed are dropped.  As bad states and as states before them are cut off for good, and there are finitely many, this
ends.

The reachable states are given as columns: for each variable its values less its lowest one, as bytes where they fit.
Sets of states are Python integers, a bit a state: an intersection takes a microsecond for 10^5 states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time

from custody.symbolic.gates import MOST_CHOICES
from custody.symbolic.minimal import needed
from custody.symbolic.relation import Cube, Relation
from custody.symbolic.sat import solver
from custody.system.model import Property


class TooLongError(Exception):
    """It takes longer than it may."""


class Distiller:
    """Cubes without reachable states that together exclude what the properties forbid, closed under steps."""

    def __init__(
        self,
        relation: Relation,
        columns: Sequence[Sequence[int]],
        orbit: Callable[[Cube], Sequence[Cube]] = lambda cube: (cube,),
    ) -> None:
        self._relation = relation
        self._orbit = orbit
        self._everything = (1 << len(columns[0])) - 1
        self._members: dict[int, int] = {}
        for literal, (variable, value) in relation.meaning.items():
            domain = relation.system.variables[variable].domain
            in_bits = domain.size > MOST_CHOICES
            wanted = [
                o for o in range(domain.size) if (o >> (-1 - value) & 1 if in_bits else o == value - domain.low)
            ]
            self._members[literal] = _members(columns[variable], frozenset(wanted))
            self._members[-literal] = self._everything & ~self._members[literal]

    def invariant(self, properties: Sequence[Property], seconds: float | None = None) -> list[Cube]:
        """The cubes, each with its orbit. The properties must hold in all of the reachable states.

        TooLongError when it takes more than `seconds` of this process's own time, whatever else the machine does.
        """
        start = process_time()
        relation = self._relation
        gates = relation.gates
        some = gates.any([*(relation.bad(p) for p in properties), relation.escape])
        asked, fresh = gates.size + 1, gates.size + 2
        sat = solver(gates.clauses, fresh)
        # What is asked for grows with the cubes: bad now, or in one of them after a proper step, or what is to come.
        sat.add([-asked, some, fresh])
        found: dict[Cube, None] = {}
        while sat.solve([asked, -fresh]):
            if seconds is not None and process_time() - start > seconds:
                raise TooLongError
            state = relation.state(sat.true())
            for cube in self._cuts(relation.cube(state)):
                if cube not in found:
                    found[cube] = None
                    sat.add([-literal for literal in cube])
                    sat.add([-fresh, fresh + 1, fresh + 2])
                    sat.add([-(fresh + 1), relation.proper])
                    for literal in cube:
                        after = relation.after[abs(literal)]
                        sat.add([-(fresh + 1), after if literal > 0 else -after])
                    fresh += 2
        return needed(relation, (), (), list(found), [some])[1]

    def _cuts(self, cube: Cube) -> list[Cube]:
        """Cubes around a state without reachable states: the best, and the best without each of its literals."""
        first = self.cut(cube)
        if first is None:
            raise ValueError("a reachable state is bad")
        found = {first: None}
        for literal in first:
            other = self.cut(tuple(each for each in cube if each != literal))
            if other is not None and len(other) <= len(first):
                found[other] = None
        return [image for each in found for image in self._orbit(each)]

    def cut(self, cube: Cube) -> Cube | None:
        """A part of the cube without reachable states, and with nothing to spare; None when it has some itself."""
        left, rest = self._everything, list(cube)
        chosen: list[int] = []
        while left:
            if not rest:
                return None
            best = min(rest, key=lambda literal: (left & self._members[literal]).bit_count())
            if left & self._members[best] == left:
                return None
            rest.remove(best)
            chosen.append(best)
            left &= self._members[best]
        for literal in list(chosen):
            without = self._everything
            for other in chosen:
                if other != literal:
                    without &= self._members[other]
            if not without:
                chosen.remove(literal)
        return tuple(sorted(chosen))


def _members(column: Sequence[int], wanted: frozenset[int]) -> int:
    """A bit for each state in which what the column has is wanted."""
    if isinstance(column, bytes):
        marks = column.translate(bytes(48 + (offset in wanted) for offset in range(256)))
    else:
        marks = bytes(48 + (offset in wanted) for offset in column)
    return int(marks, 2)
