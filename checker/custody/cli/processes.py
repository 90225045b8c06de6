"""Works in processes of their own, several at once, with the answers in the order of the works.

A process is forked for each work, so it has everything that was loaded, and what it needs in memory is given back
when it ends.  Each has its share of the memory.  A work that its share did not suffice for is done again when
nothing runs beside it, so no answer depends on how many there were.

Whatever happens to this process, none of the others outlives it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Final, TypeAlias

from custody.system.memory import available_bytes, resident_bytes

LEAST_SHARE: Final = 128 << 20
"""Bytes that each of several should have at least: otherwise there are fewer."""

_SHARE_OF_FREE: Final = 0.9
_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG"""
_ANSWER: Final = b"a"
_SIGN: Final = b"s"


Sign: TypeAlias = Callable[[bytes], None]
Work: TypeAlias = Callable[[int | None, Sign], bytes]
"""Something to be done with so many bytes of memory, or with all there is where nothing runs beside it.  May give
signs of life; the answer is in bytes, like these."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Instead of an answer: the process ended without one. `signal` is what ended it, if a signal did."""

    signal: int | None


def is_possible() -> bool:
    """Whether this system has processes that know what their parents know."""
    return "fork" in multiprocessing.get_all_start_methods()


def share(jobs: int, most: int | None) -> tuple[int, int]:
    """How many processes at most, and the bytes that each of them may have; `most` is the limit for all together.

    What this process has already is common to all.
    """
    common = resident_bytes()
    left = most - common if most is not None else int(available_bytes() * _SHARE_OF_FREE)
    jobs = max(1, min(jobs, left // LEAST_SHARE))
    return jobs, max(1, common + left // jobs)


_SHORT: Final = b"s"
_ENOUGH: Final = b"e"
"""What an answer begins with: whether it was for want of memory."""


def marked(answer: bytes, *, lacked_memory: bool) -> bytes:
    """An answer as `marked_answers` wants it of each work."""
    return (_SHORT if lacked_memory else _ENOUGH) + answer


def marked_answers(works: Sequence[Work], jobs: int, memory: int, sign: Sign) -> Iterator[tuple[int, bytes | Lost]]:
    """Each work's number and answer without its mark, in order; what lacked memory is done again by itself.

    KeyboardInterrupt after the answers of those that an interrupt from the keyboard has ended.
    """
    processes = Processes(works, jobs, memory, _was_short, sign)
    for number, found in processes.answers():
        if not isinstance(found, Lost):
            yield number, found[1:]
        elif not processes.interrupted:
            yield number, found
    if processes.interrupted:
        raise KeyboardInterrupt


def _was_short(found: bytes | Lost) -> bool:
    return found.signal == signal.SIGKILL if isinstance(found, Lost) else found.startswith(_SHORT)


class Processes:
    """So many works at once."""

    def __init__(
        self,
        works: Sequence[Work],
        jobs: int,
        memory: int,
        was_short: Callable[[bytes | Lost], bool],
        sign: Sign,
    ) -> None:
        """`was_short` says whether an answer would be another one with more than `memory` bytes; `sign` gets the
        signs of life of the first work that has not ended."""
        self._works = works
        self._jobs = jobs
        self._memory = memory
        self._was_short = was_short
        self._sign = sign
        self._running: dict[int, _Running] = {}
        self._waiting = list(range(len(works)))
        self._alone: list[int] = []
        self._done: dict[int, bytes | Lost] = {}
        self.interrupted = False

    def answers(self) -> Iterator[tuple[int, bytes | Lost]]:
        """Each work's number and answer, in order.

        After an interrupt from the keyboard, which the running works see as well, those of the works that were begun;
        a second one ends them.
        """
        try:
            for number in range(len(self._works)):
                while number not in self._done and (self._running or not self.interrupted):
                    self._go_on()
                if number in self._done:
                    yield number, self._done.pop(number)
        finally:
            self._kill()

    def _go_on(self) -> None:
        try:
            while self._waiting and len(self._running) < self._jobs and not self.interrupted:
                self._start(self._waiting.pop(0), self._memory)
            if not self._running and not self.interrupted:
                self._start(self._alone.pop(0), None)
            self._hear()
        except KeyboardInterrupt:
            if self.interrupted:
                raise
            self.interrupted = True
            for running in self._running.values():
                with suppress(ProcessLookupError):
                    os.kill(running.process.pid or 0, signal.SIGINT)

    def _start(self, number: int, memory: int | None) -> None:
        fork = multiprocessing.get_context("fork")
        ours, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=_child, args=(self._works[number], memory, theirs, os.getpid()))
        # Between its birth and its entry into the list, nothing may keep it from being there.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process.start()
            self._running[number] = _Running(process, ours, memory)
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

    def _hear(self) -> None:
        """Waits for what one of them has to say."""
        numbers = {running.connection: number for number, running in self._running.items()}
        for connection in wait(list(numbers)):
            assert isinstance(connection, Connection)
            number = numbers[connection]
            try:
                said = connection.recv_bytes()
            except (EOFError, OSError):
                self._end(number, None)
                continue
            if said[:1] == _ANSWER:
                self._end(number, said[1:])
            elif number == min(self._running):
                self._sign(said[1:])

    def _end(self, number: int, answer: bytes | None) -> None:
        running = self._running.pop(number)
        code = running.close()
        found = answer if answer is not None else Lost(-code if code is not None and code < 0 else None)
        if running.memory is not None and not self.interrupted and self._was_short(found):
            self._alone.append(number)
        else:
            self._done[number] = found

    def _kill(self) -> None:
        for running in self._running.values():
            running.process.kill()
            running.close()
        self._running.clear()


@dataclass(frozen=True, slots=True)
class _Running:
    process: ForkProcess
    connection: Connection
    memory: int | None

    def close(self) -> int | None:
        """Waits for its end; returns how it ended."""
        self.connection.close()
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        return code


def _child(work: Work, memory: int | None, to: Connection, parent: int) -> None:
    with suppress(KeyboardInterrupt):
        # In a process group of its own it sees no interrupt from the keyboard but what its parent passes on.
        os.setpgid(0, 0)
        _end_with(parent)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        to.send_bytes(_ANSWER + work(memory, lambda said: to.send_bytes(_SIGN + said)))


def _end_with(parent: int) -> None:
    """Has the system end this process when its parent ends, however that happens."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
