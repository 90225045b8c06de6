"""What one step does, in the order in which another tool can execute it.

The effects of an action happen at once, all values read from the old state; statements happen one after another.
So a value that reads a variable which was written before it is computed on a line of its own, ahead of them all.
A check that fails ends the step where it is: it is a transition without a successor here, and a step that changes
nothing there, which is the same number of states and of transitions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from custody.exchange.names import at
from custody.exchange.problem import ExportError
from custody.exchange.straight import Line, straighten
from custody.system.expression import Expr, Op, and_, nodes, not_, or_, reads, rebuild
from custody.system.model import Action, Effect, Form, Property, System
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Demand:
    """`condition` must hold, or the step goes no further; `property` is violated then, if it was asked for."""

    condition: Expr
    property: str | None
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Body:
    """A step after its guard: the lines first, then the checks in order, the claims, and the effects in order.

    A claim (of a transition property that was asked for) does not end the step.
    """

    lines: tuple[Line, ...]
    checks: tuple[Demand, ...]
    claims: tuple[Demand, ...]
    effects: tuple[Line, ...]


def selected(system: System, names: Collection[str], supported: Collection[Form]) -> tuple[Property, ...]:
    """The properties of these names, in the order of the system.

    Raises ExportError for a name that no property has, and for a property of another form.
    """
    known = {prop.name for prop in system.properties}
    for name in names:
        if name not in known:
            raise ExportError(f"there is no property '{name}' in {system.name}")
    chosen = tuple(prop for prop in system.properties if prop.name in names)
    for prop in chosen:
        if prop.form not in supported:
            raise ExportError(f"property '{prop.name}'{at(prop.place)} cannot be exported: its form is '{prop.form}'")
    return chosen


def body(system: System, action: Action, properties: Sequence[Property]) -> Body:
    """What `action` does once its guard holds, with what the properties demand of it."""
    asked = {prop.name for prop in properties if prop.form is Form.HAZARD}
    steps = [prop for prop in properties if prop.form is Form.STEP]
    effects = _read_last(action.effects)
    roots = [check.condition for check in action.checks]
    roots += [_before(prop.expression, effects) for prop in steps]
    roots += [effect.value for effect in effects]
    lines, values = straighten(roots, len(system.variables))
    checks = tuple(
        Demand(value, check.property if check.property in asked else None, check.message, check.place)
        for check, value in zip(action.checks, values, strict=False)
    )
    claims = tuple(
        Demand(value, prop.name, prop.text, prop.place)
        for prop, value in zip(steps, values[len(checks) :], strict=False)
    )
    targets = [effect.variable for effect in effects]
    return _in_order(lines, checks, claims, targets, values[len(checks) + len(claims) :], len(system.variables))


def alive(system: System) -> Expr:
    """The states that are not deadlocked: declared terminal, or with an action that is not spontaneous."""
    return or_(system.terminal, *(action.guard for action in system.actions if not action.spontaneous))


def over(system: System, actor: str, resting: Expr) -> Expr:
    """The states where `actor` rests, or can take a step that breaks a check: that ends it, and is no waiting."""
    steps = [action for action in system.actions if action.actor == actor]
    ends = (and_(step.guard, not_(and_(*(check.condition for check in step.checks)))) for step in steps)
    return or_(resting, *ends)


def _in_order(
    lines: tuple[Line, ...],
    checks: tuple[Demand, ...],
    claims: tuple[Demand, ...],
    targets: Sequence[int],
    values: Sequence[Expr],
    first: int,
) -> Body:
    """The effects one after another, a value that would read what is already written moved before them all."""
    early = list(lines)
    written: set[int] = set()
    effects: list[Line] = []
    for target, value in zip(targets, values, strict=True):
        if written.isdisjoint(reads(value)):
            late = value
        else:
            early.append(Line(first + len(early), value))
            late = Expr(Op.READ, value.sort, (), early[-1].variable)
        effects.append(Line(target, late))
        written.add(target)
    return Body(tuple(early), checks, claims, tuple(effects))


def _read_last(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The same effects, those last whose variable another one reads, so that few values have to be saved."""
    return tuple(
        sorted(
            effects,
            key=lambda effect: any(effect.variable in reads(other.value) for other in effects if other is not effect),
        )
    )


def _before(expression: Expr, effects: Sequence[Effect]) -> Expr:
    """A transition property as a condition on the old state: each new value is what the effect makes of the old."""
    values = {effect.variable: effect.value for effect in effects}
    known: dict[int, Expr] = {}
    for node in nodes(expression):
        if node.op is Op.NEXT:
            known[id(node)] = values.get(node.value, Expr(Op.READ, node.sort, (), node.value))
        elif node.args:
            known[id(node)] = rebuild(node, tuple(known[id(arg)] for arg in node.args))
        else:
            known[id(node)] = node
    return known[id(expression)]
