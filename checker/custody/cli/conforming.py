"""The pieces of a comparison, one after the other or side by side in processes: the answers are the same."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from custody.cli.codes import Code
from custody.cli.fault import told
from custody.cli.runs import NO_MEMORY, NoResult, lost
from custody.evidence.conform.result import Answer, Part
from custody.evidence.conform.run import Clock, MakeSystem, Piece, perform
from custody.language import LimitError, SpecError
from custody.language.diagnostic import Diagnostic

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A piece of the comparison with the contract `spec` of the model."""

    spec: str
    model: str
    make: MakeSystem
    piece: Piece


@dataclass(frozen=True, slots=True)
class Wrong:
    """The specification cannot be used with the piece's settings."""

    diagnostics: tuple[Diagnostic, ...]
    code: Code


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of ours, as it is told."""

    message: str


Found: TypeAlias = "Part | Wrong | Fault"


def answers(asked: Sequence[Asked], clock: Clock, memory: int | None, jobs: int, tell: Tell) -> Iterator[Found]:
    """What each found, in their order, with up to `jobs` at once that have `memory` bytes together.

    KeyboardInterrupt after an interrupt from the keyboard.
    """
    from custody.cli.processes import Lost, Processes, is_possible, share

    jobs, part = share(min(jobs, len(asked)), memory) if is_possible() else (1, 0)
    if jobs == 1:
        for one in asked:
            tell(str(one.piece))
            yield _answer(one, clock)
        return

    def was_short(found: bytes | Lost) -> bool:
        return found.signal == signal.SIGKILL if isinstance(found, Lost) else found.startswith(_SHORT)

    works = [partial(_work, one, clock) for one in asked]
    processes = Processes(works, jobs, part, was_short, lambda said: tell(said.decode()))
    for number, found in processes.answers():
        if not isinstance(found, Lost):
            yield pickle.loads(found[1:])
        elif not processes.interrupted:
            yield _without_answer(asked[number], lost(found.signal))
    if processes.interrupted:
        raise KeyboardInterrupt


def _answer(asked: Asked, clock: Clock) -> Found:
    try:
        return perform(asked.piece, asked.model, asked.make, clock)
    except SpecError as error:
        return Wrong(error.diagnostics, Code.WRONG_REQUEST)
    except LimitError as error:
        return Wrong((Diagnostic(error.place, "too-large", error.reason),), Code.INCONCLUSIVE)
    except MemoryError:
        return _without_answer(asked, NoResult(Code.INCONCLUSIVE, NO_MEMORY))
    except Exception as error:
        return Fault(told(error, asked.spec))


def _without_answer(asked: Asked, why: NoResult) -> Part | Fault:
    if why.code is Code.FAULT:
        return Fault(why.said)
    piece = asked.piece
    return Part(piece.kind, tuple(piece.settings.items()), Answer.INCONCLUSIVE, why.message)


_SHORT: Final = b"s"
_ENOUGH: Final = b"e"
"""What an answer begins with: whether it was for want of memory."""


def _work(asked: Asked, clock: Clock, memory: int | None, sign: Callable[[bytes], None]) -> bytes:
    sign(str(asked.piece).encode())
    found = _answer(asked, clock.within(memory))
    return (_SHORT if _lacked_memory(found) else _ENOUGH) + pickle.dumps(found)


def _lacked_memory(found: Found) -> bool:
    return isinstance(found, Part) and found.answer is Answer.INCONCLUSIVE and "memory" in found.reason
