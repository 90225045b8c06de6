"""Expressions as text: precedence, the names of values, and that each part of a guard reads alone."""

from __future__ import annotations

import pytest

from custody.system.expression import (
    Expr,
    Sort,
    add,
    after,
    and_,
    eq,
    implies,
    ite,
    le,
    lt,
    mul,
    not_,
    number,
    or_,
    read,
    sub,
)
from custody.system.model import BOOLEAN, Domain, Variable
from custody.system.words import conjuncts, words

VARIABLES = (
    Variable("lamp", Domain(0, 2, ("off", "on", "blown")), (0,), "lamp"),
    Variable("count", Domain(0, 7), (0,), "count"),
    Variable("held", BOOLEAN, (0,), "held"),
)
LAMP, COUNT, HELD = read(0, Sort.INT), read(1, Sort.INT), read(2, Sort.BOOL)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (eq(LAMP, number(1)), "lamp == on"),
        (not_(eq(LAMP, number(2))), "lamp != blown"),
        (and_(HELD, or_(not_(HELD), eq(COUNT, number(3)))), "held and (not held or count == 3)"),
        (implies(HELD, lt(COUNT, number(2))), "not held or count < 2"),
        (not_(lt(COUNT, number(2))), "count >= 2"),
        (not_(le(COUNT, number(2))), "count > 2"),
        (eq(after(1, Sort.INT), add(COUNT, number(-1))), "count' == count - 1"),
        (mul(add(COUNT, number(1)), COUNT), "(count + 1) * count"),
        (sub(number(5), sub(COUNT, LAMP)), "5 - (count - lamp)"),
        (eq(ite(HELD, COUNT, LAMP), COUNT), "(if held then count else lamp) == count"),
        (not_(and_(HELD, eq(LAMP, number(0)))), "not (held and lamp == off)"),
    ],
)
def test_says_it_as_an_author_would(expression: Expr, text: str) -> None:
    assert words(expression, VARIABLES) == text


def test_takes_a_guard_apart() -> None:
    guard = and_(HELD, eq(LAMP, number(1)))
    assert [words(part, VARIABLES) for part in conjuncts(guard)] == ["held", "lamp == on"]
    assert conjuncts(HELD) == (HELD,)
