"""What a search looks out for, numbered: a watch for each property, and the premises of all of them.

Watches of states are seen when a state is expanded, watches of steps when a step is taken.  Liveness and PROGRESS
have no watch: they are about what can still follow, and decided afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from custody.system.expression import Expr, Op, nodes, not_, rebuild
from custody.system.model import Action, Conjunct, Form, Property

_OF_STATES = (Form.INVARIANT, Form.REACHABLE, Form.DEADLOCK)
_OF_STEPS = (Form.STEP, Form.HAZARD)


@dataclass(frozen=True, slots=True)
class Premise:
    """A premise by its property and its number there; `of_step` when it speaks of a step's two states."""

    property: str
    number: int
    expression: Expr
    of_step: bool


@dataclass(frozen=True, slots=True)
class Watches:
    """Positions in `properties` and `premises` are the numbers of the engine's bits."""

    properties: tuple[Property, ...]
    premises: tuple[Premise, ...]

    @classmethod
    def of(cls, wanted: Iterable[Property]) -> Watches:
        """What to watch for, to settle the wanted properties."""
        wanted = tuple(wanted)
        watched = tuple(p for form in (*_OF_STATES, *_OF_STEPS) for p in wanted if p.form is form)
        premises = tuple(
            Premise(p.name, number, premise.expression, _speaks_of_steps(premise))
            for p in wanted
            for number, premise in enumerate(p.premises)
        )
        return cls(watched, premises)

    def of_states(self) -> list[tuple[int, Expr]]:
        """Numbers with the expression that is true where the watch sees something, but for deadlocks."""
        return [
            (number, not_(p.expression) if p.form is Form.INVARIANT else p.expression)
            for number, p in enumerate(self.properties)
            if p.form in (Form.INVARIANT, Form.REACHABLE)
        ]

    def deadlocks(self) -> list[int]:
        """Numbers of the watches for deadlocks."""
        return [number for number, p in enumerate(self.properties) if p.form is Form.DEADLOCK]

    def of_steps(self, action: Action) -> list[tuple[int, Expr]]:
        """Numbers with the expression, over the state before, that is true where the action's step is wrong."""
        steps = [(number, p) for number, p in enumerate(self.properties) if p.form is Form.STEP]
        return [(number, not_(over_step(p.expression, action))) for number, p in steps]

    def hazards(self) -> dict[str, int]:
        """The number of each hazard's watch, by name."""
        return {p.name: number for number, p in enumerate(self.properties) if p.form is Form.HAZARD}

    def is_of_steps(self, number: int) -> bool:
        """Whether the watch sees steps and not states."""
        return self.properties[number].form in _OF_STEPS


def over_step(expression: Expr, action: Action) -> Expr:
    """An expression over a step, for the steps of one action: over the state before alone."""
    written = {effect.variable: effect.value for effect in action.effects}
    known: dict[Expr, Expr] = {}
    for node in nodes(expression):
        if node.op is Op.NEXT:
            unchanged = Expr(Op.READ, node.sort, (), node.value)
            known[node] = written.get(node.value, unchanged)
        else:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
    return known[expression]


def _speaks_of_steps(premise: Conjunct) -> bool:
    return any(node.op is Op.NEXT for node in nodes(premise.expression))
