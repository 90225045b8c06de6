"""Classic protocols that are known to starve nobody, or somebody, under the fairness that is promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from custody.graph.engine import analyse
from custody.system.expression import TRUE, Sort, add, and_, boolean, eq, mod, not_, number, or_, read
from custody.system.finding import Trace, Verdict
from custody.system.model import Fairness, Form, System
from support.naive import is_fair_violation
from support.processes import Move, count, flag, flag_of, gets, number_of, processes, promised


def lassos(system: System, fairness: tuple[Fairness, ...], inside: int) -> list[Trace | None]:
    """For each process in turn, a run on which it began, at 1, and is never inside; None where there is none."""
    actors = {action.actor for action in system.actions}
    properties = tuple(gets(system, actor, range(1, inside), inside) for actor in range(len(actors)))
    subject = replace(system, properties=properties, fairness=fairness)
    found = analyse(subject).findings
    for p in properties:
        finding = found[p.name]
        assert (finding.verdict is Verdict.VIOLATED) == (finding.trace is not None)
        assert finding.trace is None or is_fair_violation(subject, p, finding.trace)
    return [found[p.name].trace for p in properties]


def peterson() -> System:
    """Two processes: show interest, give way, wait, be inside (3)."""
    turn = 2
    moves: list[Move] = []
    for me, other in ((0, 1), (1, 0)):
        free = or_(not_(flag(other)), eq(count(turn), number(me)))
        moves += [
            Move(me, 0, 1, writes=((me, TRUE),), begins=True),
            Move(me, 1, 2, writes=((turn, number(other)),)),
            Move(me, 2, 3, free),
            Move(me, 3, 0, writes=((me, boolean(False)),)),
        ]
    return processes([flag_of("wants[0]"), flag_of("wants[1]"), number_of("turn", 1)], moves, 3)


def ticket(size: int) -> System:
    """Draw a number, wait until it is called, be inside (2); numbers go round."""
    following, serving = 0, 1
    moves: list[Move] = []
    for me in range(size):
        mine = 2 + me
        moves += [
            Move(
                me,
                0,
                1,
                writes=(
                    (mine, count(following)),
                    (following, mod(add(count(following), number(1)), number(size))),
                ),
                begins=True,
            ),
            Move(me, 1, 2, eq(count(serving), read(mine, Sort.INT))),
            Move(me, 2, 0, writes=((serving, mod(add(count(serving), number(1)), number(size))),)),
        ]
    names = ["following", "serving", *(f"mine[{me}]" for me in range(size))]
    return processes([number_of(name, size - 1) for name in names], moves, 2)


def semaphore(size: int) -> System:
    """Want in, take the one semaphore when it is free, be inside (2)."""
    free = 0
    moves: list[Move] = []
    for me in range(size):
        moves += [
            Move(me, 0, 1, begins=True),
            Move(me, 1, 2, flag(free), writes=((free, boolean(False)),)),
            Move(me, 2, 0, writes=((free, TRUE),)),
        ]
    return processes([flag_of("free", True)], moves, 2)


def philosophers(size: int, polite: bool) -> System:
    """Be hungry (1), take one fork (2), take the other and eat (3); at a polite table, the lower one first."""
    moves: list[Move] = []
    for me in range(size):
        forks = [me, (me + 1) % size]
        first, second = sorted(forks) if polite else forks
        moves += [
            Move(me, 0, 1, begins=True),
            Move(me, 1, 2, flag(first), writes=((first, boolean(False)),)),
            Move(me, 2, 3, flag(second), writes=((second, boolean(False)),)),
            Move(me, 3, 0, writes=((first, TRUE), (second, TRUE))),
        ]
    return processes([flag_of(f"fork[{fork}]", True) for fork in range(size)], moves, 3)


def test_nobody_waits_for_ever_at_peterson_s_lock() -> None:
    system = peterson()
    assert lassos(system, promised(system), 3) == [None, None]


def test_without_promises_a_process_may_stop_just_inside_its_wait() -> None:
    found = lassos(peterson(), (), 3)
    assert all(trace is not None and trace.stutters and trace.length == 1 for trace in found)


def test_a_promise_to_one_is_no_promise_to_the_other() -> None:
    system = peterson()
    one, _ = promised(system)
    waits, stops = lassos(system, (one,), 3)
    assert waits is not None
    assert stops is not None
    # P.0 goes as far as it can, and waits for P.1, which stopped inside or before its turn is over.
    assert waits.states[-1][-2] == 2
    assert stops.states[-1][-1] == 1


@pytest.mark.parametrize("size", [2, 3])
def test_a_ticket_lock_serves_everybody_in_turn(size: int) -> None:
    system = ticket(size)
    assert lassos(system, promised(system), 2) == [None] * size


@pytest.mark.parametrize("size", [2, 3])
def test_a_semaphore_starves_those_who_are_only_weakly_promised(size: int) -> None:
    system = semaphore(size)
    for me, trace in enumerate(lassos(system, promised(system), 2)):
        assert trace is not None
        assert not trace.stutters
        # Whoever starves, somebody else goes in and out meanwhile.
        active = {system.actions[action].actor for action in trace.actions[trace.loop_at :]}
        assert active
        assert f"P.{me}" not in active
    assert lassos(system, promised(system, strong=True), 2) == [None] * size


def test_a_rude_table_starves_however_fair_it_is() -> None:
    # Everybody takes the left fork, and then nothing is possible any more.
    system = philosophers(3, polite=False)
    for fairness in (promised(system), promised(system, strong=True)):
        assert all(trace is not None for trace in lassos(system, fairness, 3))


def test_a_polite_table_needs_strong_promises() -> None:
    system = philosophers(3, polite=True)
    assert all(trace is not None for trace in lassos(system, promised(system), 3))
    assert lassos(system, promised(system, strong=True), 3) == [None] * 3


@pytest.mark.parametrize("build", [peterson, lambda: ticket(2), lambda: semaphore(2)])
def test_two_are_never_inside(build: Callable[[], System]) -> None:
    system = build()
    last = max(variable.domain.high for variable in system.variables if variable.control)
    positions = [index for index, variable in enumerate(system.variables) if variable.control]
    inside = and_(*(eq(read(index, Sort.INT), number(last)) for index in positions))
    p = replace(gets(system, 0, [1], 1), name="apart", form=Form.INVARIANT, expression=not_(inside))
    assert analyse(replace(system, properties=(p,))).findings["apart"].verdict is Verdict.HOLDS
