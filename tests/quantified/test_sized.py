"""A system without a size is at each size what the language unfolds there; what tells members apart is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custody.language import load
from custody.language.elaborate import beyond
from custody.quantified.problem import NotUniformError
from custody.quantified.sized import Sized
from custody.quantified.uniform import BASE, Uniform, uniform
from custody.symbolic.relation import Relation
from custody.symbolic.sat import solver
from custody.system.model import System

PROTOCOLS = Path(__file__).parents[1] / "protocols"

ZOO = """
model zoo
    "Everything that is said of members: of one, of two, of whoever is held, of all, of some, of how many."

param N = 3 in 1..4

role P[N] is user
role Q[2]

state
    ok[P]: bool
    col[P]: red | green | blue
    before[P, P]: bool
    turn: P
    owner: P?
    peer[P]: P?
    m: mutex

action take by P
    when ok[turn] and col[turn] != blue
    when owner == none or owner == self
    ok[turn] = not ok[self]
    owner = turn
    col[self] = col[turn]

action link(q: P) by P
    when forall x: P . before[x, self] => not ok[x]
    when count(x: P . ok[x]) <= 1
    before[self, q] = true
    peer[self] = q
    for x: P where x != self
        before[x, self] = ok[x]
    owner = none
    turn = q

action tell(x: P) by Q
    when exists y: P . before[x, y] and not ok[y]
    when count(y: P . col[y] == red) >= 2 or count(y: P . col[y] == blue) == 1
    if forall y: P . before[y, x]
        col[x] = green
    peer[x] = peer[turn]

process hold by P
    loop
        lock m
        assert peer[self] == none or ok[self]
        ok[self] = true
        unlock m

invariant owners_are_well
    forall x: P . owner == x => ok[x]
invariant somebody
    exists x: P . forall y: P . x == y or not before[y, x]
transition red_stays_in_order
    forall x: P . old(col[x]) == red and old(ok[x]) => col[x] == red or ok[x] or turn == x
"""


def anyhow(text: str, roles: list[str], parameter: str = "N") -> Uniform:
    return uniform(at(text, BASE, parameter), roles)


def at(text: str, size: int, parameter: str = "N") -> System:
    return beyond(load("it.custody", text), {}, {parameter: size})


def differences(found: Uniform, system: System) -> list[str]:
    """What differs in some state, by a SAT solver."""
    relation = Relation(system)
    told = list(Sized(found, system).differences())
    literals = [relation.truth(difference.where) for difference in told]
    sat = solver(relation.gates.clauses, relation.gates.size)
    return [difference.what for difference, literal in zip(told, literals, strict=True) if sat.solve([literal])]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_what_is_folded_is_what_is_unfolded(size: int) -> None:
    found = anyhow(ZOO, ["P"])
    assert not differences(found, at(ZOO, size))


@pytest.mark.parametrize("name", ["german", "fifo_lock", "two_phase"])
def test_protocols_are_the_same_at_sizes_that_are_not_folded(name: str) -> None:
    text = (PROTOCOLS / f"{name}.custody").read_text(encoding="utf-8")
    (role,) = [role for role, names in at(text, 3).roles if len(names) == 3]
    found = anyhow(text, [role])
    for size in (1, 2, 3, 4, 5):
        assert not differences(found, at(text, size)), size


def test_another_specification_differs() -> None:
    found = anyhow(ZOO, ["P"])
    other = at(ZOO.replace("when ok[turn] and", "when not ok[turn] and"), 3)
    assert "take()" in " ".join(differences(found, other))


FIFO = (PROTOCOLS / "fifo_lock.custody").read_text(encoding="utf-8")


def test_who_is_told_apart_by_a_number_is_found_at_another_size() -> None:
    text = FIFO.replace("    when at[self] == waiting\n", "    when at[self] == waiting and number(self) == 0\n")
    found = anyhow(text, ["Thread"])
    assert not differences(found, at(text, 1))
    assert differences(found, at(text, 2))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "forall other: Thread . not before[other, self]",
            "forall other: Thread . number(other) > 1 or not before[other, self]",
            "enter: some members are treated otherwise than others: .*before",
        ),
        (
            "at[s] == inside and at[t] == inside => s == t",
            "count(u: Thread . at[u] == inside) * 2 <= count(u: Thread . before[u, s]) + 2 or s == t",
            "one_inside: a number of members is calculated with: .*inside",
        ),
    ],
)
def test_what_tells_members_apart_is_refused_with_its_line(old: str, new: str, told: str) -> None:
    text = FIFO.replace(old, new)
    try:
        refused = anyhow(text, ["Thread"]).refused["one_inside"]
    except NotUniformError as error:
        refused = error
    assert re.match(told, refused.reason), refused.reason
    assert text.splitlines()[refused.place.line - 1].strip() != ""


COUNTED = FIFO.replace("before[Thread, Thread]: bool", "before[Thread, Thread]: bool\n    many: 0..N + 1").replace(
    "    at[self] = waiting\n", "    at[self] = waiting\n    many = min(many + 1, N - 1)\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_numbers_that_grow_with_the_number_are_the_same(size: int) -> None:
    found = anyhow(COUNTED, ["Thread"])
    assert not differences(found, at(COUNTED, size))


def test_a_range_that_grows_otherwise_is_refused() -> None:
    text = COUNTED.replace("0..N + 1", "0..N * 2")
    with pytest.raises(NotUniformError, match="the range of many depends on the number otherwise") as refused:
        Sized(anyhow(text, ["Thread"]), at(text, 3))
    assert "many" in text.splitlines()[refused.value.place.line - 1]


def test_a_number_that_grows_otherwise_differs() -> None:
    text = COUNTED.replace("N - 1)", "N * N - 2 * N)")
    assert differences(anyhow(text, ["Thread"]), at(text, 3))
