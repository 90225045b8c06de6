"""The C engine by itself, on models written in C, under the compiler's sanitizers: no report and no difference."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from custody.explore.native import ENGINE_FILES, FOLDER
from support.compiled import compiled

PROGRAM = Path(__file__).parent / "c" / "test_engine.c"
WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Werror")
OPTIONS = ("-g", "-O1", f"-I{FOLDER}", "-pthread", "-fno-sanitize-recover=all")
SECONDS = 300
"""After so long it is taken to hang; a few of them are enough."""


def run(what: str, threads: Sequence[int], folder: Path, *options: str) -> str:
    """Compiles and runs the tests in C; returns what a sanitizer has said."""
    sources = [PROGRAM, *(FOLDER / name for name in ENGINE_FILES)]
    program = compiled(sources, folder / "test_engine", *OPTIONS, *options, warnings=WARNINGS)
    room = folder / "room"
    room.mkdir()
    # One of the tests asks for more memory than there is.
    said = {f"{name}_OPTIONS": "allocator_may_return_null=1" for name in ("ASAN", "TSAN")}
    done = subprocess.run(
        [program, what, room, *map(str, threads)],
        env=os.environ | said,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all is as it should be\n"
    assert not list(room.iterdir())
    return done.stderr


@pytest.mark.parametrize("threads", [(1, 2), (3, 4)])
def test_memory_and_what_is_undefined(threads: Sequence[int], tmp_path: Path) -> None:
    said = run("all", threads, tmp_path, "-fsanitize=address,undefined")
    assert all("failed to allocate" in line for line in said.splitlines())


def test_the_table_of_states(tmp_path: Path) -> None:
    sources = [PROGRAM.with_name("test_table.c"), FOLDER / "table.c"]
    sanitizers = ("-fsanitize=address,undefined", "-DCUSTODY_LEAST_BUCKETS=128", "-DCUSTODY_ODD_SLOTS_FROM=1")
    program = compiled(sources, tmp_path / "test_table", *OPTIONS, *sanitizers, warnings=WARNINGS)
    done = subprocess.run([program], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_races(tmp_path: Path) -> None:
    assert not run("shared", (2, 4), tmp_path, "-fsanitize=thread")
