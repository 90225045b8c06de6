"""Two things at once: a task that runs in a process of its own while this one goes on with another.

The process is forked, so it has everything that the task needs; only what comes of it is sent.  Where there is no
fork, or one core, or others run beside this process already, or nothing comes of it, the task runs here, when its
result is asked for.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TypeVar, cast

from custody.processors import processors

T = TypeVar("T")


@contextmanager
def beside(task: Callable[[], T]) -> Generator[Callable[[], T]]:
    """Begins the task; what is given waits for its result, or raises what the task raises."""
    is_one_of_many = multiprocessing.parent_process() is not None
    if is_one_of_many or processors() < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield task
        return
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    # No daemon: the task may start a compiler.
    process = context.Process(target=_run, args=(task, theirs))
    process.start()
    theirs.close()

    def result() -> T:
        try:
            return cast("T", ours.recv())
        except EOFError:
            return task()

    try:
        yield result
    finally:
        ours.close()
        process.terminate()
        process.join()


def _run(task: Callable[[], T], out: Connection) -> None:
    try:
        value = task()
    except BaseException:
        os._exit(1)
    out.send(value)
    out.close()
    os._exit(0)
