"""Paragraphs and columns of text, wrapped to a width, with or without colours.

What a report needs of this is little, is written for every step of traces that may have a hundred thousand, and has
to be there at once: so it is not left to a library.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_COLOURS: Final = {
    "green": "32",
    "yellow": "33",
    "bold": "1",
    "dim": "2",
    "bold red": "1;31",
    "bold yellow": "1;33",
}
_GAP: Final = 2
"""Blanks between two columns."""
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Page:
    """What the text is written for: so many columns, with colours or without."""

    width: int = 100
    colour: bool = False

    def styled(self, text: str, style: str) -> str:
        """The text in a style, such as "bold red"; "" is none."""
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and style and text else text

    def paragraph(self, text: str, indent: int, style: str = "") -> Iterator[str]:
        """Lines that do not go over the width, as far as words allow it."""
        for line in wrapped(text, max(1, self.width - indent)):
            yield " " * indent + self.styled(line, style) if line else ""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column looks: what does not fit is wrapped, or cut off."""

    title: str = ""
    right: bool = False
    wraps: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, or several where its cells are wrapped. `style` is for all that has none of its own."""

    cells: tuple[str, ...]
    style: str = ""
    first: str = ""
    """The style of the first cell."""


def table(page: Page, columns: Sequence[Column], rows: Sequence[Row], indent: int) -> Iterator[str]:
    """The rows in columns as narrow as may be, below the titles, if there are any."""
    titles = tuple(column.title for column in columns)
    widths = [max(map(cells, texts)) for texts in zip(titles, *(row.cells for row in rows), strict=True)]
    widths = _fitting(widths, columns, page.width - indent)
    everything = [Row(titles, "dim"), *rows] if any(titles) else rows
    for row in everything:
        parts = [
            wrapped(text, width) if column.wraps else [_cut(text, width)]
            for text, column, width in zip(row.cells, columns, widths, strict=True)
        ]
        for number in range(max(map(len, parts))):
            line = " " * indent
            waiting = ""
            for at, (part, column, width) in enumerate(zip(parts, columns, widths, strict=True)):
                text = part[number] if number < len(part) else ""
                blank = " " * (width - cells(text))
                if text:
                    style = row.first if at == 0 and row.first else row.style
                    line += waiting + (blank if column.right else "") + page.styled(text, style)
                    waiting = ("" if column.right else blank) + " " * _GAP
                else:
                    waiting += blank + " " * _GAP
            yield line.rstrip()


def cells(text: str) -> int:
    """How many columns the text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns; a word that is longer is broken."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += [paragraph] if cells(paragraph) <= width else _broken(paragraph, width)
    return lines


def _broken(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cells(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line.rstrip())
        line = word
        while cells(line) > width:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    lines.append(line.rstrip())
    return lines


def _head(text: str, width: int) -> str:
    """As much of the beginning as there is room for, but at least one sign."""
    end = width
    while end > 1 and cells(text[:end]) > width:
        end -= 1
    return text[:end]


def _cut(text: str, width: int) -> str:
    return text if cells(text) <= width else _head(text, width - 1) + _ELLIPSIS if width > 1 else text[:width]


def _fitting(widths: Sequence[int], columns: Sequence[Column], most: int) -> list[int]:
    """The widest columns that wrap are made narrower, all alike, until everything fits; then the others.  The gaps
    behind all but the last count as theirs."""
    gaps = [*[_GAP] * (len(widths) - 1), 0]
    found = [width + gap for width, gap in zip(widths, gaps, strict=True)]
    for wraps in (True, False):
        may = [at for at, column in enumerate(columns) if column.wraps or not wraps]
        while may and sum(found) > most:
            widest = max(found[at] for at in may)
            if widest <= 1 + _GAP:
                break
            of_these = [at for at in may if found[at] == widest]
            below = max((found[at] for at in may if found[at] < widest), default=1 + _GAP)
            excess = min(sum(found) - most, (widest - max(1 + _GAP, below)) * len(of_these))
            for left, at in zip(range(len(of_these), 0, -1), of_these, strict=True):
                less = round(excess / left)
                found[at] -= less
                excess -= less
    return [max(min(1, before), width - gap) for before, width, gap in zip(widths, found, gaps, strict=True)]
