"""The parts of writing: names, ranges, straight-line code, and the order of effects."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.exchange import promela
from custody.exchange.names import identifiers, plain
from custody.exchange.problem import ExportError
from custody.exchange.step import body
from custody.exchange.straight import Line, size, straighten
from custody.system.bounds import LIMIT, bounds
from custody.system.evaluate import evaluate, fire
from custody.system.expression import TRUE, Expr, Op, Sort, add, div, eq, lt, mul, number, read
from custody.system.model import Action, Domain, Effect, State
from support.small_systems import DOMAINS, action, integers, system, truths, variable

VARIABLES = [variable(f"x[{index}]", domain, domain.low) for index, domain in enumerate(DOMAINS)]
RANGES = {index: (domain.low, domain.high) for index, domain in enumerate(DOMAINS)}
STATES = st.tuples(*(st.integers(domain.low, domain.high) for domain in DOMAINS))
quick = settings(max_examples=150, derandomize=True, deadline=None, database=None)

X = read(0, Sort.INT)


def run(lines: tuple[Line, ...], state: State) -> list[int]:
    """The state after the lines, one after the other, with a place at its end for each new variable."""
    values = list(state)
    for line in lines:
        value = evaluate(line.value, tuple(values))
        if line.variable == len(values):
            values.append(value)
        else:
            values[line.variable] = value
    return values


def test_identifiers_are_legal_and_different() -> None:
    names = ["view[Device.0]", "view.Device.0", "view_Device_0", "view_Device_0_2", "é", "", "7"]
    assert identifiers("v_", names) == (
        "v_view_Device_0",
        "v_view_Device_0_2",
        "v_view_Device_0_3",
        "v_view_Device_0_2_2",
        "v_",
        "v__2",
        "v_7",
    )


@given(st.text())
@quick
def test_plain_text_ends_no_comment_and_no_string(text: str) -> None:
    made = plain(text)
    assert made.isascii()
    assert made.isprintable() or not made
    assert not {'"', "\\", "\n"} & set(made)
    assert "*/" not in made
    assert "/*" not in made


@given(integers(VARIABLES, 3), STATES)
@quick
def test_every_value_is_within_the_bounds(root: Expr, state: State) -> None:
    low, high = bounds(root, RANGES)[id(root)]
    assert low <= evaluate(root, state) <= high


def test_bounds_are_tight_where_they_can_be() -> None:
    expression = add(mul(read(2, Sort.INT), read(3, Sort.INT)), div(read(4, Sort.INT), number(2)))
    assert bounds(expression, RANGES)[id(expression)] == (-6 + 2, 3 + 3)


@pytest.mark.parametrize(
    "expression", [mul(X, X), add(X, number(LIMIT)), Expr(Op.SUB, Sort.INT, (number(-LIMIT), X))]
)
def test_values_beyond_32_bits_are_refused(expression: Expr) -> None:
    with pytest.raises(OverflowError, match="does not fit 32 bits"):
        bounds(expression, {0: (0, 2**17)})


def test_a_sum_that_is_too_large_on_the_way_is_refused() -> None:
    total = Expr(Op.ADD, Sort.INT, (X, X, number(-LIMIT)))
    with pytest.raises(OverflowError, match="does not fit 32 bits"):
        bounds(total, {0: (0, LIMIT)})


@given(st.lists(st.one_of(integers(VARIABLES, 4), truths(VARIABLES, 4)), min_size=1, max_size=3), STATES)
@quick
def test_straight_lines_mean_the_same(roots: list[Expr], state: State) -> None:
    lines, values = straighten([*roots, *roots], len(state))
    after = tuple(run(lines, state))
    assert [evaluate(value, after) for value in values] == [evaluate(root, state) for root in [*roots, *roots]]


def test_what_doubles_is_written_once() -> None:
    value = X
    for _ in range(60):
        value = add(mul(value, value), number(1))
    lines, values = straighten([value], 1)
    assert size(value) > 2**60
    assert sum(size(line.value) for line in lines) + size(values[0]) < 600


def test_what_is_used_once_stays_in_place() -> None:
    root = lt(add(X, read(1, Sort.INT)), number(3))
    assert straighten([root], 2) == ((), (root,))


@given(st.lists(st.sampled_from(range(len(DOMAINS))), unique=True), st.data(), STATES)
@quick
def test_effects_in_order_are_effects_at_once(targets: list[int], data: st.DataObject, state: State) -> None:
    effects = [
        Effect(target, data.draw(truths(VARIABLES, 2) if DOMAINS[target].boolean else integers(VARIABLES, 2)))
        for target in targets
    ]
    step: Action = action("step", TRUE, effects)
    made = body(system(VARIABLES, [step]), step, ())
    after = run((*made.lines, *made.effects), state)
    assert tuple(after[: len(state)]) == fire(step, state)


def test_a_guard_that_is_too_long_is_refused() -> None:
    value = X
    for _ in range(20):
        value = eq(add(value, value), value) if value.sort is Sort.BOOL else add(mul(value, X), value)
    model = system([variable("x", Domain(0, 1), 0)], [action("act", lt(value, number(3)), [])])
    with pytest.raises(ExportError, match=r"act by user, small.custody:2: an expression of \d+ operators and names"):
        promela.export(model)
