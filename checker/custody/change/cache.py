"""Comparisons made before, by everything that they depend on: both texts, the options, and Custody itself."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

import platformdirs

from custody import __version__
from custody.change.result import Result, from_json, to_json

MOST = 500
"""How many are kept; the oldest go first."""


@functools.cache
def _self() -> str:
    """Custody's own code, as one number: another version may see more."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".lark", ".toml", ".c", ".h") and path.is_file():
            digest.update(str(path.relative_to(package)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def folder() -> Path:
    """Where comparisons are kept."""
    return Path(platformdirs.user_cache_dir("custody")) / "changes"


def key(*parts: str) -> str:
    """The name under which the result of comparing these is kept."""
    return hashlib.sha256("\0".join([_self(), *parts]).encode("utf-8", "surrogatepass")).hexdigest()


def load(name: str) -> Result | None:
    """The result kept under that name, if there is one that can be read."""
    try:
        return from_json(json.loads((folder() / f"{name}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store(name: str, result: Result) -> None:
    """Keeps a complete result; one that is not, or that cannot be kept, is made again next time."""
    if result.limits:
        return
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder() / f"{name}.json"
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(to_json(result)), encoding="utf-8")
        partial.replace(path)
        kept = sorted(folder().glob("*.json"), key=lambda known: known.stat().st_mtime)
        for old in kept[:-MOST]:
            old.unlink(missing_ok=True)
