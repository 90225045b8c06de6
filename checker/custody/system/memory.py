"""How much memory this process uses, in bytes.

Linux's own account of the address space is read where there is one: `getrusage` also counts what the process had
before it became this program, so a child of a large process would look large from its start.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """The most that was ever resident."""
    return _status("VmHWM:") or _rusage()


def resident_bytes() -> int:
    """What is resident now; where the system does not tell, the most that ever was."""
    return _status("VmRSS:") or _rusage()


def _status(field: str) -> int | None:
    try:
        text = _STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return None


def _rusage() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
