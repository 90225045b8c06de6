"""The search that keeps one state of each orbit says what the plain explorer says, by traces as good."""

from __future__ import annotations

import ctypes
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from custody.explore.compiled import search as compiled_search
from custody.explore.search import explore
from custody.explore.task import CompiledCode, Task, usable
from custody.language import each_instance, load
from custody.properties.replay import replay
from custody.system.finding import Exploration, Limits, Means
from custody.system.model import LIVENESS, System
from support.compiled_together import compiled_together, engine_library
from support.symmetric_systems import (
    FRIENDS,
    HOLDERS,
    QUEUE,
    STUCK,
    TABLE,
    german,
    protocol,
    random_symmetric_system,
    written,
)

SPEC = Path(__file__).parents[2] / "spec"
RANDOM = 60
KINDS: list[System] = [
    protocol("two_phase", N="4"),
    protocol("transaction_commit", N="4"),
    protocol("ticket", N="3"),
    german(N="3"),
    written(QUEUE, N="4"),
    written(HOLDERS, P="3", B="3"),
    written(FRIENDS, N="3"),
    written(TABLE, D="2", P="3"),
    written(STUCK, N="3"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return engine_library(tmp_path_factory.mktemp("engine"))


def task_of(system: System) -> Task:
    """With all symmetries that can be used, which are none where liveness is asked for."""
    names = [p.name for p in system.properties if p.form not in LIVENESS]
    return Task.of(system, names, usable(system, names))


def must_agree(system: System, found: Exploration, plain: Exploration) -> None:
    """In everything that does not depend on how the search goes about it."""
    assert (found.states, found.transitions, found.depth) == (plain.states, plain.transitions, plain.depth)
    assert [count > 0 for count in found.fired] == [count > 0 for count in plain.fired]
    assert found.premises == plain.premises
    assert found.findings == plain.findings
    for name, finding in found.findings.items():
        replay(system, system.property_named(name), finding)


@pytest.mark.parametrize("name", ["coherency", "dma_buf", "udmabuf"])
def test_specifications(name: str) -> None:
    # The first instance is the large one: that is compared without symmetry already.
    for _, system in islice(each_instance(load(str(SPEC / f"{name}.custody")), {}), 1, 3):
        task = task_of(system)
        assert task.by_orbits
        plain = explore(system, None, [p.name for p in task.wanted])
        code = CompiledCode(task, hastily=True)
        for threads in (1, 2):
            must_agree(system, compiled_search(task, code, Limits(), None, Means(threads)), plain)


def test_every_kind(engine: ctypes.CDLL, tmp_path: Path) -> None:
    all_agree(engine, tmp_path, KINDS)


def test_random_systems(engine: ctypes.CDLL, tmp_path: Path) -> None:
    dice = Random(11)
    all_agree(engine, tmp_path, [random_symmetric_system(dice.randint(0, 2**32)) for _ in range(RANDOM)])


def all_agree(engine: ctypes.CDLL, folder: Path, systems: list[System]) -> None:
    tasks = [task_of(system) for system in systems]
    assert all(task.by_orbits for task in tasks)
    for task, part in zip(tasks, compiled_together(engine, tasks, folder), strict=True):
        must_agree(task.system, compiled_search(task, part, Limits()), explore(task.system))


def test_whoever_is_stuck_is_not_taken_for_another() -> None:
    """One gets stuck while others come to rest again and again, each in its turn the first or the last."""
    system = written(STUCK, N="3")
    task = task_of(system)
    found = compiled_search(task, CompiledCode(task), Limits())
    finding = found.findings["every_call_returns"]
    assert finding == explore(system).findings["every_call_returns"]
    assert finding.subject == "Worker.0"


def test_too_many_instances_that_have_to_rest_are_not_exchanged() -> None:
    system = written(STUCK, N="9")
    task = task_of(system)
    assert not task.by_orbits
    (refusal,) = task.symmetries.refused
    assert "more than 8" in refusal.reason
