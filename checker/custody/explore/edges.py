"""The graph of a search that is done, made by C (`c/edges.h`) and kept in its memory.

What the marks mean is the business of whoever had the model written.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from custody.explore import compressed
from custody.explore.calls import Calls, has_result
from custody.explore.compressed import FOLDER, Arrays, GraphArrays, address
from custody.explore.native import Engine, Model

SOURCES: Final = (
    *compressed.SOURCES,
    *(FOLDER / name for name in ("edges.c", "edges_memory.c", "edges_steps.c")),
)
"""What has to be in the engine's library, besides the engine, to be asked for its graph and the analyses of it."""
HEADERS: Final = tuple(FOLDER / name for name in ("graph.h", "graph_inside.h", "edges.h", "edges_inside.h"))
"""What these include, besides the engine's headers."""

_EDGES = ctypes.c_void_p
_Kind: TypeAlias = type[ctypes.c_uint16] | type[ctypes.c_uint32] | type[ctypes.c_uint64]
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "custody_edges_new": (
        ctypes.c_int,
        [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_int32),
            ctypes.c_uint64,
            ctypes.POINTER(_EDGES),
        ],
    ),
    "custody_edges_free": (None, [_EDGES]),
    "custody_edges_arrays": (ctypes.POINTER(GraphArrays), [_EDGES]),
    "custody_edges_bytes": (ctypes.c_uint64, [_EDGES]),
    "custody_edges_peak_bytes": (ctypes.c_uint64, [_EDGES]),
    "custody_edges_states": (ctypes.c_int, [_EDGES, ctypes.c_uint32, ctypes.c_size_t, ctypes.c_void_p]),
    "custody_edges_marks": (ctypes.c_int, [_EDGES, ctypes.c_uint32, ctypes.c_void_p]),
}


def prepared(library: ctypes.CDLL) -> ctypes.CDLL:
    """The engine's library with the types of the functions of `c/edges.h` and `c/graph.h`."""
    for name, (result, parameters) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = parameters
    return compressed.prepared(library)


class Edges:
    """The numbered states and their steps.

    The engine must stay as it is while they are used.  Nobody may use `arrays` after `close`.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        engine: Engine,
        model: Model,
        watch: Callable[[], None] | None = None,
        most_bytes: int | None = None,
    ) -> None:
        """`library` is the engine's, prepared.

        ValueError when the search is not done; MemoryError, or OverLimitError where `most_bytes` says how much may be
        used besides the engine's.
        """
        self._library = library
        # What C goes on using must not be forgotten here.
        self._used = (engine, model)
        self._calls = Calls(watch)
        made = _EDGES()
        told = ctypes.byref(model.structure)
        limit = 0 if most_bytes is None else max(1, most_bytes)
        self._calls.run(library.custody_edges_new, engine.handle, told, self._calls.flag, limit, ctypes.byref(made))
        self._edges = made
        self._close = weakref.finalize(self, library.custody_edges_free, made)
        given = library.custody_edges_arrays(made).contents
        self.arrays: Final = _borrowed(given)

    def close(self) -> None:
        """Gives the memory back."""
        self._close()

    def stop(self) -> None:
        """Ends what is going on with StoppedError; for other threads."""
        self._calls.stop()

    @property
    def bytes(self) -> int:
        """The memory of the arrays."""
        return self._library.custody_edges_bytes(self._open())

    @property
    def peak_bytes(self) -> int:
        """The most memory that making them took."""
        return self._library.custody_edges_peak_bytes(self._open())

    def state(self, node: int, words: int) -> int:
        """The state of a node of so many words, as `Layout` packs it."""
        if not 0 <= node < self.arrays.nodes:
            raise IndexError(f"node {node} of {self.arrays.nodes}")
        there = bytearray(8 * words)
        has_result(self._library.custody_edges_states(self._open(), node, 1, address(there)))
        return int.from_bytes(there, "little")

    def marks(self, count: int) -> list[bytes]:
        """Where each of the model's first `count` marks holds: sets of nodes."""
        size = (self.arrays.nodes + 7) // 8
        sets = bytearray(size * count)
        self._calls.run(self._library.custody_edges_marks, self._open(), count, address(sets))
        return [bytes(sets[size * mark : size * (mark + 1)]) for mark in range(count)]

    def _open(self) -> ctypes.c_void_p:
        if not self._close.alive:
            raise ValueError("the edges are closed")
        return self._edges


def _borrowed(given: GraphArrays) -> Arrays:
    """The arrays where C has them."""
    action = ctypes.c_uint16 if given.action_bytes == 2 else ctypes.c_uint32
    return Arrays(
        nodes=given.nodes,
        initial=given.initial,
        actions=given.actions,
        offsets=_there(ctypes.c_uint64, given.offsets, given.nodes + 1),
        targets=_there(ctypes.c_uint32, given.targets, given.edges),
        edge_actions=_there(action, given.edge_actions, given.edges),
        broken_offsets=_there(ctypes.c_uint64, given.broken_offsets, given.nodes + 1) if given.broken else None,
        broken_actions=_there(action, given.broken_actions, given.broken) if given.broken else None,
    )


def _there(kind: _Kind, where: int | None, count: int) -> ctypes.Array[Any]:
    return (kind * count).from_address(where) if where is not None else (kind * 0)()
