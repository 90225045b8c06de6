"""Arrows that cross the words of other arrows: graphviz keeps words off nodes, but not off arrows.

Where some are crossed, more room, another direction or straight arrows mostly help: the layout with the fewest
crossings is taken, and of several the one that is tried first.
"""

# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false, reportUnknownVariableType=false
from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import graphviz

SPACING = "nodesep=0.4, ranksep=0.55"
"""What a map asks for, and what may be changed."""

_CLOSE = ((0.4, 0.55), (0.4, 0.8), (0.6, 0.55), (0.6, 0.8), (0.8, 0.55), (0.8, 0.7), (1.0, 0.55), (1.0, 0.8))
_WIDE = ((0.5, 0.9), (1.4, 0.8), (1.0, 1.2), (2.0, 0.9))

# In the order in which they are tried: what comes later is less pretty, or larger.
_LAYOUTS = tuple(
    f"{how}nodesep={across}, ranksep={down}"
    for how, room in (
        ("", _CLOSE),
        ("rankdir=LR, ", _CLOSE[:3]),
        ("splines=polyline, ", _CLOSE),
        ("", _WIDE),
        ("splines=polyline, ordering=out, ", _CLOSE + _WIDE),
        ("splines=polyline, ordering=in, ", _CLOSE + _WIDE),
    )
    for across, down in room
)

MOST_BYTES = 60_000
"""Of larger maps one layout takes seconds, and nobody reads every word."""

_PIECES = 16
"""Into how many straight pieces a curve is taken apart."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Where a line of words stands, in points; `y` grows upwards."""

    left: float
    right: float
    low: float
    high: float

    def crossed_by(self, a: tuple[float, float], b: tuple[float, float]) -> bool:
        """Whether the straight piece from `a` to `b` runs over the letters (Y. Liang, B. Barsky, 1984)."""
        enters, leaves = 0.0, 1.0
        for start, end, low, high in ((a[0], b[0], self.left, self.right), (a[1], b[1], self.low, self.high)):
            if start == end:
                if not low < start < high:
                    return False
                continue
            first, last = sorted(((low - start) / (end - start), (high - start) / (end - start)))
            enters, leaves = max(enters, first), min(leaves, last)
        return enters < leaves

    def lies_over(self, other: _Words) -> bool:
        """Whether both have some place in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return across > 0 and min(self.high, other.high) > max(self.low, other.low)


def clearest(dot: str) -> str:
    """The map with the layout by which the fewest words are crossed; the text itself where it is none of these."""
    if SPACING not in dot or len(dot) > MOST_BYTES:
        return dot
    best, fewest = dot, crossings(dot)
    for layout in _LAYOUTS[1:]:
        if not fewest:
            break
        laid = dot.replace(SPACING, layout, 1)
        found = crossings(laid)
        if found < fewest:
            best, fewest = laid, found
    return best


def crossings(dot: str) -> int:
    """How many arrows cross how many lines of words, and how many lie over each other, as graphviz lays it out."""
    layout: dict[str, Any] = json.loads(graphviz.Source(dot).pipe(format="json"))
    edges: list[dict[str, Any]] = layout.get("edges", [])
    curves = [tuple(_pieces(edge.get("_draw_", []))) for edge in edges]
    words = [line for edge in edges for line in _words(edge.get("_ldraw_", []))]
    crossed = sum(any(line.crossed_by(a, b) for a, b in curve) for curve in curves for line in words)
    return crossed + sum(one.lies_over(other) for one, other in combinations(words, 2))


def _pieces(drawn: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    for operation in drawn:
        if operation["op"] in "bB":
            points = operation["points"]
            for start in range(0, len(points) - 3, 3):
                curve = points[start : start + 4]
                yield from pairwise(_at(curve, number / _PIECES) for number in range(_PIECES + 1))


def _at(curve: Sequence[Sequence[float]], t: float) -> tuple[float, float]:
    """The point of a cubic Bézier curve."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(w * point[axis] for w, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y


def _words(drawn: Sequence[dict[str, Any]]) -> Iterator[_Words]:
    size = 11.0
    for operation in drawn:
        if operation["op"] == "F":
            size = operation["size"]
        elif operation["op"] == "T" and operation["text"].strip():
            x, y = operation["pt"]
            width = operation["width"]
            left = x - {"l": 0.0, "c": width / 2, "r": width}[operation["align"]]
            # Half the space at each end is air, which may be run over, as may the ends of high and deep letters.
            yield _Words(left + 0.2 * size, left + width - 0.2 * size, y, y + 0.65 * size)
