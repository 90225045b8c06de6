"""Fair runs: on random graphs as brute force has it, and on small ones that show one thing each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from custody.graph.engine import analyse
from custody.system.expression import FALSE, TRUE
from custody.system.finding import Trace, Verdict
from custody.system.model import Fairness, System
from support.edges import at, eventually, graph, graphs, leads_to, strong, weak
from support.naive import Naive, is_fair_violation

NEVER = eventually(FALSE)


def lasso(system: System) -> Trace | None:
    """The lasso of the only property, confirmed by a check that knows nothing of the search."""
    (p,) = system.properties
    finding = analyse(system).findings[p.name]
    assert (finding.verdict is Verdict.VIOLATED) == (finding.trace is not None)
    assert finding.trace is None or is_fair_violation(system, p, finding.trace)
    return finding.trace


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(graphs())
def test_random_graphs_against_brute_force(system: System) -> None:
    naive, found = Naive(system), analyse(system)
    for p in system.properties:
        finding = found.findings[p.name]
        assert finding.verdict is naive.answer(p).verdict, p.name
        assert finding.trace is None or is_fair_violation(system, p, finding.trace), p.name


def test_the_random_graphs_need_every_kind_of_lasso() -> None:
    seen: set[str] = set()

    @settings(max_examples=150, derandomize=True, deadline=None, database=None)
    @given(graphs())
    def look(system: System) -> None:
        for finding in analyse(system).findings.values():
            trace = finding.trace
            kind = "none" if trace is None else "still" if trace.stutters else f"loop of {len(_loop(trace))}"
            seen.add(kind)

    look()
    assert {"none", "still", "loop of 1", "loop of 2", "loop of 3"} <= seen


def _loop(trace: Trace) -> tuple[int, ...]:
    return trace.actions[trace.loop_at :]


# 0 and 1 are visited in turn by edges 0 and 1; from each there is a way out, to 2: edges 2 and 3.
TO_AND_FRO = [(0, 1), (1, 0), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("fairness", "arrives"),
    [
        ([], False),
        # A way out that closes again and again is no weak promise's business, even if another opens meanwhile,
        ([weak(2)], False),
        ([weak(2), weak(3)], False),
        # unless it is a promise about the two together, which stay enabled.
        ([weak(2, 3)], True),
        # A strong promise is about what opens again and again. Without one more, one may stand still at 1.
        ([strong(2)], False),
        ([strong(2), weak(1)], True),
        ([strong(2), strong(3)], True),
        # To go on is promised, to get anywhere is not.
        ([weak(0), weak(1)], False),
        ([strong(0, 1)], False),
    ],
)
def test_weak_and_strong(fairness: list[Fairness], arrives: bool) -> None:
    for p in (eventually(at(2)), leads_to(TRUE, at(2))):
        assert (lasso(graph(TO_AND_FRO, [p], fairness)) is None) is arrives


def test_one_set_of_actions_promised_weakly_and_strongly() -> None:
    # Edge 2 is not enabled all the time, as the loop begins at 1; that is enough for one promise, not for the other.
    edges = [(0, 1), (1, 0), (0, 0)]
    found = lasso(graph(edges, [NEVER], [weak(1), weak(2), strong(2)], first=[1]))
    assert found is not None
    assert 2 in _loop(found)


def test_refused_states_split_a_component_more_than_once() -> None:
    # Edge 7 out of 3 is never taken within, so 3 goes; then edge 6 out of 2 is left without; 0 and 1 remain.
    edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 0), (2, 0), (2, 4), (3, 4)]
    found = lasso(graph(edges, [eventually(at(4))], [strong(7), strong(6), weak(0), weak(1)]))
    assert found is not None
    assert set(_loop(found)) == {0, 1}
    assert lasso(graph(edges, [eventually(at(4))], [strong(7), strong(6), strong(2), weak(0), weak(1)])) is None


def test_the_order_of_promises_changes_nothing() -> None:
    # 0 -> 1 -> 2 -> 0 with a step on the spot at each, all of them promised.
    edges = [(0, 1), (1, 2), (2, 0), (0, 0), (1, 1), (2, 2)]
    promises = [strong(3), strong(4), strong(5), weak(0), weak(1), weak(2)]
    one, other = (lasso(graph(edges, [NEVER], order)) for order in (promises, promises[::-1]))
    assert one is not None
    assert one == other
    assert set(_loop(one)) == set(range(6))


def test_a_loop_demands_no_more_than_it_meets() -> None:
    # The strong promise about edge 3 is kept by never coming to 1 in the end.
    edges = [(0, 0), (0, 1), (1, 0), (1, 1)]
    found = lasso(graph(edges, [NEVER], [weak(0), strong(3)]))
    assert found is not None
    assert (found.actions, found.loop_at) == ((0,), 0)


def test_a_run_stands_still_where_nothing_is_promised() -> None:
    found = lasso(graph([(0, 1), (1, 2)], [eventually(at(2))], [weak(0)]))
    assert found is not None
    assert (found.actions, found.stutters, found.loop_at) == ((0,), True, 1)
    assert lasso(graph([(0, 1), (1, 2)], [eventually(at(2))], [weak(0, 1)])) is None


def test_a_run_stands_still_where_nothing_is_possible() -> None:
    found = lasso(graph([(0, 1)], [eventually(at(2))], [weak(0), strong(0)]))
    assert found is not None
    assert found.stutters


def test_a_step_that_goes_nowhere_keeps_a_promise() -> None:
    found = lasso(graph([(0, 0), (0, 1)], [eventually(at(1))], [weak(0)]))
    assert found is not None
    assert (found.actions, found.loop_at, found.stutters) == ((0,), 0, False)


def test_the_stem_is_shortest_and_the_goal_may_come_before_the_trigger() -> None:
    # The long way round avoids the goal; the short way goes through it before the trigger at 3.
    edges = [(0, 1), (1, 2), (2, 3), (0, 4), (4, 3)]
    found = lasso(graph(edges, [leads_to(at(3), at(4))]))
    assert found is not None
    assert found.actions == (3, 4)


def test_a_trigger_that_is_the_goal_is_answered() -> None:
    assert lasso(graph([(0, 1), (1, 0)], [leads_to(at(0), at(0))])) is None


def test_a_first_state_after_another_is_no_way_around_the_goal() -> None:
    # 1 is a first state itself: the run begins there, not at 0, where the goal holds.
    found = lasso(graph([(0, 1), (1, 2)], [eventually(at(0))], [weak(1)], first=[0, 1]))
    assert found is not None
    assert found.states[0] == (1,)
