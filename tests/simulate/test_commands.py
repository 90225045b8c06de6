"""The simulator by its words: moving, asking, searching, branching off a counterexample, and what is refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from custody.language import instances, load
from custody.properties.check import check
from custody.simulate.commands import CommandError, Player
from custody.simulate.predicate import predicate
from custody.simulate.walk import Walk
from custody.system.evaluate import enabled, evaluate, fire, initial_states
from custody.system.expression import Expr
from custody.system.model import State

TEXT = """model lost_update

role Thread[2] is user

state
    counter: 0..4
    done[Thread]: bool

procedure increment by Thread
    requires not done[self]
    local seen: 0..4
    seen = counter
    counter = seen + 1
    done[self] = true
    return OK

terminal forall t: Thread . done[t]

invariant both_count
    (forall t: Thread . done[t]) => counter == 2
"""


@pytest.fixture(name="player")
def _player(tmp_path: Path) -> Player:
    file = tmp_path / "lost_update.custody"
    file.write_text(TEXT, encoding="utf-8")
    program = load(str(file))
    system = instances(program, {})[0]

    def counterexample(name: str):
        trace = check(system, "lost_update", properties=(name,)).properties[0].finding.trace
        assert trace is not None
        return trace

    def condition(text: str) -> Expr:
        return predicate(program, {}, system, text)

    def search(wanted: Expr, origin: State) -> tuple[int, ...] | None:
        raise AssertionError("all states are at hand")

    return Player(Walk(system), condition, counterexample, search, random.Random(0))


def test_steps_and_backs_up(player: Player) -> None:
    assert player.run("list") == ["  1  Thread.0  calls increment", "  2  Thread.1  calls increment"]
    player.run("step 2")
    player.run("1")
    assert player.walk.at == 2
    told = player.run("back")
    assert player.walk.at == 1
    assert told[0].startswith("  1  Thread.1  calls increment")
    player.run("forward")
    assert player.walk.at == 2
    player.run("goto 0")
    assert player.walk.state == next(initial_states(player.walk.system))
    assert player.walk.length == 2, "what was backed over is kept until another step is taken"
    player.run("step Thread.0")
    assert player.walk.length == 1


def test_says_why_not(player: Player) -> None:
    player.run("find done[Thread.0]")
    lines = player.run("why Thread.0 calls")
    assert lines[0].startswith("Thread.0  calls increment")
    assert "     false: not done[Thread.0]" in lines
    assert any("it can be taken" in line for line in player.run("why Thread.1 calls"))


def test_a_search_finds_the_shortest_way(player: Player) -> None:
    told = player.run("find counter == 2")
    system = player.walk.system
    assert told[0] == f"{player.walk.at} steps from here"
    state = next(initial_states(system))
    for taken in player.walk.steps:
        assert taken.action in enabled(system, state)
        state = fire(system.actions[taken.action], state)
    assert player.run("state counter") == ["counter: 2"]
    with pytest.raises(CommandError, match="no state that can be reached"):
        player.run("find counter == 4")


def test_a_breakpoint_stops_a_random_run(player: Player) -> None:
    player.run("break counter == 1")
    told = player.run("run")
    assert told[-1] == "stopped at: counter == 1"
    assert player.run("state counter") == ["counter: 1"]
    assert player.run("breaks") == ["counter == 1"]
    player.run("clear")
    assert player.run("breaks") == ["there are none"]


def test_branches_off_a_counterexample(player: Player) -> None:
    player.run("load both_count")
    trace = check(player.walk.system, "x", properties=("both_count",)).properties[0].finding.trace
    assert trace is not None
    length = player.walk.length
    assert length == trace.length
    player.run(f"forward {length}")
    assert player.walk.state == trace.states[-1]
    assert player.run("properties")[0].startswith("violated: both_count")
    player.run(f"back {length - 1}")
    other = next(index for index in player.walk.possible() if index != player.walk.steps[1].action)
    player.walk.take(other)
    assert player.walk.length == 2, "another step than the counterexample's begins a run of one's own"
    assert [subject.name for subject in player.walk.violated()] == []


def test_the_truth_shown_is_the_evaluators(player: Player) -> None:
    for _ in range(6):
        if player.walk.wander(random.Random(3)) is None:
            break
        false = {subject.name for subject in player.walk.violated()}
        wrong = not evaluate(player.walk.system.property_named("both_count").expression, player.walk.state)
        assert ("both_count" in false) == wrong


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("sttep 1", "did you mean 'step'"),
        ("step 9", "the numbers 1 to 2"),
        ("step nothing like it", "no step with the words"),
        ("step increment", "2 steps have the words"),
        ("why", "why what"),
        ("find", "a condition is missing"),
        ("find nowhere == 1", "nowhere"),
        ("find counter + 1", "truth"),
        ("back many", "not a number"),
        ("start 7", "one first state"),
    ],
)
def test_refuses_what_makes_no_sense(player: Player, line: str, complaint: str) -> None:
    with pytest.raises(Exception, match=complaint):
        player.run(line)
