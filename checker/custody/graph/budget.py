"""What a run may use and the signs of life that it gives: the one place of this room that looks at limits.

A limit ends whatever is going on by an exception, so that no caller can take half an answer for a whole one.
"""

from __future__ import annotations

from custody.system.finding import Limits, Progress, ProgressHook, Stopwatch
from custody.system.memory import peak_bytes, resident_bytes

INTERRUPTED = "interrupted"
"""The name of the limit when it was the keyboard that ended the run."""

_PROGRESS_EVERY = 0.5
"""Seconds between two signs of life."""


class LimitReachedError(Exception):
    """A limit was reached; `limit` names it."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Budget:
    """The limits of one run, from when it was made."""

    def __init__(self, limits: Limits, progress: ProgressHook | None = None) -> None:
        self._limits = limits
        self._progress = progress
        self._clock = Stopwatch()
        self._next_sign = _PROGRESS_EVERY
        self._start_bytes = peak_bytes()

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return self._clock.seconds

    @property
    def bytes(self) -> int:
        """By how much this run has raised the most memory that the process has ever used."""
        return peak_bytes() - self._start_bytes

    def require_time_and_memory(self) -> None:
        """LimitReachedError when one of them is used up."""
        timeout, memory = self._limits.timeout, self._limits.max_memory
        if timeout is not None and self.seconds > timeout:
            raise LimitReachedError(f"timeout {timeout:g} s")
        if memory is not None and resident_bytes() > memory:
            raise LimitReachedError(f"max-memory {memory >> 20} MiB")

    def show(self, states: int, transitions: int, depth: int, frontier: int) -> None:
        """Tells whoever wants to know, if it is time for it."""
        if self._progress is not None and self.seconds >= self._next_sign:
            self._next_sign = self.seconds + _PROGRESS_EVERY
            self._progress(Progress(states, transitions, depth, frontier, self.seconds, self.bytes))
