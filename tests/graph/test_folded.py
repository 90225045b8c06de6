"""The folded graph has one state of each orbit, and each of its steps is one of the whole graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.graph.build import reachable
from custody.graph.folded import folded
from custody.language import instances, load
from custody.symmetry.detect import find
from custody.symmetry.orbits import Orbits
from custody.system.model import System

GUARDED = """model guarded

role Thread[{threads}] is user

state
    guard: mutex
    uses: 0..1

procedure enter by Thread
    lock guard
    uses = uses + 1
    uses = 0
    unlock guard
"""


def guarded(tmp_path: Path, threads: int) -> System:
    file = tmp_path / "guarded.custody"
    file.write_text(GUARDED.format(threads=threads))
    return instances(load(str(file)), {})[0]


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_one_state_of_each_orbit_is_kept_and_its_first(tmp_path: Path, threads: int) -> None:
    system = guarded(tmp_path, threads)
    graph = reachable(system)
    whole = folded(system, graph)
    orbits = Orbits(system, find(system))
    assert len({orbits.representative(state) for state in graph.states}) == len(whole.kept) < len(graph.states)
    number = {state: at for at, state in enumerate(graph.states)}
    for at, state in enumerate(graph.states):
        assert whole.stands_for[at] == min(number[image] for image in orbits.images(state))


def test_every_step_of_what_is_kept_is_there_once_up_to_exchanges(tmp_path: Path) -> None:
    system = guarded(tmp_path, 3)
    graph = reachable(system)
    whole = folded(system, graph)
    for state in whole.kept:
        moves = graph.moves[state]
        assert {(step.action, step.after) for step in whole.steps[state]} <= set(moves)
        # What is told leads to every orbit that some step leads to, by every kind of step.
        told = {(system.actions[step.action].label, step.target) for step in whole.steps[state]}
        assert told == {(system.actions[action].label, whole.stands_for[after]) for action, after in moves}
    (start,) = whole.initial
    assert [system.actions[step.action].actor for step in whole.steps[start]] == ["Thread.0"]


def test_without_symmetry_nothing_is_folded() -> None:
    file = Path(__file__).parents[1] / "protocols" / "philosophers.custody"
    system = instances(load(str(file)), {})[0]
    graph = reachable(system)
    whole = folded(system, graph)
    assert whole.roles == ()
    assert whole.kept == tuple(range(len(graph.states)))
    assert [[(step.action, step.after) for step in whole.steps[state]] for state in whole.kept] == [
        list(moves) for moves in graph.moves
    ]
