"""The pieces of a comparison, one after the other or side by side in processes: the answers are the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

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
    from custody.cli.processes import Lost, is_possible, marked_answers, share

    jobs, part = share(min(jobs, len(asked)), memory) if is_possible() else (1, 0)
    if jobs == 1:
        for one in asked:
            tell(str(one.piece))
            yield _answer(one, clock)
        return

    works = [partial(_work, one, clock) for one in asked]
    for number, found in marked_answers(works, jobs, part, lambda said: tell(said.decode())):
        if isinstance(found, Lost):
            yield _without_answer(asked[number], lost(found.signal))
        else:
            yield pickle.loads(found)


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


def _work(asked: Asked, clock: Clock, memory: int | None, sign: Callable[[bytes], None]) -> bytes:
    from custody.cli.processes import marked

    sign(str(asked.piece).encode())
    found = _answer(asked, clock.within(memory))
    return marked(pickle.dumps(found), lacked_memory=_lacked_memory(found))


def _lacked_memory(found: Found) -> bool:
    return isinstance(found, Part) and found.answer is Answer.INCONCLUSIVE and "memory" in found.reason
