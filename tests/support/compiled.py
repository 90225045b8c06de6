"""The C of the searches, compiled for a test."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")


def compiled(sources: Sequence[Path], made: Path, *options: str, warnings: Sequence[str] = WARNINGS) -> Path:
    """What the compiler makes of the sources, without one of these warnings; the options say what that is."""
    command = ["cc", *warnings, *options, "-o", str(made), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return made
