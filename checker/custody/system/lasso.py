"""Liveness as safety: a system that can come into a bad state just where another has a fair run without its goal.

A run that never ends in finitely many states comes to one that it has been in before. So beside each state there is a
copy of one that was chosen on the way, and what was seen since: whether a promise of fairness had an action taken, or
none enabled. It is bad to be back in the copy with every promise kept and the goal not seen, or to be where a run may
stand still for ever (A. Biere, C. Artho, V. Schuppan: Liveness checking as safety checking, FMICS 2002).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from custody.system.expression import FALSE, TRUE, Expr, Sort, and_, eq, implies, not_, or_, read
from custody.system.finding import Trace
from custody.system.model import Action, Domain, Effect, Fairness, Form, Property, System, Variable
from custody.system.place import NOWHERE

_TRUTH = Domain(0, 1, boolean=True)


def doubled(system: System, subject: Property) -> System:
    """The system whose one property, of the same name, is an invariant just where `subject`, of runs, holds."""
    variables = list(system.variables)

    def remembered(name: str, initially: bool = False) -> int:
        variables.append(Variable(name, _TRUTH, (int(initially),), name))
        return len(variables) - 1

    eventually = subject.form is Form.EVENTUALLY
    goal = subject.expression if eventually else subject.goal
    before = remembered(f"{subject.name} waits", eventually)
    begun = _truth(before) if eventually else or_(_truth(before), subject.expression)
    waits = and_(begun, not_(goal))
    chosen, moved = remembered("a state is chosen"), remembered("it is left")
    taken = [remembered(f"{promise.name}, {k}: taken") for k, promise in enumerate(system.fairness)]
    asked = [remembered(f"{promise.name}, {k}: {_word(promise)}") for k, promise in enumerate(system.fairness)]
    copies = len(variables)
    variables += [replace(v, name=f"{v.name} then", base=f"{v.base} then") for v in system.variables]
    variables[copies:] = [replace(v, initial=v.initial[:1], control=False, actor=None) for v in variables[copies:]]

    enabled = [or_(*(system.actions[k].guard for k in promise.actions)) for promise in system.fairness]
    seen = [
        Effect(asked[k], or_(_truth(asked[k]), and_(_truth(chosen), enabled[k] if f.strong else not_(enabled[k]))))
        for k, f in enumerate(system.fairness)
    ]
    always = (Effect(before, waits), Effect(moved, _truth(chosen)), *seen)
    actions = [
        _step(action, index, system, taken, chosen, goal, always) for index, action in enumerate(system.actions)
    ]
    choose = replace(
        _CHOOSE,
        place=subject.place,
        guard=and_(not_(_truth(chosen)), waits),
        effects=(Effect(chosen, TRUE), *(Effect(copies + k, _value(k, v)) for k, v in enumerate(system.variables))),
    )
    kept = [
        or_(_truth(taken[k]), not_(_truth(asked[k])) if f.strong else _truth(asked[k]))
        for k, f in enumerate(system.fairness)
    ]
    back = (eq(_value(k, v), _value(copies + k, v)) for k, v in enumerate(system.variables))
    bad = or_(
        and_(waits, *(not_(each) for each in enabled)),
        and_(_truth(chosen), _truth(moved), waits, *back, *kept),
    )
    safe = replace(subject, form=Form.INVARIANT, expression=not_(bad), goal=TRUE, conjuncts=(), premises=())
    return replace(
        system,
        variables=tuple(variables),
        actions=(*actions, choose),
        properties=(safe,),
        terminal=TRUE,
        fairness=(),
        roles=(),
        symmetric=frozenset[str](),
        implementation=None,
    )


def lasso(system: System, trace: Trace) -> Trace:
    """The run of `system` that a trace of its double shows."""
    size = len(system.variables)
    choice = len(system.actions)
    actions = tuple(action for action in trace.actions if action != choice)
    at = trace.actions.index(choice) if choice in trace.actions else len(trace.actions)
    states = [state[:size] for state in trace.states]
    del states[at + 1 : at + 2]
    closed = at < len(actions) and states[at] == states[-1]
    return Trace(tuple(states), actions, None, at if closed else len(states) - 1, stutters=not closed)


_CHOOSE = Action("choose", "", "choose the state that the run comes back to", NOWHERE, FALSE, ())


def _step(
    action: Action,
    index: int,
    system: System,
    taken: list[int],
    chosen: int,
    goal: Expr,
    always: Iterable[Effect],
) -> Action:
    """The action, which breaks no check and after the choice never begins where the goal is seen."""
    mine = (
        Effect(taken[k], or_(_truth(taken[k]), _truth(chosen)))
        for k, f in enumerate(system.fairness)
        if index in f.actions
    )
    guard = and_(action.guard, *(check.condition for check in action.checks), implies(_truth(chosen), not_(goal)))
    return replace(action, guard=guard, checks=(), effects=(*action.effects, *always, *mine))


def _word(promise: Fairness) -> str:
    return "enabled" if promise.strong else "not enabled"


def _truth(variable: int) -> Expr:
    return read(variable, Sort.BOOL)


def _value(index: int, variable: Variable) -> Expr:
    return read(index, variable.domain.sort)
