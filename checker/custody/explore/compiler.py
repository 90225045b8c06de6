"""C sources into shared libraries, kept by content in the user's cache directory.

A library is kept in one file, named by the digest of everything it was made from and the digest of what it holds.
It is put there by a rename, so runs side by side never see half of one; before it is loaded it has to be the user's
own, for nobody else to write, and to hold what its name says.  Anything else is removed and built again.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import platformdirs

MOST_BYTES: Final = 256 << 20
"""What the cache may hold; the libraries that were not used for the longest time are removed beyond it."""

_FLAGS: Final = ("-std=c11", "-fPIC", "-shared", "-pipe")
_SUFFIX: Final = ".so"


class CompilerError(Exception):
    """There is no C compiler, or it did not make a library; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to compile: texts by their file names, of which `.h` are only included, and the compiler's options."""

    texts: Mapping[str, str]
    options: tuple[str, ...] = ("-O2",)


@cache
def compiler() -> tuple[str, ...] | None:
    """The words of the command that compiles C: `$CC`, the system's, or the wheel of the extra `cc`."""
    named = os.environ.get("CC")
    for command in ([named] if named else []) + ["cc", "gcc", "clang"]:
        words = shlex.split(command)
        found = shutil.which(words[0]) if words else None
        if found is not None:
            return (found, *words[1:])
    if find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "cc")
    return None


def require_compiler() -> tuple[str, ...]:
    """The same; CompilerError where there is none."""
    command = compiler()
    if command is None:
        raise CompilerError(
            "there is no C compiler: install gcc or clang (Debian: apt-get install gcc), or pip install 'custody[cc]'"
        )
    return command


def folder() -> Path:
    """Where libraries are kept: a directory of this user's that nobody else can write."""
    path = platformdirs.user_cache_path("custody") / "compiled"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise OSError(f"{path} is not a directory of this user's")
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o700)
    return path


class Build:
    """A library that is there already, or is being compiled while others go on."""

    def __init__(self, source: Source) -> None:
        """Begins; CompilerError without a compiler, OSError where the cache cannot be used."""
        command = require_compiler()
        self._folder = folder()
        self._key = _key(source, command)
        self._path = _kept(self._folder, self._key)
        self._room: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._failed: str | None = None
        if self._path is None:
            self._start(source, command)

    @property
    def is_ready(self) -> bool:
        """Whether `path` will not have to wait."""
        return self._path is not None or (self._process is not None and self._process.poll() is not None)

    def path(self) -> Path:
        """Waits for the library; CompilerError with the compiler's words when it made none."""
        if self._failed is not None:
            raise CompilerError(self._failed)
        if self._path is None:
            try:
                self._path = self._finish()
            except CompilerError as error:
                self._failed = str(error)
                raise
        return self._path

    def stop(self) -> None:
        """Ends the compilation, for when nobody waits for it any more."""
        if self._process is not None and self._process.poll() is None:
            # All of its session: a compiler leaves the work to programs that would go on, and hold the pipe open.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
        if self._room is not None:
            self._room.cleanup()

    def _start(self, source: Source, command: Sequence[str]) -> None:
        self._room = tempfile.TemporaryDirectory(dir=self._folder, prefix="build.")
        room = Path(self._room.name)
        for name, text in source.texts.items():
            (room / name).write_text(text, encoding="utf-8")
        names = [name for name in source.texts if name.endswith(".c")]
        arguments = [*command, *_FLAGS, *_for_this_processor(command), *source.options, "-o", "made.so", *names]
        self._process = subprocess.Popen(
            [*arguments, "-lpthread"],
            cwd=room,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # An interrupt from the keyboard is for the search; what is being compiled is of use to the next one.
            start_new_session=True,
        )

    def _finish(self) -> Path:
        assert self._process is not None and self._room is not None
        words, _ = self._process.communicate()
        try:
            if self._process.returncode != 0:
                raise CompilerError(f"the C compiler {compiler()} failed:\n{words}")
            made = Path(self._room.name) / "made.so"
            path = self._folder / f"{self._key}-{_digest(made)}{_SUFFIX}"
            made.chmod(0o600)
            made.replace(path)
        finally:
            self._room.cleanup()
        _make_room(self._folder, path)
        return path


def _key(source: Source, command: Sequence[str]) -> str:
    """Everything that the library depends on: the texts, the options, the compiler and the processor."""
    digest = hashlib.sha256()
    for name, text in source.texts.items():
        digest.update(f"{name}\0{text}\0".encode())
    digest.update("\0".join((*_FLAGS, *source.options, *command, _identity(command), _processor())).encode())
    return digest.hexdigest()[:40]


def _identity(command: Sequence[str]) -> str:
    """What tells one compiler from the next under the same name; for the wheel's, its package and not Python."""
    package: object = getattr(find_spec("ziglang"), "origin", None) if "ziglang" in command else None
    program = Path(package if isinstance(package, str) else command[0]).resolve()
    status = program.stat()
    return f"{program} {status.st_size} {status.st_mtime_ns}"


def _for_this_processor(command: Sequence[str]) -> tuple[str, ...]:
    return () if "ziglang" in command else ("-march=native",)


@cache
def _processor() -> str:
    """The features that code made for this processor may use; a cache can be shared between machines."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return " ".join(os.uname())
    lines = [line for line in text.split("\n\n")[0].splitlines() if line.startswith(("flags", "Features", "model"))]
    return "\n".join([os.uname().machine, *lines])


def _kept(folder: Path, key: str) -> Path | None:
    found: Path | None = None
    for path in folder.glob(f"{key}-*{_SUFFIX}"):
        if found is None and _is_trusted(path):
            found = path
        else:
            _remove(path)
    if found is not None:
        # What was used last is removed last.
        with suppress(OSError):
            os.utime(found)
    return found


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
        return path.stem.rpartition("-")[2] == _digest(path)
    except OSError:
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:40]


def _make_room(folder: Path, newest: Path) -> None:
    """Removes what was not used for the longest time, and what a killed run left behind."""
    kept: list[tuple[float, int, Path]] = []
    for path in folder.iterdir():
        with suppress(OSError):
            status = path.lstat()
            if path.suffix == _SUFFIX and path != newest:
                kept.append((status.st_mtime, status.st_size, path))
            elif path.name.startswith("build.") and status.st_mtime < newest.lstat().st_mtime - 3600:
                shutil.rmtree(path, ignore_errors=True)
    used = newest.lstat().st_size
    for _, size, path in sorted(kept, reverse=True):
        used += size
        if used > MOST_BYTES:
            _remove(path)
