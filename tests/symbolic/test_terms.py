"""The width of numbers: never too small, and never without end."""

from __future__ import annotations

from custody.symbolic.task import Ended
from custody.symbolic.terms import MAX_WIDTH, width
from custody.system.expression import Expr, Sort, eq, mul, number, read, sub
from custody.system.finding import Verdict
from custody.system.model import Domain, Form
from support.claims import claim, claiming
from support.settled import lengths, settled
from support.small_systems import variable


def test_width_is_the_least_that_holds_both_ends() -> None:
    for low, high, bits in [(0, 0, 1), (0, 1, 2), (-1, 0, 1), (-1, 1, 2), (-4, 3, 3), (-5, 3, 4), (0, 255, 9)]:
        assert width(low, high) == bits


def test_numbers_beyond_all_measure_are_refused_with_the_reason() -> None:
    power: Expr = read(0, Sort.INT)
    for _ in range(MAX_WIDTH.bit_length()):
        power = mul(power, power)
    huge = claiming([variable("x", Domain(2, 3), 2)], [], [claim("huge", Form.REACHABLE, eq(power, number(0)))])
    assert settled(huge) == ({}, Ended(f"z3 is not asked about a number of more than {MAX_WIDTH} bits"))


def test_a_difference_that_is_narrower_than_its_parts_is_exact() -> None:
    x = read(0, Sort.INT)
    gap = sub(mul(x, x), mul(x, number(1000)))
    near = [variable("x", Domain(1000, 1003), 1003)]
    subject = claiming(near, [], [claim("gap", Form.REACHABLE, eq(gap, number(3009)))])
    assert lengths(subject) == {"gap": (Verdict.HOLDS, 0)}
