"""The runs of a command: each specification's instances, one after the other, or side by side in processes.

An answer is the run's result, or why there is none.  The answers come in the order of the runs, and neither they nor
their order depend on how many processes there were.
"""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import chain
from typing import Any, Protocol, TypeAlias

from custody.cli.codes import Code
from custody.cli.fault import told
from custody.properties.result import RunResult
from custody.system.finding import Limits, Progress, ProgressHook
from custody.system.model import Conjunct, Property, System

NO_MEMORY = "the memory of this machine does not suffice; see --max-memory and --max-states"


@dataclass(frozen=True, slots=True)
class Run:
    """An instance of the specification `spec`, and the properties of it that are to be checked."""

    spec: str
    system: System
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoResult:
    """Why a run has none: the exit code and the message. `said` is for whoever watches, when there is more to say."""

    code: Code
    message: str
    said: str = ""


Answer: TypeAlias = "RunResult | NoResult"


class Perform(Protocol):
    """Checks one run within the limits."""

    def __call__(self, run: Run, limits: Limits, progress: ProgressHook | None) -> RunResult: ...


def one_by_one(
    runs: Iterable[Run], perform: Perform, limits: Limits, progress: ProgressHook | None
) -> Iterator[tuple[Run, Answer]]:
    """In this process, up to one that is interrupted."""
    for run in runs:
        answer = _answer(run, perform, limits, progress)
        yield run, answer
        if isinstance(answer, RunResult) and answer.interrupted:
            return


def side_by_side(
    runs: Sequence[Run], perform: Perform, limits: Limits, progress: ProgressHook | None, jobs: int
) -> Iterator[tuple[Run, Answer]]:
    """Up to `jobs` at once, in processes of their own.

    KeyboardInterrupt after the answers of those that an interrupt from the keyboard has ended.
    """
    # Only here: it takes a hundredth of a second to load.
    from custody.cli.processes import Lost, is_possible, marked_answers, share

    jobs, memory = share(jobs, limits.max_memory) if is_possible() else (1, 0)
    if jobs == 1:
        yield from one_by_one(runs, perform, limits, progress)
        return

    def sign(said: bytes) -> None:
        if progress is not None:
            progress(pickle.loads(said))

    works = [partial(_work, run, perform, limits, progress is not None) for run in runs]
    for number, found in marked_answers(works, jobs, memory, sign):
        run = runs[number]
        yield run, lost(found.signal) if isinstance(found, Lost) else _Reader(found, run.system).load()


def _answer(run: Run, perform: Perform, limits: Limits, progress: ProgressHook | None) -> Answer:
    try:
        return perform(run, limits, progress)
    except MemoryError:
        return NoResult(Code.INCONCLUSIVE, NO_MEMORY)
    except Exception as error:
        return NoResult(Code.FAULT, str(error) or type(error).__name__, told(error, run.spec))


def lost(number: int | None) -> NoResult:
    """The process of the run is gone."""
    if number == signal.SIGKILL:
        return NoResult(Code.INCONCLUSIVE, f"the process was killed, perhaps because {NO_MEMORY}")
    message = f"the process ended by {signal.Signals(number).name}" if number else "the process ended without a word"
    return NoResult(Code.FAULT, message, f"custody: internal fault: {message}; please report it")


# ---------------------------------------------------------------------- between processes


def _work(
    run: Run,
    perform: Perform,
    limits: Limits,
    is_watched: bool,
    memory: int | None,
    sign: Callable[[bytes], None],
) -> bytes:
    """Answers in a process that may have so much memory."""
    from custody.cli.processes import marked

    def show(progress: Progress) -> None:
        sign(pickle.dumps(progress))

    allowed = limits if memory is None else replace(limits, max_memory=memory)
    answer = _answer(run, perform, allowed, show if is_watched else None)
    body = BytesIO()
    _Writer(body, run.system).dump(answer)
    return marked(body.getvalue(), lacked_memory=_lacked_memory(answer))


def _lacked_memory(answer: Answer) -> bool:
    if isinstance(answer, NoResult):
        return answer.message == NO_MEMORY
    return any(found.lacked_memory for found in answer.explorations)


def _known(system: System) -> tuple[System | Property | Conjunct, ...]:
    """What a result shares with the system, which is there already on the other side."""
    parts = chain.from_iterable((p, *p.conjuncts, *p.premises) for p in system.properties)
    return (system, *parts)


class _Writer(pickle.Pickler):
    def __init__(self, file: BytesIO, system: System) -> None:
        super().__init__(file)
        self._numbers = {id(part): number for number, part in enumerate(_known(system))}

    def persistent_id(self, obj: Any) -> int | None:
        return self._numbers.get(id(obj))


class _Reader(pickle.Unpickler):
    def __init__(self, found: bytes, system: System) -> None:
        super().__init__(BytesIO(found))
        self._known = _known(system)

    def persistent_load(self, pid: int) -> System | Property | Conjunct:
        return self._known[pid]
