"""Of an inductive invariant only what is needed: what excludes the bad, what keeps that, and so on.

The cores of the SAT solver say what each answer rests on (A. Ivrii, A. Gurfinkel, A. Belov, Small inductive safe
invariants, FMCAD 2014, without their further reductions).
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.symbolic.relation import Cube, Relation
from custody.symbolic.sat import solver
from custody.system.expression import Expr


def needed(
    relation: Relation, candidates: Sequence[Expr], kept: Sequence[int], cubes: Sequence[Cube], bad: Sequence[int]
) -> tuple[tuple[int, ...], list[Cube]]:
    """Those of the `kept` candidates and of the cubes that exclude `bad` for ever. ValueError when they do not."""
    gates = relation.gates
    now = {number: relation.truth(candidates[number]) for number in kept}
    later = {number: relation.truth_after(candidates[number]) for number in kept}
    some = gates.any(bad)
    sat = solver(gates.clauses, gates.size + 2 * (len(kept) + len(cubes)))
    fresh = gates.size
    parts: dict[int, tuple[int, ...] | int] = {}
    for number in kept:
        fresh += 2
        sat.add([-(fresh - 1), now[number]])
        sat.add([-fresh, relation.proper])
        sat.add([-fresh, -later[number]])
        parts[fresh - 1] = number
    for cube in cubes:
        fresh += 2
        sat.add([-(fresh - 1), *(-literal for literal in cube)])
        sat.add([-fresh, relation.proper])
        for literal in cube:
            after = relation.after[abs(literal)]
            sat.add([-fresh, after if literal > 0 else -after])
        parts[fresh - 1] = cube
    found: dict[int, None] = {}
    waiting = [some]
    while waiting:
        question = waiting.pop()
        if sat.solve([question, *found]) and sat.solve([question, *parts]):
            raise ValueError("the clauses are not closed under steps, or do not exclude what is bad")
        for literal in sorted(sat.core() & parts.keys()):
            if literal not in found:
                found[literal] = None
                waiting.append(literal + 1)
    chosen = [parts[literal] for literal in sorted(found)]
    numbers = tuple(part for part in chosen if isinstance(part, int))
    return numbers, [part for part in chosen if not isinstance(part, int)]
