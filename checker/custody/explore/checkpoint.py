"""Where a long search stands, on disk, so that it can go on after whatever ended it.

Each run has a directory of its own: the files of states that the engine appends to, and `position`, which says how
much of them counts.  `position` is replaced by a rename after the states are safely written, and states that were
written are never changed, so at any moment there is either no checkpoint or a whole one.  It is found again by the
digest of the system's C text: what the engine would search is the same then, whatever else changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

from custody.explore.native import DiskError, Engine

_VERSION: Final = 1
_POSITION: Final = "position"
_LOCK: Final = "lock"
_KEPT_SECONDS: Final = 30 * 24 * 3600
"""How long a checkpoint is kept that nobody asks for."""
_LEAST_PAUSE: Final = 3.0
_SHARE: Final = 20
"""Saving may take one part in so many of the time."""


class DamagedError(Exception):
    """What a checkpoint consists of is not what was written."""


class Checkpoint:
    """The directory of one run. It is locked while the run goes on, and removed at the end unless it is kept."""

    def __init__(self, text: str, *, resume: bool) -> None:
        """With `resume`, that of the latest run of the same text; otherwise there is none until `begin`."""
        self._text = text
        self.threads: int | None = None
        self._folder: Path | None = None
        self._lock: int | None = None
        self._position: bytes | None = None
        self._refusal = "it has no directory yet"
        found = next(_earlier(_runs(), self._digest()), None) if resume else None
        if found is not None:
            self._folder, self._lock, self.threads, self._position = found
        self._is_begun = False
        self._kept = False
        self._saved_at = time.monotonic()
        self._pause = _LEAST_PAUSE

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None and not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def is_resumed(self) -> bool:
        """Whether there is a position to go on from."""
        return self._position is not None

    def _digest(self) -> str:
        return hashlib.sha256(f"{_VERSION} {self._text}".encode()).hexdigest()[:32]

    def begin(self, engine: Engine, resident_states: int) -> None:
        """Lets the engine keep states beyond so many in the directory; without one, all stay in memory."""
        if self._is_begun:
            return
        self._is_begun = True
        try:
            if self._folder is None:
                runs = _runs()
                runs.mkdir(mode=0o700, parents=True, exist_ok=True)
                _tidy(runs)
                self._folder = Path(tempfile.mkdtemp(prefix=f"{self._digest()}.", dir=runs))
                self._lock = _locked(self._folder)
        except OSError as error:
            self._refusal = str(error)
        else:
            engine.use_files(self._folder, resident_states)

    def restore(self, engine: Engine) -> None:
        """Brings a new engine to the position; DamagedError, and no checkpoint any more, where that cannot be."""
        assert self._position is not None
        try:
            engine.load(self._position)
        except DiskError as error:
            raise DamagedError from error
        self._kept = True

    @property
    def is_due(self) -> bool:
        """Whether it is time to save again."""
        return time.monotonic() - self._saved_at >= self._pause

    def save(self, engine: Engine) -> None:
        """Saves where the engine stands; from now on the directory stays, unless `discard` is called."""
        if self._folder is None:
            raise DiskError(f"the checkpoint cannot be written: {self._refusal}")
        begun = time.monotonic()
        position = engine.save()
        header = {
            "version": _VERSION,
            "threads": engine.threads,
            "digest": hashlib.sha256(position).hexdigest(),
        }
        part = self._folder / f"{_POSITION}.part"
        try:
            with part.open("wb") as file:
                file.write(json.dumps(header).encode() + b"\n" + position)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / _POSITION)
        except OSError as error:
            raise DiskError(f"the checkpoint cannot be written: {error}") from error
        if not self._kept:
            self._kept = True
            _replace_earlier(self._folder)
        self._saved_at = time.monotonic()
        self._pause = max(_LEAST_PAUSE, _SHARE * (self._saved_at - begun))

    def discard(self) -> None:
        """The search has come to its end: nobody will go on from here."""
        self._kept = False


def _runs() -> Path:
    return platformdirs.user_cache_path("custody") / "runs"


def _replace_earlier(newest: Path) -> None:
    """One checkpoint of a search is enough; those that other runs are writing are left alone."""
    for folder in newest.parent.glob(f"{newest.name.partition('.')[0]}.*"):
        if folder == newest:
            continue
        with suppress(OSError):
            lock = _locked(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _earlier(runs: Path, digest: str) -> Iterator[tuple[Path, int, int, bytes]]:
    """The checkpoints of the same text that no run is using, the latest first: directory, lock, threads, position."""
    folders: list[tuple[float, Path]] = []
    for folder in runs.glob(f"{digest}.*"):
        with suppress(OSError):
            folders.append(((folder / _POSITION).stat().st_mtime, folder))
    for _, folder in sorted(folders, reverse=True):
        lock = _locked(folder)
        if lock is None:
            continue
        read = _read(folder / _POSITION)
        if read is None:
            os.close(lock)
            continue
        yield folder, lock, *read


def _read(path: Path) -> tuple[int, bytes] | None:
    try:
        head, _, position = path.read_bytes().partition(b"\n")
        header: object = json.loads(head)
    except (OSError, ValueError):
        return None
    match header:
        case {"version": 1, "threads": int(threads), "digest": str(digest)}:
            return (threads, position) if hashlib.sha256(position).hexdigest() == digest else None
        case _:
            return None


def _locked(folder: Path) -> int | None:
    """The open lock of a directory, or None where a run has it."""
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _tidy(runs: Path) -> None:
    """Removes what killed runs left without a checkpoint, and checkpoints that are old."""
    for folder in runs.iterdir():
        with suppress(OSError):
            has_position = (folder / _POSITION).exists()
            age = time.time() - folder.stat().st_mtime
            if age < (_KEPT_SECONDS if has_position else 60):
                continue
            lock = _locked(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
