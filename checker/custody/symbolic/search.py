"""Bounded search and induction in turn, one depth after the other, until every question is settled.

Induction can be hopeless where bounded search is easy.  So it may take as much work as bounded search has taken,
and a little more to begin with, in z3's own count and not by the clock: which proof is found, and at which depth,
does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from custody.symbolic.bad import ESCAPE, Asked, Question
from custody.symbolic.bounded import BoundedSearch
from custody.symbolic.encode import Encoding
from custody.symbolic.fault import EngineFault
from custody.symbolic.induction import Induction
from custody.symbolic.replay import escape, require_run, shown
from custody.symbolic.solver import Answer, Deadline, OutOfTimeError
from custody.symbolic.task import NO_FIRST_STATE, Ended, stopped_at
from custody.symbolic.terms import TooWideError
from custody.system.finding import Finding, Verdict
from custody.system.model import Form, System

PROOF_HEAD_START = 20_000_000
"""The work that induction may take beyond that of bounded search; about two seconds."""

PROOF_EFFORT = 2_000_000
"""The work that a single question of a proof may take."""

Report = Callable[[Finding], None]


class Search:
    """Settles questions about a system, in this process. `seconds` is the time there is, None for no end."""

    def __init__(self, system: System, questions: Sequence[Question], seconds: float | None = None) -> None:
        self._system = system
        self._questions = questions
        self._seconds = seconds
        self._looked: int | None = None

    def run(self, max_depth: int | None, report: Report) -> Ended:
        """Reports each question when it is settled, and says why it ended. `max_depth` None is no bound.

        EngineFault when a run of z3's does not replay, or shows that the system leaves its own domains.
        """
        try:
            ended = self._by_depth(max_depth, report, Deadline(self._seconds))
        except OutOfTimeError:
            ended = stopped_at(f"timeout {self._seconds or 0:g} s")
        except TooWideError as error:
            return Ended(f"z3 is not asked about {error}")
        return ended if ended.limit is None else replace(ended, looked=self._looked)

    def _by_depth(self, max_depth: int | None, report: Report, deadline: Deadline) -> Ended:
        encoding = Encoding(self._system)
        escaping = ESCAPE.asked_of(encoding)
        unsettled = [escaping, *(question.asked_of(encoding) for question in self._questions)]
        bounded, induction = BoundedSearch(encoding, deadline), Induction(encoding, deadline)
        if bounded.has_run() is Answer.NO:
            return Ended(NO_FIRST_STATE)
        depth = 0
        while True:
            if bounded.has_run(PROOF_EFFORT) is Answer.NO:
                self._report_never(unsettled, f"every state is within {_steps(depth - 1)}", report)
                return Ended()
            met = bounded.met(unsettled)
            for question, run in met.runs.items():
                require_run(self._system, run)
                if question is escaping:
                    raise EngineFault(escape(self._system, run.states[-1]))
                report(shown(self._system, self._system.property_named(question.name), run))
            if escaping in met.unknown:
                return Ended("z3 cannot tell whether every value stays in its domain")
            for question, reason in met.unknown.items():
                report(Finding(question.name, Verdict.INCONCLUSIVE, reason=reason))
            unsettled = _without(unsettled, [*met.runs, *met.unknown])
            self._looked = depth
            if induction.work < bounded.work + PROOF_HEAD_START:
                proved = induction.never_met(unsettled, PROOF_EFFORT)
                # As long as a step may leave the domains, what follows from the encoding need not be so.
                if escaping in proved or escaping not in unsettled:
                    induction.assume_never_met(proved)
                    self._report_never(proved, f"induction over {_states(depth + 1)}", report)
                    unsettled = _without(unsettled, proved)
            if not _without(unsettled, [escaping]):
                return Ended()
            if depth == max_depth:
                return stopped_at(f"depth {depth}")
            depth += 1
            bounded.extend()
            induction.extend()

    def _report_never(self, questions: Iterable[Asked], reason: str, report: Report) -> None:
        for question in questions:
            if question.name != ESCAPE.name:
                wanted = self._system.property_named(question.name).form is Form.REACHABLE
                report(Finding(question.name, Verdict.VIOLATED if wanted else Verdict.HOLDS, reason=reason))


def _without(questions: Sequence[Asked], others: Sequence[Asked]) -> list[Asked]:
    return [question for question in questions if question not in others]


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _states(count: int) -> str:
    return "1 state" if count == 1 else f"{count} states"
