"""What the Murphi text looks like, and what rumur cannot hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.exchange import murphi
from custody.exchange.problem import ExportError
from custody.system.expression import TRUE, Expr, Sort, add, and_, eq, ite, lt, mod, mul, number, read
from custody.system.model import BOOLEAN, Domain, Effect
from support.peers import needs_rumur, run_rumur
from support.small_systems import action, system, variable


def test_types_are_ranges() -> None:
    model = system(
        [variable("flag", BOOLEAN, 1), variable("n", Domain(-2, 300), 7), variable("s", Domain(0, 1, ("a", "b")), 0)],
        [],
    )
    text = murphi.export(model)
    for line in (
        "  v_flag: boolean; -- flag, small.custody:1",
        "  v_n: -2..300; -- n, small.custody:1",
        "  v_s: 0..1; -- s: 0 = a, 1 = b, small.custody:1",
        "  v_flag := true;",
        "  v_n := 7;",
    ):
        assert line in text.splitlines()


def test_a_variable_beyond_32_bits_is_refused() -> None:
    model = system([variable("x", Domain(0, 2**31), 0)], [])
    with pytest.raises(ExportError, match=r"variable 'x', small.custody:1: its values from 0 to 2147483648"):
        murphi.export(model)


def test_a_value_beyond_32_bits_is_refused() -> None:
    x = read(0, Sort.INT)
    model = system([variable("x", Domain(0, 2**20), 0)], [action("grow", lt(mul(x, x), number(3)), [])])
    with pytest.raises(ExportError, match=r"grow by user, small.custody:2: a value between 0 and \d+ does not fit"):
        murphi.export(model)


def test_a_system_without_variables_is_refused() -> None:
    with pytest.raises(ExportError, match="small has no variables, and rumur needs one"):
        murphi.export(system([], [action("stay", TRUE, [])]))


@needs_rumur
def test_names_that_mean_something_in_c_or_murphi_do_no_harm() -> None:
    names = ["int", "begin", "end", "v_int", "errno", "a.b", "a_b", "a[b]", "Übung", "日本", "state", "rule"]
    model = system(
        [variable(name, BOOLEAN, 0) for name in names],
        [action(f'-- {name} \\ " %s \n', TRUE, [Effect(0, TRUE)]) for name in names],
    )
    assert run_rumur(murphi.export(replace(model, name="x\nend", file="\n"))).states == 2


@needs_rumur
def test_values_in_between_may_leave_every_declared_range() -> None:
    x = read(0, Sort.INT)
    far = mod(mul(add(x, number(-200)), number(1000)), number(4))
    model = system([variable("x", Domain(0, 3), 1)], [action("jump", lt(far, number(4)), [Effect(0, far)])])
    assert run_rumur(murphi.export(model)).states == 2


def doubling(times: int) -> Expr:
    """An expression that is written out in about 3 to the power of `times` words when its parts are repeated."""
    value = read(0, Sort.INT)
    for _ in range(times):
        value = ite(lt(value, number(2)), add(value, number(1)), mod(add(value, value), number(4)))
    return value


@needs_rumur
def test_a_guard_of_shared_parts_becomes_a_function() -> None:
    model = system(
        [variable("x", Domain(0, 3), 0)],
        [action("go", and_(eq(doubling(40), doubling(39))), [Effect(0, doubling(30))])],
    )
    text = murphi.export(model)
    assert "function guard_0(): boolean;" in text
    assert len(text) < 20_000
    assert run_rumur(text).states >= 1
