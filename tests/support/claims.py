"""Systems with claims to be settled, written down briefly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from custody.system.expression import FALSE, TRUE, Expr
from custody.system.model import Action, Check, Effect, Form, Kind, Property, System, Variable
from support.small_systems import action, at, system


def claim(name: str, form: Form, expression: Expr = TRUE) -> Property:
    return Property(name, form, Kind.INVARIANT, at(4), expression)


def move(name: str, guard: Expr, effects: Sequence[tuple[int, Expr]], checks: Sequence[Check] = ()) -> Action:
    """An action that gives variables, by index, new values."""
    return action(name, guard, [Effect(index, value) for index, value in effects], checks)


def claiming(
    variables: Sequence[Variable],
    actions: Sequence[Action],
    claims: Sequence[Property],
    where: Expr = TRUE,
    terminal: Expr = FALSE,
) -> System:
    return replace(system(variables, actions, where), properties=tuple(claims), terminal=terminal)
