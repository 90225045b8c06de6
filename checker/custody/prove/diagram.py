"""A set of states as a decision diagram, a level a variable: the smallest automaton that accepts the set.

How small it is depends on the order of the variables.  Those that actions use together should be near each other:
each is moved to the middle of what it is used with, again and again (F. Aloul, I. Markov, K. Sakallah, "FORCE: a
fast and easy-to-implement variable-ordering heuristic", GLSVLSI 2003), from a few beginnings, and the smallest
diagram wins.
"""

from __future__ import annotations

import base64
import ctypes
import json
import random
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from typing import Any

from custody.explore.compiler import Build, Source
from custody.explore.layout import WORD, Layout
from custody.system.expression import reads
from custody.system.model import System

_ROUNDS = 60
_MANY = 1_000_000
"""Of a larger set only one diagram is made."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """`levels` in the order of the variables `order`: see `custody.verify.reachable`."""

    order: tuple[int, ...]
    levels: list[list[list[int]]]

    @property
    def nodes(self) -> int:
        """How many there are."""
        return sum(map(len, self.levels))


def diagram(system: System, layout: Layout, words: array[int], order: Sequence[int] | None = None) -> Diagram:
    """That of the states, which are given as the C engine has them: so many words each, the lowest first.

    In this order of the variables, if one is given. CompilerError without a C compiler; MemoryError.
    """
    if order is not None:
        return _of(system, layout, words, tuple(order))
    columns = [words[word :: layout.words] for word in range(layout.words)]
    bits = [_or(column) ^ _and(column) for column in columns]
    changing = [i for i, s in enumerate(layout.slots) if bits[s.word] >> s.offset & ((1 << s.width) - 1)]
    fixed = sorted({*range(len(system.variables))} - {*changing})
    orders = {tuple(order): None for order in _orders(system, changing)}
    few = list(orders)[:1] if len(words) > _MANY * layout.words else list(orders)
    found = [_of(system, layout, words, (*fixed, *order)) for order in few]
    return min(found, key=lambda each: each.nodes)


def packed(data: object) -> str:
    """As a text for a certificate: JSON, compressed, in base 64."""
    return base64.b64encode(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)).decode()


def _or(column: array[int]) -> int:
    return reduce(lambda a, b: a | b, column)


def _and(column: array[int]) -> int:
    return reduce(lambda a, b: a & b, column)


def _orders(system: System, variables: list[int]) -> list[list[int]]:
    """What is tried, the most promising first."""
    known, edges = set(variables), list[list[int]]()
    for action in system.actions:
        together = known & (reads(action.guard) | {effect.variable for effect in action.effects})
        if len(together) > 1:
            edges.append(sorted(together))
    dice = random.Random(2003)
    beginnings = [variables, variables[::-1], *(dice.sample(variables, len(variables)) for _ in range(4))]
    found = sorted((_settled(edges, beginning) for beginning in beginnings), key=lambda pair: pair[0])
    return [order for _, order in found]


def _settled(edges: list[list[int]], order: list[int]) -> tuple[int, list[int]]:
    """How far apart is what belongs together, in the best of the orders, and the order."""
    place = {variable: at for at, variable in enumerate(order)}
    of = {variable: [k for k, edge in enumerate(edges) if variable in edge] for variable in order}
    best = None
    for _ in range(_ROUNDS):
        span = sum(max(place[v] for v in edge) - min(place[v] for v in edge) for edge in edges)
        if best is None or span < best[0]:
            best = span, sorted(order, key=place.__getitem__)
        middle = [sum(place[v] for v in edge) / len(edge) for edge in edges]
        wanted = {v: sum(middle[k] for k in of[v]) / len(of[v]) if of[v] else place[v] for v in order}
        order = sorted(order, key=lambda v: (wanted[v], place[v]))
        place = {variable: at for at, variable in enumerate(order)}
    assert best is not None
    return best


def _of(system: System, layout: Layout, words: array[int], order: tuple[int, ...]) -> Diagram:
    slots = [layout.slots[i] for i in order]
    shifts, widths = (array("i", numbers) for numbers in ([s.shift for s in slots], [s.width for s in slots]))
    out = ctypes.POINTER(ctypes.c_int32)()
    library = _library()
    size = library.custody_diagram(
        words.buffer_info()[0],
        len(words) // layout.words,
        layout.words,
        len(order),
        shifts.buffer_info()[0],
        widths.buffer_info()[0],
        ctypes.byref(out),
    )
    try:
        if size < 0:
            raise MemoryError
        numbers = array("i", ctypes.string_at(out, 4 * size))
    finally:
        library.custody_diagram_free(out)
    return Diagram(order, _from_above(_levels(numbers, [slot.low for slot in slots])))


def _levels(numbers: Sequence[int], lows: Sequence[int]) -> list[list[list[tuple[int, int]]]]:
    found: list[list[list[tuple[int, int]]]] = []
    at = 0
    for low in lows:
        count, at = numbers[at], at + 1
        level: list[list[tuple[int, int]]] = []
        for _ in range(count):
            end = at + 2 + numbers[at + 1]
            level.append([(numbers[k] + low, numbers[k + 1]) for k in range(at + 2, end, 2)])
            at = end
        found.append(level)
    return found


def _from_above(levels: list[list[list[tuple[int, int]]]]) -> list[list[list[int]]]:
    """The same with nodes in the order in which they are first led to, which is nearly always the next: 0."""
    found: list[list[list[int]]] = []
    order = [0]
    for level in levels:
        new: dict[int, int] = {}
        written: list[list[int]] = []
        for number in order:
            node: list[int] = []
            for value, child in level[number]:
                node += value, len(new) - new[child] if child in new else 0
                new.setdefault(child, len(new))
            written.append(node)
        found.append(written)
        order = list(new)
    return found


@cache
def _library() -> Any:
    text = Path(__file__).with_suffix(".c").read_text(encoding="utf-8")
    library = ctypes.CDLL(str(Build(Source({"diagram.c": text})).path()))
    library.custody_diagram.restype = ctypes.c_int64
    library.custody_diagram.argtypes = [
        ctypes.c_void_p, ctypes.c_int64, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
    ]  # fmt: skip
    library.custody_diagram_free.argtypes = [ctypes.POINTER(ctypes.c_int32)]
    return library


assert WORD == 64, "diagram.c has words of that size"
