"""Properties in exported models: the other tool reports them exactly where they are violated, and adds no state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest

from custody.exchange import murphi, promela
from custody.exchange.problem import ExportError
from custody.system.expression import FALSE, TRUE, Expr, Sort, add, after, eq, le, lt, not_, number, read
from custody.system.model import Domain, Effect, Form, Kind, Property, System
from support.peers import Count, needs_rumur, needs_spin, run_rumur, run_spin
from support.small_systems import action, at, in_range, system, variable

X = read(0, Sort.INT)
UP = Effect(0, add(X, number(1)))


def prop(name: str, form: Form, expression: Expr = TRUE, *resting: tuple[str, Expr]) -> Property:
    return Property(name, form, Kind.PROTOCOL, at(9), expression, resting=resting)


def counter(*properties: Property, terminal: Expr = FALSE) -> System:
    """Counts from 0 to 3, where a further step breaks the check `range`; `rewind` goes back from 1 only."""
    domain = Domain(0, 3)
    plain = system(
        [variable("x", domain, 0)],
        [
            action("up", TRUE, [UP], [in_range(domain, UP.value)]),
            action("rewind", eq(X, number(1)), [Effect(0, number(0))]),
        ],
    )
    return replace(plain, properties=properties, terminal=terminal)


def stopping(*properties: Property, terminal: Expr = FALSE) -> System:
    """Counts from 0 to 3 and stops."""
    plain = system([variable("x", Domain(0, 3), 0)], [action("up", lt(X, number(3)), [UP])])
    return replace(plain, properties=properties, terminal=terminal)


PLAIN = {"counter": Count(4, 5, 3, 0), "stopping": Count(4, 3, 3, 0)}
"""The counts of the two systems without properties."""

RANGE = prop("range", Form.HAZARD)
CASES = [
    # what is asked, of which system, and whether it is violated (for REACHABLE: whether it is reached)
    (prop("low", Form.INVARIANT, le(X, number(2))), counter, True),
    (prop("domain", Form.INVARIANT, le(X, number(3))), counter, False),
    (RANGE, counter, True),
    (RANGE, stopping, False),
    (prop("up", Form.STEP, lt(X, after(0, Sort.INT))), counter, True),
    (prop("up", Form.STEP, lt(X, after(0, Sort.INT))), stopping, False),
    (prop("deadlock", Form.DEADLOCK), stopping, True),
    (prop("deadlock", Form.DEADLOCK), counter, False),
]


@needs_spin
@pytest.mark.parametrize(("asked", "build", "violated"), CASES)
def test_spin_finds_violations(asked: Property, build: Callable[[Property], System], violated: bool) -> None:
    plain = PLAIN[build.__name__]
    count = run_spin(promela.export(build(asked), [asked.name]))
    assert (count.errors > 0) == violated
    assert count.states == plain.states
    if not violated:
        assert count == replace(plain, transitions=plain.transitions + 1)


@needs_rumur
@pytest.mark.parametrize(("asked", "build", "violated"), CASES)
def test_rumur_finds_violations(asked: Property, build: Callable[[Property], System], violated: bool) -> None:
    count = run_rumur(murphi.export(build(asked), [asked.name]))
    assert (count.errors > 0) == violated
    if not violated:
        assert count == replace(PLAIN[build.__name__], depth=None)


@needs_spin
def test_spin_reports_what_is_reached() -> None:
    reached, never = (prop("reached", Form.REACHABLE, eq(X, number(value))) for value in (3, 4))
    assert run_spin(promela.export(counter(reached), ["reached"])).errors == 1
    assert run_spin(promela.export(replace(counter(), properties=(never,)), ["reached"])).errors == 0


@needs_rumur
def test_rumur_covers_what_is_reached() -> None:
    reached, never = (prop("reached", Form.REACHABLE, eq(X, number(value))) for value in (2, 4))
    assert run_rumur(murphi.export(counter(reached), ["reached"])).errors == 0
    assert run_rumur(murphi.export(counter(never), ["reached"])).errors == 1


@needs_spin
def test_what_is_terminal_is_no_deadlock() -> None:
    model = stopping(prop("deadlock", Form.DEADLOCK), terminal=eq(X, number(3)))
    assert run_spin(promela.export(model, ["deadlock"])).errors == 0


@needs_spin
def test_spontaneous_steps_do_not_save_from_deadlock() -> None:
    model = stopping(prop("deadlock", Form.DEADLOCK))
    tick = replace(action("tick", TRUE, []), spontaneous=True)
    model = replace(model, actions=(*model.actions, tick))
    assert run_spin(promela.export(model, ["deadlock"])).errors == 1


@needs_rumur
@pytest.mark.parametrize(
    ("build", "goal", "errors"), [(stopping, 0, True), (stopping, 3, False), (counter, 0, False)]
)
def test_rumur_checks_that_an_actor_can_come_to_rest(
    build: Callable[[Property], System], goal: int, errors: bool
) -> None:
    """The counter breaks its check where it can go no further, and that is an end of its own."""
    model = build(prop("rests", Form.PROGRESS, TRUE, ("user", eq(X, number(goal)))))
    assert (run_rumur(murphi.export(model, ["rests"])).errors > 0) == errors


@needs_rumur
def test_the_end_of_one_actor_is_no_rest_for_another() -> None:
    model = counter(prop("rests", Form.PROGRESS, TRUE, ("other", eq(X, number(0)))))
    assert run_rumur(murphi.export(model, ["rests"])).errors > 0


def test_a_broken_check_is_a_step_to_the_same_state() -> None:
    text = promela.export(counter())
    assert "assert" not in text
    assert "-> skip /* leaves its range */" in text


@needs_spin
@needs_rumur
def test_a_broken_check_is_a_transition_without_a_successor() -> None:
    plain = PLAIN["counter"]  # 0 -> 1 -> 2 -> 3 -> broken, 1 -> 0
    assert run_spin(promela.export(counter())) == replace(plain, transitions=plain.transitions + 1)
    assert run_rumur(murphi.export(counter())) == replace(plain, depth=None)


@pytest.mark.parametrize("language", [promela, murphi])
def test_unknown_properties_are_refused(language: ModuleType) -> None:
    with pytest.raises(ExportError, match="there is no property 'nowhere' in small"):
        language.export(counter(), ["nowhere"])


def test_properties_of_whole_runs_are_refused() -> None:
    ends = prop("ends", Form.EVENTUALLY, not_(eq(X, number(0))))
    with pytest.raises(
        ExportError, match=r"property 'ends', small.custody:9 cannot be exported: its form is 'eventually'"
    ):
        promela.export(counter(ends), ["ends"])
