"""A state map has every group of states and every way, and marks exactly what is wrong, fails, or is the end."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from custody.graph.build import reachable
from custody.graph.quotient import project
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong, hazard_name, hazard_node, map_dot
from custody.present.draw.lifecycle import lifecycle
from custody.present.draw.render import render
from custody.system.display import ScalarShape, View
from custody.system.expression import FALSE, Sort, add, after, eq, implies, lt, not_, number, read
from custody.system.finding import Limits
from custody.system.model import Action, Domain, Effect, Form, Property, System, Variable
from support.drawn import corridor, failing_lamp
from support.lamps import NEVER_BLOWN, NO_DEADLOCK, NO_RELIGHT, NO_SHORT, OFF, action, at, lamp


def drawn(system: System, views: Sequence[View] | None = None, limits: Limits | None = None) -> Map:
    graph = reachable(system, limits)
    return lifecycle(system, graph, project(system, graph, views or system.views[:1]), "spec")


def node(picture: Map, line: str) -> Node:
    return next(node for node in picture.nodes if node.lines == (line,))


def ways(picture: Map) -> list[tuple[str, str, tuple[str, ...], bool, bool]]:
    named = {node.name: " ".join(node.lines) or node.name for node in picture.nodes}
    return [
        (named[edge.source], named[edge.target], way.lines, edge.fails, edge.wrong)
        for edge in picture.edges
        for way in edge.ways
    ]


def with_count(system: System, *actions: Action) -> System:
    """The system with a counter from 0 to 2 that the map of its first view does not show."""
    return replace(
        system,
        variables=(*system.variables, Variable("count", Domain(0, 2), (0,), "count")),
        actions=(*system.actions, *actions),
        views=(*system.views, View("count", ScalarShape(1, 0, None))),
    )


COUNT = read(1, Sort.INT)
TICK = Action("tick", "Clock.0", "tick", at(80), lt(COUNT, number(2)), (Effect(1, add(COUNT, number(1))),))


def test_every_state_and_every_way_is_there() -> None:
    picture = drawn(failing_lamp())
    assert [node.lines for node in picture.nodes] == [("off",), ("on",), ("blown",)]
    assert ways(picture) == [
        ("off", "on", ("user: press",), False, False),
        ("on", "on", ("user: press (EBUSY)",), True, False),
        ("on", "blown", ("user: press",), False, False),
        ("on", "blown", ("user: press (EIO)",), True, False),
    ]


def test_failures_are_dashed_and_nothing_else_is() -> None:
    dot = map_dot(drawn(failing_lamp()))
    edges = [line for line in dot.splitlines() if "->" in line]
    assert ["style=dashed" in line for line in edges] == ["(E" in line for line in edges]


def test_the_start_has_an_arrow_and_the_end_a_double_border() -> None:
    picture = drawn(lamp())
    assert [node.initial for node in picture.nodes] == [True, False, False]
    assert [node.final for node in picture.nodes] == [False, False, True]
    dot = map_dot(picture)
    assert dot.count("peripheries=2") == 1
    assert '"to n0" -> "n0"' in dot


def test_a_group_is_an_end_only_when_all_its_states_are() -> None:
    system = with_count(replace(lamp(), terminal=not_(lt(COUNT, number(2)))), TICK)
    assert [node.final for node in drawn(system).nodes] == [False, False, False]


def test_a_violating_state_has_its_own_shape_colour_and_words() -> None:
    picture = drawn(lamp(NEVER_BLOWN))
    blown = node(picture, "blown")
    assert (blown.wrong, blown.complaints) == (Wrong.ALWAYS, ("never_blown",))
    assert node(picture, "on").wrong is Wrong.NOTHING
    dot = map_dot(picture)
    assert dot.count("shape=octagon") == 1
    assert ">never_blown<" in dot


def test_a_group_with_some_violating_states_says_sometimes() -> None:
    low = replace(NEVER_BLOWN, name="low", expression=lt(COUNT, number(2)), conjuncts=())
    picture = drawn(with_count(lamp(low), TICK))
    assert {node.wrong for node in picture.nodes} == {Wrong.SOMETIMES}
    assert picture.nodes[0].complaints == ("sometimes:", "low")
    assert "octagon" not in map_dot(picture)
    assert "violate low" in picture.nodes[0].tip


def test_a_deadlock_is_marked_where_deadlock_is_a_property() -> None:
    system = replace(lamp(NO_DEADLOCK), terminal=FALSE)
    assert node(drawn(system), "blown").complaints == ("deadlock",)


def test_a_step_that_breaks_a_check_leads_to_what_it_breaks() -> None:
    picture = drawn(lamp(NO_SHORT, shorts=True))
    assert ("blown", "! no_short", ("User: press",), False, True) in ways(picture)
    assert picture.nodes[-1].complaints == ("no_short",)
    assert "lamp.custody:12" in picture.edges[-1].ways[0].tip


def test_a_step_that_breaks_a_transition_property_is_marked() -> None:
    system = lamp(NO_RELIGHT)
    off = replace(action("switch off", not_(OFF), 0, 16), name="drop")
    picture = drawn(replace(system, actions=(*system.actions, off)))
    assert ("on", "off", ("User: drop", "breaks no_relight"), False, True) in ways(picture)
    assert ("blown", "off", ("User: drop",), False, False) in ways(picture)
    assert ("on", "off", ("User: drop",), False, False) not in ways(picture)


def test_a_breaking_step_within_a_group_marks_the_group() -> None:
    still = Property(
        name="still",
        form=Form.STEP,
        kind=NEVER_BLOWN.kind,
        place=at(70),
        expression=implies(OFF, eq(COUNT, after(1, Sort.INT))),
    )
    picture = drawn(with_count(lamp(still), TICK))
    assert picture.nodes[0].complaints == ("sometimes:", "still")
    assert not any(edge.wrong for edge in picture.edges)


def test_ways_between_the_same_groups_share_an_edge_and_keep_their_sides() -> None:
    other = replace(action("pull", OFF, 1, 17), name="pull", side="core")
    system = lamp()
    picture = drawn(replace(system, actions=(*(replace(a, side="user") for a in system.actions), other)))
    first = picture.edges[0]
    assert [(way.lines, way.side) for way in first.ways] == [(("user: press",), "user"), (("core: pull",), "core")]
    assert "lamp.custody:17" in first.ways[1].tip


def test_the_legend_names_what_occurs_and_nothing_else() -> None:
    plain, busy = map_dot(drawn(lamp())), map_dot(drawn(failing_lamp(NEVER_BLOWN)))
    words = ["→ user", "→ fails", "may end here", "violates"]
    assert [word in plain for word in words] == [False, False, True, False]
    assert [word in busy for word in words] == [True, True, True, True]


def test_many_views_are_told_as_what_differs_from_the_start() -> None:
    system = lamp()
    views = [replace(system.views[0], name=f"lamp{n}") for n in range(5)]
    picture = drawn(replace(system, views=tuple(views)), views)
    assert picture.nodes[0].lines == ("as at first",)
    assert picture.nodes[1].lines == tuple(f"lamp{n}: on" for n in range(5))


def test_a_limit_is_told_in_the_picture() -> None:
    picture = drawn(corridor(200), limits=Limits(max_states=30))
    assert "max-states 30" in picture.missing
    assert '"more"' in map_dot(picture)


def test_a_crowded_edge_counts_what_it_does_not_show() -> None:
    many = Edge("a", "b", tuple(Way((f"call{n}",), "user", f"tip{n}") for n in range(20)))
    dot = map_dot(Map("t", "a", (Node("a", ("a",), ""), Node("b", ("b",), "")), (many,)))
    assert "and 14 more" in dot
    assert "call6" not in dot
    assert "tip19" in dot


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_text_of_a_specification_is_only_text(tmp_path: Path) -> None:
    evil = 'a"b\\<i>&\n\x07\\'
    nodes = (Node("n0", (evil,), evil, complaints=(evil,), wrong=Wrong.SOMETIMES), hazard_node("h(x)"))
    edges = (Edge("n0", "n0", (Way((evil,), evil, evil),)), Edge("n0", hazard_name("h(x)"), (), wrong=True))
    target = tmp_path / "evil.svg"
    render(map_dot(Map(evil, evil, nodes, edges, evil)), target)
    told = "".join(ET.fromstring(target.read_text()).itertext())
    assert told.count("<i>") >= 5
