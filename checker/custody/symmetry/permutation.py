"""What exchanges of instances do to states, alone and one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.system.model import State


@dataclass(frozen=True, slots=True)
class Permutation:
    """What an exchange does to a state: the value `x` of variable `v` goes to variable `variables[v]`, and
    becomes `values[v][x]` on the way, or stays `x` where `values[v]` is None.

    Variables with a table of values have 0 as their lowest value, and the variable that the value goes to has
    the same table and the same domain.
    """

    variables: tuple[int, ...]
    values: tuple[tuple[int, ...] | None, ...]


def permute(state: Sequence[int], permutation: Permutation) -> State:
    """The state after the exchanges that the permutation stands for."""
    result = [0] * len(state)
    for value, target, table in zip(state, permutation.variables, permutation.values, strict=True):
        result[target] = value if table is None else table[value]
    return tuple(result)


def identity(size: int) -> Permutation:
    """What leaves every state of `size` variables as it is."""
    return Permutation(tuple(range(size)), (None,) * size)


def compose(first: Permutation, second: Permutation) -> Permutation:
    """What does to a state what `first` does and then what `second` does."""
    tables: list[tuple[int, ...] | None] = []
    for target, table in zip(first.variables, first.values, strict=True):
        then = second.values[target]
        if table is None or then is None:
            tables.append(then if table is None else table)
        else:
            both = tuple(then[value] for value in table)
            tables.append(None if both == tuple(range(len(both))) else both)
    return Permutation(tuple(second.variables[target] for target in first.variables), tuple(tables))


def touched(permutations: Iterable[Permutation]) -> frozenset[int]:
    """The variables that some of the permutations move, or change the value of."""
    return frozenset(
        v
        for permutation in permutations
        for v, (target, table) in enumerate(zip(permutation.variables, permutation.values, strict=True))
        if target != v or table is not None
    )


def generated(transpositions: Sequence[Permutation], size: int) -> tuple[Permutation, ...]:
    """All permutations of instances, the identity first; transposition i exchanges instances i and i + 1."""
    found = [identity(size)]
    for position in range(1, len(transpositions) + 1):
        # Every permutation of one more instance: one of the former, and then the new one moves forwards.
        moves = [identity(size)]
        for transposition in reversed(transpositions[:position]):
            moves.append(compose(moves[-1], transposition))
        found = [compose(former, move) for move in moves for former in found]
    return tuple(found)


def product(groups: Iterable[Sequence[Permutation]], size: int) -> tuple[Permutation, ...]:
    """All that one element of each group does together."""
    found: list[Permutation] = [identity(size)]
    for group in groups:
        found = [compose(one, other) for one, other in itertools.product(found, group)]
    return tuple(found)


def combine(transpositions: Sequence[Permutation]) -> bool:
    """Whether they are to each other as exchanges of neighbours are: then the permutations that they generate are
    as many as those of the instances, or fewer, and `generated` gives all of them."""
    for i, one in enumerate(transpositions):
        if not _is_identity(compose(one, one)):
            return False
        for j, other in enumerate(transpositions[:i]):
            both = compose(one, other)
            if not _is_identity(compose(both, compose(both, both)) if j == i - 1 else compose(both, both)):
                return False
    return True


def commute(one: Permutation, other: Permutation) -> bool:
    """Whether it does not matter which of the two comes first."""
    return compose(one, other) == compose(other, one)


def _is_identity(permutation: Permutation) -> bool:
    return permutation == identity(len(permutation.variables))
