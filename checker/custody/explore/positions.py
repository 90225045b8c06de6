"""Actions by the position that their guard asks for: most guards then need not be tested."""

from __future__ import annotations

from typing import TypeAlias

from custody.system.expression import Expr, Op, and_
from custody.system.model import Action, System

Member: TypeAlias = tuple[int, Action, Expr]
"""An action by its number, with what remains of its guard."""


def by_position(system: System) -> tuple[dict[int, dict[int, list[Member]]], list[Member]]:
    """For each position variable and value the actions that ask for it; and the actions that ask for none."""
    grouped: dict[int, dict[int, list[Member]]] = {}
    free: list[Member] = []
    for index, action in enumerate(system.actions):
        conjuncts = action.guard.args if action.guard.op is Op.AND else (action.guard,)
        for conjunct in conjuncts:
            at = _position(system, conjunct)
            if at is not None:
                rest = and_(*(other for other in conjuncts if other is not conjunct))
                grouped.setdefault(at[0], {}).setdefault(at[1], []).append((index, action, rest))
                break
        else:
            free.append((index, action, action.guard))
    return grouped, free


def _position(system: System, conjunct: Expr) -> tuple[int, int] | None:
    if conjunct.op is not Op.EQ or conjunct.args[0].op is not Op.READ or not conjunct.args[1].is_constant:
        return None
    variable, value = conjunct.args[0].value, conjunct.args[1].value
    domain = system.variables[variable].domain
    return (variable, value) if system.variables[variable].control and domain.low <= value <= domain.high else None
