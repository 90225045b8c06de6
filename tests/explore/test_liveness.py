"""Liveness on flat arrays: what the second engine says, and brute force, on random systems."""

from __future__ import annotations

import ctypes
from dataclasses import replace

import pytest
from hypothesis import given, settings

from custody.graph.build import reachable
from custody.graph.engine import analyse
from custody.system.expression import FALSE, TRUE
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import LIVENESS, Fairness, Form, Property, System
from support.agreeing import must_agree
from support.compressing import decide
from support.edges import at, eventually, graph, graphs, leads_to, strong, weak
from support.random_systems import random_systems

THOROUGH = settings(max_examples=400, derandomize=True, deadline=None, database=None)


def agreed(library: ctypes.CDLL, system: System) -> dict[str, Finding]:
    """The findings, which are those of the second engine."""
    ours = decide(library, system, reachable(system))
    must_agree(system, ours, analyse(system).findings)
    return ours


@THOROUGH
@given(random_systems())
def test_random_systems(library: ctypes.CDLL, system: System) -> None:
    assert agreed(library, system).keys() == {"happens", "answers"}


@THOROUGH
@given(graphs())
def test_random_graphs(library: ctypes.CDLL, system: System) -> None:
    agreed(library, system)


def test_the_random_systems_need_every_kind_of_answer(library: ctypes.CDLL) -> None:
    seen: set[tuple[Form, str]] = set()

    @settings(max_examples=150, derandomize=True, deadline=None, database=None)
    @given(random_systems())
    def look(system: System) -> None:
        for name, finding in decide(library, system, reachable(system)).items():
            seen.add((system.property_named(name).form, _kind(finding.trace)))

    look()
    assert seen == {(form, kind) for form in LIVENESS for kind in ("none", "still", "loop")}


def _kind(trace: Trace | None) -> str:
    if trace is None:
        return "none"
    return "still" if trace.stutters else "loop"


# 0 and 1 are visited in turn by edges 0 and 1; from each there is a way out, to 2: edges 2 and 3.
TO_AND_FRO = [(0, 1), (1, 0), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("fairness", "arrives"),
    [
        ([], False),
        ([weak(2)], False),
        ([weak(2), weak(3)], False),
        ([weak(2, 3)], True),
        ([strong(2)], False),
        ([strong(2), weak(1)], True),
        ([strong(2), strong(3)], True),
        ([weak(0), weak(1)], False),
        ([strong(0, 1)], False),
    ],
)
def test_weak_and_strong(library: ctypes.CDLL, fairness: list[Fairness], arrives: bool) -> None:
    for p in (eventually(at(2)), leads_to(TRUE, at(2))):
        (finding,) = agreed(library, graph(TO_AND_FRO, [p], fairness)).values()
        assert (finding.verdict is Verdict.HOLDS) is arrives


def test_more_promises_than_a_word_has_bits(library: ctypes.CDLL) -> None:
    # A ring of 70 that is left only after the last place: what forbids to go round for ever is in the second word.
    ring = [(place, (place + 1) % 70) for place in range(70)]
    walk = [weak(edge) for edge in range(70)]
    for out, verdict in ((strong(70), Verdict.HOLDS), (weak(70), Verdict.VIOLATED)):
        system = graph([*ring, (69, 70)], [eventually(at(70))], [*walk, out])
        (finding,) = agreed(library, system).values()
        assert finding.verdict is verdict


def test_refused_states_split_a_component_more_than_once(library: ctypes.CDLL) -> None:
    edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 0), (2, 0), (2, 4), (3, 4)]
    promises = [strong(7), strong(6), weak(0), weak(1)]
    (finding,) = agreed(library, graph(edges, [eventually(at(4))], promises)).values()
    assert finding.trace is not None
    assert set(finding.trace.actions[finding.trace.loop_at :]) == {0, 1}
    (finding,) = agreed(library, graph(edges, [eventually(at(4))], [strong(2), *promises])).values()
    assert finding.verdict is Verdict.HOLDS


def test_the_goal_may_come_before_the_trigger(library: ctypes.CDLL) -> None:
    edges = [(0, 1), (1, 2), (2, 3), (0, 4), (4, 3)]
    (finding,) = agreed(library, graph(edges, [leads_to(at(3), at(4))])).values()
    assert finding.trace is not None
    assert finding.trace.actions == (3, 4)


def test_without_a_first_state_nothing_is_claimed(library: ctypes.CDLL) -> None:
    def nowhere(p: Property) -> System:
        return replace(graph([(0, 0)], [p]), where=FALSE)

    for p in (eventually(TRUE), leads_to(TRUE, TRUE)):
        (finding,) = agreed(library, nowhere(p)).values()
        assert finding.verdict is Verdict.INCONCLUSIVE
