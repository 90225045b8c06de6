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
