"""What a proof needs its parts for is what trying all states says, too."""

from __future__ import annotations

import itertools
from collections.abc import Collection

import pytest

from custody.symbolic.needs import Needs
from custody.symbolic.relation import Relation
from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Sort, add, eq, ite, not_, number, or_, read
from custody.system.fast import moves
from custody.system.forbidden import forbidden
from custody.system.model import System
from support.proving import GUARDED, system_of


def parts(system: System) -> dict[str, Expr]:
    place = {variable.name: index for index, variable in enumerate(system.variables)}
    attached = [read(place[f"attached[Device.{n}]"], Sort.BOOL) for n in range(2)]
    references, released = read(place["references"], Sort.INT), read(place["released"], Sort.BOOL)
    total = add(number(1), *(ite(each, number(1), number(0)) for each in attached))
    return {
        "counts": eq(references, total),
        "held": system.property_named("held").expression,
        "never_idle": system.property_named("never_idle").expression,
        "of_no_use": or_(not_(released), released, attached[0]),
        "first": or_(not_(released), not_(attached[0])),
        "second": or_(not_(released), not_(attached[1])),
    }


def lost(system: System, known: dict[str, Expr], left_out: Collection[str]) -> set[str]:
    """The same by looking at every state that there could be."""
    left = {name: each for name, each in known.items() if name not in left_out}
    states = list(itertools.product(*(range(v.domain.low, v.domain.high + 1) for v in system.variables)))
    following = moves(system)
    while True:
        inside = [state for state in states if all(evaluate(each, state) for each in left.values())]
        after = [to for state in inside for _, broken, to in following(state) if broken < 0]
        dropped = {name for name, each in left.items() if not all(evaluate(each, to) for to in after)}
        if not dropped:
            break
        left = {name: each for name, each in left.items() if name not in dropped}
    bad = {name: forbidden(system, system.property_named(name)) for name in ("held", "never_idle")}
    return {n for n, wrong in bad.items() if n not in left_out and any(evaluate(wrong, s) for s in inside)}


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_it_says_what_trying_all_states_says(size: int) -> None:
    system = system_of(GUARDED)
    relation, known = Relation(system), parts(system)
    bad = {name: relation.bad(system.property_named(name)) for name in ("held", "never_idle")}
    needs = Needs(relation, known, (), (), bad)
    answers = set[frozenset[str]]()
    for left_out in itertools.combinations(known, size):
        found = needs.lost_without(left_out)
        assert set(found) == lost(system, known, left_out), left_out
        answers.add(frozenset(found))
    assert size == 0 or len(answers) > 1
