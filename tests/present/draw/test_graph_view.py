"""The whole graph is drawn where it is small; chains become arrows, and nothing worth a look is folded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from custody.graph.build import reachable
from custody.language import instances, load
from custody.present.draw.dot import Map, Wrong, map_dot
from custody.present.draw.graph_view import EXCHANGED, MOST_NODES, MOST_STATES, graph_view
from custody.system.expression import FALSE, Sort, after, eq, implies, not_, number
from custody.system.finding import Limits
from custody.system.model import System
from support.drawn import corridor, standing_at
from support.lamps import NEVER_BLOWN, NO_DEADLOCK, NO_RELIGHT, NO_SHORT, lamp


def drawn(system: System) -> Map:
    picture = graph_view(system, reachable(system), "spec")
    assert picture is not None
    return picture


def test_a_chain_becomes_one_arrow_that_tells_its_steps() -> None:
    picture = drawn(corridor(4))
    assert [node.lines for node in picture.nodes] == [("as at first",)]
    (edge,) = picture.edges
    assert edge.ways[0].lines == ("Guest.0: step 0", "step 1", "step 2", "step 3", "leave")
    assert "5 reachable states; 4 in chains are folded" in picture.about
    assert edge.ways[0].tip.count("lamp.custody:") == 5


def test_a_long_chain_counts_the_steps_that_it_does_not_tell() -> None:
    (edge,) = drawn(corridor(30)).edges
    assert edge.ways[0].lines[-1] == "and 23 more steps"
    assert len(edge.ways[0].lines) == 9


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_state_that_violates_something_is_never_folded(place: int) -> None:
    wrong = replace(NEVER_BLOWN, expression=not_(standing_at(place)), conjuncts=())
    picture = drawn(corridor(4, wrong))
    assert [(node.lines, node.wrong) for node in picture.nodes] == [
        (("as at first",), Wrong.NOTHING),
        ((f"place: {place}",), Wrong.ALWAYS),
    ]


def test_an_end_is_never_folded() -> None:
    picture = drawn(replace(corridor(4), terminal=standing_at(3)))
    assert [node.final for node in picture.nodes] == [False, True]


def test_a_step_that_breaks_a_transition_property_is_never_folded() -> None:
    slow = replace(
        NO_RELIGHT, name="slow", expression=implies(standing_at(2), not_(eq(after(0, Sort.INT), number(3))))
    )
    picture = drawn(corridor(5, slow))
    wrong = [edge for edge in picture.edges if edge.wrong]
    assert [way.lines for edge in wrong for way in edge.ways] == [("Guest.0: step 2", "breaks slow")]
    assert [node.lines[0] for node in picture.nodes] == ["as at first", "place: 2", "place: 3"]


def test_a_deadlock_is_marked() -> None:
    picture = drawn(replace(lamp(NO_DEADLOCK), terminal=FALSE))
    assert picture.nodes[-1].complaints == ("deadlock",)


def test_a_step_that_breaks_a_check_leads_to_what_it_breaks() -> None:
    picture = drawn(lamp(NO_SHORT, shorts=True))
    assert picture.nodes[-1].complaints == ("no_short",)
    assert [way.lines for way in picture.edges[-1].ways] == [("User.0: press again",)]
    assert picture.edges[-1].wrong


def test_what_fails_is_dashed() -> None:
    system = corridor(1)
    trips = replace(system.actions[0], label="trip", outcome="fails EIO")
    picture = drawn(replace(system, actions=(*system.actions, trips)))
    assert [(edge.fails, edge.ways[0].lines) for edge in picture.edges] == [
        (False, ("Guest.0: step 0",)),
        (True, ("Guest.0: trip (fails EIO)",)),
        (False, ("Guest.0: leave",)),
    ]
    assert map_dot(picture).count("style=dashed") == 1


def test_too_large_a_graph_is_refused() -> None:
    ends = replace(corridor(MOST_NODES), terminal=not_(FALSE))
    assert graph_view(ends, reachable(ends), "spec") is None
    longer = corridor(MOST_STATES)
    assert graph_view(longer, reachable(longer), "spec") is None


def test_a_graph_that_is_not_whole_is_refused() -> None:
    system = corridor(300)
    assert graph_view(system, reachable(system, Limits(max_states=20)), "spec") is None


SYMMETRIC = """model symmetric

role Thread[3] is user

state
    guard: mutex

procedure enter by Thread
    lock guard
    unlock guard
"""


def test_states_that_differ_by_exchanging_are_one_and_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "symmetric.custody"
    file.write_text(SYMMETRIC)
    system = instances(load(str(file)), {})[0]
    picture = drawn(system)
    assert picture.about.startswith(
        "20 reachable states; one of 7 stands for all that differ by exchanging instances of Thread; 1 in chains"
    )
    assert len(picture.nodes) == 6
    first = [edge for edge in picture.edges if edge.source == "n0"]
    assert [way.lines for edge in first for way in edge.ways] == [("Thread.0: calls enter()",)]
    exchanged = [way for edge in picture.edges for way in edge.ways if way.lines[-1] == EXCHANGED]
    assert exchanged, "where an arrow leads to another state of the orbit than is shown, it says so"
