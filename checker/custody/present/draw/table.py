"""A drawn table: cells over a grid, with text that has been broken to fit. What a sequence chart is made of.

It is laid out here once, so that the test for overlapping text and both writers (`table_svg`, which needs no other
program, and `table_dot`, from which graphviz makes every other format) look at the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.present.draw.metrics import room, wrap
from custody.present.draw.style import BACKGROUND, INK

SIZE = 13.0
"""The size of the text, in pixels."""

LEADING = 17.0
"""From one line of text to the next."""

PAD_X, PAD_Y = 9.0, 7.0
"""Between the border of a cell and its text."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text at a place of the grid: each of `texts` begins a line. `tip` is what a pointer on it is told.

    `thick` gives a heavy border, in the colour of the text; `link` is the address that the cell leads to, if any.
    """

    row: int
    column: int
    texts: tuple[str, ...]
    rows: int = 1
    columns: int = 1
    fill: str = BACKGROUND
    ink: str = INK
    bold: bool = False
    thick: bool = False
    tip: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A cell with its place and its text as broken; pixels, from the top left corner of the grid."""

    cell: Cell
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells that cover each place of the grid exactly once, below a title and a line or two about it.

    `most` says how wide each column may become, `least` how narrow all of them together; pixels.
    """

    title: str
    about: str
    cells: tuple[Cell, ...]
    most: tuple[float, ...]
    least: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: the edges of columns and rows, and the boxes row by row; `about` as broken."""

    about: tuple[str, ...]
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    boxes: tuple[Box, ...]

    @property
    def width(self) -> float:
        return self.columns[-1]

    @property
    def height(self) -> float:
        return self.rows[-1]


def lay_out(table: Table) -> Layout:
    """Columns as wide as their text asks for and may have, rows as high as it then needs."""
    widths = [_column(table, column) for column in range(len(table.most))]
    # What the table is too narrow by goes to the last column but one: the last has the line numbers.
    widths[-2] += max(0.0, table.least - sum(widths))
    columns = tuple(_edges(widths))
    lines = [_lines(cell, columns[cell.column + cell.columns] - columns[cell.column]) for cell in table.cells]
    heights = [0.0] * max(cell.row + cell.rows for cell in table.cells)
    # Low cells first: what spans several rows then takes only what these leave missing.
    for cell, broken in sorted(zip(table.cells, lines, strict=True), key=lambda pair: pair[0].rows):
        last = cell.row + cell.rows
        missing = len(broken) * LEADING + 2 * PAD_Y - sum(heights[cell.row : last])
        heights[last - 1] += max(0.0, missing)
    rows = tuple(_edges(heights))
    boxes = [
        Box(
            cell,
            columns[cell.column],
            rows[cell.row],
            columns[cell.column + cell.columns] - columns[cell.column],
            rows[cell.row + cell.rows] - rows[cell.row],
            broken,
        )
        for cell, broken in zip(table.cells, lines, strict=True)
    ]
    about = wrap(table.about, columns[-1], SIZE) if table.about else ()
    return Layout(about, columns, rows, tuple(sorted(boxes, key=lambda box: (box.cell.row, box.cell.column))))


def _column(table: Table, column: int) -> float:
    """The width that the column's own cells ask for, within what it may have; each text, unbroken, at best."""
    most = table.most[column] - 2 * PAD_X
    asked = 0.0
    for cell in table.cells:
        if cell.column == column and cell.columns == 1:
            for text in cell.texts:
                for line in wrap(text, most, SIZE, bold=cell.bold):
                    asked = max(asked, room(line, SIZE, bold=cell.bold))
    return round(asked + 2 * PAD_X + 0.5)


def _lines(cell: Cell, whole: float) -> tuple[str, ...]:
    return tuple(line for text in cell.texts for line in wrap(text, whole - 2 * PAD_X, SIZE, bold=cell.bold))


def _edges(sizes: Sequence[float]) -> Iterator[float]:
    position = 0.0
    yield position
    for size in sizes:
        position += size
        yield position
