"""A small system with a question that takes a solver far longer than any test: a product of two large primes."""

from __future__ import annotations

from custody.system.expression import Expr, Sort, add, eq, mul, not_, number, read
from custody.system.model import Domain, Form, System
from support.claims import claim, claiming
from support.small_systems import variable

FACTORS = (2_147_483_647, 2_147_483_629)
DIGITS = 8
BASE = 16


def digits(value: int) -> tuple[int, ...]:
    """The value in base 16, the lowest digit first."""
    return tuple(value // BASE**place % BASE for place in range(DIGITS))


def factoring() -> System:
    """Any two numbers are a first state, and `prime` claims that their product is never that of FACTORS."""
    every = tuple(range(BASE))
    variables = [variable(f"{side}{place}", Domain(0, BASE - 1), *every) for side in "xy" for place in range(DIGITS)]
    product = mul(_value(0), _value(DIGITS))
    prime = claim("prime", Form.INVARIANT, not_(eq(product, number(FACTORS[0] * FACTORS[1]))))
    return claiming(variables, [], [prime])


def _value(first: int) -> Expr:
    return add(*(mul(read(first + place, Sort.INT), number(BASE**place)) for place in range(DIGITS)))
