"""What the parts of an inductive invariant are there for: what it no longer shows when one of them is left out.

Without the part, some others may no longer be kept by steps; without those, others, and so on (Houdini over the rest,
C. Flanagan, K. Leino, FME 2001).  A property that what is left does not exclude any more is one that the proof needs
the part for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from custody.symbolic.relation import Cube, Relation
from custody.symbolic.sat import solver
from custody.system.expression import Expr


class Needs:
    """One invariant: `stated` are its parts that have names, `others` and `cubes` the rest of it; `bad` says by
    name when a property is violated in a state or by a step, which all of it together excludes."""

    def __init__(
        self,
        relation: Relation,
        stated: Mapping[str, Expr],
        others: Sequence[Expr],
        cubes: Sequence[Cube],
        bad: Mapping[str, int],
    ) -> None:
        gates, after = relation.gates, relation.after
        expressions = [*stated.values(), *others]
        self._now = [relation.truth(each) for each in expressions]
        self._later = [relation.truth_after(each) for each in expressions]
        for cube in cubes:
            self._now.append(gates.any([-literal for literal in cube]))
            later = [after[literal] if literal > 0 else -after[-literal] for literal in cube]
            self._later.append(gates.any([-literal for literal in later]))
        self._place = {name: place for place, name in enumerate(stated)}
        self._bad, self._proper, self._fresh = bad, relation.proper, gates.size
        self._sat = solver(gates.clauses, gates.size)

    def lost_without(self, names: Collection[str]) -> tuple[str, ...]:
        """The other properties that the invariant does not show when its parts of these names are left out."""
        out = {self._place[name] for name in names}
        left = [place for place in range(len(self._now)) if place not in out]
        while left:
            self._fresh += 1
            self._sat.add([-self._fresh, *(-self._later[place] for place in left)])
            if not self._sat.solve([self._fresh, self._proper, *(self._now[place] for place in left)]):
                break
            true = self._sat.true()
            left = [place for place in left if self._later[place] in true]
        kept = [self._now[place] for place in left]
        return tuple(p for p, bad in self._bad.items() if p not in names and self._sat.solve([*kept, bad]))
