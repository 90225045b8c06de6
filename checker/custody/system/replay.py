"""Replays a trace in the plain evaluator, so that no report shows a run that the specification does not have.

The engines share the system but not the code that interprets it.  Here every state, step and final violation of
a trace is looked at again: that it starts in a first state, that each step is enabled and leads where the trace
says, and that what the trace ends with really violates the property (for a lasso: that it closes, that the
property fails for ever along it, and that it keeps every promise of fairness).

For PROGRESS the claim is about all continuations.  They are followed up to `CLOSURE_STATES` states; where there
are more, the claim is confirmed for these only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from custody.system.evaluate import enabled, evaluate, failed_check, fire, is_deadlocked
from custody.system.expression import Expr
from custody.system.finding import Trace
from custody.system.model import Fairness, Form, Property, State, System

CLOSURE_STATES = 20_000
"""How many continuations are followed to confirm that an actor can never come to rest."""


def complaint(
    system: System, subject: Property, trace: Trace, stuck: str | None = None, most: int | None = CLOSURE_STATES
) -> str | None:
    """What is wrong with the trace as one that violates the property (for REACHABLE: shows it); None when nothing is.

    `stuck` is the actor that a trace for PROGRESS is about, `most` how many continuations of it are followed.
    """
    return broken_run(system, trace) or _broken_claim(system, subject, trace, stuck, most)


def broken_run(system: System, trace: Trace) -> str | None:
    """What is wrong with the trace as a run of the system, whatever it is meant to show."""
    states, actions = trace.states, trace.actions
    if len(states) != len(actions) + (trace.broken is None):
        return f"{len(states)} states do not fit {len(actions)} steps"
    if not states:
        return "it is empty"
    if not _is_initial(system, states[0]):
        return "it does not start in a first state"
    for number, index in enumerate(actions, 1):
        before = states[number - 1]
        action = system.actions[index]
        if not evaluate(action.guard, before):
            return f"step {number} ({action.label}) is not enabled"
        failing = failed_check(action, before)
        if trace.broken is not None and number == len(actions):
            if failing is None or action.checks.index(failing) != trace.broken:
                return f"step {number} ({action.label}) does not break check {trace.broken}"
        elif failing is not None:
            return f"step {number} ({action.label}) breaks a check: {failing.message}"
        elif fire(action, before) != states[number]:
            return f"step {number} ({action.label}) leads to another state"
    return None


def _is_initial(system: System, state: State) -> bool:
    fits = all(value in variable.initial for value, variable in zip(state, system.variables, strict=True))
    return fits and bool(evaluate(system.where, state))


def _broken_claim(system: System, subject: Property, trace: Trace, stuck: str | None, most: int | None) -> str | None:
    """What is wrong with the trace as an argument for the verdict."""
    last = trace.states[-1]
    if (trace.broken is not None) != (subject.form is Form.HAZARD):
        return "it ends with a hazard, and the property is none" if trace.broken is not None else "it breaks no check"
    match subject.form:
        case Form.INVARIANT:
            return "the invariant is true in the last state" if evaluate(subject.expression, last) else None
        case Form.STEP:
            if not trace.actions:
                return "it has no step"
            held = evaluate(subject.expression, trace.states[-2], last)
            return "the property is true over the last step" if held else None
        case Form.REACHABLE:
            return None if evaluate(subject.expression, last) else "the last state is not the one asked for"
        case Form.HAZARD:
            check = system.actions[trace.actions[-1]].checks[trace.broken or 0]
            return None if check.property == subject.name else f"the broken check belongs to {check.property}"
        case Form.DEADLOCK:
            return None if is_deadlocked(system, last) else "the last state is not deadlocked"
        case Form.IMPLEMENTS:
            raise ValueError("what a contract allows is not for this room to say")
        case Form.PROGRESS:
            return _broken_progress(system, subject, stuck, last, most)
        case Form.EVENTUALLY | Form.LEADS_TO:
            return _broken_lasso(system, subject, trace)


def _broken_progress(
    system: System, subject: Property, stuck: str | None, last: State, most: int | None
) -> str | None:
    resting = dict(subject.resting).get(stuck or "")
    if resting is None:
        return f"{stuck or 'nobody'} is no actor of the property"
    return f"{stuck} can still come to rest" if _can_reach(system, last, resting, most) else None


def _can_reach(system: System, start: State, target: Expr, most: int | None) -> bool:
    seen = {start}
    queue = deque([start])
    while queue and (most is None or len(seen) <= most):
        state = queue.popleft()
        if evaluate(target, state):
            return True
        for index in enabled(system, state):
            action = system.actions[index]
            if failed_check(action, state) is None:
                after = fire(action, state)
                if after not in seen:
                    seen.add(after)
                    queue.append(after)
    return False


def _broken_lasso(system: System, subject: Property, trace: Trace) -> str | None:
    states = trace.states
    if trace.stutters:
        if trace.loop_at not in (None, len(states) - 1):
            return "it both stands still and repeats"
        repeated: Sequence[State] = states[-1:]
        taken: frozenset[int] = frozenset()
    else:
        if trace.loop_at is None or not 0 <= trace.loop_at < len(states) - 1:
            return "it does not go on for ever"
        if states[trace.loop_at] != states[-1]:
            return "the loop does not close"
        repeated = states[trace.loop_at :]
        taken = frozenset(trace.actions[trace.loop_at :])
    for promise in system.fairness:
        if not _keeps(system, promise, repeated, taken):
            return f"it breaks the promise of fairness {promise.name}"
    if subject.form is Form.EVENTUALLY:
        came_true = any(evaluate(subject.expression, state) for state in states)
        return "the property becomes true on it" if came_true else None
    if any(evaluate(subject.goal, state) for state in repeated):
        return "what is promised happens again and again"
    for state in reversed(states):
        if evaluate(subject.goal, state):
            break
        if evaluate(subject.expression, state):
            return None
    return "what is promised happens each time"


def _keeps(system: System, promise: Fairness, repeated: Sequence[State], taken: frozenset[int]) -> bool:
    """Whether repeating these states for ever, with these actions, keeps the promise."""
    if not taken.isdisjoint(promise.actions):
        return True
    guards = [system.actions[index].guard for index in promise.actions]
    possible = [any(evaluate(guard, state) for guard in guards) for state in repeated]
    return not any(possible) if promise.strong else not all(possible)


def steps(trace: Trace) -> Sequence[tuple[State, int, State | None]]:
    """Each step as (state before, action, state after); after the step that breaks a check there is none."""
    after: tuple[State | None, ...] = (*trace.states[1:], None) if trace.broken is not None else trace.states[1:]
    return [(trace.states[i], action, after[i]) for i, action in enumerate(trace.actions)]
