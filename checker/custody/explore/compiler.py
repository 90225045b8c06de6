"""C sources into shared libraries, kept by content in the user's cache directory."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
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

from custody import made
from custody.cache import Cache, digest

LIBRARIES: Final = Cache("compiled", ".so", 256 << 20)

_MADE: Final = "made.so"
_FLAGS: Final = ("-std=c11", "-fPIC", "-shared", "-pipe")


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


class Build:
    """A library that is there already, or is being compiled while others go on."""

    def __init__(self, source: Source) -> None:
        """Begins; CompilerError without a compiler, OSError where the cache cannot be used."""
        command = require_compiler()
        self._key = _key(source, command)
        self._path = made.find(f"{self._key}.so") or LIBRARIES.find(self._key)
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
        self._room = LIBRARIES.room()
        self._process = _compiling(source, command, Path(self._room.name))

    def _finish(self) -> Path:
        assert self._process is not None and self._room is not None
        words, _ = self._process.communicate()
        try:
            if self._process.returncode != 0:
                raise CompilerError(f"the C compiler {compiler()} failed:\n{words}")
            return LIBRARIES.keep(self._key, Path(self._room.name) / _MADE)
        finally:
            self._room.cleanup()


def _compiling(source: Source, command: Sequence[str], room: Path) -> subprocess.Popen[str]:
    """The compiler at work on `made.so` in this directory."""
    for name, text in source.texts.items():
        (room / name).write_text(text, encoding="utf-8")
    names = [name for name in source.texts if name.endswith(".c")]
    arguments = [*command, *_FLAGS, *_for_this_processor(command), *source.options, "-o", _MADE, *names]
    return subprocess.Popen(
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


def compile_to(folder: Path, source: Source) -> None:
    """Compiles into a directory of libraries for `made`; CompilerError where that fails."""
    command = require_compiler()
    with tempfile.TemporaryDirectory() as name:
        process = _compiling(source, command, Path(name))
        words, _ = process.communicate()
        if process.returncode != 0:
            raise CompilerError(words)
        shutil.copyfile(Path(name) / _MADE, folder / f"{_key(source, command)}.so")


def _key(source: Source, command: Sequence[str]) -> str:
    """Everything that the library depends on: the texts, the options, the compiler and the processor."""
    texts = [part for named in source.texts.items() for part in named]
    return digest(*texts, "", *_FLAGS, *source.options, *command, _identity(command), _processor())


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
