"""z3's runs, followed step by step by the plain evaluator before anybody believes them.

What a run should show is asked of the property itself, not of the formula that z3 was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from custody.symbolic.fault import EngineFault
from custody.system.evaluate import evaluate, failed_check, fire, is_deadlocked
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Form, Property, State, System


@dataclass(frozen=True, slots=True)
class Run:
    """States and the actions between them, as z3 says."""

    states: tuple[State, ...]
    actions: tuple[int, ...]


def require_run(system: System, run: Run) -> None:
    """EngineFault when it is no run of the system from a first state."""
    states, actions = run.states, run.actions
    if len(states) != len(actions) + 1:
        raise EngineFault(f"z3's run has {len(states)} states for {len(actions)} steps")
    chosen = all(value in variable.initial for value, variable in zip(states[0], system.variables, strict=True))
    if not chosen or not evaluate(system.where, states[0]):
        raise EngineFault(f"z3's run does not begin in a first state: {states[0]}")
    for number, index in enumerate(actions):
        action, before = system.actions[index], states[number]
        sound = evaluate(action.guard, before) and failed_check(action, before) is None
        if not sound or fire(action, before) != states[number + 1]:
            step = f"{before}, '{action.label}', {states[number + 1]}"
            raise EngineFault(f"z3's run is none of the system at step {number + 1}: {step}")


def shown(system: System, p: Property, run: Run) -> Finding:
    """The verdict that the run, a run of the system, shows; EngineFault when it does not end in what it should."""
    trace = next(_ways_to_show(system, p, run), None)
    if trace is None:
        raise EngineFault(f"z3's run for '{p.name}' does not end in what it should show: {run.states[-1]}")
    return Finding(p.name, Verdict.HOLDS if p.form is Form.REACHABLE else Verdict.VIOLATED, trace)


def _ways_to_show(system: System, p: Property, run: Run) -> Iterator[Trace]:
    """The run, with a last step where it takes one to violate the property."""
    states, actions = run.states, run.actions
    last = states[-1]
    match p.form:
        case Form.INVARIANT:
            if not evaluate(p.expression, last):
                yield Trace(states, actions)
        case Form.REACHABLE:
            if evaluate(p.expression, last):
                yield Trace(states, actions)
        case Form.DEADLOCK:
            if is_deadlocked(system, last):
                yield Trace(states, actions)
        case Form.HAZARD:
            for index, action in enumerate(system.actions):
                failed = failed_check(action, last) if evaluate(action.guard, last) else None
                if failed is not None and failed.property == p.name:
                    yield Trace(states, (*actions, index), broken=action.checks.index(failed))
        case Form.STEP:
            for index, after in _successors(system, last):
                if not evaluate(p.expression, last, after):
                    yield Trace((*states, after), (*actions, index))
        case Form.PROGRESS | Form.EVENTUALLY | Form.LEADS_TO | Form.IMPLEMENTS:
            return


def escape(system: System, state: State) -> str:
    """How a step from the state leaves the domains; or that none does, and z3 is wrong."""
    for index, after in _successors(system, state):
        for variable, value in zip(system.variables, after, strict=True):
            if not variable.domain.low <= value <= variable.domain.high:
                return (
                    f"'{system.actions[index].label}' gives {variable.name} the value {value}, outside its domain"
                    f" {variable.domain.low}..{variable.domain.high}, and breaks no check"
                )
    return f"z3 finds a step out of the domains where there is none: {state}"


def _successors(system: System, state: State) -> Iterator[tuple[int, State]]:
    for index, action in enumerate(system.actions):
        if evaluate(action.guard, state) and failed_check(action, state) is None:
            yield index, fire(action, state)
