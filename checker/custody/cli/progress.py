"""A sign of life from a long search: one line on the terminal that is rewritten, and nothing anywhere else."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from custody.system.finding import Progress

FIRST_AFTER = 1.0
"""Seconds before the first line: a short run says nothing."""

AGAIN_AFTER = 0.2
"""Seconds between two lines."""


class Meter:
    """Writes the line; `clear` removes it, to be called before anything else is written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = time.monotonic() + FIRST_AFTER
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + AGAIN_AFTER
            self._write(line(progress))

    def clear(self) -> None:
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


def meter() -> Meter | None:
    """A meter on stderr, or None where nobody watches."""
    return Meter(sys.stderr) if sys.stderr.isatty() else None


def line(progress: Progress) -> str:
    """What the search has done so far; no guess how much is left, which nobody can know."""
    rate = progress.states / progress.seconds if progress.seconds > 0 else 0.0
    return (
        f"{progress.states:,} states, {rate:,.0f}/s, frontier {progress.frontier:,}, depth {progress.depth},"
        f" {progress.bytes / (1 << 20):,.0f} MiB, {progress.seconds:.0f} s"
    )
