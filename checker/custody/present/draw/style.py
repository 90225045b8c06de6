"""Colours and words that all pictures share.

The colours are those of Okabe and Ito, which people with the common forms of colour blindness can tell apart;
nothing is said by colour alone.  Pictures have their own light background, so they read the same on a dark page.
"""

from __future__ import annotations

import textwrap

BACKGROUND = "#FFFFFF"
INK = "#1B1B1B"
FAINT = "#6B6B6B"
WRONG = "#D55E00"
WRONG_FILL = "#FBE3D6"
FONT = "Helvetica,Arial,sans-serif"

_FILLS = (
    (("released", "freed", "free", "absent", "closed", "detached", "done"), "#EDEDED"),
    (("cpu", "reading", "writing", "bracket", "open"), "#D6ECF8"),
    (("mapped", "device", "dev"), "#FDEFCB"),
    (("attached", "live", "prepared", "held"), "#D9F2E6"),
)
"""Words that tell who has the buffer, with the fill that shows it: nobody, the CPU, a device, merely kept."""

SIDES = {"user": "#0072B2", "importer": "#B36B00", "exporter": "#00795A", "core": "#8A4A78", "hardware": FAINT}
"""The ink of what each side does."""


def fill(values: tuple[str, ...]) -> str:
    """The background of a node, by the last of its values that says who has the buffer."""
    for value in reversed(values):
        head = value.partition("(")[0].lower()
        for words, colour in _FILLS:
            if head in words:
                return colour
    return "#FFFFFF"


def quote(text: str) -> str:
    """A DOT string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def escape(text: str) -> str:
    """Text inside an HTML-like label."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, broken at spaces where that is possible."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
