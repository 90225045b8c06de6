"""Runs a command and says how long it took, how much of a processor, and how much memory at its peak.

The account is the system's own for the child and whatever the child waited for.  A child's peak is never told
smaller than what this process had when it started the child, so this process stays small: it imports no engine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = 512
"""Bytes of what the system counts when a process writes to disk."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command went; `code` is negative for the signal that ended it, `over` says that this was the limit.

    `wall` and `cpu` are seconds, `peak` and `written` bytes: the most memory it had, and what it wrote to disk.
    """

    code: int
    over: bool
    wall: float
    cpu: float
    peak: int
    written: int
    out: str
    err: str


def run(command: Sequence[str], folder: Path, limit: float, environment: Mapping[str, str] | None = None) -> Ran:
    """Run it to its end in `folder`, or kill it with its children after `limit` seconds."""
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        start = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
        killed = threading.Event()
        timer = threading.Timer(limit, _kill, (child.pid, killed))
        timer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            _kill(child.pid, killed)
            raise
        finally:
            timer.cancel()
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    return Ran(
        child.returncode,
        killed.is_set(),
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024,
        usage.ru_oublock * BLOCK,
        out.read_text(encoding="utf-8", errors="replace"),
        err.read_text(encoding="utf-8", errors="replace"),
    )


def _kill(group: int, killed: threading.Event) -> None:
    killed.set()
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        killed.clear()
