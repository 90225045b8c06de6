"""A complaint about a text, laid out as compilers do: place, message, the line, a caret, what to do.

The first line has the shape `file:line:column: error: message [code]`, which editors know how to follow.
"""

from __future__ import annotations

import unicodedata

from custody.language.diagnostic import Diagnostic

WIDEST_LINE = 160
"""Source lines are cut to this many characters around the caret."""


def render(diagnostic: Diagnostic) -> str:
    """The complaint in one to four lines, with a final newline."""
    place = diagnostic.place
    where = f"{place.file}:{place.line}:{place.column}: " if place.line else f"{place.file}: " if place.file else ""
    code = f" [{diagnostic.code}]" if diagnostic.code else ""
    lines = [f"{where}{diagnostic.severity}: {_printable(diagnostic.message)}{code}"]
    if diagnostic.source_line.strip() and place.line:
        lines += _excerpt(diagnostic.source_line, place.column, diagnostic.length)
    if diagnostic.hint:
        lines.append(f"  hint: {_printable(diagnostic.hint)}")
    return "\n".join(lines) + "\n"


def _excerpt(source: str, column: int, length: int) -> tuple[str, str]:
    """The source line and the carets below the characters meant."""
    caret = min(max(column - 1, 0), len(source))
    first = max(0, caret - WIDEST_LINE // 2) if len(source) > WIDEST_LINE else 0
    shown = source.rstrip("\r\n")[first : first + WIDEST_LINE]
    before, meant = shown[: caret - first], shown[caret - first : caret - first + length]
    margin = "".join("\t" if character == "\t" else " " * _width(character) for character in before)
    return f"  {_printable(shown)}", f"  {margin}{'^' * max(1, sum(map(_width, meant)))}"


def _printable(text: str) -> str:
    """The text with control characters, which could confuse a terminal, made visible."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t" or character.isprintable():
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _width(character: str) -> int:
    """The number of columns that a terminal uses for the character as printed."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
