"""Compiles written models together with the engine, and searches by orbits, for tests of what is written."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.explore.emit import source
from custody.explore.layout import Layout
from custody.explore.native import Engine, Expand, Model, Status, load_model
from custody.explore.watches import Watches
from custody.symmetry.detect import Symmetries
from custody.system.evaluate import initial_states
from custody.system.model import State, System
from support.compiled_together import shared_library


@dataclass(frozen=True, slots=True)
class Found:
    """How many orbits there are, and what they stand for; the first layer of each watch."""

    orbits: int
    states: int
    transitions: int
    depth: int
    fired: tuple[int, ...]
    first: dict[str, int | None]


class Native:
    """A system as C, in a folder of its own."""

    def __init__(self, system: System, symmetries: Symmetries, folder: Path, engine: ctypes.CDLL) -> None:
        self._system = system
        self._engine = engine
        self._layout = Layout(system.variables)
        self._watches = Watches.of(system.properties)
        self._folder = folder
        text = folder / "model.c"
        text.write_text(source(system, self._layout, self._watches, (), symmetries))
        shared_library(folder / "model.so", [str(text)], "-O1")
        shared_library(folder / "steps.so", [str(text)], "-O0", "-DCUSTODY_STEPS")
        self.steps = Model(load_model(folder / "steps.so"), 0, by_orbits=True)

    def canonical(self, states: Sequence[State]) -> list[State]:
        """Of each state the one that stands for its orbit."""
        layout = self._layout
        return list(map(layout.unpack, self.steps.canonical(layout, list(map(layout.pack, states)))))

    def engine(self, threads: int = 1) -> Engine:
        """A search that is done."""
        engine = Engine(
            self._engine,
            Expand(load_model(self._folder / "model.so")),
            self._layout,
            len(self._system.actions),
            len(self._watches.properties),
            len(self._watches.premises),
            threads,
            by_orbits=True,
        )
        first = dict.fromkeys(self.canonical(list(initial_states(self._system))))
        engine.seed(list(map(self._layout.pack, first)))
        while engine.run(10) is not Status.DONE:
            pass
        return engine

    def run(self, threads: int = 1) -> Found:
        """What a whole search finds."""
        with self.engine(threads) as engine:
            counts, seen = engine.counts, engine.seen
        names = (p.name for p in self._watches.properties)
        return Found(
            counts.states,
            counts.orbit_states,
            counts.orbit_transitions,
            counts.layers - 1,
            seen.fired,
            dict(zip(names, seen.first, strict=True)),
        )
