"""How wide text is, and where it may be broken, so that nothing that is drawn overlaps or is cut.

Widths are Adobe's metrics of Helvetica, which Arial and Liberation Sans share, in thousandths of the font's size;
anything beyond ASCII is taken to be as wide as it is high.
"""

from __future__ import annotations

import re

_REGULAR = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_BOLD = {
    238: "'",
    278: " ,./I\\ijl",
    280: "|",
    333: "!()-:;[]`ft",
    389: "*r{}",
    474: '"',
    500: "z",
    556: "#$0123456789J_aceksvxy",
    584: "+<=>^~",
    611: "?FLTZbdghnopqu",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
}
_BEYOND = 1000
_SLACK = 1.04


def _by_character(groups: dict[int, str]) -> dict[str, int]:
    return {character: units for units, characters in groups.items() for character in characters}


_WIDTHS = {False: _by_character(_REGULAR), True: _by_character(_BOLD)}

_PIECES = re.compile(r"[^\s_(,.:|]*[_(,.:|]+|[^\s_(,.:|]+")
"""A word comes apart behind the marks that names and calls are joined with."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line of `text` in the unit of `size`."""
    widths = _WIDTHS[bold]
    return sum(widths.get(character, _BEYOND) for character in text) * size / 1000


def room(text: str, size: float, *, bold: bool = False) -> float:
    """The room to leave for it: some programs put each letter on a whole pixel, which makes lines wider."""
    return width(text, size, bold=bold) * _SLACK


def wrap(text: str, most: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """Lines that need no more room than `most`: broken at spaces, else within names, else anywhere.

    At least one line, and at least one letter in each of several.
    """
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if room(joined, size, bold=bold) <= most:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for piece in _PIECES.findall(word):
            for part in _fitting(piece, most, size, bold):
                if lines[-1] and room(lines[-1] + part, size, bold=bold) > most:
                    lines.append("")
                lines[-1] += part
    return tuple(lines)


def _fitting(piece: str, most: float, size: float, bold: bool) -> list[str]:
    if room(piece, size, bold=bold) <= most:
        return [piece]
    parts = [""]
    for character in piece:
        if parts[-1] and room(parts[-1] + character, size, bold=bold) > most:
            parts.append("")
        parts[-1] += character
    return parts
