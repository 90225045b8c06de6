"""What the measurements were taken on: the machine, the programs, the version of this repository."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cases import HERE
from benchmarks.cores import Cores

UNKNOWN = "unknown"


def describe(cores: Cores) -> dict[str, str]:
    """By name, for the head of the report. Says nothing that could tell one machine from another of its kind."""
    memory = physical_bytes()
    return {
        "taken on": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _commit(),
        "processor": _processor(),
        "processors": str(os.cpu_count() or UNKNOWN),
        "memory": UNKNOWN if memory is None else f"{memory / (1 << 30):.0f} GiB",
        "pinned": cores.description,
        "load at the beginning": _load(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cc": _first_line("cc", "--version"),
        "SPIN": _first_line("spin", "-V"),
        "rumur": _first_line("rumur", "--version"),
    }


def physical_bytes() -> int | None:
    """The memory of the machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"model name\s*: (.*)", text)
    return found.group(1).strip() if found else platform.machine()


def _load() -> str:
    try:
        return f"{os.getloadavg()[0]:.1f} processes"
    except OSError:
        return UNKNOWN


def _commit() -> str:
    commit = _first_line("git", "-C", str(HERE), "rev-parse", "--short", "HEAD")
    changed = _output(("git", "-C", str(HERE), "status", "--porcelain", "--untracked-files=no"))
    return f"{commit}, with changes" if changed.strip() else commit


def _first_line(*command: str) -> str:
    lines = _output(command).strip().splitlines()
    return lines[0].strip() if lines else "not installed"


def _output(command: Sequence[str]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout or done.stderr
