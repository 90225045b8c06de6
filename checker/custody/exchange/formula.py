"""Expressions as formulas: for tools whose models say what is true of a step instead of what is done in it.

Each language is a table from operators to ways of writing them.  Their integers have no bounds and their division
rounds down, as ours does, so that nothing has to be said about overflow; a division by what is not positive is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from custody.exchange.problem import ExportError
from custody.exchange.step import alive
from custody.exchange.straight import Line, size, straighten
from custody.exchange.text import MOST_NODES
from custody.system.expression import Expr, Op, Sort, and_, nodes, not_, or_
from custody.system.model import Action, Effect, Form, Property, System, Variable


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a language writes: `write` makes the text of an operator from those of its arguments, `truth` and `number`
    constants, `read` and `after` a variable before and after the step, by its name."""

    write: Mapping[Op, Callable[[Sequence[str]], str]]
    truth: Callable[[bool], str]
    number: Callable[[int], str]
    read: Callable[[str], str]
    after: Callable[[str], str]

    def text(self, root: Expr, names: Mapping[int, str]) -> str:
        """`root` as text; ExportError where that would be too long for any tool."""
        if size(root) > MOST_NODES:
            raise ExportError(f"an expression of {size(root)} operators and names is too long to be written out")
        texts: dict[int, str] = {}
        for node in nodes(root):
            texts[id(node)] = self._node(node, [texts[id(arg)] for arg in node.args], names)
        return texts[id(root)]

    def _node(self, node: Expr, args: Sequence[str], names: Mapping[int, str]) -> str:
        match node.op:
            case Op.CONST if node.sort is Sort.BOOL:
                return self.truth(bool(node.value))
            case Op.CONST:
                return self.number(node.value)
            case Op.READ:
                return self.read(names[node.value])
            case Op.NEXT:
                return self.after(names[node.value])
            case _:
                return self.write[node.op](args)


@dataclass(frozen=True, slots=True)
class Formulas:
    """A step as formulas that share their parts: `lines` name these, in order."""

    lines: tuple[Line, ...]
    enabled: Expr
    proper: Expr
    effects: tuple[Effect, ...]


def step(system: System, action: Action) -> Formulas:
    """The guard, that no check is broken, and what has another value afterwards.

    A step that breaks a check changes nothing: it is a transition, and nothing comes after it.
    """
    roots = [action.guard, and_(*(check.condition for check in action.checks))]
    roots += [effect.value for effect in action.effects]
    lines, values = straighten(roots, len(system.variables))
    effects = tuple(Effect(effect.variable, value) for effect, value in zip(action.effects, values[2:], strict=True))
    return Formulas(lines, values[0], values[1], effects)


def stays(system: System, effects: Sequence[Effect]) -> tuple[int, ...]:
    """The variables that keep their values."""
    changed = {effect.variable for effect in effects}
    return tuple(index for index in range(len(system.variables)) if index not in changed)


def in_domain(variable: Variable) -> tuple[int, int] | None:
    """The least and the largest value; None for a truth value."""
    return None if variable.domain.boolean else (variable.domain.low, variable.domain.high)


def first(system: System) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Each variable with its possible first values."""
    return tuple((index, tuple(sorted(set(variable.initial)))) for index, variable in enumerate(system.variables))


def always(prop: Property, system: System) -> Expr:
    """What is true of every state where the property holds; of one that is to be reached, where it does not.

    For properties of single states: not for one of steps, or of all runs.
    """
    match prop.form:
        case Form.REACHABLE:
            return not_(prop.expression)
        case Form.DEADLOCK:
            return alive(system)
        case Form.HAZARD:
            return not_(broken(prop.name, system))
        case _:
            return prop.expression


def broken(property_name: str, system: System) -> Expr:
    """Some step can be taken that breaks a check of the property, and none of the checks before that one."""
    ways: list[Expr] = []
    for action in system.actions:
        before: list[Expr] = []
        for check in action.checks:
            if check.property == property_name:
                ways.append(and_(action.guard, *before, not_(check.condition)))
            before.append(check.condition)
    return or_(*ways)
