"""Which steps and variables of a counterexample matter.

What is violated is put as claims of which none is true on the trace: the invariant in its last state, the check that
its last step breaks, a step for anybody in a deadlock, the goal all along a loop.  Why they are false is a core over
the unrolled trace; why the steps in it could be taken, another one, up to the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from custody.symbolic.along import Claim, Stored, Unrolled
from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Sort, eq, not_, number, read
from custody.system.finding import Finding, Trace
from custody.system.model import Form, Property, System
from custody.why.frozen import frozen
from custody.why.result import Mattered


def mattered(system: System, subject: Property, finding: Finding) -> Mattered | None:
    """What the trace of the finding rests on; None where that is not a question about single states."""
    trace = finding.trace
    claims = None if trace is None else _claims(system, subject, finding, trace)
    if trace is None or claims is None:
        return None
    unrolled = Unrolled(system, trace)
    core = unrolled.core(claims)
    steps = {stored.step for stored in core if stored.step >= 0}
    if trace.broken is not None:
        steps.add(trace.length - 1)
    return Mattered(
        steps=tuple(sorted(steps)),
        enabling=tuple(sorted(_enabling(system, trace, unrolled, steps) - steps)),
        variables=tuple(sorted({stored.variable for stored in core})),
        initial=tuple(sorted({stored.variable for stored in core if stored.step < 0})),
    )


def _enabling(system: System, trace: Trace, unrolled: Unrolled, steps: Iterable[int]) -> set[int]:
    """The steps because of which these could be taken, and those because of which they could, and so on."""
    found: set[int] = set()
    waiting = sorted(steps)
    while waiting:
        step = waiting.pop()
        found.add(step)
        guard = system.actions[trace.actions[step]].guard
        core: Sequence[Stored] = unrolled.core([Claim(not_(guard), step)])
        waiting += sorted({stored.step for stored in core if stored.step >= 0} - found - set(waiting))
    return found


def _claims(system: System, subject: Property, finding: Finding, trace: Trace) -> list[Claim] | None:
    last = len(trace.states) - 1
    match subject.form:
        case Form.INVARIANT:
            return [Claim(subject.expression, last)]
        case Form.STEP:
            return [Claim(subject.expression, last - 1)]
        case Form.HAZARD:
            check = system.actions[trace.actions[-1]].checks[trace.broken or 0]
            return [Claim(check.condition, last)]
        case Form.DEADLOCK:
            moving = [Claim(action.guard, last) for action in system.actions if not action.spontaneous]
            return [Claim(system.terminal, last), *moving]
        case Form.PROGRESS:
            return _stuck(system, subject, finding, trace)
        case Form.EVENTUALLY:
            return [Claim(subject.expression, position) for position in range(len(trace.states))]
        case Form.LEADS_TO:
            return _unanswered(subject, trace)
        case Form.REACHABLE | Form.IMPLEMENTS:
            return None


def _stuck(system: System, subject: Property, finding: Finding, trace: Trace) -> list[Claim] | None:
    """Values that nobody can change any more, because of which the actor cannot come to rest.

    Where there are none of that simple form, what keeps it from its next step now.
    """
    resting = dict(subject.resting).get(finding.subject or "")
    position = len(trace.states) - 1
    last = trace.states[position]
    kept = None if resting is None else frozen(system, last, resting)
    if kept is not None:
        return [Claim(not_(_has(system, index, last[index])), position) for index in kept]
    own = [action for action in system.actions if action.actor == finding.subject]
    if any(evaluate(action.guard, last) for action in own):
        return None
    return [Claim(action.guard, position) for action in own]


def _has(system: System, index: int, value: int) -> Expr:
    if system.variables[index].domain.boolean:
        test = read(index, Sort.BOOL)
        return test if value else not_(test)
    return eq(read(index, Sort.INT), number(value))


def _unanswered(subject: Property, trace: Trace) -> list[Claim]:
    """The premise was true at some time, and the goal neither then nor later."""
    states = trace.states
    start = 0 if trace.stutters or trace.loop_at is None else trace.loop_at
    for position in range(len(states) - 1, -1, -1):
        if evaluate(subject.goal, states[position]):
            break
        if evaluate(subject.expression, states[position]):
            start = position
    asked = [Claim(not_(subject.expression), start)]
    return [*asked, *(Claim(subject.goal, position) for position in range(start, len(states)))]
