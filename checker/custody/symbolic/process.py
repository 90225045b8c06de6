"""Runs a task in a process of its own; whatever happens to that, what it found until then is kept."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import BinaryIO

from custody.symbolic.task import Ended, Message, Task, stopped_at
from custody.symbolic.transport import dump

GRACE = 3.0
"""Seconds after the task's time in which the process should have ended by itself."""

# The package may have been found without being installed: the child looks where its parent does.
_BOOT = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer)\nfrom {room}.worker import main; main()"
ROOM = "custody.symbolic"
"""Where the process's `worker` is looked for, unless it is said."""


def messages(
    task: Task, room: str = ROOM, started: Callable[[subprocess.Popen[bytes]], None] | None = None
) -> Generator[Message, None, None]:
    """The task's messages as they come; the last is Ended, also when the process crashes or is killed.

    Closing the generator ends the process; whoever is told of the process by `started` may end it, too.
    """
    with TemporaryFile() as errors:
        try:
            # In a process group of its own it sees no interrupt from the keyboard: that is its parent's to handle.
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT.format(room=room)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                process_group=0,
            )
        except OSError as error:
            yield Ended(f"z3's process cannot be started: {error}")
            return
        if started is not None:
            started(process)
        late = threading.Event()
        watchdog = _watchdog(process, task.seconds + GRACE, late)
        try:
            ended = False
            for message in _received(process, task):
                ended = isinstance(message, Ended)
                yield message
            if not ended and late.is_set():
                yield stopped_at(f"timeout {task.seconds:g} s")
            elif not ended:
                yield Ended(_unexpected_end(process.wait(), errors))
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()


def _watchdog(process: subprocess.Popen[bytes], seconds: float, late: threading.Event) -> threading.Timer:
    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    return timer


def _received(process: subprocess.Popen[bytes], task: Task) -> Generator[Message, None, None]:
    """What the process says, up to its last message or to where it breaks off."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("pipes were asked for")
    try:
        process.stdin.write(pickle.dumps(sys.path) + dump(task))
        process.stdin.flush()
        while True:
            message: Message = pickle.load(process.stdout)
            yield message
            if isinstance(message, Ended):
                return
    except (EOFError, OSError, pickle.UnpicklingError):
        return


def _unexpected_end(code: int, errors: BinaryIO) -> str:
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    errors.seek(0)
    said = errors.read().decode(errors="replace").strip().splitlines()
    return f"z3's process ended unexpectedly ({how}{': ' + said[-1] if said else ''})"
