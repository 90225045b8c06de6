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
    """What the search has done so far, and where the layers of states let it be guessed, how much that is of all."""
    rate = progress.states / progress.seconds if progress.seconds > 0 else 0.0
    text = (
        f"{progress.states:,} states, {rate:,.0f}/s, frontier {progress.frontier:,}, depth {progress.depth},"
        f" {_mebibytes(progress.bytes)}, {progress.seconds:.0f} s"
    )
    if progress.expected is None or not progress.states:
        return text
    needs = progress.bytes * progress.expected // progress.states
    most = progress.most_bytes
    text += f"; perhaps {progress.expected:,} in all"
    if most is not None and needs > most:
        return f"{text}, which needs {_mebibytes(needs)} of {_mebibytes(most)}"
    return f"{text}, {(progress.expected - progress.states) / rate:,.0f} s more" if rate else text


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
