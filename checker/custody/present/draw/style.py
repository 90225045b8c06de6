"""Colours and words that all pictures share.

The colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with the common forms of
colour blindness can tell apart, darkened where they are ink so that text keeps a contrast of 4.5 to 1.  Nothing is
said by colour alone: what is wrong also has a thick border and a word, what fails also a dash.  Pictures have their
own light background, so they read the same on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

BACKGROUND = "#FFFFFF"
INK = "#1B1B1B"
FAINT = "#5F5F5F"
LINE = "#BBBBBB"
WRONG = "#A63C00"
WRONG_FILL = "#FBE3D6"
HEAD_FILL = "#EDEDED"
STEP_FILL = "#F4F4F4"
FONT = "Helvetica,Arial,sans-serif"

SIDES = {
    "user": ("#0067A1", "#D6ECF8"),
    "importer": ("#8A5200", "#FDEFCB"),
    "exporter": ("#00704F", "#D9F2E6"),
    "core": ("#8A4A78", "#F0E1EB"),
    "hardware": (FAINT, "#EDEDED"),
}
"""The ink of what each side does, and the fill of its steps."""


class Owner(Enum):
    """Who has the buffer, as far as a value tells; each with its fill, in the order in which one hides another."""

    CPU = ("the CPU has it", "#D6ECF8")
    DEVICE = ("a device has it", "#FDEFCB")
    KEPT = ("kept by somebody", "#D9F2E6")
    NOBODY = ("nobody has it", "#EDEDED")

    @property
    def words(self) -> str:
        return self.value[0]

    @property
    def fill(self) -> str:
        return self.value[1]


_TELLING = {
    Owner.CPU: {"cpu", "reading", "writing", "bracket", "in_bracket", "open()"},
    Owner.DEVICE: {"mapped", "device", "dev"},
    Owner.KEPT: {"attached", "live", "prepared", "held", "kept"},
    Owner.NOBODY: {"released", "freed", "absent", "detached"},
}
"""The words of a specification that tell. `open()` is one that says for what: an open bracket, not an open file."""


def owner(values: Iterable[str]) -> Owner | None:
    """Who has the buffer by the strongest of the values; None when none of them tells."""
    heads: set[str] = set()
    for value in values:
        head, payload, _ = value.lower().partition("(")
        heads |= {head, f"{head}()"} if payload else {head}
    return next((who for who in Owner if heads & _TELLING[who]), None)


def fill(values: Iterable[str]) -> str:
    """The background of what has these values."""
    who = owner(values)
    return BACKGROUND if who is None else who.fill


def side_ink(side: str) -> str:
    """The ink of what a side does."""
    return SIDES[side][0] if side in SIDES else INK


def side_fill(side: str) -> str:
    """The background of a step that a side takes."""
    return SIDES[side][1] if side in SIDES else STEP_FILL


def printable(text: str) -> str:
    """The text without what no picture can show, such as control characters; ends of lines stay."""
    return "".join(c if c.isprintable() or c in " \n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def escape(text: str) -> str:
    """Text inside XML, or inside an HTML-like label: one line."""
    shown = printable(text).replace("\n", " ")
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
