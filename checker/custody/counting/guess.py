"""What may be true of counters at every size, judged by the states that are reached at small ones.

Equations are what all these states satisfy (M. Karr, Acta Informatica 6, 1976, of samples instead of programs).
Clauses are asked for one at a time, by a state that they are to exclude: the fewest conditions of that state that no
sample satisfies together.  All are guesses, for a proof to confirm.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from math import lcm
from operator import eq as eq_
from operator import le as le_

from custody.counting.counted import Counted
from custody.system.evaluate import initial_states
from custody.system.expression import (
    Expr,
    Op,
    Sort,
    add,
    and_,
    eq,
    ite,
    le,
    mul,
    nodes,
    not_,
    number,
    read,
    reads,
)
from custody.system.fast import moves, truths
from custody.system.model import State, System

_PRIME = (1 << 61) - 1
_DIGITS = bytes([48, 49, *range(2, 256)])
_LOOKED_AT = 3_000
_AT_ONCE = 10_000
_QUICK = 2_000
_TRIPLES = 90
"""Any three conditions are tried together where there are no more than that."""


def always(counted: Counted) -> list[Expr]:
    """What is true by construction: counters are not negative and add up to their totals, values are in domains."""
    found: list[Expr] = []
    system = counted.system
    for index, role in enumerate(counted.roles):
        mine = [read(at, Sort.INT) for at, (whose, _) in counted.counters.items() if whose == role]
        found += [le(number(0), counter) for counter in mine]
        found.append(eq(add(*mine), read(index, Sort.INT)))
        found.append(le(number(1), read(index, Sort.INT)))
    for index, variable in enumerate(system.variables):
        if index >= len(counted.roles) and index not in counted.counters and not variable.domain.boolean:
            value = read(index, Sort.INT)
            low, high = counted.bounds.get(index, (number(variable.domain.low), number(variable.domain.high)))
            found += [le(low, value), le(value, high)]
    return found


def equations(counted: Counted, samples: Sequence[State]) -> list[Expr]:
    """A basis of the linear equations over numbers, counters and shared words that all samples satisfy."""
    columns = list(_columns(counted))
    values = truths(columns)
    rows: list[tuple[int, ...]] = []
    reduced: dict[int, list[int]] = {}
    for state in samples[:: 1 + len(samples) // _LOOKED_AT]:
        row = values(state)
        rest = [v % _PRIME for v in row]
        for lead, known in reduced.items():
            factor = rest[lead]
            if factor:
                rest = [(a - factor * b) % _PRIME for a, b in zip(rest, known, strict=True)]
        lead = next((at for at, v in enumerate(rest) if v), None)
        if lead is not None:
            inverse = pow(rest[lead], -1, _PRIME)
            reduced[lead] = [v * inverse % _PRIME for v in rest]
            rows.append(row)
    return [
        eq(_combination(vector, columns, 1), _combination(vector, columns, -1))
        for vector in _null(rows, len(columns))
    ]


def _combination(vector: Sequence[int], columns: Sequence[Expr], sign: int) -> Expr:
    return add(*(mul(column, number(sign * v)) for v, column in zip(vector, columns, strict=True) if sign * v > 0))


def _columns(counted: Counted) -> Iterator[Expr]:
    """Terms, those first that an equation had better be without."""
    system = counted.system
    shared = range(len(counted.roles), len(system.variables) - len(counted.counters))
    yield number(1)
    for index in shared:
        variable = system.variables[index]
        if variable.domain.boolean:
            yield ite(read(index, Sort.BOOL), number(1), number(0))
        elif index not in counted.bounds:
            for value in range(variable.domain.low + 1, variable.domain.high + 1):
                yield ite(eq(read(index, Sort.INT), number(value)), number(1), number(0))
    for index in counted.counters:
        yield read(index, Sort.INT)
    for index in (*range(len(counted.roles)), *counted.bounds):
        yield read(index, Sort.INT)


def _null(rows: list[tuple[int, ...]], size: int) -> list[list[int]]:
    """A basis of the vectors that are orthogonal to all rows, in whole numbers."""
    matrix = [[Fraction(v) for v in row] for row in rows]
    leads: list[int] = []
    done = 0
    for column in range(size):
        pivot = next((r for r in range(done, len(matrix)) if matrix[r][column]), None)
        if pivot is None:
            continue
        matrix[done], matrix[pivot] = matrix[pivot], matrix[done]
        factor = matrix[done][column]
        matrix[done] = [v / factor for v in matrix[done]]
        for r, row in enumerate(matrix):
            if r != done and row[column]:
                times = row[column]
                matrix[r] = [a - times * b for a, b in zip(row, matrix[done], strict=True)]
        leads.append(column)
        done += 1
    found: list[list[int]] = []
    for free in (column for column in range(size) if column not in leads):
        vector = [Fraction(0)] * size
        vector[free] = Fraction(1)
        for row, lead in zip(matrix, leads, strict=False):
            vector[lead] = -row[free]
        scale = lcm(*(v.denominator for v in vector))
        found.append([int(v * scale) for v in vector])
    return found


class Clauses:
    """Makes clauses that exclude a state and none of the samples."""

    def __init__(self, counted: Counted, samples: Sequence[State]) -> None:
        self._atoms = list(_atoms(counted))
        self._holds = truths(self._atoms)
        counts = frozenset((*range(len(counted.roles)), *counted.counters))
        self._shared = sum(not reads(atom) & counts for atom in self._atoms)
        self._masks, self._everywhere = [0] * len(self._atoms), (1 << len(samples)) - 1
        for begin in range(0, len(samples), _AT_ONCE):
            some = samples[begin : begin + _AT_ONCE]
            columns = _Columns(some)
            for at, atom in enumerate(self._atoms):
                here = int(bytes(columns.of(atom)).translate(_DIGITS), 2)
                self._masks[at] = self._masks[at] << len(some) | here
        # Most conditions are true together of some sample already among these, which are the largest sizes' last.
        self._quick = [mask & (1 << _QUICK) - 1 for mask in self._masks]

    def block(self, state: State, refused: Collection[Expr]) -> Expr | None:
        """A clause of as few conditions as possible that is not refused; None where there is none."""
        # Of conditions that the samples do not tell apart one is enough, and what is always so excludes nothing.
        different: dict[int, int] = {self._everywhere: -1}
        for at, value in enumerate(self._holds(state)):
            if value:
                different.setdefault(self._masks[at], at)
        true = [at for at in different.values() if at >= 0]
        for chosen in self._excluding(true):
            clause = not_(and_(*(self._atoms[at] for at in chosen)))
            if clause not in refused:
                return clause
        return None

    def _excluding(self, true: list[int]) -> Iterator[Sequence[int]]:
        quick = self._quick
        if self._left(true):
            return
        shared = [at for at in true if at < self._shared]
        for count in (1, 2, 3, 4):
            # Of many conditions, three or four are tried together where most are on what is shared, which are few.
            few = count < 3 or (len(true) <= _TRIPLES and count == 3)
            tried = itertools.combinations(true, count) if few else _few_and_one(shared, true, count - 1)
            for some in tried:
                early = quick[some[0]]
                for at in some[1:]:
                    early &= quick[at]
                if not early and not self._left(some):
                    yield some
        for order in (true[::-1], true):
            kept = list(true)
            for at in order:
                fewer = [other for other in kept if other != at]
                if not self._left(fewer):
                    kept = fewer
            yield kept

    def _left(self, chosen: Sequence[int]) -> int:
        left = self._everywhere
        for at in chosen:
            left &= self._masks[at]
            if not left:
                break
        return left


class _Columns:
    """Expressions over all samples at once."""

    def __init__(self, samples: Sequence[State]) -> None:
        self._known: dict[Expr, Sequence[int]] = {}
        self._variables = list(zip(*samples, strict=True))

    def of(self, root: Expr) -> Sequence[int]:
        for node in nodes(root, known=self._known):
            self._known[node] = self._apply(node, [self._known[arg] for arg in node.args])
        return self._known[root]

    def _apply(self, node: Expr, args: list[Sequence[int]]) -> Sequence[int]:
        match node.op:
            case Op.READ:
                return self._variables[node.value]
            case Op.ADD:
                return list(map(sum, zip(*args, strict=True)))
            case Op.CONST:
                return [node.value] * len(self._variables[0])
            case Op.NOT:
                return list(map((1).__sub__, args[0]))
            case Op.EQ:
                return list(map(eq_, *args))
            case Op.LE:
                return list(map(le_, *args))
            case _:
                raise AssertionError(f"no condition is made with {node.op}")


def _atoms(counted: Counted) -> Iterator[Expr]:
    """Conditions, those first that clauses had better be made of."""
    system = counted.system
    for index in range(len(counted.roles), len(system.variables) - len(counted.counters)):
        domain = system.variables[index].domain
        if domain.boolean:
            yield read(index, Sort.BOOL)
            yield not_(read(index, Sort.BOOL))
        elif index in counted.bounds:
            yield eq(read(index, Sort.INT), number(0))
            yield le(number(1), read(index, Sort.INT))
        else:
            for value in range(domain.low, domain.high + 1):
                yield eq(read(index, Sort.INT), number(value))
    groups = list(_groups(counted))
    for least in (1, 2):
        for total in groups:
            yield le(number(least), total)
    for most in (0, 1):
        for total in groups:
            yield le(total, number(most))


def _few_and_one(few: Sequence[int], every: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    for some in itertools.combinations(few, count):
        for one in every:
            if one not in some:
                yield *some, one


def _groups(counted: Counted) -> Iterator[Expr]:
    """How many instances have one value of a variable, of two variables, and how many are in each local state."""
    seen: set[Expr] = set()
    for size in (1, 2, 0):
        for role in counted.roles:
            mine = {at: state for at, (whose, state) in counted.counters.items() if whose == role}
            width = range(len(next(iter(mine.values()))))
            if size == 0:
                for at in mine:
                    if read(at, Sort.INT) not in seen:
                        yield read(at, Sort.INT)
                continue
            for places in itertools.combinations(width, size):
                by_values: defaultdict[tuple[int, ...], list[int]] = defaultdict(list[int])
                for at, state in mine.items():
                    by_values[tuple(state[place] for place in places)].append(at)
                for members in by_values.values():
                    total = add(*(read(at, Sort.INT) for at in members))
                    if len(members) < len(mine) and total not in seen:
                        seen.add(total)
                        yield total


def samples(system: System, most: int) -> list[State]:
    """The first so many states that a finite system of the counters reaches."""
    following, seen = moves(system), dict.fromkeys(initial_states(system))
    waiting = list(seen)
    for state in waiting:
        if len(seen) > most:
            break
        for _, broken, after in following(state):
            if broken < 0 and after not in seen:
                seen[after] = None
                waiting.append(after)
    return waiting
