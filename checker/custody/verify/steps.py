"""What an inductive invariant has to be, and what a step does, as conditions of the state before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Op, and_, le, nodes, not_, number, or_, read, substitute
from custody.system.forbidden import forbidden
from custody.system.model import Action, Form, Property, System
from custody.verify.proof import RefusedError
from custody.verify.solve import find

Case = tuple[str, str, Expr]
"""An obligation, the words for its failing in one way, and the states that fail so."""


def obligations(
    system: System, first: Expr, parts: Sequence[Expr], bad: Mapping[str, Expr], *, bounded: bool = True
) -> Iterator[Case]:
    """The parts hold at first, each step keeps them, and domains that are bounded, and they exclude what is bad."""
    whole = and_(*parts)
    yield "init", "a first state is outside the invariant", and_(first, not_(whole))
    for action in system.actions:
        words = f"'{action.label}'{action.actor and ' of ' + action.actor} leads out of the invariant"
        out = or_(_leaves(action, parts), _strays(system, action)) if bounded else _leaves(action, parts)
        yield "step", words, and_(whole, out)
    for name, states in bad.items():
        yield "safe", f"the invariant allows what {name} forbids", and_(whole, states)


def grouped(cases: Iterable[Case]) -> Iterator[tuple[str, Expr, list[Case]]]:
    """Each obligation with the states that fail it."""
    for obligation, group in groupby(cases, lambda case: case[0]):
        some = list(group)
        yield obligation, or_(*(states for _, _, states in some)), some


def decide(system: System, cases: Iterable[Case], where: str = "", *, integers: bool = False) -> None:
    """RefusedError with what a solver found, looked at again by the evaluator to say what it shows."""
    for obligation, fails, some in grouped(cases):
        state = find(system, fails, integers=integers)
        if state is not None:
            words = next((words for _, words, states in some if evaluate(states, state)), some[0][1])
            raise RefusedError(obligation, words + where, system, state)


def breaks(system: System, p: Property) -> Expr:
    """That the property is not true of a state, or of some step from it."""
    if p.form is Form.STEP:
        return or_(*(_violates(action, p.expression) for action in system.actions))
    return forbidden(system, p)


def _taken(action: Action) -> Expr:
    """That the action may be taken and breaks no check."""
    return and_(action.guard, *(check.condition for check in action.checks))


def _leaves(action: Action, parts: Sequence[Expr]) -> Expr:
    """That the action is taken, and some of the parts, which hold before, do not hold after it."""
    written = {effect.variable: effect.value for effect in action.effects}
    memo: dict[Expr, Expr] = {}
    after = ((part, substitute(part, written, memo)) for part in parts)
    return and_(_taken(action), or_(*(not_(then) for part, then in after if then is not part)))


def _strays(system: System, action: Action) -> Expr:
    """That the action is taken and gives a variable a value outside its domain."""
    wrong: list[Expr] = []
    for effect in action.effects:
        domain = system.variables[effect.variable].domain
        if not domain.boolean:
            wrong.append(not_(and_(le(number(domain.low), effect.value), le(effect.value, number(domain.high)))))
    return and_(_taken(action), or_(*wrong))


def _violates(action: Action, stated: Expr) -> Expr:
    """That the action is taken, and what is stated of steps is not true of this one."""
    written = {effect.variable: effect.value for effect in action.effects}
    later = (node for node in nodes(stated) if node.op is Op.NEXT)
    memo = {node: written.get(node.value, read(node.value, node.sort)) for node in later}
    return and_(_taken(action), not_(substitute(stated, {}, memo)))
