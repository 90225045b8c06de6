"""A whole reachable graph in flat arrays, and the analyses of it that are written in C (`c/graph.h`).

Knows nodes, actions and promises by their numbers alone; what they stand for is the business of `liveness`.  No
object is made for a node but those on a path that was asked for.
"""

from __future__ import annotations

import ctypes
import weakref
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from custody.explore.calls import Calls
from custody.explore.native import FOLDER

SOURCES: Final = tuple(FOLDER / name for name in ("graph.c", "graph_fair.c", "graph_paths.c", "graph_trips.c"))
"""What has to be compiled, as C11, into the library that `load` takes."""

Block: TypeAlias = "array[int] | bytearray | memoryview | ctypes.Array[Any]"
"""Memory that can be written, whoever it belongs to: a piece of C's own memory can be one as a ctypes array."""

Step: TypeAlias = tuple[int, int]
"""A node and the action that led to it; -1 for the first of a path."""

NOBODY: Final = 0xFFFFFFFF
"""The component of a node that is in none."""

_SHORT_ACTIONS = 1 << 16


def action_bytes(actions: int) -> int:
    """How wide the numbers of so many actions are."""
    return 2 if actions < _SHORT_ACTIONS else 4


def action_array(actions: int, values: Iterable[int] = ()) -> array[int]:
    """An array for numbers of so many actions."""
    return array("H" if actions < _SHORT_ACTIONS else "I", values)


@dataclass(frozen=True, slots=True)
class Arrays:
    """The graph, as `c/graph.h` wants it: nodes in breadth-first order, the `initial` ones first.

    `offsets` and `broken_offsets` are of 64 bits, one more than there are nodes; `targets` of 32 bits; the numbers of
    actions as wide as `action_bytes` says, ascending for each node.  Without `broken_offsets` nothing is broken.
    """

    nodes: int
    initial: int
    actions: int
    offsets: Block
    targets: Block
    edge_actions: Block
    broken_offsets: Block | None = None
    broken_actions: Block | None = None


class Promises:
    """Promises of fairness by their actions."""

    def __init__(self, actions: int, promises: Sequence[tuple[bool, Collection[int]]]) -> None:
        """Each promise says whether it is strong, and its actions; `actions` is how many there are."""
        words = (len(promises) + 63) // 64
        self._keeps = array("Q", bytes(8 * actions * words))
        self._strong, self._weak = array("Q", bytes(8 * words)), array("Q", bytes(8 * words))
        for position, (strong, kept_by) in enumerate(promises):
            word, bit = divmod(position, 64)
            (self._strong if strong else self._weak)[word] |= 1 << bit
            for action in kept_by:
                if not 0 <= action < actions:
                    raise ValueError(f"promise {position} is about action {action} of {actions}")
                self._keeps[action * words + word] |= 1 << bit
        self.actions: Final = actions
        self.structure: Final = _Promises(words, address(self._keeps), address(self._strong), address(self._weak))


@dataclass(frozen=True, slots=True)
class Homes:
    """Where a run can go round for ever: the nodes, the number of each one's component, how many these are."""

    nodes: bytes
    component: array[int]
    count: int


class GraphArrays(ctypes.Structure):
    _fields_ = (
        ("nodes", ctypes.c_uint32),
        ("initial", ctypes.c_uint32),
        ("actions", ctypes.c_uint32),
        ("action_bytes", ctypes.c_uint32),
        ("edges", ctypes.c_uint64),
        ("broken", ctypes.c_uint64),
        ("offsets", ctypes.c_void_p),
        ("targets", ctypes.c_void_p),
        ("edge_actions", ctypes.c_void_p),
        ("broken_offsets", ctypes.c_void_p),
        ("broken_actions", ctypes.c_void_p),
    )


class _Promises(ctypes.Structure):
    _fields_ = (
        ("words", ctypes.c_uint32),
        ("keeps", ctypes.c_void_p),
        ("strong", ctypes.c_void_p),
        ("weak", ctypes.c_void_p),
    )


_GRAPH = ctypes.c_void_p
_SET = ctypes.c_void_p
_NUMBERS = ctypes.POINTER(ctypes.c_uint32)
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "graph_open": (
        ctypes.c_int,
        [ctypes.POINTER(GraphArrays), ctypes.POINTER(ctypes.c_int32), ctypes.c_uint64, ctypes.POINTER(_GRAPH)],
    ),
    "graph_close": (None, [_GRAPH]),
    "graph_bytes": (ctypes.c_uint64, [_GRAPH]),
    "graph_peak_bytes": (ctypes.c_uint64, [_GRAPH]),
    "graph_reach": (ctypes.c_int, [_GRAPH, _SET, _SET, _SET]),
    "graph_still": (ctypes.c_int, [_GRAPH, ctypes.POINTER(_Promises), _SET, _SET]),
    "graph_fair": (ctypes.c_int, [_GRAPH, ctypes.POINTER(_Promises), _SET, _SET, ctypes.c_void_p, _NUMBERS]),
    "graph_stem": (ctypes.c_int, [_GRAPH, _SET, _SET, _SET]),
    "graph_round_trip": (ctypes.c_int, [_GRAPH, ctypes.POINTER(_Promises), ctypes.c_uint32, ctypes.c_void_p]),
    "graph_path_length": (ctypes.c_uint64, [_GRAPH]),
    "graph_path_nodes": (_NUMBERS, [_GRAPH]),
    "graph_path_actions": (_NUMBERS, [_GRAPH]),
}


def load(path: Path) -> ctypes.CDLL:
    """The compiled library, ready to be called; OSError when it is none."""
    return prepared(ctypes.CDLL(str(path)))


def prepared(library: ctypes.CDLL) -> ctypes.CDLL:
    """The library, whatever else is in it, with the types of the functions of `c/graph.h`."""
    for name, (result, parameters) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = parameters
    return library


class CompressedGraph:
    """A graph that C works on.  Sets of nodes are bytes: node i is bit i % 8 of byte i // 8.

    One thread at a time may use it; any other may `stop` it.  MemoryError, or OverLimitError where `most_bytes` says
    how much may be used besides the arrays, leave the graph as it was.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        arrays: Arrays,
        watch: Callable[[], None] | None = None,
        most_bytes: int | None = None,
    ) -> None:
        """`watch` is called some times a second, and ends what is going on by raising; ValueError when the arrays
        are no graph in breadth-first order."""
        self._library = library
        self._calls = Calls(watch)
        self._arrays = arrays
        self.nodes: Final = arrays.nodes
        self.set_bytes: Final = (arrays.nodes + 7) // 8
        made = _GRAPH()
        given = _described(arrays)
        limit = 0 if most_bytes is None else max(1, most_bytes)
        self._calls.run(library.graph_open, ctypes.byref(given), self._calls.flag, limit, ctypes.byref(made))
        self._graph = made
        self._close = weakref.finalize(self, library.graph_close, made)

    def close(self) -> None:
        """Gives back the memory of the analyses; nothing can be asked any more."""
        self._close()
        self._graph = _GRAPH()

    def stop(self) -> None:
        """Ends what is going on, and whatever is asked later, with StoppedError; for other threads."""
        self._calls.stop()

    @property
    def bytes(self) -> int:
        """The memory used now, without the arrays."""
        return self._library.graph_bytes(self._open())

    @property
    def peak_bytes(self) -> int:
        """The most memory ever used, without the arrays."""
        return self._library.graph_peak_bytes(self._open())

    # ------------------------------------------------------------------ sets

    def reachable(self, seeds: bytes, within: bytes | None = None) -> bytes:
        """The nodes that can be reached from the seeds by nodes of `within` only, both ends included."""
        return self._set(self._library.graph_reach, self._given(seeds), self._given(within))

    def still(self, promises: Promises, region: bytes) -> bytes:
        """The nodes of the region where a run may stand still for ever."""
        return self._set(self._library.graph_still, self._checked(promises), self._given(region))

    def fair_components(self, promises: Promises, region: bytes) -> Homes:
        """The largest sets of nodes of the region in which a run can go round for ever and keep all promises."""
        home, count = bytearray(self.set_bytes), ctypes.c_uint32(0)
        component = array("I", bytes(4)) * self.nodes
        self._calls.run(
            self._library.graph_fair,
            self._open(),
            self._checked(promises),
            self._given(region),
            address(home),
            address(component),
            ctypes.byref(count),
        )
        return Homes(bytes(home), component, count.value)

    # ------------------------------------------------------------------ paths

    def stem(self, entries: bytes, inside: bytes, goals: bytes) -> list[Step] | None:
        """The shortest way from a first state to a goal that comes by an entry and, from there on, stays inside."""
        sets = (self._given(entries), self._given(inside), self._given(goals))
        return self._path(self._library.graph_stem, *sets)

    def round_trip(self, promises: Promises, start: int, homes: Homes) -> list[Step]:
        """A short way from `start` back to it within its component, on which all promises are kept."""
        path = self._path(
            self._library.graph_round_trip, self._checked(promises), self._node(start), address(homes.component)
        )
        if path is None:
            raise ValueError(f"node {start} is in no component")
        return path

    # ------------------------------------------------------------------ calls

    def _open(self) -> ctypes.c_void_p:
        if not self._graph.value:
            raise ValueError("the graph is closed")
        return self._graph

    def _node(self, node: int) -> int:
        if not 0 <= node < self.nodes:
            raise IndexError(f"node {node} of {self.nodes}")
        return node

    def _given(self, nodes: bytes | None) -> bytes | None:
        if nodes is not None and len(nodes) != self.set_bytes:
            raise ValueError(f"a set of {self.nodes} nodes has {self.set_bytes} bytes, not {len(nodes)}")
        return nodes

    def _checked(self, promises: Promises) -> Any:
        if promises.actions != self._arrays.actions:
            raise ValueError(f"promises about {promises.actions} actions where there are {self._arrays.actions}")
        return ctypes.byref(promises.structure)

    def _set(self, function: Callable[..., int], *given: object) -> bytes:
        found = bytearray(self.set_bytes)
        self._calls.run(function, self._open(), *given, address(found))
        return bytes(found)

    def _path(self, function: Callable[..., int], *given: object) -> list[Step] | None:
        if not self._calls.run(function, self._open(), *given):
            return None
        length = self._library.graph_path_length(self._graph)
        nodes: list[int] = self._library.graph_path_nodes(self._graph)[:length]
        actions: list[int] = self._library.graph_path_actions(self._graph)[:length]
        return list(zip(nodes, [-1, *actions[1:]], strict=True))


def address(block: Block | None) -> int | None:
    """Where the memory begins; whoever asks keeps the block alive."""
    if block is None or memoryview(block).nbytes == 0:
        return None
    return ctypes.addressof(ctypes.c_char.from_buffer(block))


def _described(arrays: Arrays) -> GraphArrays:
    """The arrays as C is told about them; ValueError when one is too short."""
    width = action_bytes(arrays.actions)
    edges = memoryview(arrays.targets).nbytes // 4
    broken = 0 if arrays.broken_actions is None else memoryview(arrays.broken_actions).nbytes // width
    lengths = {
        "offsets": (arrays.offsets, 8 * (arrays.nodes + 1)),
        "edge_actions": (arrays.edge_actions, width * edges),
        "broken_offsets": (arrays.broken_offsets, 8 * (arrays.nodes + 1)),
    }
    for name, (block, wanted) in lengths.items():
        if block is not None and memoryview(block).nbytes != wanted:
            raise ValueError(f"{name} has {memoryview(block).nbytes} bytes where {wanted} are wanted")
    return GraphArrays(
        arrays.nodes,
        arrays.initial,
        arrays.actions,
        width,
        edges,
        broken,
        address(arrays.offsets),
        address(arrays.targets),
        address(arrays.edge_actions),
        address(arrays.broken_offsets),
        address(arrays.broken_actions),
    )
