"""Bounded search: which questions are met after exactly so many steps from a first state?

Asked for one depth after the other, so the first time that a question is met is after as few steps as possible
(Biere, Cimatti, Clarke, Zhu, TACAS 1999).  The run to a nearest state repeats none and meets no first state but
its own, so only such runs are looked at; where there are none of some length, every state has been seen.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from custody.symbolic.bad import Asked
from custody.symbolic.encode import Encoding
from custody.symbolic.fault import EngineFault
from custody.symbolic.replay import Run
from custody.symbolic.solver import Answer, Deadline, Solver


@dataclass(frozen=True, slots=True)
class Met:
    """What was found at one depth: the questions that are met, and those where z3 gave up, with its reason."""

    runs: dict[Asked, Run] = field(default_factory=dict[Asked, Run])
    unknown: dict[Asked, str] = field(default_factory=dict[Asked, str])


class BoundedSearch:
    """Runs from a first state, of a length that grows by one with `extend`."""

    def __init__(self, encoding: Encoding, deadline: Deadline) -> None:
        self._encoding = encoding
        self._solver = Solver(encoding, deadline)
        self._solver.add(encoding.first(0))
        self._depth = 0
        self._asked = 0

    @property
    def work(self) -> int:
        """What it took so far, in z3's count."""
        return self._solver.work

    def has_run(self, effort: int = 0) -> Answer:
        """Is there a run of this length without a repeated state?"""
        return self._solver.ask_simple(self._depth, effort=effort)

    def extend(self) -> None:
        """Looks one step further from now on."""
        self._solver.add(self._encoding.step(self._depth))
        self._depth += 1
        self._solver.add(z3.Not(self._encoding.first(self._depth)))

    def met(self, questions: Sequence[Asked]) -> Met:
        """Which of them are met after exactly this many steps?

        That the others are not is remembered: what is asked later relies on it.
        """
        found = Met()
        rest = {question: self._encoding.at(question.bad, self._depth) for question in questions}
        while rest:
            match self._ask(list(rest.values())):
                case Answer.NO:
                    self._solver.add(*(z3.Not(bad) for bad in rest.values()))
                    break
                case Answer.UNKNOWN:
                    self._ask_each(rest, found)
                    break
                case Answer.YES:
                    met = [question for question, bad in rest.items() if self._solver.makes_true(bad)]
                    if not met:
                        raise EngineFault("z3's model shows nothing of what it was asked for")
                    run = self._run()
                    for question in met:
                        found.runs[question] = run
                        del rest[question]
        return found

    def _ask_each(self, questions: dict[Asked, Any], found: Met) -> None:
        for question, bad in questions.items():
            match self._ask([bad]):
                case Answer.NO:
                    self._solver.add(z3.Not(bad))
                case Answer.UNKNOWN:
                    found.unknown[question] = f"z3 gave up at depth {self._depth}: {self._solver.reason()}"
                case Answer.YES:
                    found.runs[question] = self._run()

    def _ask(self, bad: list[Any]) -> Answer:
        self._asked += 1
        some = z3.Bool(f"some_{self._asked}", self._encoding.context)
        self._solver.add(z3.Implies(some, self._encoding.any(bad)))
        return self._solver.ask(some)

    def _run(self) -> Run:
        model = self._solver.model()
        states = [self._encoding.state(model, step) for step in range(self._depth + 1)]
        actions = [self._encoding.action(model, step) for step in range(self._depth)]
        return Run(tuple(states), tuple(actions))
