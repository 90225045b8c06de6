"""The C engine as Python sees it: one object a search, plain integers in and out.

`c/engine.h` says what each call does.  Calls give the interpreter's lock back; the long ones return after so many
seconds at most, so that an interrupt from the keyboard is never far away.
"""

from __future__ import annotations

import ctypes
import os
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from custody.explore.layout import Layout

NEVER: Final = 2**64 - 1
"""No layer, as C says it."""

FOLDER: Final = Path(__file__).parent / "c"
ENGINE_FILES: Final = ("engine.c", "keep.c", "layers.c", "saved.c", "steps.c", "reach.c", "store.c", "table.c")
HEADERS: Final = ("model.h", "engine.h", "inside.h", "store.h", "table.h")
PREFIX: Final = "custody_model_"
"""What the names of a model's functions begin with."""

_READ = 1 << 14
"""States that are copied from a layer at once."""
_MARKS_AT_ONCE: Final = 8


class Status(IntEnum):
    """How a call ended: `custody_status`."""

    DONE = 0
    PAUSED = 1
    MAX_STATES = 2
    MAX_MEMORY = 3
    NO_MEMORY = 4
    NO_DISK = 5


class DiskError(Exception):
    """The files of a search cannot be written or read, or do not hold what was written."""


class _Shape(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint32) for name in ("words", "bits", "actions", "watches", "premises", "threads", "weighted")
    )


class _Count(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("states", "expanded", "layers", "frontier", "bytes", "orbit_states", "orbit_transitions")
    )


class _Found(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_size_t),
        ("room", ctypes.c_size_t),
        ("before", ctypes.c_void_p),
        ("after", ctypes.c_void_p),
        ("steps", ctypes.c_void_p),
    )


class _Model(ctypes.Structure):
    _fields_ = (
        ("steps", ctypes.c_void_p),
        ("marks", ctypes.c_void_p),
        ("canonical", ctypes.c_void_p),
        ("turned", ctypes.c_void_p),
        ("mark_words", ctypes.c_uint32),
        ("mark_count", ctypes.c_uint32),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Where a search stands. `bytes` is memory; the last of `layers` may still grow."""

    states: int
    layers: int
    frontier: int
    bytes: int
    orbit_states: int
    orbit_transitions: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen: how often each action fired, the premises that held, each watch's first layer or None."""

    fired: tuple[int, ...]
    held: tuple[bool, ...]
    first: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step between packed states. `broken` is the number of the check that failed; then `after` means nothing."""

    before: int
    action: int
    after: int
    broken: int | None


_ENGINE = ctypes.c_void_p
_REACH = ctypes.c_void_p
_WORDS = ctypes.c_void_p
_FOUND = ctypes.POINTER(_Found)
_MODEL = ctypes.POINTER(_Model)
_SIGNATURES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "custody_new": (_ENGINE, [ctypes.POINTER(_Shape), ctypes.c_void_p]),
    "custody_use_files": (ctypes.c_int, [_ENGINE, ctypes.c_char_p, ctypes.c_uint64]),
    "custody_free": (None, [_ENGINE]),
    "custody_seed": (ctypes.c_int, [_ENGINE, ctypes.c_char_p, ctypes.c_size_t]),
    "custody_run": (ctypes.c_int, [_ENGINE, ctypes.c_double, ctypes.c_uint64, ctypes.c_uint64]),
    "custody_counts": (None, [_ENGINE, ctypes.POINTER(_Count)]),
    "custody_seen": (None, [_ENGINE, _WORDS, _WORDS, _WORDS]),
    "custody_layer_size": (ctypes.c_uint64, [_ENGINE, ctypes.c_uint64]),
    "custody_layer_read": (
        ctypes.c_size_t,
        [_ENGINE, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_size_t],
    ),
    "custody_save": (ctypes.c_size_t, [_ENGINE, _WORDS, ctypes.c_size_t]),
    "custody_load": (ctypes.c_int, [_ENGINE, ctypes.c_char_p, ctypes.c_size_t]),
    "custody_find": (
        ctypes.c_int,
        [_ENGINE, _MODEL, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint32, _FOUND],
    ),
    "custody_into": (
        ctypes.c_int,
        [_ENGINE, _MODEL, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_size_t, _FOUND],
    ),
    "custody_found_free": (None, [_FOUND]),
    "custody_reach_new": (_REACH, [_ENGINE, _MODEL, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_char_p]),
    "custody_reach_free": (None, [_REACH]),
    "custody_reach_run": (ctypes.c_int, [_REACH, ctypes.c_double]),
    "custody_reach_bytes": (ctypes.c_uint64, [_REACH]),
    "custody_reach_first": (ctypes.c_int, [_REACH, _WORDS]),
    "custody_reach_find": (ctypes.c_int, [_REACH, ctypes.c_uint64, ctypes.c_uint32, _FOUND]),
}


@cache
def load_engine(path: Path) -> ctypes.CDLL:
    """The compiled engine, ready to be called; OSError when it is none."""
    library = ctypes.CDLL(str(path))
    for name, (result, parameters) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = parameters
    return library


def load_model(path: Path) -> ctypes.CDLL:
    """A compiled model; OSError when it is none."""
    return ctypes.CDLL(str(path))


class Expand:
    """A model compiled for the search."""

    def __init__(self, library: ctypes.CDLL, prefix: str = PREFIX) -> None:
        self._library = library
        self.address: Final = _address(library[f"{prefix}expand"])


class Model:
    """A model compiled to tell its steps apart, for traces; `marks` is how many marks it has."""

    def __init__(self, library: ctypes.CDLL, marks: int, prefix: str = PREFIX, *, by_orbits: bool = False) -> None:
        """`by_orbits` when states stand for their orbits."""
        self._library = library
        self._steps = library[f"{prefix}steps"]
        self._steps.restype = ctypes.c_size_t
        self._steps.argtypes = [ctypes.c_char_p, _WORDS, _WORDS, _WORDS, _WORDS]
        self._canonical = library[f"{prefix}canonical"] if by_orbits else None
        self.structure: Final = _Model(
            _address(self._steps),
            _address(library[f"{prefix}marks"]),
            _address(self._canonical) if by_orbits else None,
            _address(library[f"{prefix}turned"]) if by_orbits and marks else None,
            max(1, -(-marks // 64)),
            marks,
        )

    def steps_of(self, state: bytes, successors: int, actions: int, broken: int, bad: int) -> int:
        """`custody_steps`, on words and addresses."""
        return self._steps(state, successors, actions, broken, bad)

    def canonical(self, layout: Layout, packed: Sequence[int]) -> list[int]:
        """Of each state the one that stands for its orbit."""
        if self._canonical is None:
            return list(packed)
        words = array("Q", layout.to_words(packed))
        self._canonical(ctypes.c_void_p(words.buffer_info()[0]), ctypes.c_size_t(len(packed)))
        return layout.from_words(words.tobytes())


class Stepper:
    """The steps of one state at a time, and which watches they violate."""

    def __init__(self, model: Model, layout: Layout, actions: int, watches: int) -> None:
        self._model = model
        self._layout = layout
        self._marks = watches // 64 + 1
        self._successors = _words((actions + 1) * layout.words)
        self._actions = array("I", bytes(4 * (actions + 1)))
        self._broken = array("i", bytes(4 * (actions + 1)))
        self._bad = _words((actions + 2) * self._marks)

    def steps(self, packed: int) -> list[tuple[Step, int]]:
        """The steps of a state, by action; bit k of the number says that watch k, of steps, sees the step."""
        arrays = (self._successors, self._actions, self._broken, self._bad)
        count = self._model.steps_of(self._layout.to_words([packed]), *(a.buffer_info()[0] for a in arrays))
        words = self._layout.words
        after = self._layout.from_words(self._successors[: count * words].tobytes())
        found: list[tuple[Step, int]] = []
        for k in range(count):
            broken = self._broken[k] if self._broken[k] >= 0 else None
            bad = self._bad[(k + 1) * self._marks : (k + 2) * self._marks]
            sees = sum(word << 64 * number for number, word in enumerate(bad))
            found.append((Step(packed, self._actions[k], after[k], broken), sees))
        return found


class Engine:
    """One search. MemoryError wherever there is no memory, DiskError where its files fail."""

    def __init__(
        self,
        library: ctypes.CDLL,
        expand: Expand,
        layout: Layout,
        actions: int,
        watches: int,
        premises: int,
        threads: int = 1,
        *,
        by_orbits: bool = False,
    ) -> None:
        """`by_orbits` when states stand for their orbits: then these are counted as well."""
        self._library = library
        self._layout = layout
        self._expand = expand
        shape = _Shape(layout.words, layout.bits, actions, watches, premises, threads, by_orbits)
        self._shape = shape
        self._handle: int | None = library.custody_new(ctypes.byref(shape), expand.address)
        if not self._handle:
            raise MemoryError

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.custody_free(self._handle)
        self._handle = None

    @property
    def threads(self) -> int:
        return self._shape.threads

    @property
    def handle(self) -> int | None:
        """What C calls this search."""
        return self._handle

    # ------------------------------------------------------------------ the search

    def use_files(self, folder: Path, resident_states: int) -> None:
        """From now on, states beyond so many wait in files of a folder, and can be saved there."""
        _require(self._library.custody_use_files(self._handle, os.fsencode(folder), resident_states))

    def seed(self, packed: Sequence[int]) -> None:
        """Adds the first states."""
        _require(self._library.custody_seed(self._handle, self._layout.to_words(packed), len(packed)))

    def run(self, seconds: float, max_states: int | None = None, max_bytes: int | None = None) -> Status:
        """Goes on for about so long: DONE, PAUSED, MAX_STATES or MAX_MEMORY."""
        return _require(self._library.custody_run(self._handle, seconds, max_states or 0, max_bytes or 0))

    @property
    def counts(self) -> Counts:
        count = _Count()
        self._library.custody_counts(self._handle, ctypes.byref(count))
        return Counts(
            count.states, count.layers, count.frontier, count.bytes, count.orbit_states, count.orbit_transitions
        )

    @property
    def seen(self) -> Seen:
        shape = self._shape
        fired = _words(shape.actions)
        held = _words(shape.premises // 64 + 1)
        first = _words(shape.watches)
        self._library.custody_seen(self._handle, *(words.buffer_info()[0] for words in (fired, held, first)))
        return Seen(
            tuple(fired[: shape.actions]),
            tuple(bool(held[k // 64] >> k % 64 & 1) for k in range(shape.premises)),
            tuple(None if layer == NEVER else layer for layer in first[: shape.watches]),
        )

    # ------------------------------------------------------------------ layers and steps

    def layer_size(self, layer: int) -> int:
        """How many states are in the layer."""
        return self._library.custody_layer_size(self._handle, layer)

    def layer(self, layer: int) -> Iterable[int]:
        """The packed states of a layer."""
        for words in self.layer_words(layer):
            yield from self._layout.from_words(words)

    def layer_words(self, layer: int) -> Iterable[bytes]:
        """The same as they are in memory, many at a time."""
        bytes_each = 8 * self._layout.words
        room = ctypes.create_string_buffer(_READ * bytes_each)
        size = self.layer_size(layer)
        at = 0
        while at < size:
            got = self._library.custody_layer_read(self._handle, layer, at, room, _READ)
            if got > _READ:
                raise DiskError("the file of states cannot be read")
            yield room.raw[: got * bytes_each]
            at += got

    def find(self, model: Model, layer: int, watch: int, *, of_steps: bool) -> list[Step]:
        """What a watch saw in a layer: states (only `before` means something), or steps."""
        found = _Found()
        arguments = (ctypes.byref(model.structure), layer, watch, of_steps, ctypes.byref(found))
        return self.steps(found, self._library.custody_find(self._handle, *arguments))

    def into(self, model: Model, layer: int, wanted: Sequence[int]) -> list[Step]:
        """The steps from states of a layer into the wanted states."""
        found = _Found()
        states = self._layout.to_words(wanted)
        arguments = (ctypes.byref(model.structure), layer, states, len(wanted), ctypes.byref(found))
        return self.steps(found, self._library.custody_into(self._handle, *arguments))

    def reach(self, model: Model, first: int, count: int, ends: Sequence[int]) -> Reach:
        """From which states marks can be reached, `first` (a multiple of 8) and up to 7 more.

        Bit k of ends[a] says that a broken check of action a is as good as mark `first + k`.
        """
        handle = self._library.custody_reach_new(
            self._handle, ctypes.byref(model.structure), first, count, bytes(ends)
        )
        if not handle:
            raise MemoryError
        return Reach(self, self._library, model, handle)

    def steps(self, found: _Found, status: int) -> list[Step]:
        """What a call has found; it is given back to C."""
        try:
            _require(status)
            size = found.count * 8 * self._layout.words
            before = self._layout.from_words(ctypes.string_at(found.before, size)) if size else []
            after = self._layout.from_words(ctypes.string_at(found.after, size)) if size else []
            # Copied as well: an element of C's array would look at memory that is given back.
            numbers = array("i", ctypes.string_at(found.steps, 8 * found.count) if size else b"")
        finally:
            self._library.custody_found_free(ctypes.byref(found))
        return [
            Step(one, action, other, None if broken < 0 else broken)
            for one, action, broken, other in zip(before, numbers[::2], numbers[1::2], after, strict=True)
        ]

    # ------------------------------------------------------------------ saving

    def save(self) -> bytes:
        """Writes all states to the files; returns where the search stands, for `load`."""
        need = self._library.custody_save(self._handle, None, 0)
        words = _words(need)
        if not self._library.custody_save(self._handle, words.buffer_info()[0], need):
            raise DiskError("the file of states cannot be written")
        return words.tobytes()

    def load(self, saved: bytes) -> None:
        """Takes over the files of a search of the same system that saved this; nothing was seeded before."""
        _require(self._library.custody_load(self._handle, saved, len(saved) // 8))


class Reach:
    """Which marks can be reached from where, as far as it has been worked out."""

    def __init__(self, engine: Engine, library: ctypes.CDLL, model: Model, handle: int) -> None:
        self._engine = engine
        self._library = library
        self._model = model
        self._handle: int | None = handle

    def __enter__(self) -> Reach:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.custody_reach_free(self._handle)
        self._handle = None

    def run(self, seconds: float) -> Status:
        """Goes on for about so long: DONE or PAUSED."""
        return _require(self._library.custody_reach_run(self._handle, seconds))

    @property
    def bytes(self) -> int:
        """The memory that this needs besides the search."""
        return self._library.custody_reach_bytes(self._handle)

    def first(self) -> tuple[int | None, ...]:
        """For each mark the first layer with a state from which it cannot be reached, or None."""
        layers = _words(_MARKS_AT_ONCE)
        _require(self._library.custody_reach_first(self._handle, layers.buffer_info()[0]))
        return tuple(None if layer == NEVER else layer for layer in layers)

    def missing(self, layer: int, mark: int) -> list[int]:
        """The packed states of a layer from which the mark (0 is `first`) cannot be reached."""
        found = _Found()
        status = self._library.custody_reach_find(self._handle, layer, mark, ctypes.byref(found))
        return [step.before for step in self._engine.steps(found, status)]


def _address(function: Any) -> int:
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address


def _words(count: int) -> array[int]:
    return array("Q", bytes(8 * max(1, count)))


def _require(status: int) -> Status:
    found = Status(status)
    if found is Status.NO_MEMORY:
        raise MemoryError
    if found is Status.NO_DISK:
        raise DiskError("the files of the search cannot be written or read, or are not what was written")
    return found
