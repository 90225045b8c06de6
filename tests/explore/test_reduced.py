"""The search that leaves out steps says what the plain explorer says, and looks at no more states."""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace
from pathlib import Path

import pytest

from custody.explore.ample import candidates
from custody.explore.compiled import search as compiled_search
from custody.explore.reduced import explore as reduced_explore
from custody.explore.reduced import possible
from custody.explore.search import explore
from custody.explore.task import CompiledCode, Task, usable
from custody.language import each_instance, load
from custody.properties.replay import replay
from custody.symmetry.detect import NO_SYMMETRIES, Symmetries
from custody.system.expression import Sort, boolean, eq, not_, read
from custody.system.finding import Exploration, Finding, Limits, Means
from custody.system.model import BOOLEAN, LIVENESS, Action, Effect, Form, Kind, Property, System
from support.compiled_together import compiled_together, engine_library
from support.local_steps import chains, symmetric_systems_with_local_steps, systems_with_local_steps
from support.random_batches import drawn_together
from support.small_systems import FILE, at, variable
from support.symmetric_systems import written

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted([*(ROOT / "spec").rglob("*.custody"), *(ROOT / "tests" / "protocols").glob("*.custody")])
FUZZED = int(os.environ.get("CUSTODY_FUZZ", "4000")) // 10
"""Random systems of each sort."""
TOGETHER = 50
MOST_STATES = 50_000
"""Of a specification; larger ones would take longer than they tell."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return engine_library(tmp_path_factory.mktemp("engine"))


def fully(system: System, names: list[str], symmetries: Symmetries = NO_SYMMETRIES) -> Exploration:
    """The reduced search, with shortest traces made by the full one."""

    def search(task: Task, limits: Limits, means: Means, until_seen: bool) -> Exploration:
        code = CompiledCode(task, hastily=True)
        return compiled_search(task, code, limits, None, means, until_seen=until_seen)

    found = possible(system, names, symmetries)
    assert not isinstance(found, str)
    return reduced_explore(system, names, symmetries, found, Limits(), Means(2), search)


def verdicts(found: Exploration) -> dict[str, Finding]:
    """Without the traces: those of a reduced search are not the shortest."""
    return {name: replace(f, trace=None, subject=None, shortest=True) for name, f in found.findings.items()}


def require_same(reduced: Exploration, plain: Exploration, system: System) -> None:
    """All that a reduced search knows; and that its traces are traces."""
    assert verdicts(reduced) == verdicts(plain), system
    assert [count > 0 for count in reduced.fired] == [count > 0 for count in plain.fired], system
    assert reduced.premises == plain.premises, system
    assert (reduced.complete, plain.complete) == (True, True)
    assert reduced.explored is not None
    assert reduced.explored <= (plain.states or 0)
    assert (reduced.states, reduced.transitions, reduced.depth, reduced.orbits) == (None, None, None, None)
    for name, finding in reduced.findings.items():
        assert (finding.trace is None) == (plain.findings[name].trace is None)
        replay(system, system.property_named(name), finding)


def selections(system: System) -> list[list[str]]:
    """Everything that a reduced search can settle, and then less."""
    names = [[p.name for p in system.properties if p.form not in LIVENESS]]
    names.append([p.name for p in system.properties if p.form in (Form.HAZARD, Form.DEADLOCK)])
    return names


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(ROOT)))
def test_specifications(path: Path) -> None:
    """Against the whole search by the C engine, which the plain explorer is held against elsewhere."""
    _, system = next(each_instance(load(str(path)), {}))
    for names in selections(system):
        symmetries = usable(system, names)
        if isinstance(possible(system, names, symmetries), str):
            continue
        task = Task.of(system, names, symmetries)
        whole = compiled_search(
            task, CompiledCode(task, hastily=True), Limits(max_states=MOST_STATES), None, Means(2)
        )
        if whole.complete:
            found = fully(system, names, symmetries)
            require_same(found, whole, system)
            assert found.findings == whole.findings
            break


@pytest.mark.parametrize("symmetric", [False, True])
def test_random_systems(engine: ctypes.CDLL, tmp_path: Path, symmetric: bool) -> None:
    count = fewer = 0
    strategy = symmetric_systems_with_local_steps() if symmetric else systems_with_local_steps()
    for systems in drawn_together(strategy, FUZZED, TOGETHER):
        folder = tmp_path / str(count)
        folder.mkdir()
        tasks: list[Task] = []
        for system in systems:
            symmetries = usable(system, [p.name for p in system.properties]) if symmetric else NO_SYMMETRIES
            assert bool(symmetries.roles) == symmetric
            found = candidates(system, system.properties, symmetries)
            if found:
                tasks.append(Task.of(system, None, symmetries, found))
        count += len(systems)
        for task, part in zip(tasks, compiled_together(engine, tasks, folder), strict=True):
            plain = explore(task.system)
            for threads in (1, 3):
                reduced = compiled_search(task, part, Limits(), None, Means(threads))
                require_same(reduced, plain, task.system)
                fewer += (reduced.explored or 0) < (plain.states or 0)
    assert fewer > count // 4


@pytest.mark.parametrize(("actors", "steps"), [(1, 5), (2, 4), (3, 3), (5, 4)])
def test_independent_chains_are_walked_one_after_the_other(actors: int, steps: int) -> None:
    system = chains(actors, steps)
    assert explore(system).states == (steps + 1) ** actors
    found = fully(system, ["deadlock"])
    assert found.explored == actors * steps + 1
    require_same(found, explore(system), system)


def ring() -> System:
    """Two nodes hand a token to each other: a circle through the positions of both."""
    names = ("a", "b")
    variables = [
        replace(variable(f"token[{n}]", BOOLEAN, 0, 1), base="token", indices=(n,), control=True, actor=n)
        for n in names
    ]
    token = [read(k, Sort.BOOL) for k in range(2)]
    actions = [
        Action("hand", n, "", at(2), token[k], (Effect(k, boolean(False)), Effect(1 - k, boolean(True))))
        for k, n in enumerate(names)
    ]
    one = not_(eq(token[0], token[1]))
    hazard = Property("none", Form.HAZARD, Kind.PROTOCOL, at(1))
    return System("ring", FILE, tuple(variables), tuple(actions), (hazard,), where=one, roles=(("Node", names),))


def test_symmetry_takes_candidates_by_orbits() -> None:
    system = ring()
    symmetries = usable(system, ["none"])
    assert [role.name for role in symmetries.roles] == ["Node"]
    alone = {(c.variable, c.value) for c in candidates(system, system.properties, NO_SYMMETRIES)}
    together = {(c.variable, c.value) for c in candidates(system, system.properties, symmetries)}
    assert {(1 - v, value) for v, value in alone} != alone
    assert {(1 - v, value) for v, value in together} == together


LOCALLY = """model locally
    "Steps of one's own between two that concern everybody."
param N = 3 in 2..5
role Thread[N] is user
state
    one[Thread]: 0..1
    two[Thread]: 0..1
    done[Thread]: bool
    total: 0..5
procedure work by Thread
    requires not done[self]
    one[self] = 1
    two[self] = 1
    total = total + 1
    one[self] = 0
    two[self] = 0
    done[self] = true
invariant bounded
    total <= N
invariant too_low
    total < N
reachable everybody
    total == N
reachable nobody_starts
    total == 0 and (forall t: Thread . done[t])
"""


@pytest.mark.parametrize("symmetric", [False, True])
def test_shortest_traces(symmetric: bool) -> None:
    system = written(LOCALLY, N="3")
    names = [p.name for p in system.properties]
    plain = explore(system, None, names)
    symmetries = usable(system, names)
    found = fully(system, names, symmetries if symmetric else NO_SYMMETRIES)
    require_same(found, plain, system)
    assert bool(symmetries.roles)
    assert (found.explored or 0) * (5 if symmetric else 2) <= (plain.states or 0)
    assert found.findings == plain.findings
    assert found.notes == ()


def test_who_is_stuck_is_found() -> None:
    text = LOCALLY.replace("    total = total + 1\n", "    wait until total == 5\n")
    system = written(text, N="2")
    names = [p.name for p in system.properties]
    found = fully(system, names)
    require_same(found, explore(system), system)
    stuck = [p.name for p in system.properties if p.form is Form.PROGRESS]
    assert stuck
    assert all(found.findings[name] == explore(system).findings[name] for name in stuck)


def test_liveness_needs_every_step() -> None:
    _, system = next(each_instance(load(str(ROOT / "tests" / "protocols" / "peterson.custody")), {}))
    liveness = [p.name for p in system.properties if p.form in LIVENESS]
    for name in liveness:
        assert f"'{name}'" in str(possible(system, [name], NO_SYMMETRIES))
    assert liveness


def test_a_limit_leaves_the_longer_trace() -> None:
    system = written(LOCALLY, N="3")
    names = ["too_low", "bounded"]

    def search(task: Task, limits: Limits, means: Means, until_seen: bool) -> Exploration:
        limits = Limits(max_states=10) if until_seen else limits
        code = CompiledCode(task, hastily=True)
        return compiled_search(task, code, limits, None, means, until_seen=until_seen)

    found_candidates = possible(system, names, NO_SYMMETRIES)
    assert not isinstance(found_candidates, str)
    found = reduced_explore(system, names, NO_SYMMETRIES, found_candidates, Limits(), Means(), search)
    require_same(found, explore(system, None, names), system)
    assert not found.findings["too_low"].shortest
    assert found.notes == ("there may be shorter traces for too_low",)
