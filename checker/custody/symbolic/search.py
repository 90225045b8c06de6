"""Bounded search and k-induction, one depth after the other.

At depth k: is a violation possible after k steps from a first state?  If not, does a path of k + 1 different
states, all of them good but the last, exist anywhere?  If no such path exists the property always holds
(Sheeran, Singh, Staalmarck, FMCAD 2000).  The properties are assumed together, and those whose step fails are
dropped until the rest supports itself.  When not even a first state begins a path of k different states, all
states have been seen.  `unknown` settles nothing.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import z3

from custody.symbolic.bad import Question
from custody.symbolic.encode import Encoding
from custody.symbolic.fault import EngineFault
from custody.system.evaluate import evaluate, failed_check, fire
from custody.system.finding import Finding, Stopwatch, Trace, Verdict
from custody.system.model import Form, State, System

Report = Callable[[Finding], None]


class OutOfTimeError(Exception):
    """The time limit came before an answer."""


class Search:
    """Settles questions one depth at a time, reporting each as it is settled."""

    def __init__(self, system: System, questions: Sequence[Question], timeout: float | None) -> None:
        self._system = system
        self._open = list(questions)
        self._proved: list[Question] = []
        self._timeout = timeout
        self._clock = Stopwatch()
        self._encoding = Encoding(system, [q.bad for q in questions])
        # QF_FD is z3's incremental SAT solver over bits: measured faster here than QF_BV, which starts afresh.
        self._from_first = z3.SolverFor("QF_FD", ctx=self._encoding.context)
        self._anywhere = z3.SolverFor("QF_FD", ctx=self._encoding.context)
        for solver in (self._from_first, self._anywhere):
            solver.set("random_seed", 1)

    def run(self, max_depth: int, report: Report) -> str | None:
        """Goes on until everything is settled; otherwise says why it stopped."""
        encoding = self._encoding
        self._from_first.add(encoding.first())
        self._anywhere.add(encoding.in_domain(0))
        if self._check(self._from_first) == z3.unsat:
            return "the system has no first state"
        try:
            for depth in range(max_depth + 1):
                if depth:
                    self._from_first.add(encoding.step(depth - 1))
                    self._anywhere.add(encoding.step(depth - 1))
                    for earlier in range(depth):
                        self._anywhere.add(encoding.different(earlier, depth))
                self._look_for_violations(depth, report)
                if self._open and depth and not self._longer_path(depth):
                    self._all_hold(report, f"every state is within {depth - 1} steps")
                self._induct(depth, report)
                if not self._open:
                    return None
        except OutOfTimeError:
            return f"timeout {self._timeout:g} s"
        return f"depth {max_depth}"

    # ------------------------------------------------------------------ asking z3

    def _check(self, solver: Any, *assumptions: Any) -> Any:
        if self._timeout is not None:
            left = self._timeout - self._clock.seconds
            if left <= 0:
                raise OutOfTimeError
            solver.set("timeout", max(1, int(left * 1000)))
        return solver.check(*assumptions)

    def _under(self, solver: Any, formulas: Sequence[Any]) -> Any:
        """The answer with more formulas added, which are taken back afterwards."""
        solver.push()
        for formula in formulas:
            solver.add(formula)
        answer = self._check(solver)
        model = solver.model() if answer == z3.sat else None
        solver.pop()
        if answer == z3.unknown and self._timeout is not None and self._clock.seconds >= self._timeout:
            raise OutOfTimeError
        return answer, model

    # ------------------------------------------------------------------ the two questions

    def _look_for_violations(self, depth: int, report: Report) -> None:
        for question in list(self._open):
            answer, model = self._under(self._from_first, [self._encoding.term(question.bad, depth)])
            if answer == z3.sat:
                self._open.remove(question)
                trace = self._trace(model, depth, question)
                verdict = Verdict.HOLDS if question.wanted else Verdict.VIOLATED
                report(Finding(question.name, verdict, trace))
            elif answer == z3.unknown:
                # Not knowing whether depth k is safe, nothing deeper could be a shortest trace or a proof.
                self._open.remove(question)
                report(Finding(question.name, Verdict.INCONCLUSIVE, reason=f"z3 gave up at depth {depth}"))

    def _longer_path(self, depth: int) -> bool:
        different = [self._encoding.different(one, other) for other in range(depth + 1) for one in range(other)]
        answer, _ = self._under(self._from_first, different)
        return answer != z3.unsat

    def _all_hold(self, report: Report, reason: str) -> None:
        for question in self._open:
            self._settle(question, reason, report)
        self._open.clear()

    def _settle(self, question: Question, reason: str, report: Report) -> None:
        """The question's state is never met."""
        verdict = Verdict.VIOLATED if question.wanted else Verdict.HOLDS
        report(Finding(question.name, verdict, reason=reason))

    def _induct(self, depth: int, report: Report) -> None:
        """Drops what does not follow from the rest until the rest follows from itself."""
        together = list(self._open)
        changed = True
        while changed and together:
            changed = False
            assumed = [
                z3.Not(self._encoding.term(question.bad, step))
                for question in (*together, *self._proved)
                for step in range(depth)
            ]
            assumed += [z3.Not(self._encoding.term(question.bad, depth)) for question in self._proved]
            for question in list(together):
                answer, _ = self._under(self._anywhere, [*assumed, self._encoding.term(question.bad, depth)])
                if answer != z3.unsat:
                    together.remove(question)
                    changed = True
                    break
        for question in together:
            self._open.remove(question)
            self._proved.append(question)
            self._settle(question, f"induction over {depth + 1} states", report)

    # ------------------------------------------------------------------ traces

    def _trace(self, model: Any, depth: int, question: Question) -> Trace:
        """The run that the model is, followed step by step by the plain evaluator."""
        states = [self._encoding.state(model, step) for step in range(depth + 1)]
        actions = [self._encoding.action(model, step) for step in range(depth)]
        for step, action in enumerate(actions):
            move = self._system.actions[action]
            sound = evaluate(move.guard, states[step]) and failed_check(move, states[step]) is None
            if not sound or fire(move, states[step]) != states[step + 1]:
                raise EngineFault(f"z3's run for '{question.name}' is no run of the system at step {step + 1}")
        if not evaluate(question.bad, states[-1]):
            raise EngineFault(f"z3's run for '{question.name}' does not end in a violation")
        if not question.by_step:
            return Trace(tuple(states), tuple(actions))
        return self._last_step(states, actions, question)

    def _last_step(self, states: list[State], actions: list[int], question: Question) -> Trace:
        p = self._system.property_named(question.name)
        state = states[-1]
        for index, move in enumerate(self._system.actions):
            if not evaluate(move.guard, state):
                continue
            broken = failed_check(move, state)
            if p.form is Form.HAZARD and broken is not None and broken.property == p.name:
                return Trace(tuple(states), (*actions, index), move.checks.index(broken))
            if p.form is Form.STEP and broken is None and not evaluate(p.expression, state, fire(move, state)):
                return Trace((*states, fire(move, state)), (*actions, index))
        raise EngineFault(f"no step from the last state of z3's run violates '{question.name}'")
