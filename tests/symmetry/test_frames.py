"""Paths through orbits stand for real runs."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings

from custody.properties.replay import replay
from custody.symmetry.detect import find
from custody.symmetry.frames import Frame, Frames, PathError, real_run
from custody.symmetry.orbits import Orbits
from custody.system.evaluate import enabled, failed_check, fire, initial_states
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Form, Kind, Property, State, System
from custody.system.place import NOWHERE
from support.symmetric_systems import FRIENDS, HOLDERS, QUEUE, TABLE, german, protocol, symmetric_systems, written

KINDS: list[System] = [
    protocol("lifecycle", N="4"),
    protocol("two_phase", N="4"),
    german(N="3"),
    written(QUEUE, N="4"),
    written(HOLDERS, P="3", B="3"),
    written(FRIENDS, N="4"),
    written(TABLE, D="3", P="3"),
]
ANYWHERE = Property("anywhere", Form.REACHABLE, Kind.REACHABILITY, NOWHERE)


def paths(system: System, frames: Frames, count: int = 5, steps: int = 25) -> list[Trace]:
    """Random ways from representative to representative, to the first broken check or the end."""
    dice = Random(3)
    found: list[Trace] = []
    for _ in range(count):
        states = [frames.representative(dice.choice(list(initial_states(system))))]
        actions: list[int] = []
        broken: int | None = None
        while broken is None and len(actions) < steps and (ways := list(enabled(system, states[-1]))):
            actions.append(dice.choice(ways))
            action = system.actions[actions[-1]]
            check = failed_check(action, states[-1])
            if check is None:
                states.append(frames.representative(fire(action, states[-1])))
            else:
                broken = action.checks.index(check)
        found.append(Trace(tuple(states), tuple(actions), broken))
    return found


def assert_real(system: System, frames: Frames, path: Trace) -> Frame:
    """The run is one by the plain evaluator, and goes through the same orbits by the same actions of others."""
    run, frame = real_run(system, frames, path)
    claim = Finding(ANYWHERE.name, Verdict.HOLDS, run)
    subject = ANYWHERE
    if run.broken is not None:
        name = system.actions[run.actions[-1]].checks[run.broken].property
        subject, claim = replace(ANYWHERE, form=Form.HAZARD, name=name), Finding(name, Verdict.VIOLATED, run)
    replay(system, subject, claim)
    assert list(map(frames.representative, run.states)) == list(path.states)
    assert [system.actions[a].name for a in run.actions] == [system.actions[a].name for a in path.actions]
    assert frame.state(path.states[-1]) == run.states[-1]
    return frame


@pytest.mark.parametrize("system", KINDS, ids=lambda system: system.name)
def test_paths_are_runs(system: System) -> None:
    frames = Frames(system, find(system))
    for path in paths(system, frames):
        assert_real(system, frames, path)


@settings(max_examples=50, deadline=None)
@given(symmetric_systems())
def test_paths_of_random_systems_are_runs(system: System) -> None:
    frames = Frames(system, find(system))
    for path in paths(system, frames):
        assert_real(system, frames, path)


@pytest.mark.parametrize("system", KINDS, ids=lambda system: system.name)
def test_the_representative_is_the_one_that_is_defined(system: System) -> None:
    symmetries = find(system)
    orbits, frames = Orbits(system, symmetries), Frames(system, symmetries)
    dice = Random(5)
    for _ in range(50):
        state: State = tuple(dice.randint(v.domain.low, v.domain.high) for v in system.variables)
        representative, frame = frames.of(state)
        assert representative == orbits.representative(state)
        assert frame.state(representative) == state
        names = {frame.name(name) for _, members in system.roles for name in members}
        assert names == {name for _, members in system.roles for name in members}


def test_actions_and_instances_of_a_frame() -> None:
    """In the frame of a state where instance 2 alone is attached, it is instance 2 or another that is."""
    system = protocol("lifecycle", N="3")
    frames = Frames(system, find(system))
    attach = [index for index, action in enumerate(system.actions) if action.name == "attach"]
    (first,) = initial_states(system)
    for who in attach:
        state = fire(system.actions[who], first)
        representative, frame = frames.of(state)
        (attached,) = (a for a in attach if frame.actions[a] == who)
        assert frame.name(system.actions[attached].actor) == system.actions[who].actor
        assert fire(system.actions[attached], first) == representative


def test_a_path_that_is_none_is_refused() -> None:
    system = protocol("lifecycle", N="3")
    frames = Frames(system, find(system))
    path = max(paths(system, frames), key=lambda it: it.length)
    with pytest.raises(PathError, match="first state"):
        real_run(system, frames, Trace(path.states[3:], path.actions[3:]))
    with pytest.raises(PathError, match=r"step 1 .* is not enabled"):
        real_run(system, frames, Trace(path.states, (len(system.actions) - 1, *path.actions[1:])))
    with pytest.raises(PathError, match="another orbit"):
        real_run(system, frames, Trace((path.states[0], path.states[0], *path.states[2:]), path.actions))
    with pytest.raises(PathError, match="does not break any check"):
        real_run(system, frames, Trace(path.states[:-1], path.actions))
