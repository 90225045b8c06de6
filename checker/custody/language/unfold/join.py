"""Branches that only assign, within one uninterrupted step: they need not become a way, and an action, each.

Both are followed to where they meet, and what they wrote becomes a value that depends on the condition.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from custody.language import syntax as s
from custody.language.symbols import LocalSymbol, RoutineSymbol
from custody.language.unfold.path import Path
from custody.language.unfold.value import Value, choose
from custody.system.expression import Expr, Sort, and_, implies, ite, not_, or_, read
from custody.system.model import Check


@lru_cache(1 << 14)  # asked again of every statement around it, in every turn of a loop
def is_plain(node: s.Statement) -> bool:
    """Whether the statement goes one way only, through its end: no free choice, refusal, wait or early return."""
    match node:
        case s.Skip() | s.Assert():
            return True
        case s.Assign(value=value) | s.Local(value=value):
            return not (isinstance(value, s.Call) and isinstance(value.symbol, RoutineSymbol))
        case s.If(branches=branches, otherwise=otherwise):
            return all(map(is_plain, otherwise)) and all(all(map(is_plain, body)) for _, body in branches)
        case s.ForEach(body=body) | s.Atomic(body=body):
            return all(map(is_plain, body))
        case s.CallStatement(symbol=RoutineSymbol() as callee):
            return all(map(is_plain, callee.declaration.body))
        case _:
            return False


def joined(before: Path, condition: Expr, yes: Path, no: Path) -> Path:
    """The path that is `yes` where the condition holds and `no` elsewhere; both came from `before`."""
    path = before.fork()
    path.steps = max(yes.steps, no.steps)
    for variable in yes.env.keys() | no.env.keys():
        path.env[variable] = _choice(condition, yes.env.get(variable), no.env.get(variable), variable)
    for variable in yes.writes.keys() | no.writes.keys():
        first, when_first = yes.writes.get(variable, (None, None))
        second, when_second = no.writes.get(variable, (None, None))
        written = [
            and_(side, when)
            for side, when in ((condition, when_first), (not_(condition), when_second))
            if when is not None
        ]
        path.writes[variable] = (_choice(condition, first, second, variable), or_(*written))
    path.bindings = _bindings(condition, yes.bindings, no.bindings)
    known = len(before.checks)
    path.checks += [_only_where(condition, check) for check in yes.checks[known:]]
    path.checks += [_only_where(not_(condition), check) for check in no.checks[known:]]
    return path


def _choice(condition: Expr, yes: Expr | None, no: Expr | None, variable: int) -> Expr:
    """What a variable is; a side that did not write it leaves it as it was."""
    some = yes if yes is not None else no
    sort = some.sort if some is not None else Sort.INT
    unchanged = read(variable, sort)
    return ite(condition, unchanged if yes is None else yes, unchanged if no is None else no)


def _bindings(
    condition: Expr, yes: dict[LocalSymbol, Value], no: dict[LocalSymbol, Value]
) -> dict[LocalSymbol, Value]:
    """The locals that are known on both sides; the others belong to one of the blocks and end with it."""
    return {
        symbol: value if value is no[symbol] else choose(condition, value, no[symbol])
        for symbol, value in yes.items()
        if symbol in no
    }


def _only_where(condition: Expr, check: Check) -> Check:
    return replace(check, condition=implies(condition, check.condition))
