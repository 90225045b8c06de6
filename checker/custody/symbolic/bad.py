"""Every safety property as one question about states: can a state be met that is bad for it?

Bad are exactly the states in which the property is violated, there and then or by a step from there; for
REACHABLE, those that are asked for.  Bounded search and induction need know nothing of the kinds of property.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import z3

from custody.symbolic.encode import Encoding
from custody.system.model import Form, Property, System


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """`bad` gives the formula, over the state before the step, of the states in which the question is met."""

    name: str
    bad: Callable[[Encoding], Any]

    def asked_of(self, encoding: Encoding) -> Asked:
        """The question with its formula."""
        return Asked(self.name, self.bad(encoding))


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question with its formula, which is over the template of one encoding."""

    name: str
    bad: Any


ESCAPE = Question("", lambda encoding: encoding.escapes())
"""Asked of every system: can a step that breaks no check take a variable out of its domain?"""


def question(system: System, p: Property) -> Question | None:
    """What the property of the system asks; None where it is not about single states or steps."""
    match p.form:
        case Form.INVARIANT:
            return invariant(p)
        case Form.REACHABLE:
            return Question(p.name, lambda encoding: encoding.holds(p.expression))
        case Form.DEADLOCK:
            moving = [index for index, action in enumerate(system.actions) if not action.spontaneous]
            return Question(p.name, lambda encoding: _stuck(encoding, moving))
        case Form.HAZARD:
            broken = [
                (index, position)
                for index, action in enumerate(system.actions)
                for position, check in enumerate(action.checks)
                if check.property == p.name
            ]
            return Question(p.name, lambda encoding: encoding.any([encoding.breaks(*case) for case in broken]))
        case Form.STEP:
            return Question(p.name, lambda encoding: _violated_by_a_step(encoding, p))
        case Form.PROGRESS | Form.EVENTUALLY | Form.LEADS_TO | Form.IMPLEMENTS:
            return None


def invariant(p: Property) -> Question:
    """What an invariant asks."""
    return Question(p.name, lambda encoding: z3.Not(encoding.holds(p.expression)))


def _stuck(encoding: Encoding, moving: list[int]) -> Any:
    can_move = encoding.any([encoding.guards[index] for index in moving])
    return z3.Not(z3.Or(encoding.holds(encoding.system.terminal), can_move))


def _violated_by_a_step(encoding: Encoding, p: Property) -> Any:
    steps = [
        z3.And(proper, z3.Not(encoding.holds_after(p.expression, index)))
        for index, proper in enumerate(encoding.proper)
    ]
    return encoding.any(steps)
