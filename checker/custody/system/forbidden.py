"""What a property of single states or steps forbids, as one expression."""

from __future__ import annotations

from custody.system.expression import Expr, and_, not_, or_
from custody.system.model import Action, Form, Property, System


def forbidden(system: System, p: Property) -> Expr:
    """The states (for STEP the steps) that violate the property; for REACHABLE those that it asks for.

    ValueError for a property of whole runs.
    """
    match p.form:
        case Form.INVARIANT | Form.STEP:
            return not_(p.expression)
        case Form.REACHABLE:
            return p.expression
        case Form.DEADLOCK:
            return not_(or_(system.terminal, *(a.guard for a in system.actions if not a.spontaneous)))
        case Form.HAZARD:
            return or_(*(_breaks(action, p.name) for action in system.actions))
        case Form.PROGRESS | Form.EVENTUALLY | Form.LEADS_TO | Form.IMPLEMENTS:
            raise ValueError(f"'{p.name}' is not about single states or steps")


def _breaks(action: Action, name: str) -> Expr:
    """The action may be taken, and the first check that it breaks belongs to the property."""
    conditions = [check.condition for check in action.checks]
    cases = (
        and_(*conditions[:number], not_(conditions[number]))
        for number, check in enumerate(action.checks)
        if check.property == name
    )
    return and_(action.guard, or_(*cases))
