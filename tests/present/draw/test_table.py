"""A table's boxes tile it, its text stays within them, and both writers write all of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.present.draw.metrics import width
from custody.present.draw.table import LEADING, PAD_X, PAD_Y, SIZE, Cell, Table, lay_out
from custody.present.draw.table_dot import table_dot
from custody.present.draw.table_svg import table_svg
from support.drawn import SVG, overlapping, texts

WORDS = st.text(alphabet="abcW_ (.", max_size=40)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A head, columns of blocks of different heights, and a line across all of them."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(2, 4))
    cells = [Cell(0, column, (draw(WORDS),), bold=True) for column in range(columns)]
    for column in range(columns):
        row = 1
        while row <= rows:
            height = draw(st.integers(1, rows + 1 - row))
            cells.append(
                Cell(row, column, tuple(draw(st.lists(WORDS, max_size=3))), rows=height, bold=draw(st.booleans()))
            )
            row += height
    cells.append(Cell(rows + 1, 0, (draw(WORDS) * 5,), columns=columns))
    most = tuple(draw(st.integers(40, 300)) for _ in range(columns))
    return Table(
        draw(WORDS), draw(WORDS) * 3, tuple(cells), tuple(map(float, most)), float(draw(st.integers(0, 500)))
    )


@settings(deadline=None)
@given(tables())
def test_boxes_tile_the_table_and_hold_their_text(table: Table) -> None:
    layout = lay_out(table)
    assert not overlapping(layout.boxes)
    area = sum(box.width * box.height for box in layout.boxes)
    assert area == pytest.approx(layout.width * layout.height)
    assert layout.width >= table.least
    for box in layout.boxes:
        assert len(box.lines) * LEADING + 2 * PAD_Y <= box.height + 0.01
        for line in box.lines:
            assert width(line, SIZE, bold=box.cell.bold) + 2 * PAD_X <= box.width + 0.01


@settings(deadline=None)
@given(tables())
def test_the_svg_has_every_line_of_text_within_the_picture(table: Table) -> None:
    svg = table_svg(table)
    root = ET.fromstring(svg)
    layout = lay_out(table)
    # XML readers may join spaces, and so does this comparison.
    told = sorted(" ".join(text.split()) for text in texts(svg) if text.strip())
    lines = [line for box in layout.boxes for line in box.lines]
    assert told == sorted(" ".join(line.split()) for line in (table.title, *layout.about, *lines) if line.strip())
    right, bottom = float(root.get("width", "")), float(root.get("height", ""))
    for text in root.iter(f"{SVG}text"):
        long = float(text.get("textLength", "0"))
        assert float(text.get("x", "")) >= 0
        assert float(text.get("x", "")) + long <= right
        assert float(text.get("y", "")) < bottom


def test_a_heavy_border_is_drawn_over_its_neighbours() -> None:
    cells = (Cell(0, 0, ("a",), thick=True), Cell(0, 1, ("b",)))
    svg = table_svg(Table("t", "", cells, (50.0, 50.0), 0.0))
    assert [text for text in texts(svg) if text in "ab"] == ["b", "a"]


def test_the_dot_has_the_same_spans_and_lines() -> None:
    cells = (
        Cell(0, 0, ("head",), bold=True),
        Cell(0, 1, ("second",), bold=True),
        Cell(1, 0, ("<tall> & long",), rows=2),
        Cell(1, 1, ("one", "two")),
        Cell(2, 1, ()),
        Cell(3, 0, ("wrong",), columns=2, thick=True),
    )
    dot = table_dot(Table("title", "about it", cells, (200.0, 200.0), 0.0))
    assert re.findall(r"(ROWSPAN|COLSPAN)=\"(\d)\"", dot) == [("ROWSPAN", "2"), ("COLSPAN", "2")]
    assert "&lt;tall&gt; &amp; long" in dot
    assert 'one<BR ALIGN="LEFT"/>two<BR ALIGN="LEFT"/>' in dot
    assert dot.count("<TR>") == 4 + 2
