"""How much memory this process uses, in bytes.

Linux's own account of the address space is read where there is one: `getrusage` also counts what the process had
before it became this program, so a child of a large process would look large from its start.
"""

from __future__ import annotations

import os
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


def available_bytes() -> int:
    """What this process may still have: what the machine has free, or its control group, whichever is less."""
    return min([_machine(), *_group()])


def _machine() -> int:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    free = next((line for line in text.splitlines() if line.startswith("MemAvailable:")), None)
    return int(free.split()[1]) * 1024 if free else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _group() -> list[int]:
    """What the control groups' limits leave, where there are any."""
    left: list[int] = []
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            most, now = (Path(path).read_text(encoding="ascii").strip() for path in (limit, used))
        except OSError:
            continue
        if most.isdigit():
            left.append(max(0, int(most) - int(now)))
    return left


def _status(field: str) -> int | None:
    try:
        text = _STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    _, found, rest = text.partition(field)
    return int(rest.split(maxsplit=1)[0]) * 1024 if found else None


def _rusage() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
