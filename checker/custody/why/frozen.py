"""Why an actor can never come to rest: values that no step changes any more, and with which it does not rest.

They are an inductive invariant of the simplest form, `a == 1 and b == 2 and …`, and are found from the end: what
keeps the actor from resting, what keeps those who could change that from acting, and so on (backwards, by the values
that a false guard rests on).
"""

from __future__ import annotations

from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Op, nodes, reads
from custody.system.model import State, System


def frozen(system: System, state: State, resting: Expr) -> tuple[int, ...] | None:
    """The variables, ascending; None where some step can still change one of them, or the actor rests."""
    reason = _because(resting, state, wanted=0)
    if reason is None:
        return None
    kept = dict.fromkeys(reason)
    waiting = list(kept)
    while waiting:
        index = waiting.pop()
        for action in system.actions:
            written = [effect for effect in action.effects if effect.variable == index]
            same = all(evaluate(effect.value, state) == state[index] for effect in written)
            if not written or (same and _fixed(written[0].value, kept)):
                continue
            reason = _because(action.guard, state, wanted=0)
            if reason is None:
                failing = [check for check in action.checks if not evaluate(check.condition, state)]
                reason = _because(failing[0].condition, state, wanted=0) if failing else None
            if reason is None:
                return None
            fresh = [variable for variable in reason if variable not in kept]
            kept.update(dict.fromkeys(fresh))
            waiting += fresh
    return tuple(sorted(kept))


def _fixed(value: Expr, kept: dict[int, None]) -> bool:
    return all(variable in kept for variable in reads(value))


def _because(root: Expr, state: State, wanted: int) -> list[int] | None:
    """Variables whose values make the Boolean expression what is wanted; None where it is not that."""
    if evaluate(root, state) != wanted:
        return None
    if root.op is Op.NOT:
        return _because(root.args[0], state, 1 - wanted)
    if root.op in (Op.AND, Op.OR):
        one_suffices = (root.op is Op.AND) == (wanted == 0)
        found = [_because(part, state, wanted) for part in root.args]
        known = [reason for reason in found if reason is not None]
        if one_suffices:
            return min(known, key=len)
        return list(dict.fromkeys(variable for reason in known for variable in reason))
    return sorted({node.value for node in nodes(root) if node.op is Op.READ})
