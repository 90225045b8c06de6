"""Systems that are larger, in one way or another, than any specification that we have: C says what Python says.

Few of their states can be reached, so that the plain explorer, which is the oracle, comes to an end as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from custody.explore import choose
from custody.explore.compiled import search as compiled_search
from custody.explore.layout import Layout
from custody.explore.search import explore
from custody.explore.task import CompiledCode, Task
from custody.language import instances, load
from custody.system.expression import (
    TRUE,
    Expr,
    Op,
    Sort,
    add,
    after,
    and_,
    eq,
    le,
    lt,
    mul,
    not_,
    number,
    or_,
    read,
    sub,
)
from custody.system.finding import Exploration, Limits, Means, Verdict
from custody.system.model import BOOLEAN, Action, Check, Domain, Effect, Form, Kind, Property, System
from support.small_systems import action, at, in_range, system, variable

LEAST, MOST = -(2**31) + 1, 2**31 - 1
"""Of the numbers that C calculates with where all fit into 32 bits."""


def said(found: Exploration) -> Exploration:
    """Without what depends on the machine."""
    return replace(found, seconds=0, peak_bytes=0)


def require_same(made: System, threads: Sequence[int] = (1, 2)) -> Exploration:
    """Both explorers say the same, which is returned."""
    plain = said(explore(made))
    task = Task.of(made)
    for count in threads:
        code = CompiledCode(task)
        try:
            assert said(compiled_search(task, code, Limits(), None, Means(count))) == plain
        finally:
            code.stop()
    assert plain.complete
    return plain


def integer(index: int) -> Expr:
    return read(index, Sort.INT)


def prop(name: str, form: Form, expression: Expr = TRUE) -> Property:
    return Property(name, form, Kind.PROTOCOL, at(4), expression=expression, text=name)


# ---------------------------------------------------------------------- wide states


def chains(domains: Sequence[Domain], count: int) -> System:
    """Each of so many chains of variables goes from the lowest to the highest value one after the other.

    The last step of each chain breaks a check where another chain has not yet reached its middle.
    """
    variables = [variable(f"x[{index}]", domain, domain.low) for index, domain in enumerate(domains)]
    actions = [
        action(
            f"step{index}",
            and_(
                lt(integer(index), number(domain.high)),
                eq(integer(index - count), number(domains[index - count].high)) if index >= count else TRUE,
            ),
            [Effect(index, add(integer(index), number(domain.size - 1)))],
            [in_range(domain, add(integer(index), number(domain.size - 1)))],
        )
        for index, domain in enumerate(domains)
    ]
    last = len(domains) - 1
    middle = last // 2 + (last - last // 2 + 1) % count
    reached = le(number(domains[middle].high), integer(middle))
    actions[-1] = replace(actions[-1], checks=(*actions[-1].checks, Check(reached, "hurry", "too early", at(5))))
    before_last, before = number(domains[last - count].high), integer(last - count)
    properties = [
        prop("hurry", Form.HAZARD),
        prop("range", Form.HAZARD),
        prop("stuck", Form.DEADLOCK),
        prop("done", Form.REACHABLE, eq(integer(last), number(domains[last].high))),
        prop("ordered", Form.INVARIANT, or_(lt(integer(last), number(domains[last].high)), le(before_last, before))),
        prop("early", Form.INVARIANT, lt(integer(middle), number(domains[middle].high))),
        prop("upwards", Form.STEP, le(integer(last), after(last, Sort.INT))),
    ]
    return replace(system(variables, actions), properties=tuple(properties))


def widths(*bits: int) -> list[Domain]:
    """Domains of so many bits, half of their values negative."""
    return [Domain(-(1 << width - 1), (1 << width - 1) - 1) for width in bits]


@pytest.mark.parametrize(
    ("domains", "bits", "words"),
    [
        ([Domain(0, 255)] * 25, 200, 4),
        (widths(61, 3, 33, 31, 7, 57, 8), 200, 4),
        ([Domain(0, 255)] * 125, 1000, 16),
        (widths(*(61, 3, 33, 31, 7, 57) * 5, 60, 4, 24), 1048, 17),
    ],
    ids=["200 bits of bytes", "200 bits of all widths", "1,000 bits of bytes", "1,048 bits of all widths"],
)
def test_wide_states(domains: list[Domain], bits: int, words: int) -> None:
    made = chains(domains, 2)
    layout = Layout(made.variables)
    assert (layout.bits, layout.words) == (bits, words)
    found = require_same(made)
    verdicts = {name: finding.verdict for name, finding in found.findings.items()}
    assert verdicts == {
        "hurry": Verdict.VIOLATED,
        "range": Verdict.HOLDS,
        "stuck": Verdict.VIOLATED,
        "done": Verdict.HOLDS,
        "ordered": Verdict.HOLDS,
        "early": Verdict.VIOLATED,
        "upwards": Verdict.HOLDS,
    }


def test_many_variables_and_actions() -> None:
    """500 variables of four values and 2,000 actions."""
    count = 500
    variables = [variable(f"x[{index}]", Domain(0, 3), 0) for index in range(count)]
    actions: list[Action] = []
    for index in range(count):
        here, there = integer(index), integer((index + 7) % count)
        turn = eq(integer(index - 1), number(3)) if index else TRUE
        before = and_(turn, eq(integer(index + 1), number(0))) if index + 1 < count else turn
        outside = Check(le(add(here, there), number(4)), "crowded", "too many", at(3))
        actions += [
            action(f"up{index}", and_(before, lt(here, number(2))), [Effect(index, add(here, number(1)))]),
            action(f"over{index}", and_(before, eq(here, number(2))), [Effect(index, number(3))], [outside]),
            action(f"down{index}", and_(before, eq(here, number(2))), [Effect(index, number(1))]),
            action(f"never{index}", lt(number(6), add(here, there)), [Effect(index, sub(here, number(1)))]),
        ]
    properties = [
        prop("crowded", Form.HAZARD),
        prop("stuck", Form.DEADLOCK),
        prop("half", Form.REACHABLE, eq(integer(count // 2), number(3))),
        prop("not all", Form.INVARIANT, not_(and_(*(eq(integer(k), number(3)) for k in range(count))))),
        prop("one at a time", Form.INVARIANT, le(add(*(integer(k) for k in range(0, count, 2))), number(600))),
    ]
    found = require_same(replace(system(variables, actions), properties=tuple(properties)), (2,))
    assert found.states == 3 * (count - 7) + 3
    assert found.findings["crowded"].verdict is Verdict.VIOLATED
    assert found.findings["not all"].verdict is Verdict.HOLDS


# ---------------------------------------------------------------------- many parameters


def test_an_action_of_64_parameters(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(64)]
    types = ["0..2" if number in (3, 40, 63) else f"{number}..{number}" for number in range(64)]
    parameters = ", ".join(f"{name}: {type_}" for name, type_ in zip(names, types, strict=True))
    path = tmp_path / "many.custody"
    path.write_text(
        f"""model many

const MOST = {sum(range(64)) + 6}

state
    total: 0..MOST
    last: 0..2
    calls: 0..4

action add({parameters})
    when calls < 4
    when p63 != last or calls == 0
    total = {" + ".join(names)}
    last = p63
    calls = calls + 1

terminal calls == 4

invariant never_the_most
    total < {sum(range(64)) - 3 - 40 - 63 + 6}
reachable the_least
    calls > 0 and total == {sum(range(64)) - 3 - 40 - 63}

expect violated
    never_the_most in 1
""",
        encoding="utf-8",
    )
    (made,) = instances(load(str(path)), {})
    assert len(made.actions) == 27
    assert {len(each.arguments) for each in made.actions} == {64}
    found = require_same(made)
    assert found.states == 1 + 4 * 15
    trace = found.findings["never_the_most"].trace
    assert trace is not None
    assert trace.length == 1


# ---------------------------------------------------------------------- large numbers


def results(lows: Sequence[int], highs: Sequence[int], operators: Sequence[tuple[Op, Domain]]) -> System:
    """All of the numbers with each other, and a property for each result that it can be reached."""
    x, y = (variable(n, Domain(min(v), max(v)), *v) for n, v in (("x", tuple(lows)), ("y", tuple(highs))))
    done = variable("done", Domain(0, len(operators)), 0)
    kept = [variable(f"r{k}", domain, domain.low) for k, (_, domain) in enumerate(operators)]
    actions = [
        action(
            f"{operator}",
            eq(integer(2), number(0)),
            [Effect(3 + k, Expr(operator, Sort.INT, (integer(0), integer(1)))), Effect(2, number(k + 1))],
        )
        for k, (operator, _) in enumerate(operators)
    ]
    properties = [
        prop(
            f"{a} {operator} {b}",
            Form.REACHABLE,
            and_(
                eq(integer(0), number(a)),
                eq(integer(1), number(b)),
                eq(integer(2), number(k + 1)),
                eq(integer(3 + k), number(calculated(operator, a, b))),
            ),
        )
        for a, b in product(lows, highs)
        for k, (operator, _) in enumerate(operators)
    ]
    # Both are compared and not only calculated with.
    properties += [prop(f"{a} is less", Form.REACHABLE, lt(number(a), integer(0))) for a in lows if a < max(lows)]
    properties += [prop(f"{a} is more", Form.REACHABLE, lt(integer(0), number(a))) for a in lows if a > min(lows)]
    return replace(system([x, y, done, *kept], actions), properties=tuple(properties))


def calculated(operator: Op, a: int, b: int) -> int:
    match operator:
        case Op.ADD:
            return a + b
        case Op.SUB:
            return a - b
        case Op.MUL:
            return a * b
        case Op.DIV:
            return a // b if b > 0 else 0
        case _:
            return a % b if b > 0 else 0


def require_all(made: System, number_type: str) -> None:
    assert f"typedef {number_type} num;" in Task.of(made).text
    found = require_same(made, (1,))
    assert {finding.verdict for finding in found.findings.values()} == {Verdict.HOLDS}


ALL_32 = Domain(LEAST, MOST)
ALL_64 = Domain(-(2**62), 2**62)


def test_numbers_of_32_bits() -> None:
    some = (LEAST, LEAST + 1, -2_000_000_000, -3, -1, 0, 1, 5, 2_000_000_000, MOST - 1, MOST)
    positive = tuple(value for value in some if value > 0)
    require_all(results(some, positive, [(Op.DIV, ALL_32), (Op.MOD, ALL_32)]), "int32_t")
    small = (-46_340, -46_339, -1, 0, 1, 46_340)
    operators = [(operator, ALL_32) for operator in (Op.ADD, Op.SUB, Op.MUL)]
    require_all(results(small, small, operators), "int32_t")


def test_numbers_of_64_bits() -> None:
    some = (-(2**62), -(2**62) + 1, -(10**15), -1, 0, 1, 3, 10**15, 2**62 - 1, 2**62)
    positive = tuple(value for value in some if value > 0)
    require_all(results(some, positive, [(Op.DIV, ALL_64), (Op.MOD, ALL_64)]), "int64_t")
    middle = (-(2**31), LEAST, -1, 0, 1, MOST, 2**31)
    operators = [(operator, ALL_64) for operator in (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MOD)]
    require_all(results(middle, middle, operators), "int64_t")


def test_a_large_result_of_small_numbers() -> None:
    """Nothing but a product on the way needs more than 32 bits."""
    value = variable("value", Domain(0, 999_999), 1)
    step = Expr(Op.MOD, Sort.INT, (add(mul(integer(0), number(69_069)), number(1)), number(1_000_000)))
    made = replace(
        system(
            [value, variable("count", Domain(0, 700), 0)],
            [
                action("next", lt(integer(1), number(700)), [Effect(0, step), Effect(1, add(integer(1), number(1)))]),
            ],
        ),
        properties=(prop("never low", Form.INVARIANT, le(number(500), integer(0))),),
    )
    assert "typedef int64_t num;" in Task.of(made).text
    assert require_same(made).states == 701


# ---------------------------------------------------------------------- what C cannot hold


@pytest.mark.parametrize(
    ("domain", "reason"),
    [(Domain(0, 2**64), r"more than 2\^64 values"), (Domain(0, 2**63), "does not fit 64 bits")],
    ids=["more than a word", "more than a number"],
)
def test_what_c_cannot_hold_is_searched_by_python(domain: Domain, reason: str) -> None:
    variables = [variable("flag", BOOLEAN, 0), variable("huge", domain, domain.low), variable("flag2", BOOLEAN, 1)]
    variables += [variable(name, Domain(0, 99), 0) for name in ("x", "y")]
    actions = [
        action("x", lt(integer(3), number(99)), [Effect(3, add(integer(3), number(1)))]),
        action("y", lt(integer(4), number(99)), [Effect(4, add(integer(4), number(1)))]),
        action("fill", eq(integer(3), number(99)), [Effect(1, number(domain.high)), Effect(0, TRUE)]),
        action("less", lt(number(domain.high - 1), integer(1)), [Effect(1, sub(integer(1), number(2)))]),
    ]
    wanted = eq(integer(1), number(domain.high - 2))
    made = replace(system(variables, actions), properties=(prop("reached", Form.REACHABLE, wanted),))
    with pytest.raises(OverflowError, match=reason):
        Task.of(made)
    found = choose.explore(made)
    assert found.complete
    assert found.states == 100 * 100 + 2 * 100
    assert found.findings["reached"].verdict is Verdict.HOLDS
    (note,) = found.notes
    assert "in Python" in note
    few = choose.explore(replace(made, where=eq(integer(3), number(-1))))
    assert few.notes == ()
