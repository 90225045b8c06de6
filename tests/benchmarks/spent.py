"""Runs a command and all that it starts until they have used so much processor time together.

What else a machine does makes a wall clock run on, and hardly this one: so much work is the same work tomorrow.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LOOK_EVERY = 0.2
"""Seconds between two looks."""

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """What the command said and its exit code, None when it was stopped; what processor seconds all of it took."""

    said: str | None
    seconds: float
    code: int | None = None


def spent(command: Sequence[str], seconds: float) -> Spent:
    """OSError when it cannot be started, RuntimeError with what it said when it ends with 1, as for an exception."""
    # Workers have process groups of their own; the session is what they have in common.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        used = 0.0
        while process.poll() is None:
            time.sleep(_LOOK_EVERY)
            used = max(used, _used(process.pid))
            if used > seconds:
                return Spent(None, used)
        said, complained = process.communicate()
        if process.returncode == 1 and complained:
            raise RuntimeError(complained)
        return Spent(said, used, process.returncode)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    for pid in _members(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _members(session: int) -> dict[int, float]:
    """The processes of a session, with the seconds that each and its children that are gone have used."""
    found: dict[int, float] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                fields = Path(entry.path, "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                if int(fields[3]) == session:
                    found[int(entry.name)] = sum(map(int, fields[11:15])) / _TICK
    return found


def _used(session: int) -> float:
    return sum(_members(session).values())
