"""Files that can be made again, kept by content in the user's cache directory.

A file's name is a key, which is the digest of everything it was made from, and the digest of what it holds.  It is
put there by a rename, so runs side by side never see half of one; before it is used it has to be the user's own, for
nobody else to write, and to hold what its name says.  Anything else is removed and made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_PART = "build."
"""What the names of what is not finished begin with."""


@dataclass(frozen=True, slots=True)
class Cache:
    """The files of one kind, in a folder of their own; beyond `most_bytes` in all, those that were not used for the
    longest time are removed."""

    name: str
    suffix: str
    most_bytes: int

    def folder(self) -> Path:
        """A directory of this user's that nobody else can write; OSError where that cannot be."""
        path = platformdirs.user_cache_path("custody") / self.name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise OSError(f"{path} is not a directory of this user's")
        if stat.S_IMODE(status.st_mode) & 0o077:
            path.chmod(0o700)
        return path

    def find(self, key: str) -> Path | None:
        """The file that was kept under this key, if there is one that can be trusted."""
        found: Path | None = None
        for path in self.folder().glob(f"{key}-*{self.suffix}"):
            if found is None and _is_trusted(path):
                found = path
            else:
                _remove(path)
        if found is not None:
            # What was used last is removed last.
            with suppress(OSError):
                os.utime(found)
        return found

    def read(self, key: str) -> bytes | None:
        """What the file holds that was kept under this key, if it can be trusted."""
        path = self.find(key)
        if path is None:
            return None
        data = path.read_bytes()
        return data if _says(path, data) else None

    def write(self, key: str, data: bytes) -> None:
        """Keeps a file that holds this."""
        with self.room() as room:
            made = Path(room) / "made"
            made.write_bytes(data)
            self.keep(key, made)

    def room(self) -> tempfile.TemporaryDirectory[str]:
        """Where something may be made; what is left there by a run that was killed is removed some day."""
        return tempfile.TemporaryDirectory(dir=self.folder(), prefix=_PART)

    def keep(self, key: str, made: Path) -> Path:
        """Moves a file of a `room` to its place and returns that."""
        folder = self.folder()
        made.chmod(0o600)
        path = folder / f"{key}-{_digest(made.read_bytes())}{self.suffix}"
        made.replace(path)
        self._make_room(folder, path)
        return path

    def _make_room(self, folder: Path, newest: Path) -> None:
        """Removes what was not used for the longest time, and what a killed run left behind."""
        kept: list[tuple[float, int, Path]] = []
        for path in folder.iterdir():
            with suppress(OSError):
                status = path.lstat()
                if path.suffix == self.suffix and path != newest:
                    kept.append((status.st_mtime, status.st_size, path))
                elif path.name.startswith(_PART) and status.st_mtime < newest.lstat().st_mtime - 3600:
                    shutil.rmtree(path, ignore_errors=True)
        used = newest.lstat().st_size
        for _, size, path in sorted(kept, reverse=True):
            used += size
            if used > self.most_bytes:
                _remove(path)


def digest(*parts: str) -> str:
    """Of everything that something is made from, part by part: its key."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(b"%d " % len(data) + data)
    return found.hexdigest()[:40]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:40]


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except IsADirectoryError:
        shutil.rmtree(path, ignore_errors=True)


def _is_trusted(path: Path) -> bool:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o022:
            return False
        return _says(path, path.read_bytes())
    except OSError:
        return False


def _says(path: Path, data: bytes) -> bool:
    """Whether the name of the file is right about what it holds."""
    return path.stem.rpartition("-")[2] == _digest(data)
