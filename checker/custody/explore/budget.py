"""What a search by the C engine may use, in seconds, states and bytes, and the signs of life that it gives.

Memory is that of the whole process: what the engine may have is the limit less what everything else has.  Without a
limit of the user's, nine tenths of what the machine has free are one: an answer is better than being killed.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.explore.estimate import states_in_all
from custody.system.finding import Limits, Progress, ProgressHook, Stopwatch
from custody.system.memory import available_bytes, peak_bytes, resident_bytes

_PROGRESS_EVERY = 0.5
"""Seconds between two signs of life."""
_SHARE = 0.9


class LimitReachedError(Exception):
    """A limit was reached; `limit` names it."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Budget:
    """The limits of one search, from when it was made."""

    def __init__(self, limits: Limits, progress: ProgressHook | None) -> None:
        self._timeout = limits.timeout
        self._progress = progress
        self._clock = Stopwatch()
        self._next_sign = _PROGRESS_EVERY
        self._start_bytes = peak_bytes()
        self.max_states = limits.max_states
        around = resident_bytes()
        if limits.max_memory is not None:
            self.memory_limit = f"max-memory {limits.max_memory >> 20} MiB"
            self.allowed_bytes = max(1, limits.max_memory - around)
        else:
            self.allowed_bytes = max(1, int(available_bytes() * _SHARE))
            whole = (self.allowed_bytes + around) >> 20
            self.memory_limit = f"{whole} MiB, nine tenths of the memory that is free (see --max-memory)"

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return self._clock.seconds

    @property
    def peak_bytes(self) -> int:
        """By how much the search has raised the most memory that the process has ever used."""
        return max(0, peak_bytes() - self._start_bytes)

    def round(self, seconds: float) -> float:
        """So many seconds, or what is left."""
        return seconds if self._timeout is None else max(0.0, min(seconds, self._timeout - self.seconds))

    def require(self, used: int) -> None:
        """LimitReachedError when time is up, or the engine's `used` bytes are more than it may have."""
        if self._timeout is not None and self.seconds > self._timeout:
            raise LimitReachedError(f"timeout {self._timeout:g} s")
        if used > self.allowed_bytes:
            raise LimitReachedError(self.memory_limit)

    @property
    def is_time_to_show(self) -> bool:
        """Whether somebody is waiting for a sign of life."""
        return self._progress is not None and self.seconds >= self._next_sign

    def show(self, states: int, transitions: int, layers: Sequence[int], frontier: int, used: int) -> None:
        """Gives one; the last layer may still grow."""
        if self._progress is not None:
            self._next_sign = self.seconds + _PROGRESS_EVERY
            expected, depth = states_in_all(layers[:-1]), max(0, len(layers) - 1)
            most = self.allowed_bytes
            self._progress(Progress(states, transitions, depth, frontier, self.seconds, used, expected, most))
