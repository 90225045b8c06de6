"""Records of what was measured, as JSON, which several commands may write to at the same time."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def noted(file: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Replaces what the file says by what `change` makes of it, with nobody in between, and returns that."""
    file.touch()
    with file.open("r+", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        record = change(json.loads(opened.read() or "{}"))
        opened.seek(0)
        opened.truncate()
        opened.write(json.dumps(record, indent=1) + "\n")
    return record
