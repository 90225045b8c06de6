"""Every safety question as one about states: when can the next thing that happens be a violation?

A property becomes an expression that holds exactly in the states where it is violated, there and then or by a
step from there.  Bounded search and induction need know nothing of the kinds of property.
"""

from __future__ import annotations

from dataclasses import dataclass

from custody.system.expression import Expr, Op, and_, nodes, not_, or_, read, rebuild
from custody.system.model import Action, Form, Property, System


@dataclass(frozen=True, slots=True)
class Question:
    """`bad` holds in the states that violate the property; `by_step` when it takes one more step to show it."""

    name: str
    bad: Expr
    by_step: bool
    wanted: bool = False
    """For REACHABLE: being bad is what the author hopes for."""


def question(system: System, p: Property) -> Question | None:
    """The property as a question about states; None where it is not about single states or steps."""
    match p.form:
        case Form.INVARIANT:
            return Question(p.name, not_(p.expression), by_step=False)
        case Form.REACHABLE:
            return Question(p.name, p.expression, by_step=False, wanted=True)
        case Form.DEADLOCK:
            can_move = or_(*(action.guard for action in system.actions if not action.spontaneous))
            return Question(p.name, and_(not_(system.terminal), not_(can_move)), by_step=False)
        case Form.HAZARD:
            return Question(p.name, or_(*(_breaks(action, p.name) for action in system.actions)), by_step=True)
        case Form.STEP:
            bad = or_(
                *(and_(proper(action), not_(after_step(system, action, p.expression))) for action in system.actions)
            )
            return Question(p.name, bad, by_step=True)
        case _:
            return None


def proper(action: Action) -> Expr:
    """When the action is a step with a state after it."""
    return and_(action.guard, *(check.condition for check in action.checks))


def _breaks(action: Action, name: str) -> Expr:
    cases: list[Expr] = []
    for position, check in enumerate(action.checks):
        if check.property == name:
            earlier = (before.condition for before in action.checks[:position])
            cases.append(and_(action.guard, *earlier, not_(check.condition)))
    return or_(*cases)


def after_step(system: System, action: Action, root: Expr) -> Expr:
    """An expression over a step, as one over the state before it: what is read afterwards is what was written."""
    written = {effect.variable: effect.value for effect in action.effects}
    known: dict[Expr, Expr] = {}
    for node in nodes(root):
        if node.op is Op.NEXT:
            sort = system.variables[node.value].domain.sort
            known[node] = written.get(node.value, read(node.value, sort))
        elif node.args:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args))
        else:
            known[node] = node
    return known[root]
