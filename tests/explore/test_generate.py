"""The generated code of systems that are awkward to write as Python."""

from __future__ import annotations

from dataclasses import replace

from custody.explore.generate import successors
from custody.explore.layout import Layout
from custody.system.expression import Sort, eq, number, read
from custody.system.model import Domain, Effect
from support.small_systems import action, system, variable


def test_a_position_may_be_negative_or_one_that_is_never_taken() -> None:
    local = replace(variable("local", Domain(-2, 1), -1), control=True, actor="user")
    down = action("down", eq(read(0, Sort.INT), number(-1)), [Effect(0, number(-2))])
    never = action("never", eq(read(0, Sort.INT), number(-3)), [Effect(0, number(0))])
    walker = system([local], [down, never])
    layout = Layout(walker.variables)
    following = successors(walker, layout).successors
    assert following(layout.pack((-1,))) == [(0, layout.pack((-2,)))]
    assert following(layout.pack((-2,))) == []


def test_code_is_made_once_for_a_system_and_anew_for_another() -> None:
    up = action("up", eq(read(0, Sort.INT), number(0)), [Effect(0, number(1))])
    one = system([variable("x", Domain(0, 1), 0)], [up])
    same = replace(one, properties=())
    wider = replace(one, variables=(variable("x", Domain(0, 3), 0),))
    other = replace(one, actions=(replace(up, effects=(Effect(0, number(0)),)),))
    first = successors(one, Layout(one.variables))
    assert successors(same, Layout(same.variables)) is first
    assert successors(wider, Layout(wider.variables)) is not first
    assert successors(other, Layout(other.variables)).successors(0) == [(0, 0)]
    assert first.successors(0) == [(0, 1)]
