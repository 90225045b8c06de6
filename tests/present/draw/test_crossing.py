"""Where an arrow would cross the words of another, the map gets the room that it takes to keep them apart."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import json
import shutil
from typing import Any

import graphviz
import pytest

from custody.present.draw.crossing import SPACING, clearest, crossings

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz (apt-get install graphviz)")


def network(nodes: int, edges: list[tuple[int, int]]) -> str:
    lines = [f"digraph map {{\n  graph [rankdir=TB, {SPACING}];\n  edge [fontsize=11];"]
    lines += [f'  "n{n}" [label="state {n}"];' for n in range(nodes)]
    lines += [f'  "n{a}" -> "n{b}" [label=" a long label from {a} to {b} "];' for a, b in edges]
    return "\n".join([*lines, "}\n"])


EVERYBODY = network(6, [(a, b) for a in range(6) for b in range(6) if a != b])


def test_a_line_crosses_nothing() -> None:
    line = network(4, [(0, 1), (1, 2), (2, 3)])
    assert crossings(line) == 0
    assert clearest(line) == line


def test_where_all_lead_to_all_fewer_words_are_crossed() -> None:
    before = crossings(EVERYBODY)
    chosen = clearest(EVERYBODY)
    assert before > 0
    assert crossings(chosen) <= before
    assert chosen.replace(chosen.split("TB, ")[1].split("]")[0], SPACING, 1) == EVERYBODY, "nothing else is changed"


def test_what_is_no_map_stays_as_it_is() -> None:
    assert clearest("digraph layers { a -> b }") == "digraph layers { a -> b }"


def test_words_that_lie_over_each_other_count(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = {"edges": [{"_draw_": [curve((0, 50), (200, 50))], "_ldraw_": [words("one long text", 20, 46)]}]}

    def pipe(_source: graphviz.Source, format: str) -> str:  # noqa: A002
        return json.dumps(layout)

    monkeypatch.setattr(graphviz.Source, "pipe", pipe)
    assert crossings("") == 1, "an arrow through its middle, however long its pieces"
    layout["edges"][0]["_ldraw_"] = [words("one long text", 20, 60), words("another", 60, 62)]
    assert crossings("") == 1, "one over the other, and both above the arrow"


def curve(start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    return {"op": "b", "points": [start, start, end, end]}


def words(text: str, x: float, y: float) -> dict[str, Any]:
    return {"op": "T", "text": text, "pt": [x, y], "width": 6.0 * len(text), "align": "l"}
