"""A search that is killed, stopped or damaged, and goes on: in the end it has found what it would have found."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from custody.explore import checkpoint, compiled
from custody.explore.compiled import search as compiled_search
from custody.explore.compiler import LIBRARIES
from custody.explore.task import CompiledCode, Task
from custody.language import instances, load
from custody.system.finding import Exploration, Limits, Means

LIFECYCLE = Path(__file__).parent.parent / "protocols" / "lifecycle.custody"
COUNTS = (905_217, 9_844_711, 18)
KILLS = 20

RUN = """
import sys
from custody.explore import checkpoint, compiled, task
from custody.language import instances, load
from custody.system.finding import Limits, Means
checkpoint._LEAST_PAUSE, checkpoint._SHARE = 0.01, 1
compiled._ROUND = 0.005
job = task.Task.of(instances(load(sys.argv[1]), {"N": "5"})[0])
code = task.CompiledCode(job)
code.engine(), code.expand()
print("begun", flush=True)
found = compiled.search(job, code, Limits(), None, Means(int(sys.argv[2]), resume=True))
print(found.states, found.transitions, found.depth, flush=True)
"""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    # What is compiled already need not be compiled again.
    compiled = tmp_path / "custody" / "compiled"
    compiled.mkdir(mode=0o700, parents=True)
    for library in LIBRARIES.folder().glob("*.so"):
        with suppress(FileNotFoundError):
            shutil.copy2(library, compiled)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield tmp_path / "custody" / "runs"


@pytest.mark.parametrize("threads", [1, 2])
def test_killed_at_any_moment(threads: int, runs: Path) -> None:
    moments = random.Random(threads)
    command = [sys.executable, "-c", RUN, str(LIFECYCLE), str(threads)]
    kept = 0
    for _ in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(moments.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
        # A run that came to its end before has none any more.
        kept += any(runs.glob("*/position"))
    assert kept, "not one of the kills came after a checkpoint"
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.splitlines()[-1] == " ".join(map(str, COUNTS))
    assert not list(runs.glob("*/position"))


def stopped(monkeypatch: pytest.MonkeyPatch) -> tuple[Task, Exploration]:
    monkeypatch.setattr("custody.explore.compiled._WORTH_KEEPING", 0.0)
    task = Task.of(instances(load(str(LIFECYCLE)), {"N": "5"})[0])
    found = compiled_search(task, CompiledCode(task), Limits(max_states=200_000))
    assert found.limit == "max-states 200000"
    assert "--resume" in found.notes[0]
    return task, found


def resumed(task: Task) -> Exploration:
    return compiled_search(task, CompiledCode(task), Limits(), None, Means(resume=True))


def counts(found: Exploration) -> tuple[int | None, int | None, int | None]:
    return found.states, found.transitions, found.depth


@pytest.mark.usefixtures("runs")
def test_what_a_limit_stopped_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    task, _ = stopped(monkeypatch)
    found = resumed(task)
    assert counts(found) == COUNTS
    assert found.notes == ()


def test_a_damaged_file_of_states_is_noticed(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    task, _ = stopped(monkeypatch)
    (states,) = runs.glob("*/states.0")
    data = bytearray(states.read_bytes())
    data[len(data) // 2] ^= 1
    states.write_bytes(data)
    found = resumed(task)
    assert counts(found) == COUNTS
    assert "damaged" in found.notes[0]


def test_a_damaged_position_is_no_checkpoint(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    task, _ = stopped(monkeypatch)
    (position,) = runs.glob("*/position")
    position.write_bytes(position.read_bytes()[:-1])
    found = resumed(task)
    assert counts(found) == COUNTS
    assert "no checkpoint" in found.notes[0]


def test_a_checkpoint_in_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    task, _ = stopped(monkeypatch)
    with checkpoint.Checkpoint(task.text, resume=True) as one, checkpoint.Checkpoint(task.text, resume=True) as other:
        assert one.is_resumed
        assert not other.is_resumed


def test_nothing_is_left_of_a_search_that_came_to_its_end(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    monkeypatch.setattr(compiled, "_UNNOTICED", 0.0)
    task = Task.of(instances(load(str(LIFECYCLE)), {"N": "3"})[0])
    compiled_search(task, CompiledCode(task), Limits())
    assert not list(runs.iterdir())


def test_one_checkpoint_of_a_search_is_kept(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    stopped(monkeypatch)
    stopped(monkeypatch)
    assert len(list(runs.glob("*/position"))) == 1
