"""Tasks as bytes."""

from __future__ import annotations

from typing import BinaryIO

from custody.symbolic.task import Task
from custody.system import transport


def dump(task: Task) -> bytes:
    """The task as bytes for `load`."""
    return transport.dump(task)


def load(source: BinaryIO) -> Task:
    """The next task from the stream, which only `dump` may have written to."""
    task: Task = transport.load(source)
    return task
