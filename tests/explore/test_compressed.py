"""Graphs in flat arrays: the C program that tests them, long graphs, stops, limits of memory, and wrong arrays."""

from __future__ import annotations

import ctypes
import subprocess
import threading
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from custody.explore.calls import OverLimitError, StoppedError
from custody.explore.compressed import (
    NOBODY,
    SOURCES,
    Arrays,
    CompressedGraph,
    Promises,
    action_array,
    action_bytes,
)
from custody.explore.native import FOLDER
from support.compiled import compiled
from support.compressing import arrays, bits, members

MILLION = 1_000_000
SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{FOLDER}")

# 0 to 1 and 2; 1 and 2 to each other; 2 to 3, which breaks a check with action 4.
MOVES = [[(0, 1), (1, 2)], [(2, 2)], [(2, 1), (3, 3)], []]
SMALL = arrays(MOVES, 1, 5, [[], [], [], [4]])
EVERYWHERE = bits(range(4), 4)


def line(nodes: int, closed: bool) -> Arrays:
    """A chain of so many nodes, or a ring: action 0 everywhere, action 1 from the last to the first."""
    edges = nodes if closed else nodes - 1
    targets = array("I", range(1, edges + 1))
    actions = action_array(2) + array("H", bytes(2)) * edges
    if closed:
        targets[-1], actions[-1] = 0, 1
    return Arrays(nodes, 1, 2, array("Q", [*range(nodes), edges]), targets, actions)


def test_the_program_in_c(tmp_path: Path) -> None:
    source = Path(__file__).parent / "c" / "test_graph.c"
    program = compiled([*SOURCES, source], tmp_path / "test_graph", *SANITIZED)
    done = subprocess.run([program], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_ring_of_a_million(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, line(MILLION, closed=True))
    everywhere, last = bits(range(MILLION), MILLION), bits([MILLION - 1], MILLION)
    assert graph.reachable(last) == everywhere
    promises = Promises(2, [(True, [1]), (False, [0])])
    homes = graph.fair_components(promises, everywhere)
    assert (homes.nodes, homes.count) == (everywhere, 1)
    path = graph.round_trip(promises, 7, homes)
    assert len(path) == MILLION + 1
    assert (path[0], path[-1]) == ((7, -1), (7, 0))
    # Without one of its nodes there is no ring left, and each of the others is a component that goes nowhere.
    inside = bits(range(MILLION - 1), MILLION)
    assert graph.fair_components(Promises(2, []), inside).count == 0
    assert graph.still(promises, everywhere) == bytes(len(everywhere))


def test_a_chain_of_a_million(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, line(MILLION, closed=False))
    everywhere, last = bits(range(MILLION), MILLION), bits([MILLION - 1], MILLION)
    assert graph.reachable(bits([0], MILLION)) == everywhere
    assert graph.reachable(last) == last
    assert graph.fair_components(Promises(2, []), everywhere).count == 0
    assert graph.still(Promises(2, [(False, [0])]), everywhere) == last
    stem = graph.stem(bits([MILLION // 2], MILLION), everywhere, last)
    assert stem == [(0, -1), *((node, 0) for node in range(1, MILLION))]


def test_sets_on_a_small_graph(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, SMALL)
    assert members(graph.reachable(bits([1], 4))) == {1, 2, 3}
    assert members(graph.reachable(bits([0, 2], 4), bits([0, 1, 3], 4))) == {0, 1}
    # A step that would break a check is one that a promise can be about.
    assert members(graph.still(Promises(5, [(False, [4])]), EVERYWHERE)) == {0, 1, 2}
    homes = graph.fair_components(Promises(5, [(False, [3])]), EVERYWHERE)
    assert members(homes.nodes) == {1, 2}
    assert homes.component[1] == homes.component[2] != NOBODY
    assert homes.component[0] == homes.component[3] == NOBODY
    assert members(graph.fair_components(Promises(5, [(True, [3])]), EVERYWHERE).nodes) == set()


def test_paths_on_a_small_graph(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, SMALL)
    assert graph.stem(bits([1], 4), EVERYWHERE, bits([3], 4)) == [(0, -1), (1, 0), (2, 2), (3, 3)]
    assert graph.stem(bits([1], 4), bits([1, 3], 4), bits([3], 4)) is None
    assert graph.stem(bits([0], 4), EVERYWHERE, bits([0], 4)) == [(0, -1)]
    assert graph.stem(bits([0], 4), EVERYWHERE, bits([3], 4)) == [(0, -1), (2, 1), (3, 3)]
    assert graph.stem(bits([0], 4), EVERYWHERE, bits([], 4)) is None
    promises = Promises(5, [])
    homes = graph.fair_components(promises, EVERYWHERE)
    assert graph.round_trip(promises, 2, homes) == [(2, -1), (1, 2), (2, 2)]
    with pytest.raises(ValueError, match="node 3 is in no component"):
        graph.round_trip(promises, 3, homes)


def test_memory_of_c_and_wide_numbers_of_actions(library: ctypes.CDLL) -> None:
    many = 1 << 16
    assert (action_bytes(many - 1), action_bytes(many)) == (2, 4)
    ring = arrays([[(many - 1, 1)], [(0, 0)]], 1, many)
    borrowed = replace(ring, targets=(ctypes.c_uint32 * 2)(1, 0), broken_offsets=None, broken_actions=None)
    for given in (ring, borrowed):
        graph = CompressedGraph(library, given)
        assert graph.stem(bits([0], 2), bits([0, 1], 2), bits([1], 2)) == [(0, -1), (1, many - 1)]


def test_memory_is_counted_limited_and_given_back(library: ctypes.CDLL) -> None:
    ring = line(MILLION, closed=True)
    everywhere = bits(range(MILLION), MILLION)
    graph = CompressedGraph(library, ring)
    before = graph.bytes
    graph.fair_components(Promises(2, []), everywhere)
    assert graph.bytes == before
    needed = graph.peak_bytes
    assert needed >= 24 * MILLION
    small = CompressedGraph(library, ring, most_bytes=needed - 1)
    with pytest.raises(OverLimitError):
        small.fair_components(Promises(2, []), everywhere)
    assert small.bytes == before
    assert small.reachable(bits([5], MILLION)) == everywhere
    with pytest.raises(OverLimitError):
        CompressedGraph(library, ring, most_bytes=1000)


def test_whatever_the_watch_raises_ends_a_call(library: ctypes.CDLL) -> None:
    complaints = [KeyboardInterrupt(), TimeoutError("too slow")]

    def watch() -> None:
        if armed and complaints:
            raise complaints.pop(0)

    armed = False
    graph = CompressedGraph(library, line(MILLION, closed=True), watch)
    everywhere = bits(range(MILLION), MILLION)
    armed = True
    with pytest.raises(KeyboardInterrupt):
        graph.fair_components(Promises(2, []), everywhere)
    with pytest.raises(TimeoutError, match="too slow"):
        graph.fair_components(Promises(2, []), everywhere)
    assert graph.fair_components(Promises(2, []), everywhere).count == 1


def test_another_thread_may_stop_for_good(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, line(MILLION, closed=True))
    stopper = threading.Thread(target=graph.stop)
    stopper.start()
    stopper.join()
    with pytest.raises(StoppedError):
        graph.reachable(bits([0], MILLION))


def test_a_closed_graph_answers_nothing(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, SMALL)
    graph.close()
    graph.close()
    with pytest.raises(ValueError, match="closed"):
        graph.reachable(EVERYWHERE)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (replace(SMALL, targets=array("I", [1, 2, 2, 1, 4])), "no graph"),
        (replace(SMALL, offsets=array("Q", [0, 2, 1, 5, 5])), "no graph"),
        (replace(SMALL, offsets=array("Q", [0, 2, 3, 5, 6])), "no graph"),
        (replace(SMALL, actions=4), "no graph"),
        (replace(SMALL, broken_offsets=None), "no graph"),
        (replace(SMALL, targets=array("I", [2, 2, 2, 1, 3])), "breadth-first"),
        (replace(SMALL, targets=array("I", [3, 2, 2, 1, 3])), "breadth-first"),
        (replace(SMALL, initial=0), "breadth-first"),
        (replace(SMALL, offsets=array("Q", [0, 2, 3, 5])), "offsets has 32 bytes where 40 are wanted"),
        (replace(SMALL, edge_actions=array("H", [0])), "edge_actions has 2 bytes where 10 are wanted"),
    ],
)
def test_wrong_arrays_are_refused(library: ctypes.CDLL, wrong: Arrays, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        CompressedGraph(library, wrong)


def test_wrong_questions_are_refused(library: ctypes.CDLL) -> None:
    graph = CompressedGraph(library, SMALL)
    with pytest.raises(ValueError, match="a set of 4 nodes has 1 bytes, not 2"):
        graph.reachable(bytes(2))
    with pytest.raises(ValueError, match="about 4 actions where there are 5"):
        graph.still(Promises(4, []), EVERYWHERE)
    with pytest.raises(ValueError, match="promise 0 is about action 5 of 5"):
        Promises(5, [(True, [5])])
    with pytest.raises(IndexError, match="node 4 of 4"):
        graph.round_trip(Promises(5, []), 4, graph.fair_components(Promises(5, []), EVERYWHERE))
