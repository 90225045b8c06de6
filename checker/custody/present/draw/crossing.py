"""Arrows that cross the words of other arrows: graphviz keeps words off nodes and off each other, but not off arrows.

Where some are crossed, a little more room mostly helps: the spacing with the fewest crossings is taken.
"""

# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false, reportUnknownVariableType=false
from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import graphviz

SPACING = "nodesep=0.4, ranksep=0.55"
"""What a map asks for, and what may be changed."""

_OTHERS = tuple(
    f"nodesep={across}, ranksep={down}"
    for across, down in ((0.4, 0.8), (0.6, 0.55), (0.6, 0.8), (0.8, 0.55), (0.8, 0.7), (1.0, 0.55), (1.0, 0.8))
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
        """Whether the short piece from `a` to `b` runs over the letters: looked at where its middle is."""
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        return self.left < x < self.right and self.low < y < self.high


def clearest(dot: str) -> str:
    """The map with the spacing by which the fewest words are crossed; the text itself where it is none of these."""
    if SPACING not in dot or len(dot) > MOST_BYTES:
        return dot
    best, fewest = dot, crossings(dot)
    for spacing in _OTHERS if fewest else ():
        spaced = dot.replace(SPACING, spacing, 1)
        found = crossings(spaced)
        if found < fewest:
            best, fewest = spaced, found
        if not fewest:
            break
    return best


def crossings(dot: str) -> int:
    """How many arrows cross how many lines of words, as graphviz lays it out."""
    layout: dict[str, Any] = json.loads(graphviz.Source(dot).pipe(format="json"))
    edges: list[dict[str, Any]] = layout.get("edges", [])
    curves = [tuple(_pieces(edge.get("_draw_", []))) for edge in edges]
    words = [line for edge in edges for line in _words(edge.get("_ldraw_", []))]
    return sum(any(line.crossed_by(a, b) for a, b in curve) for curve in curves for line in words)


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
            # A space at both ends is air, which may be run over.
            yield _Words(left + 0.25 * size, left + width - 0.25 * size, y - 0.2 * size, y + 0.8 * size)
