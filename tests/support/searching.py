"""Systems compiled and searched by the engine in C, for the tests of their whole graphs."""

from __future__ import annotations

import ctypes
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custody.explore import edges, whole
from custody.explore.compressed import FOLDER
from custody.explore.edges import Edges
from custody.explore.emit import source
from custody.explore.layout import Layout
from custody.explore.watches import Watches
from custody.system.evaluate import initial_states
from custody.system.expression import Expr
from custody.system.finding import Finding
from custody.system.model import System
from support.compiled import compiled

ENGINE = tuple(FOLDER / name for name in ("engine.c", "store.c", "table.c"))
DONE, PAUSED = 0, 1


class _Shape(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint32) for name in "words bits actions watches premises threads weighted".split()
    )


def engine_library(folder: Path) -> ctypes.CDLL:
    """The engine with its graphs."""
    made = folder / "engine.so"
    compiled([*ENGINE, *edges.SOURCES], made, "-O2", "-fPIC", "-shared", "-pthread")
    library = edges.prepared(ctypes.CDLL(str(made)))
    library.custody_new.restype = ctypes.c_void_p
    return library


@dataclass(frozen=True, slots=True)
class Searched:
    """A system whose states an engine has found."""

    system: System
    library: ctypes.CDLL
    engine: ctypes.c_void_p
    model: ctypes.CDLL
    marked: Sequence[Expr]

    def settle(self, most_bytes: int | None = None) -> dict[str, Finding]:
        """Findings for all properties that need the whole graph."""
        system = self.system
        return whole.settle(
            system, self.engine, self.library, self.model, system.properties, self.marked, most_bytes=most_bytes
        )

    def edges(self, most_bytes: int | None = None) -> Edges:
        return Edges(self.library, self.engine, self.model, most_bytes=most_bytes)


@contextmanager
def searched(
    system: System,
    library: ctypes.CDLL,
    folder: Path,
    *,
    threads: int = 1,
    resident: int | None = None,
    most_states: int = 0,
    optimise: str = "-O0",
) -> Generator[Searched]:
    """Searches; with `resident`, only about so many states stay in memory. The folder is for this search alone."""
    folder.mkdir(parents=True)
    layout, watches = Layout(system.variables), Watches.of(system.properties)
    marked = whole.marks(system.properties)
    text = folder / "model.c"
    text.write_text(source(system, layout, watches, marked), encoding="utf-8")
    options = (f"-I{FOLDER}", optimise, "-fPIC", "-shared")
    fast = ctypes.CDLL(str(compiled([text], folder / "fast.so", *options, warnings=())))
    steps = ctypes.CDLL(str(compiled([text], folder / "steps.so", *options, "-DCUSTODY_STEPS", warnings=())))
    shape = _Shape(
        layout.words, layout.bits, len(system.actions), len(watches.properties), len(watches.premises), threads, 0
    )
    where = None if resident is None else str(folder).encode()
    expand = ctypes.cast(fast.custody_model_expand, ctypes.c_void_p)
    engine = ctypes.c_void_p(library.custody_new(ctypes.byref(shape), expand, where, ctypes.c_uint64(resident or 0)))
    assert engine.value
    try:
        first = [layout.pack(state) for state in initial_states(system)]
        assert library.custody_seed(engine, layout.to_words(first), ctypes.c_size_t(len(first))) == DONE
        status = PAUSED
        while status == PAUSED:
            status = library.custody_run(
                engine, ctypes.c_double(0.5), ctypes.c_uint64(most_states), ctypes.c_uint64(0)
            )
        assert most_states or status == DONE
        yield Searched(system, library, engine, steps, marked)
    finally:
        library.custody_free(engine)
