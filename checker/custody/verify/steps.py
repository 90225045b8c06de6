"""What a step does, as conditions of the state before it."""

from __future__ import annotations

from collections.abc import Sequence

from custody.system.expression import Expr, Op, and_, le, nodes, not_, number, or_, read, substitute
from custody.system.model import Action, System


def taken(action: Action) -> Expr:
    """That the action may be taken and breaks no check."""
    return and_(action.guard, *(check.condition for check in action.checks))


def leaves(action: Action, parts: Sequence[Expr]) -> Expr:
    """That the action is taken, and some of the parts, which hold before, do not hold after it."""
    written = {effect.variable: effect.value for effect in action.effects}
    memo: dict[Expr, Expr] = {}
    after = ((part, substitute(part, written, memo)) for part in parts)
    return and_(taken(action), or_(*(not_(then) for part, then in after if then is not part)))


def strays(system: System, action: Action) -> Expr:
    """That the action is taken and gives a variable a value outside its domain."""
    wrong: list[Expr] = []
    for effect in action.effects:
        domain = system.variables[effect.variable].domain
        if not domain.boolean:
            wrong.append(not_(and_(le(number(domain.low), effect.value), le(effect.value, number(domain.high)))))
    return and_(taken(action), or_(*wrong))


def violates(action: Action, stated: Expr) -> Expr:
    """That the action is taken, and what is stated of steps is not true of this one."""
    written = {effect.variable: effect.value for effect in action.effects}
    later = (node for node in nodes(stated) if node.op is Op.NEXT)
    memo = {node: written.get(node.value, read(node.value, node.sort)) for node in later}
    return and_(taken(action), not_(substitute(stated, {}, memo)))
