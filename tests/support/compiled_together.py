"""Many systems compiled in one go: the texts of all in one file, their names told apart by macros.

Compiling each on its own would take longer than everything that is then done with it.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.explore.compiler import require_compiler
from custody.explore.native import ENGINE_FILES, FOLDER, Expand, Model, load_engine
from custody.explore.task import Task

_DEFINED = re.compile(
    r"^(?:typedef \S+|enum|struct|static (?:inline )?\w+|custody_\w+) (\w+)(?:;| \{|\()", re.MULTILINE
)
_IN_ENUM = ("WORDS", "BAD_WORDS", "ACTIONS", "MARK_WORDS")
_MACRO = re.compile(r"^\s*#\s*define (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the systems: a `Code`."""

    libraries: tuple[ctypes.CDLL, ctypes.CDLL, ctypes.CDLL]
    prefix: str
    marks: int
    by_orbits: bool = False

    def engine(self) -> ctypes.CDLL:
        return self.libraries[0]

    def expand(self) -> Expand:
        return Expand(self.libraries[1], self.prefix)

    def model(self) -> Model:
        return Model(self.libraries[2], self.marks, self.prefix, by_orbits=self.by_orbits)


def engine_library(folder: Path, *options: str) -> ctypes.CDLL:
    """The engine, compiled for a test: its tables are so small that those of small systems grow and change, too."""
    path = folder / "engine.so"
    small = ("-DCUSTODY_LEAST_BUCKETS=2", "-DCUSTODY_ODD_SLOTS_FROM=1")
    shared_library(path, [str(FOLDER / name) for name in ENGINE_FILES], "-O2", "-lpthread", *small, *options)
    return load_engine(path)


def shared_library(path: Path, sources: Sequence[str], *options: str) -> None:
    """Compiles without a warning."""
    command = [*require_compiler(), "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", f"-I{FOLDER}"]
    done = subprocess.run(
        [*command, "-o", str(path), *sources, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def compiled_together(engine: ctypes.CDLL, tasks: Sequence[Task], folder: Path) -> list[Part]:
    """All tasks, compiled without optimisation."""
    text = "\n".join(renamed(task.text, f"s{number}_") for number, task in enumerate(tasks))
    source = folder / "models.c"
    source.write_text(text, encoding="utf-8")
    plain, steps = folder / "models.so", folder / "steps.so"
    quiet = ("-O0", "-Wno-unused")
    shared_library(plain, [str(source)], *quiet)
    shared_library(steps, [str(source)], *quiet, "-DCUSTODY_STEPS")
    libraries = (engine, ctypes.CDLL(str(plain)), ctypes.CDLL(str(steps)))
    return [
        Part(libraries, f"s{number}_custody_model_", task.marks, task.by_orbits) for number, task in enumerate(tasks)
    ]


def renamed(text: str, prefix: str) -> str:
    """The text of a model with the prefix before all its names."""
    types = {"custody_expand", "custody_steps", "custody_marks", "custody_canonical", "custody_turned"}
    names = sorted({*_DEFINED.findall(text), *_IN_ENUM} - types)
    macros = sorted(set(_MACRO.findall(text)))
    return "\n".join(
        [
            *(f"#define {name} {prefix}{name}" for name in names),
            text,
            *(f"#undef {name}" for name in (*names, *macros)),
        ]
    )
