"""Graphs that C makes of a search: the same nodes and steps as the second engine's, and the same findings."""

from __future__ import annotations

import ctypes
import os
import subprocess
from array import array
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from custody.explore.calls import OverLimitError, StoppedError
from custody.explore.compressed import Block
from custody.explore.edges import Edges
from custody.explore.layout import Layout
from custody.explore.native import FOLDER
from custody.explore.whole import settle
from custody.graph.build import reachable
from custody.graph.engine import analyse
from custody.language import each_instance, load
from custody.system.evaluate import evaluate
from custody.system.expression import FALSE, TRUE, Expr, Sort, add, eq, mod, not_, number, read
from custody.system.finding import Verdict
from custody.system.model import LIVENESS, Action, Domain, Effect, Fairness, Form, Property, System, Variable
from custody.system.place import NOWHERE
from support.agreeing import must_agree
from support.compiled import compiled
from support.compressing import members
from support.edges import at, eventually, graph, graphs, leads_to
from support.random_systems import random_systems
from support.searching import SOURCES, Parts, Searched, parts, searched

ROOT = Path(__file__).parents[2]
SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{FOLDER}", "-pthread")
FUZZED = int(os.environ.get("CUSTODY_FUZZ", "1500")) // 10
"""Random systems of each sort."""
TOGETHER = 50


def must_be_the_same(found: Searched) -> None:
    """The graph and the findings are those of the second engine."""
    system = found.system
    must_be_the_same_graph(found)
    ours = found.settle()
    assert ours.keys() == {p.name for p in system.properties if p.form in LIVENESS}
    must_agree(system, ours, analyse(system, properties=list(ours)).findings)


def must_be_the_same_graph(found: Searched) -> None:
    system, theirs = found.system, reachable(found.system)
    layout = Layout(system.variables)
    edges = found.edges()
    ours = edges.arrays
    states = [layout.unpack(edges.state(node, layout.words)) for node in range(ours.nodes)]
    where = {state: node for node, state in enumerate(theirs.states)}
    assert len(set(states)) == len(states)
    assert set(states) == where.keys()
    assert {where[state] for state in states[: ours.initial]} == set(theirs.initial)
    depths = [theirs.depth[where[state]] for state in states]
    assert depths == sorted(depths)
    offsets, targets, actions = (
        numbers(ours.offsets, "Q"),
        numbers(ours.targets, "I"),
        numbers(ours.edge_actions, "H"),
    )
    for node, state in enumerate(states):
        steps = range(offsets[node], offsets[node + 1])
        assert [(actions[e], where[states[targets[e]]]) for e in steps] == sorted(theirs.moves[where[state]])
    broken = {(where[states[node]], action) for node, action in broken_steps(edges)}
    assert broken == {(node, action) for node, action, _ in theirs.broken}
    for expression, nodes in zip(found.marked, edges.marks(len(found.marked)), strict=True):
        assert members(nodes) == {node for node, state in enumerate(states) if evaluate(expression, state)}
    edges.close()


def one(system: System, folder: Path) -> Parts:
    return parts([system], folder / "models")[0]


def numbers(block: Block, kind: str) -> array[int]:
    return array(kind, bytes(memoryview(block)))


def broken_steps(edges: Edges) -> list[tuple[int, int]]:
    if edges.arrays.broken_offsets is None or edges.arrays.broken_actions is None:
        return []
    offsets, actions = numbers(edges.arrays.broken_offsets, "Q"), numbers(edges.arrays.broken_actions, "H")
    ranges = ((node, range(offsets[node], offsets[node + 1])) for node in range(edges.arrays.nodes))
    return [(node, actions[at]) for node, steps in ranges for at in steps]


# ------------------------------------------------------------------ the same as others find


@pytest.mark.parametrize("draw", [random_systems, graphs])
def test_random_systems(
    whole_engine: ctypes.CDLL, tmp_path: Path, draw: Callable[[], st.SearchStrategy[System]]
) -> None:
    systems: list[System] = []

    @settings(max_examples=FUZZED, deadline=None, database=None, phases=[Phase.generate])
    @given(draw())
    def collect(system: System) -> None:
        systems.append(system)

    collect()
    for begin in range(0, len(systems), TOGETHER):
        for each in parts(systems[begin : begin + TOGETHER], tmp_path / str(begin)):
            with searched(each, whole_engine) as found:
                must_be_the_same(found)


SPECS: list[tuple[str, dict[str, str]]] = [
    ("tests/protocols/peterson.custody", {"N": "2"}),
    ("tests/protocols/peterson.custody", {"N": "3"}),
    ("tests/protocols/philosophers.custody", {"N": "5"}),
    ("tests/protocols/philosophers.custody", {"N": "5", "POLITE": "true"}),
    ("tests/protocols/ticket.custody", {"N": "3"}),
    ("tests/protocols/alternating_bit.custody", {}),
    ("tests/protocols/two_phase.custody", {"N": "3"}),
    ("tests/protocols/transaction_commit.custody", {"N": "3"}),
    ("tests/protocols/german.custody", {"N": "2"}),
    ("tests/protocols/lifecycle.custody", {"N": "2"}),
    ("spec/coherency.custody", {}),
    ("spec/dma_buf.custody", {"DEVICES": "1", "THREADS": "1"}),
    ("spec/udmabuf.custody", {"DEVICES": "1", "THREADS": "1"}),
    ("spec/as_posted/udmabuf.custody", {"DEVICES": "1", "THREADS": "1"}),
]


@pytest.mark.parametrize(("spec", "parameters"), SPECS)
def test_specifications(whole_engine: ctypes.CDLL, tmp_path: Path, spec: str, parameters: dict[str, str]) -> None:
    some = islice(each_instance(load(str(ROOT / spec)), parameters), 2)
    systems = [with_questions(system) for _, system in some]
    for each in parts(systems, tmp_path / "models"):
        with searched(each, whole_engine) as found:
            must_be_the_same(found)


def with_questions(system: System) -> System:
    """The system with a promise for each actor that has none, and with what it says can happen as liveness."""
    asked = [p.expression for p in system.properties if p.form is Form.REACHABLE][:2]
    asked += [p.expression for p in system.properties if p.form is Form.INVARIANT][:1]
    more: list[Property] = []
    for index, expression in enumerate(asked):
        more.append(replace(eventually(expression), name=f"eventually {index}"))
        more.append(replace(leads_to(expression, not_(expression)), name=f"ends {index}"))
        more.append(replace(leads_to(not_(expression), expression), name=f"comes {index}"))
    return replace(
        system, properties=(*system.properties, *more), fairness=system.fairness or tuple(promises(system))
    )


def promises(system: System) -> list[Fairness]:
    """The actors go on, by turns weakly and strongly."""
    actors = list(dict.fromkeys(action.actor for action in system.actions))
    owned = [tuple(i for i, action in enumerate(system.actions) if action.actor == actor) for actor in actors]
    return [Fairness(actor, index % 2 == 1, owned[index]) for index, actor in enumerate(actors)]


# ------------------------------------------------------------------ states of many words, threads, files


def wheels(words: int, turns: int) -> System:
    """Wheels that each go round by themselves, each in a word of its own; the first one stops at the last place."""
    last = turns - 1
    variables = tuple(Variable(f"w{i}", Domain(-1, 2**40), (0,), f"w{i}") for i in range(words))

    def here(wheel: int, place: int) -> Expr:
        return eq(read(wheel, Sort.INT), number(place))

    def turn(wheel: int) -> Action:
        onwards = Effect(wheel, mod(add(read(wheel, Sort.INT), number(1)), number(turns)))
        guard = not_(here(0, last)) if wheel == 0 else TRUE
        return Action(f"turn {wheel}", f"A{wheel}", f"turn {wheel}", NOWHERE, guard, (onwards,))

    properties = (eventually(here(0, last)), leads_to(here(1, 1), here(1, last)))
    fairness = [Fairness("first goes on", False, (0,)), Fairness("second goes on", True, (1,))]
    actions = tuple(turn(wheel) for wheel in range(words))
    return System("wheels", "wheels.custody", variables, actions, properties, fairness=tuple(fairness))


@pytest.mark.parametrize(("words", "turns"), [(2, 9), (3, 5), (5, 3)])
@pytest.mark.parametrize("fair", [True, False])
def test_states_of_many_words(whole_engine: ctypes.CDLL, tmp_path: Path, words: int, turns: int, fair: bool) -> None:
    system = wheels(words, turns)
    system = system if fair else replace(system, fairness=())
    with searched(one(system, tmp_path), whole_engine) as found:
        must_be_the_same(found)
        assert [f.verdict is Verdict.HOLDS for f in found.settle().values()] == [fair, fair]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_files(whole_engine: ctypes.CDLL, tmp_path: Path, threads: int) -> None:
    with searched(one(wheels(4, 13), tmp_path), whole_engine, threads=threads, folder=tmp_path) as found:
        assert len(list(tmp_path.glob("states.*"))) == threads
        must_be_the_same_graph(found)
        assert [f.verdict for f in found.settle().values()] == [Verdict.HOLDS, Verdict.HOLDS]


# ------------------------------------------------------------------ how it can end


def test_without_a_first_state_nothing_is_claimed(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    system = replace(graph([(0, 0)], [eventually(at(0)), leads_to(TRUE, TRUE)]), where=FALSE)
    with searched(one(system, tmp_path), whole_engine) as found:
        assert {f.verdict for f in found.settle().values()} == {Verdict.INCONCLUSIVE}


def test_where_nothing_is_asked_nothing_is_done(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    with searched(one(graph([(0, 0)]), tmp_path), whole_engine) as found:
        assert found.settle(most_bytes=1) == {}


def test_a_search_that_is_not_done_is_refused(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    with (
        searched(one(wheels(3, 20), tmp_path), whole_engine, most_states=2000) as found,
        pytest.raises(ValueError, match="has not found all states"),
    ):
        found.settle()


def test_memory_is_counted_and_limited(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    with searched(one(wheels(3, 12), tmp_path), whole_engine) as found:
        edges = found.edges()
        assert edges.bytes >= 8 * edges.arrays.nodes + 6 * memoryview(edges.arrays.targets).nbytes // 4
        assert edges.peak_bytes > edges.bytes
        for most in (edges.peak_bytes - 1, edges.bytes, 1):
            with pytest.raises(OverLimitError):
                found.settle(most)
        assert found.settle(10 * edges.peak_bytes) == found.settle()


def test_whatever_the_watch_raises_ends_it(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    def watch() -> None:
        raise TimeoutError("too slow")

    with searched(one(wheels(4, 20), tmp_path), whole_engine) as found:
        rest = (found.engine, found.library, found.parts.model, found.system.properties, found.marked)
        with pytest.raises(TimeoutError, match="too slow"):
            settle(found.system, *rest, watch=watch)


def test_another_thread_may_stop_for_good(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    with searched(one(wheels(2, 5), tmp_path), whole_engine) as found:
        edges = found.edges()
        edges.stop()
        with pytest.raises(StoppedError):
            edges.marks(len(found.marked))


def test_closed_edges_answer_nothing(whole_engine: ctypes.CDLL, tmp_path: Path) -> None:
    with searched(one(wheels(2, 5), tmp_path), whole_engine) as found:
        edges = found.edges()
        with pytest.raises(IndexError, match="node 25 of 25"):
            edges.state(25, 2)
        edges.close()
        edges.close()
        with pytest.raises(ValueError, match="closed"):
            edges.marks(1)


def test_the_program_in_c(tmp_path: Path) -> None:
    source = Path(__file__).parent / "c" / "test_edges.c"
    for part in sorted(FOLDER.glob("edges*.c")):
        compiled([part], tmp_path / "part.o", "-c")
    plain = ("-std=c11", "-Wall", "-Wextra", "-Werror")
    program = compiled([*map(Path, SOURCES), source], tmp_path / "test_edges", *SANITIZED, warnings=plain)
    done = subprocess.run([program, tmp_path], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
