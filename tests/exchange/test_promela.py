"""What the Promela text looks like, and what SPIN cannot hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.exchange import promela
from custody.exchange.problem import ExportError
from custody.system.expression import FALSE, TRUE, Expr, Sort, add, eq, lt, mul, not_, number, read
from custody.system.model import BOOLEAN, Domain, Effect
from support.peers import needs_spin, run_spin
from support.small_systems import action, system, variable


def declared(domain: Domain) -> str:
    model = system([variable("x", domain, domain.low)], [action("stay", TRUE, [])])
    return next(line for line in promela.export(model).splitlines() if "v_x = " in line).split(";")[0]


@pytest.mark.parametrize(
    ("domain", "declaration"),
    [
        (BOOLEAN, "bit v_x = 0"),
        (Domain(0, 1), "bit v_x = 0"),
        (Domain(0, 2), "byte v_x = 0"),
        (Domain(250, 255), "byte v_x = 250"),
        (Domain(0, 256), "short v_x = 0"),
        (Domain(-1, 0), "short v_x = -1"),
        (Domain(-(2**15), 2**15), "int v_x = -32768"),
    ],
)
def test_types_are_the_smallest(domain: Domain, declaration: str) -> None:
    assert declared(domain) == declaration


def test_a_variable_beyond_32_bits_is_refused() -> None:
    with pytest.raises(ExportError, match=r"variable 'x', small.custody:1: its values from 0 to 2147483648"):
        declared(Domain(0, 2**31))


def test_a_value_beyond_32_bits_is_refused() -> None:
    x = read(0, Sort.INT)
    model = system([variable("x", Domain(0, 2**20), 0)], [action("grow", lt(mul(x, x), number(3)), [])])
    with pytest.raises(ExportError, match=r"grow by user, small.custody:2: a value between 0 and \d+ does not fit"):
        promela.export(model)


def test_labels_and_places_are_told() -> None:
    states = Domain(0, 1, labels=("free", "held"))
    model = system([variable("lock[0]", states, 0)], [action("take", eq(read(0, Sort.INT), number(0)), [])])
    text = promela.export(model)
    assert "bit v_lock_0 = 0; /* lock[0]: 0 = free, 1 = held, small.custody:1 */" in text
    assert "/* take by user, small.custody:2 */" in text


@needs_spin
def test_names_that_mean_something_in_c_or_promela_do_no_harm() -> None:
    names = ["int", "now", "do", "v_int", "errno", "a.b", "a_b", "a[b]", "Übung", "日本", "linux", "end"]
    model = system(
        [variable(name, BOOLEAN, 0) for name in names],
        [action(f"*/ {name} \\ \" '\n", TRUE, [Effect(0, TRUE)]) for name in names],
    )
    model = replace(model, name="*/ x", file="/*\n")
    assert run_spin(promela.export(model)).states == 2


@needs_spin
def test_a_variable_that_nothing_reads_is_part_of_the_state_whatever_spin_is_told() -> None:
    flag = read(0, Sort.BOOL)
    model = system(
        [variable("flag", BOOLEAN, 0), variable("log", Domain(0, 2), 0)],
        [
            action("on", not_(flag), [Effect(0, TRUE), Effect(1, number(1))]),
            action("off", flag, [Effect(0, FALSE), Effect(1, number(2))]),
        ],
    )
    text = promela.export(model)
    assert run_spin(text, switches=()).states == 3
    without_reader = text.replace("v_log ==", "0 ==")
    assert run_spin(without_reader, switches=()).states == 2


@needs_spin
def test_effects_read_the_old_state() -> None:
    x, y, z = (read(index, Sort.INT) for index in range(3))
    model = system(
        [variable(name, Domain(0, 2), value) for value, name in enumerate("xyz")],
        [action("turn", TRUE, [Effect(0, y), Effect(1, z), Effect(2, x)])],
    )
    assert run_spin(promela.export(model)).states == 3


def test_overhead_of_one_and_of_several_first_states() -> None:
    one = system([variable("x", Domain(0, 3), 0)], [])
    three = system([variable("x", Domain(0, 3), 0, 1, 3)], [])
    assert promela.overhead(one) == promela.Overhead(0, 1, 0)
    assert promela.overhead(three) == promela.Overhead(1, 4, 1)


@needs_spin
@pytest.mark.parametrize(("where", "states", "transitions"), [(TRUE, 5, 2), (lt(number(0), read(0, Sort.INT)), 4, 1)])
def test_the_overhead_is_exact(where: Expr, states: int, transitions: int) -> None:
    x = read(0, Sort.INT)
    steps = [action("up", eq(x, number(2)), [Effect(0, add(x, number(1)))]), action("zero", eq(x, number(0)), [])]
    model = replace(system([variable("x", Domain(0, 5), 0, 1, 2, 5)], steps), where=where)
    count, extra = run_spin(promela.export(model)), promela.overhead(model)
    assert (count.states - extra.states, count.transitions - extra.transitions) == (states, transitions)


def test_no_first_state_is_refused() -> None:
    with pytest.raises(ExportError, match="small has no first state"):
        promela.export(system([variable("x", BOOLEAN, 0)], [], where=read(0, Sort.BOOL)))


def test_too_many_first_states_are_refused() -> None:
    model = system([variable(f"x{index}", BOOLEAN, 0, 1) for index in range(30)], [])
    with pytest.raises(ExportError, match="the first values combine to 1073741824 states"):
        promela.export(model)


@needs_spin
@pytest.mark.parametrize("actions", [0, 1])
def test_a_system_without_variables_has_one_state(actions: int) -> None:
    count = run_spin(promela.export(system([], [action("stay", TRUE, [])] * actions)))
    assert (count.states, count.transitions - 1) == (1, actions)
