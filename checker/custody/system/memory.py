"""How much memory this process uses, in bytes.

Linux's own account of the address space is read where there is one: `getrusage` also counts what the process had
before it became this program, so a child of a large process would look large from its start.
"""

from __future__ import annotations

import os
import resource
import sys

_STATUS = "/proc/self/status"


def peak_bytes() -> int:
    """The most that was ever resident."""
    return _kilobytes(_STATUS, b"VmHWM:") or _rusage()


def resident_bytes() -> int:
    """What is resident now; where the system does not tell, the most that ever was."""
    return _kilobytes(_STATUS, b"VmRSS:") or _rusage()


def available_bytes() -> int:
    """What this process may still have: what the machine has free, or its control group, whichever is less."""
    return min([_machine(), *_group()])


def _machine() -> int:
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return _kilobytes("/proc/meminfo", b"MemAvailable:") or half


def _group() -> list[int]:
    """What the control groups' limits leave, where there are any."""
    left: list[int] = []
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        most = _read(limit).strip()
        if most.isdigit():
            left.append(max(0, int(most) - int(_read(used) or 0)))
    return left


def _kilobytes(path: str, field: bytes) -> int | None:
    """What the field of such a file says, in bytes."""
    _, found, rest = _read(path).partition(field)
    return int(rest.split(maxsplit=1)[0]) * 1024 if found else None


def _read(path: str) -> bytes:
    """What is in a file of the system; nothing where there is none."""
    # Not by pathlib, nor with a buffer: several are read for each search, and a small one takes no longer than that.
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, 1 << 16)
    except OSError:
        return b""
    finally:
        os.close(file)


def _rusage() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
