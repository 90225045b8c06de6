"""Expressions as gates over propositional variables, in clauses that a SAT solver reads.

A gate is a literal: an integer, negative for its negation, as in DIMACS. Equal gates are the same literal (structural
hashing), and each is defined by clauses in both directions (G. Tseitin, 1968).

An integer is a `Choice`, a literal for each of its few possible values, or `Bits`, a number in two's complement
wide enough for its interval.  Choices make counting instances and comparing with a word cheap, and clauses over
them can be read; bits are for numbers with many values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from custody.system.expression import Expr, Op, Sort, nodes

TRUE = 1
FALSE = -1
MOST_CHOICES = 40
"""More possible values than that are counted in bits. A truth value for each value gets further where there are few:
see `reports/encodings.md`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Exactly one of the literals is true, and its value is the number."""

    literals: dict[int, int]


@dataclass(frozen=True, slots=True)
class Bits:
    """A number in two's complement, lowest bit first, between `low` and `high`."""

    literals: tuple[int, ...]
    low: int
    high: int


Number: TypeAlias = "Choice | Bits"


class Gates:
    """The clauses of all gates made so far. Variable 1 is true."""

    def __init__(self) -> None:
        self.clauses: list[list[int]] = [[TRUE]]
        self.size = 1
        self._known: dict[tuple[object, ...], int] = {}

    def fresh(self) -> int:
        """A variable of which nothing is said yet."""
        self.size += 1
        return self.size

    # ------------------------------------------------------------------ gates

    def all(self, literals: Sequence[int]) -> int:
        """The conjunction."""
        kept: dict[int, None] = {}
        for literal in literals:
            if literal == FALSE or -literal in kept:
                return FALSE
            if literal != TRUE:
                kept[literal] = None
        if len(kept) < 2:
            return next(iter(kept), TRUE)
        key = ("and", *sorted(kept))
        gate = self._known.get(key)
        if gate is None:
            gate = self._known[key] = self.fresh()
            self.clauses += [[-gate, literal] for literal in kept]
            self.clauses.append([gate, *(-literal for literal in kept)])
        return gate

    def any(self, literals: Sequence[int]) -> int:
        """The disjunction."""
        return -self.all([-literal for literal in literals])

    def either(self, condition: int, yes: int, no: int) -> int:
        """`yes` where the condition holds, else `no`."""
        if condition in (TRUE, FALSE) or yes == no:
            return yes if condition != FALSE else no
        if yes in (TRUE, FALSE, condition, -condition) or no in (TRUE, FALSE, condition, -condition):
            return self.all([self.any([-condition, yes]), self.any([condition, no])])
        if condition < 0:
            condition, yes, no = -condition, no, yes
        if yes < 0:
            return -self.either(condition, -yes, -no)
        key = ("ite", condition, yes, no)
        gate = self._known.get(key)
        if gate is None:
            gate = self._known[key] = self.fresh()
            self.clauses += [
                [-condition, -yes, gate], [-condition, yes, -gate], [condition, -no, gate], [condition, no, -gate],
            ]  # fmt: skip
        return gate

    def same(self, one: int, other: int) -> int:
        """Both or neither."""
        return self.either(one, other, -other)

    # ------------------------------------------------------------------ numbers

    def constant(self, value: int) -> Number:
        return Choice({value: TRUE})

    def bits(self, number: Number) -> Bits:
        """The number in two's complement."""
        if isinstance(number, Bits):
            return number
        low, high = min(number.literals), max(number.literals)
        return Bits(
            tuple(
                self.any([literal for value, literal in number.literals.items() if value >> place & 1])
                for place in range(_width(low, high))
            ),
            low,
            high,
        )

    def chosen(self, condition: int, yes: Number, no: Number) -> Number:
        if isinstance(yes, Choice) and isinstance(no, Choice):
            values = sorted({*yes.literals, *no.literals})
            if len(values) <= MOST_CHOICES:
                return self._choice(
                    {v: self.either(condition, yes.literals.get(v, FALSE), no.literals.get(v, FALSE)) for v in values}
                )
        one, other = self.bits(yes), self.bits(no)
        low, high = min(one.low, other.low), max(one.high, other.high)
        pairs = zip(_extended(one, _width(low, high)), _extended(other, _width(low, high)), strict=True)
        return Bits(tuple(self.either(condition, a, b) for a, b in pairs), low, high)

    def equal(self, one: Number, other: Number) -> int:
        if isinstance(one, Choice) and isinstance(other, Choice):
            common = [v for v in one.literals if v in other.literals]
            return self.any([self.all([one.literals[v], other.literals[v]]) for v in common])
        left, right = self.bits(one), self.bits(other)
        width = max(len(left.literals), len(right.literals))
        pairs = zip(_extended(left, width), _extended(right, width), strict=True)
        return self.all([self.same(a, b) for a, b in pairs])

    def at_most(self, one: Number, other: Number) -> int:
        """one <= other."""
        if isinstance(one, Choice) and isinstance(other, Choice):
            return -self.any(
                [
                    self.all([a, self.any([b for w, b in other.literals.items() if w < v])])
                    for v, a in one.literals.items()
                ]
            )
        difference = self.plus(other, self.negated(one))
        return -self.bits(difference).literals[-1]

    def plus(self, one: Number, other: Number) -> Number:
        if isinstance(one, Choice) and isinstance(other, Choice):
            cases: dict[int, list[int]] = {}
            if len({v + w for v in one.literals for w in other.literals}) <= MOST_CHOICES:
                for v, a in one.literals.items():
                    for w, b in other.literals.items():
                        cases.setdefault(v + w, []).append(self.all([a, b]))
                return self._choice({v: self.any(cases[v]) for v in sorted(cases)})
        left, right = self.bits(one), self.bits(other)
        low, high = left.low + right.low, left.high + right.high
        return Bits(self._sum(left, right, _width(low, high), FALSE), low, high)

    def negated(self, number: Number) -> Number:
        if isinstance(number, Choice):
            return Choice({-value: literal for value, literal in number.literals.items()})
        low, high = -number.high, -number.low
        width = max(_width(low, high), len(number.literals))
        flipped = Bits(tuple(-literal for literal in _extended(number, width)), low, high)
        zero = Bits((FALSE,), 0, 0)
        return Bits(self._sum(flipped, zero, width, TRUE)[: _width(low, high)], low, high)

    def times(self, one: Number, other: Number) -> Number:
        if isinstance(one, Choice) and isinstance(other, Choice):
            return self._by_cases(one, other, lambda v, w: v * w)
        left, right = self.bits(one), self.bits(other)
        ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        low, high = min(ends), max(ends)
        width = _width(low, high)
        total = Bits((FALSE,) * width, 0, 0)
        # Modulo 2 ** width, which the product fits: so the sign needs no care.
        for place, bit in enumerate(_extended(right, width)):
            row = [FALSE] * place + [self.all([bit, literal]) for literal in _extended(left, width)]
            total = Bits(self._sum(total, Bits(tuple(row[:width]), 0, 0), width, FALSE), 0, 0)
        return Bits(total.literals, low, high)

    def divided(self, one: Number, other: Number, remainder: bool) -> Number:
        """Rounded towards minus infinity; 0 where the divisor is not positive."""

        def apply(a: int, b: int) -> int:
            return 0 if b <= 0 else a % b if remainder else a // b

        if isinstance(one, Choice) and isinstance(other, Choice):
            return self._by_cases(one, other, apply)
        a, b = self.bits(one), self.bits(other)
        most = max(abs(a.low), abs(a.high), 1)
        quotient = self._any_number(-most - 1, most)
        rest = self._any_number(0, max(b.high - 1, 0))
        right = self.at_most(self.constant(1), b)
        whole = self.equal(a, self.plus(self.times(quotient, b), rest))
        below = self.at_most(self.plus(rest, self.constant(1)), b)
        # Where the divisor is positive there is exactly one quotient and rest, else both are 0.
        self.clauses += [[-right, whole], [-right, below]]
        self.clauses += [[right, self.equal(each, self.constant(0))] for each in (quotient, rest)]
        return rest if remainder else quotient

    def _any_number(self, low: int, high: int) -> Bits:
        found = Bits(tuple(self.fresh() for _ in range(_width(low, high))), low, high)
        self.clauses.append([self.at_most(self.constant(low), found)])
        self.clauses.append([self.at_most(found, self.constant(high))])
        return found

    def _by_cases(self, one: Choice, other: Choice, function: Callable[[int, int], int]) -> Number:
        cases: dict[int, list[int]] = {}
        for v, a in one.literals.items():
            for w, b in other.literals.items():
                cases.setdefault(function(v, w), []).append(self.all([a, b]))
        return self._choice({v: self.any(cases[v]) for v in sorted(cases)})

    def _choice(self, literals: dict[int, int]) -> Choice:
        return Choice({value: literal for value, literal in literals.items() if literal != FALSE} or literals)

    def _sum(self, one: Bits, other: Bits, width: int, carry: int) -> tuple[int, ...]:
        total: list[int] = []
        for a, b in zip(_extended(one, width), _extended(other, width), strict=True):
            differ = -self.same(a, b)
            total.append(-self.same(differ, carry))
            carry = self.either(differ, carry, a)
        return tuple(total)


class Terms:
    """Expressions over given variables: `before` for READ, `after` for NEXT."""

    def __init__(
        self, gates: Gates, before: Sequence[int | Number], after: Sequence[int | Number] | None = None
    ) -> None:
        self._gates = gates
        self._before = before
        self._after = after
        self._known: dict[Expr, int | Number] = {}

    def truth(self, root: Expr) -> int:
        """The literal of a Boolean expression."""
        found = self.term(root)
        assert isinstance(found, int)
        return found

    def term(self, root: Expr) -> int | Number:
        """A literal for a Boolean expression, a number for an integer one."""
        for node in nodes(root, known=self._known):
            self._known[node] = self._apply(node, [self._known[arg] for arg in node.args])
        return self._known[root]

    def _apply(self, node: Expr, args: list[int | Number]) -> int | Number:
        gates = self._gates
        truths = [arg for arg in args if isinstance(arg, int)]
        numbers = [arg for arg in args if not isinstance(arg, int)]
        match node.op:
            case Op.CONST:
                if node.sort is Sort.BOOL:
                    return TRUE if node.value else FALSE
                return gates.constant(node.value)
            case Op.READ:
                return self._before[node.value]
            case Op.NEXT:
                assert self._after is not None
                return self._after[node.value]
            case Op.NOT:
                return -truths[0]
            case Op.AND:
                return gates.all(truths)
            case Op.OR:
                return gates.any(truths)
            case Op.EQ:
                return gates.same(*truths) if truths else gates.equal(*numbers)
            case Op.LE:
                return gates.at_most(*numbers)
            case Op.LT:
                return -gates.at_most(numbers[1], numbers[0])
            case Op.ADD:
                total = numbers[0]
                for number in numbers[1:]:
                    total = gates.plus(total, number)
                return total
            case Op.SUB:
                return gates.plus(numbers[0], gates.negated(numbers[1]))
            case Op.MUL:
                return gates.times(*numbers)
            case Op.DIV:
                return gates.divided(*numbers, remainder=False)
            case Op.MOD:
                return gates.divided(*numbers, remainder=True)
            case Op.ITE:
                return gates.either(*truths) if len(truths) == 3 else gates.chosen(truths[0], *numbers)


def _width(low: int, high: int) -> int:
    return 1 + max((value if value >= 0 else ~value).bit_length() for value in (low, high))


def _extended(number: Bits, width: int) -> list[int]:
    literals = list(number.literals[:width])
    return literals + [number.literals[-1]] * (width - len(literals))
