"""A table as SVG, written without any other program."""

from __future__ import annotations

from collections.abc import Iterator

from custody.present.draw.metrics import width
from custody.present.draw.style import BACKGROUND, FAINT, FONT, INK, LINE, escape
from custody.present.draw.table import LEADING, PAD_X, PAD_Y, SIZE, Box, Layout, Table, lay_out

MARGIN = 16.0
TITLE_SIZE = 17.0
TITLE_LEADING = 34.0
_ASCENT = 0.77
"""The height of letters above the line that they stand on, as a part of the font's size."""


def table_svg(table: Table) -> str:
    """The picture. Every text says how wide it is, so that no font makes it leave its cell."""
    layout = lay_out(table)
    total = max(layout.width, width(table.title, TITLE_SIZE, bold=True)) + 2 * MARGIN
    head = TITLE_LEADING + len(layout.about) * LEADING
    height = head + layout.height + 2 * MARGIN
    size = f'width="{_n(total)}" height="{_n(height)}" viewBox="0 0 {_n(total)} {_n(height)}"'
    title = escape(table.title)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" font-size="{_n(SIZE)}" role="img">',
        f"<title>{title}</title>",
        f'<rect width="{_n(total)}" height="{_n(height)}" fill="{BACKGROUND}"/>',
        f'<text x="{_n(MARGIN)}" y="{_n(MARGIN + TITLE_SIZE * _ASCENT)}" font-size="{_n(TITLE_SIZE)}" '
        f'font-weight="bold" fill="{INK}">{title}</text>',
        *_about(layout),
        f'<g transform="translate({_n(MARGIN)} {_n(MARGIN + head)})">',
    ]
    # Heavy borders last, so that no neighbour's thin one lies over them.
    for box in sorted(layout.boxes, key=lambda box: box.cell.thick):
        lines += _box(box)
    lines += ["</g>", "</svg>"]
    return "\n".join(lines) + "\n"


def _about(layout: Layout) -> Iterator[str]:
    for number, line in enumerate(layout.about):
        y = MARGIN + TITLE_SIZE * _ASCENT + (number + 1.2) * LEADING
        yield f'<text x="{_n(MARGIN)}" y="{_n(y)}" fill="{FAINT}">{escape(line)}</text>'


def _box(box: Box) -> Iterator[str]:
    cell = box.cell
    stroke, weight = (cell.ink, 2.5) if cell.thick else (LINE, 1.0)
    yield f'<a href="{escape(cell.link)}" target="_top">' if cell.link else "<g>"
    if cell.tip:
        yield f"<title>{escape(cell.tip)}</title>"
    yield (
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" '
        f'fill="{cell.fill}" stroke="{stroke}" stroke-width="{_n(weight)}"/>'
    )
    weight_name = ' font-weight="bold"' if cell.bold else ""
    for number, line in enumerate(box.lines):
        if not line:
            continue
        y = box.y + PAD_Y + number * LEADING + (LEADING - SIZE) / 2 + SIZE * _ASCENT
        yield (
            f'<text x="{_n(box.x + PAD_X)}" y="{_n(y)}" fill="{cell.ink}"{weight_name} '
            f'textLength="{_n(width(line, SIZE, bold=cell.bold))}" lengthAdjust="spacingAndGlyphs">'
            f"{escape(line)}</text>"
        )
    yield "</a>" if cell.link else "</g>"


def _n(number: float) -> str:
    """A number without digits that say nothing."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
