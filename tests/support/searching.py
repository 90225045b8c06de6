"""Systems searched by the engine in C, for the tests of their whole graphs."""

from __future__ import annotations

import ctypes
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custody.explore import edges, whole
from custody.explore.edges import Edges
from custody.explore.emit import source
from custody.explore.layout import Layout
from custody.explore.native import ENGINE_FILES, FOLDER, Engine, Expand, Model, Status, load_engine
from custody.explore.watches import Watches
from custody.system.evaluate import initial_states
from custody.system.expression import Expr
from custody.system.finding import Finding
from custody.system.model import System
from support.compiled_together import renamed, shared_library

SOURCES = [str(path) for path in (*(FOLDER / name for name in ENGINE_FILES), *edges.SOURCES)]


def whole_library(folder: Path) -> ctypes.CDLL:
    """The engine with its graphs."""
    path = folder / "whole.so"
    shared_library(path, SOURCES, "-O2", "-lpthread")
    return edges.prepared(load_engine(path))


@dataclass(frozen=True, slots=True)
class Parts:
    """A system compiled."""

    system: System
    expand: Expand
    model: Model
    marked: Sequence[Expr]


def parts(systems: Sequence[System], folder: Path, *options: str) -> list[Parts]:
    """All systems, compiled in one go; the folder is made."""
    folder.mkdir(parents=True)
    marked = [whole.marks(system.properties) for system in systems]
    texts = [
        source(system, Layout(system.variables), Watches.of(system.properties), marks)
        for system, marks in zip(systems, marked, strict=True)
    ]
    text = folder / "models.c"
    text.write_text("\n".join(renamed(one, f"s{k}_") for k, one in enumerate(texts)), encoding="utf-8")
    quiet = ("-Wno-unused", "-Wno-tautological-compare", *(options or ("-O0",)))
    shared_library(folder / "fast.so", [str(text)], *quiet)
    shared_library(folder / "steps.so", [str(text)], *quiet, "-DCUSTODY_STEPS")
    fast, steps = ctypes.CDLL(str(folder / "fast.so")), ctypes.CDLL(str(folder / "steps.so"))
    prefixes = [f"s{k}_custody_model_" for k in range(len(systems))]
    return [
        Parts(system, Expand(fast, prefix), Model(steps, len(marks), prefix), marks)
        for system, prefix, marks in zip(systems, prefixes, marked, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Searched:
    """A system whose states an engine has found."""

    parts: Parts
    library: ctypes.CDLL
    engine: Engine

    @property
    def system(self) -> System:
        return self.parts.system

    @property
    def marked(self) -> Sequence[Expr]:
        return self.parts.marked

    def settle(self, most_bytes: int | None = None) -> dict[str, Finding]:
        """Findings for all properties that need the whole graph."""
        system, model = self.system, self.parts.model
        properties = system.properties
        return whole.settle(system, self.engine, self.library, model, properties, self.marked, most_bytes=most_bytes)

    def edges(self) -> Edges:
        return Edges(self.library, self.engine, self.parts.model)


@contextmanager
def searched(
    compiled: Parts,
    library: ctypes.CDLL,
    *,
    threads: int = 1,
    folder: Path | None = None,
    most_states: int | None = None,
) -> Generator[Searched]:
    """Searches; with a folder, as few states as possible stay in memory."""
    system = compiled.system
    layout, watches = Layout(system.variables), Watches.of(system.properties)
    numbers = (len(system.actions), len(watches.properties), len(watches.premises), threads)
    with Engine(library, compiled.expand, layout, *numbers) as engine:
        if folder is not None:
            engine.use_files(folder, 1)
        engine.seed([layout.pack(state) for state in initial_states(system)])
        status = Status.PAUSED
        while status is Status.PAUSED:
            status = engine.run(0.5, most_states)
        assert status is (Status.DONE if most_states is None else Status.MAX_STATES)
        yield Searched(compiled, library, engine)
