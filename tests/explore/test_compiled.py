"""The C engine against the plain explorer, which is its oracle: everything that both say is equal."""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace
from pathlib import Path

import pytest

from custody.explore.compiled import search as compiled_search
from custody.explore.search import explore
from custody.explore.task import CompiledCode, Task, usable
from custody.language import each_instance, load
from custody.system.expression import Sort, and_, eq, not_, read
from custody.system.finding import Exploration, Limits, Means
from custody.system.model import BOOLEAN, LIVENESS, Effect, Form, Kind, Property, System
from support.checked_systems import checked_systems
from support.compiled_together import Part, compiled_together, engine_library
from support.random_batches import drawn_together
from support.small_systems import action, at, variable
from support.small_systems import system as small

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted([*(ROOT / "spec").rglob("*.custody"), *(ROOT / "tests" / "protocols").glob("*.custody")])
FUZZED = int(os.environ.get("CUSTODY_FUZZ", "400"))
"""Random systems; a full run of CI asks for 5,000."""
TOGETHER = 50
LARGE = {ROOT / "spec" / "dma_buf_events.custody"}
"""All whose instances are too large for the plain explorer."""
MOST_IN_PYTHON = int(os.environ.get("CUSTODY_TEST_STATES", "70_000"))
"""States of an instance that the plain explorer looks at, too; a larger number takes minutes."""
INSTANCES = int(os.environ.get("CUSTODY_TEST_INSTANCES", "1"))
"""Instances of each specification."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return engine_library(tmp_path_factory.mktemp("engine"))


def said(found: Exploration) -> Exploration:
    """Without what depends on the machine."""
    return replace(found, seconds=0, peak_bytes=0)


def by_orbits(found: Exploration) -> Exploration:
    """What is the same when one state of each orbit was looked at."""
    happened = tuple(int(count > 0) for count in found.fired)
    return replace(said(found), fired=happened, orbits=None, asymmetric=())


def without_liveness(system: System) -> list[str]:
    """What the plain explorer settles; liveness is compared with the second engine elsewhere."""
    return [p.name for p in system.properties if p.form not in LIVENESS]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(ROOT)))
def test_specifications(path: Path) -> None:
    """Of each specification the first instances, and the first that is small enough for the plain explorer."""
    asked_python = False
    for number, (_, system) in enumerate(each_instance(load(str(path)), {})):
        task = Task.of(system, without_liveness(system))
        code = CompiledCode(task, hastily=True)
        if number >= INSTANCES:
            if asked_python:
                break
            if not compiled_search(task, code, Limits(max_states=MOST_IN_PYTHON)).complete:
                continue
        asked_python |= require_same_however(task, code)
    assert asked_python or path in LARGE


def require_same_however(task: Task, code: CompiledCode) -> bool:
    """With one thread and with two, by orbits, and by the plain explorer unless it is too large; if it was not."""
    system, names = task.system, without_liveness(task.system)
    found = said(compiled_search(task, code, Limits(), None, Means(1)))
    assert said(compiled_search(task, code, Limits(), None, Means(2))) == found
    is_small = (found.states or 0) <= MOST_IN_PYTHON
    if is_small:
        assert found == said(explore(system, None, names))
    task = Task.of(system, names, usable(system, names))
    if task.by_orbits:
        reduced = compiled_search(task, CompiledCode(task, hastily=True), Limits(), None, Means(2))
        assert reduced.orbits is not None
        assert reduced.orbits <= (found.states or 0)
        assert by_orbits(reduced) == by_orbits(found)
    return is_small


def test_random_systems(engine: ctypes.CDLL, tmp_path: Path) -> None:
    for number, systems in enumerate(drawn_together(checked_systems(), FUZZED, TOGETHER)):
        folder = tmp_path / str(number)
        folder.mkdir()
        tasks = [Task.of(system, without_liveness(system)) for system in systems]
        for task, part in zip(tasks, compiled_together(engine, tasks, folder), strict=True):
            require_same(task, part)


def require_same(task: Task, part: Part) -> None:
    plain = said(explore(task.system, None, without_liveness(task.system)))
    for threads in (1, 3):
        found = said(compiled_search(task, part, Limits(), None, Means(threads)))
        assert found == plain, task.system


def test_comparing_with_itself_is_no_warning(engine: ctypes.CDLL, tmp_path: Path) -> None:
    p, q = read(0, Sort.BOOL), read(1, Sort.BOOL)
    turn = action("turn", eq(and_(p, q), and_(q, p)), [Effect(0, not_(p))])
    never_stuck = Property("deadlock", Form.DEADLOCK, Kind.PROTOCOL, at(1))
    made = small([variable("p", BOOLEAN, 0), variable("q", BOOLEAN, 1)], [turn])
    task = Task.of(replace(made, properties=(never_stuck,)))
    require_same(task, *compiled_together(engine, [task], tmp_path))
