"""z3's verdicts and shortest lengths, in this process, against what systems mean."""

from __future__ import annotations

from hypothesis import assume, given, settings

from custody.symbolic.task import ASKED, NO_FIRST_STATE, Ended
from custody.system.expression import (
    FALSE,
    TRUE,
    Sort,
    add,
    after,
    and_,
    div,
    eq,
    ite,
    le,
    lt,
    mod,
    mul,
    number,
    read,
)
from custody.system.finding import Verdict
from custody.system.model import BOOLEAN, Check, Domain, Form, System
from support.claims import claim, claiming, move
from support.naive import Naive
from support.random_systems import random_systems
from support.settled import lengths, settled
from support.small_systems import at, in_range, variable

X, Y = read(0, Sort.INT), read(1, Sort.INT)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(random_systems())
def test_small_systems_are_settled_in_all_and_as_they_are(system: System) -> None:
    """Bounded by nothing but the number of states, which no path without a repeated state exceeds."""
    naive = Naive(system)
    assume(len(naive.depths) <= 30)
    expected = {p.name: naive.answer(p) for p in system.properties if p.form in ASKED}
    assert lengths(system, max_depth=len(naive.depths)) == {
        name: (answer.verdict, answer.length) for name, answer in expected.items()
    }


def test_a_check_that_keeps_a_value_in_its_domain_is_the_hazard_and_not_a_wrap() -> None:
    domain = Domain(0, 5)
    up = add(X, number(1))
    counter = claiming(
        [variable("x", domain, 0)],
        [move("up", TRUE, [(0, up)], [in_range(domain, up)])],
        [claim("range", Form.HAZARD), claim("stays_low", Form.INVARIANT, le(X, number(5)))],
    )
    found, _ = settled(counter)
    trace = found["range"].trace
    assert trace is not None
    assert (trace.length, trace.broken, trace.states[-1]) == (6, 0, (5,))
    assert found["stays_low"].verdict is Verdict.HOLDS


def test_wide_values_are_computed_exactly() -> None:
    """Products of two of these need sixty bits, and the remainder is what they leave."""
    top = 10**9
    wide = Domain(0, top)
    product = mod(add(mul(X, X), number(7)), number(top + 1))
    expected = (999_999_999 * 999_999_999 + 7) % (top + 1)
    squares = claiming(
        [variable("x", wide, 999_999_999)],
        [move("square", TRUE, [(0, product)])],
        [
            claim("gets_there", Form.REACHABLE, eq(X, number(expected))),
            claim("small", Form.INVARIANT, le(X, number(top))),
        ],
    )
    assert lengths(squares, max_depth=1) == {"gets_there": (Verdict.HOLDS, 1), "small": (Verdict.HOLDS, None)}


def test_negative_values_are_negative() -> None:
    domain = Domain(-4, -1)
    down = add(X, number(-1))
    falling = claiming(
        [variable("x", domain, -1)],
        [move("down", lt(number(-4), X), [(0, down)], [in_range(domain, down)])],
        [
            claim("lowest", Form.REACHABLE, eq(X, number(-4))),
            claim("range", Form.HAZARD),
            claim("below_zero", Form.INVARIANT, lt(X, number(0))),
            claim("deadlock", Form.DEADLOCK),
        ],
    )
    assert lengths(falling) == {
        "lowest": (Verdict.HOLDS, 3),
        "range": (Verdict.HOLDS, None),
        "below_zero": (Verdict.HOLDS, None),
        "deadlock": (Verdict.VIOLATED, 3),
    }


def test_division_rounds_down_and_is_0_without_a_positive_divisor() -> None:
    anything = Domain(-7, 7)
    free = tuple(range(-7, 8))
    rounds = claiming(
        [variable("x", anything, *free), variable("y", anything, *free)],
        [],
        [
            claim("divided", Form.REACHABLE, and_(eq(X, number(-7)), eq(Y, number(2)), eq(div(X, Y), number(-4)))),
            claim("left", Form.REACHABLE, and_(eq(X, number(-7)), eq(Y, number(2)), eq(mod(X, Y), number(1)))),
            claim("no_sense", Form.INVARIANT, ite(le(Y, number(0)), eq(add(div(X, Y), mod(X, Y)), number(0)), TRUE)),
            claim("whole", Form.INVARIANT, ite(lt(number(0), Y), eq(add(mul(div(X, Y), Y), mod(X, Y)), X), TRUE)),
        ],
    )
    assert lengths(rounds) == {
        "divided": (Verdict.HOLDS, 0),
        "left": (Verdict.HOLDS, 0),
        "no_sense": (Verdict.HOLDS, None),
        "whole": (Verdict.HOLDS, None),
    }


def test_only_the_first_check_that_fails_is_the_hazard() -> None:
    checks = [Check(FALSE, "first", "", at(3)), Check(FALSE, "second", "", at(3))]
    fails = claiming(
        [variable("b", BOOLEAN, 0)],
        [move("go", TRUE, [], checks)],
        [claim("first", Form.HAZARD), claim("second", Form.HAZARD), claim("deadlock", Form.DEADLOCK)],
    )
    assert lengths(fails) == {
        "first": (Verdict.VIOLATED, 1),
        "second": (Verdict.HOLDS, None),
        "deadlock": (Verdict.HOLDS, None),
    }


def test_a_step_that_breaks_a_check_leads_nowhere() -> None:
    stopped = claiming(
        [variable("x", Domain(0, 1), 0)],
        [move("up", TRUE, [(0, number(1))], [Check(FALSE, "assert", "", at(3))])],
        [
            claim("gets_up", Form.REACHABLE, eq(X, number(1))),
            claim("still", Form.STEP, eq(after(0, Sort.INT), number(0))),
        ],
    )
    assert lengths(stopped) == {"gets_up": (Verdict.VIOLATED, None), "still": (Verdict.HOLDS, None)}


def test_proved_properties_support_the_others() -> None:
    """`apart` alone is not inductive over simple paths of this length; with `sum` it is at once."""
    far = Domain(0, 10**6)
    exchange = claiming(
        [variable("x", far, 0), variable("y", far, 10**6)],
        [
            move("give", lt(number(0), Y), [(0, add(X, number(1))), (1, add(Y, number(-1)))]),
            move("take", lt(number(0), X), [(0, add(X, number(-1))), (1, add(Y, number(1)))]),
        ],
        [
            claim("sum", Form.INVARIANT, eq(add(X, Y), number(10**6))),
            claim("apart", Form.INVARIANT, le(add(X, Y), number(10**6 + 1))),
        ],
    )
    found, _ = settled(exchange, max_depth=3)
    assert {name: f.verdict for name, f in found.items()} == {"sum": Verdict.HOLDS, "apart": Verdict.HOLDS}


def test_without_a_first_state_nothing_is_settled() -> None:
    nowhere = claiming([variable("b", BOOLEAN, 0)], [], [claim("low", Form.INVARIANT)], where=FALSE)
    assert settled(nowhere) == ({}, Ended(NO_FIRST_STATE))
