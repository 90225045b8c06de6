"""k-induction with simple paths (Sheeran, Singh, Stalmarck, FMCAD 2000), for all questions together.

Suppose that no question is met within k steps of a first state, and that some are met at all.  The shortest run
that meets one of them ends in k + 1 different states, none a first state, where only the last meets any.  So if no
such path exists anywhere, first state or not, none of the questions is ever met.

The questions support each other: all are assumed along the path, and those that are met at its end all the same
are dropped, until the rest needs nobody else.  What was proved before is assumed for good.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from custody.symbolic.bad import Asked
from custody.symbolic.encode import Encoding
from custody.symbolic.solver import Answer, Deadline, Solver


class Induction:
    """Paths that begin anywhere in the domains, of a length that grows by one with `extend`."""

    def __init__(self, encoding: Encoding, deadline: Deadline) -> None:
        self._encoding = encoding
        self._solver = Solver(encoding, deadline)
        self._solver.add(encoding.in_domain(0), z3.Not(encoding.first(0)))
        self._depth = 0
        self._proved: list[Asked] = []
        self._literals: dict[tuple[Asked, int, bool], Any] = {}

    @property
    def work(self) -> int:
        """What it took so far, in z3's count."""
        return self._solver.work

    def extend(self) -> None:
        """Looks at paths one step longer from now on."""
        self._solver.add(self._encoding.step(self._depth))
        self._depth += 1
        self._solver.add(z3.Not(self._encoding.first(self._depth)))
        for question in self._proved:
            self._solver.add(z3.Not(self._encoding.at(question.bad, self._depth)))

    def never_met(self, questions: Sequence[Asked], effort: int = 0) -> list[Asked]:
        """Those that support each other: given that none of `questions` is met within this depth, never met."""
        together = list(questions)
        changed = True
        while changed:
            changed = False
            for question in questions:
                if question not in together:
                    continue
                left = self._not_met_after(question, together, effort)
                if left != together:
                    together, changed = left, True
        return together

    def assume_never_met(self, questions: Sequence[Asked]) -> None:
        """From now on the questions are known never to be met."""
        self._proved += questions
        for question in questions:
            for step in range(self._depth + 1):
                self._solver.add(z3.Not(self._encoding.at(question.bad, step)))

    def _not_met_after(self, question: Asked, together: list[Asked], effort: int) -> list[Asked]:
        """`together` without the questions that an allowed path which meets `question` meets at its end."""
        allowed = [self._literal(other, step, met=False) for other in together for step in range(self._depth)]
        ends = self._literal(question, self._depth, met=True)
        match self._solver.ask_simple(self._depth, *allowed, ends, effort=effort):
            case Answer.NO:
                return together
            case Answer.UNKNOWN:
                return [other for other in together if other is not question]
            case Answer.YES:
                return [other for other in together if other is not question and not self._is_met(other)]

    def _is_met(self, question: Asked) -> bool:
        return self._solver.makes_true(self._encoding.at(question.bad, self._depth))

    def _literal(self, question: Asked, step: int, met: bool) -> Any:
        """A Boolean that, when true, makes the question met, or not met, after the step."""
        key = (question, step, met)
        if key not in self._literals:
            literal = z3.Bool(f"{'met' if met else 'unmet'}_{len(self._literals)}", self._encoding.context)
            bad = self._encoding.at(question.bad, step)
            self._solver.add(z3.Implies(literal, bad if met else z3.Not(bad)))
            self._literals[key] = literal
        return self._literals[key]
