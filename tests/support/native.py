"""Compiles written models together with the engine, and runs them, for tests of what is written."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody import explore
from custody.explore.emit import source
from custody.explore.layout import Layout
from custody.explore.watches import Watches
from custody.symmetry.detect import Symmetries
from custody.system.evaluate import initial_states
from custody.system.model import State, System

_C = Path(explore.__file__).parent / "c"
_CC = ("cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", f"-I{_C}")
_U64 = ctypes.c_uint64


_COUNTS = ("states", "expanded", "layers", "frontier", "bytes", "orbit_states", "orbit_transitions")
_SHAPE = ("words", "bits", "actions", "watches", "premises", "threads", "weighted")


class _Shape(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in _SHAPE)


class _Count(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in _COUNTS)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search by orbits found: how many orbits, and what they stand for; the first layer of each watch."""

    orbits: int
    states: int
    transitions: int
    depth: int
    fired: tuple[int, ...]
    first: dict[str, int | None]


class Native:
    """A system as C, in a folder of its own. `engine` is what `engine` returned."""

    def __init__(self, system: System, symmetries: Symmetries, folder: Path, engine: Path) -> None:
        self._system = system
        self._engine = engine
        self._layout = Layout(system.variables)
        self._watches = Watches.of(system.properties)
        text = folder / "model.c"
        text.write_text(source(system, self._layout, self._watches, (), symmetries))
        self._model = _compiled(folder / "model.so", [text])
        self._steps = _compiled(folder / "steps.so", [text], "-DCUSTODY_STEPS")

    def canonical(self, states: Sequence[State]) -> list[State]:
        """Of each state the one that stands for its orbit."""
        layout = self._layout
        data = layout.to_words(map(layout.pack, states))
        buffer = (_U64 * (len(data) // 8)).from_buffer_copy(data)
        self._steps.custody_model_canonical(buffer, ctypes.c_size_t(len(states)))
        return [layout.unpack(packed) for packed in layout.from_words(bytes(buffer))]

    def run(self, threads: int = 1) -> Found:
        """The whole search."""
        engine, system, layout = ctypes.CDLL(str(self._engine)), self._system, self._layout
        watches, actions = self._watches.properties, len(system.actions)
        shape = _Shape(layout.words, layout.bits, actions, len(watches), len(self._watches.premises), threads, 1)
        engine.custody_new.restype = ctypes.c_void_p
        expand = ctypes.cast(self._model.custody_model_expand, ctypes.c_void_p)
        search = ctypes.c_void_p(engine.custody_new(ctypes.byref(shape), expand, None, _U64(0)))
        try:
            first = layout.to_words(map(layout.pack, dict.fromkeys(self.canonical(list(initial_states(system))))))
            engine.custody_seed(search, first, ctypes.c_size_t(len(first) // (8 * layout.words)))
            while (status := engine.custody_run(search, ctypes.c_double(10), _U64(0), _U64(0))) == 1:
                pass
            assert status == 0
            count = _Count()
            engine.custody_counts(search, ctypes.byref(count))
            fired, held = (_U64 * max(1, actions))(), (_U64 * (len(self._watches.premises) // 64 + 1))()
            seen = (_U64 * max(1, len(watches)))()
            engine.custody_seen(search, fired, held, seen)
        finally:
            engine.custody_free(search)
        layers = {p.name: None if layer == 2**64 - 1 else layer for p, layer in zip(watches, seen, strict=False)}
        counted: dict[str, int] = {name: getattr(count, name) for name in _COUNTS}
        return Found(
            counted["states"],
            counted["orbit_states"],
            counted["orbit_transitions"],
            counted["layers"] - 1,
            tuple(fired)[:actions],
            layers,
        )


def engine(folder: Path) -> Path:
    """The engine, compiled."""
    names = ("engine.c", "store.c", "table.c")
    _compiled(folder / "engine.so", [_C / name for name in names], "-pthread")
    return folder / "engine.so"


def _compiled(to: Path, sources: Sequence[Path], *options: str) -> ctypes.CDLL:
    subprocess.run([*_CC, *options, "-o", str(to), *map(str, sources)], check=True)
    return ctypes.CDLL(str(to))
