"""Forgets locals as soon as nobody will read them again.

A local that is not read before it is written next, at the position where its actor stands, is set to its first
value: states that differ only in such leftovers become one.  The usual backward dataflow analysis (for example
Aho, Lam, Sethi, Ullman, section 9.2.5), over positions instead of basic blocks.
"""

from __future__ import annotations

from custody.language.unfold.routines import Draft
from custody.system.expression import Expr, Sort, boolean, number, reads
from custody.system.model import Variable


def forget_dead_locals(drafts: list[Draft], actor: int, locals_: frozenset[int], variables: list[Variable]) -> None:
    """Amends the writes of one actor's `drafts`; `locals_` are the variables that only this actor uses."""
    own = [draft for draft in drafts if draft.actor == actor and draft.source is not None]
    used = {id(draft): _always_read(draft, locals_) for draft in own}
    live: dict[int, frozenset[int]] = {}
    changed = True
    while changed:
        changed = False
        for draft in reversed(own):
            before = live.get(_source(draft), frozenset())
            after = before | used[id(draft)] | _read_for(draft, live.get(_target(draft), frozenset())) & locals_
            if after != before:
                live[_source(draft)] = after
                changed = True
    for draft in own:
        kept = live.get(_target(draft), frozenset())
        may_hold = live.get(_source(draft), frozenset()) | (locals_ & draft.writes.keys())
        for variable in sorted(may_hold - kept):
            draft.writes[variable] = _first(variables[variable])
        for variable in sorted((locals_ & draft.writes.keys()) - kept - may_hold):
            del draft.writes[variable]


def _source(draft: Draft) -> int:
    return -1 if draft.source is None else draft.source


def _target(draft: Draft) -> int:
    return -1 if draft.target is None else draft.target


def _always_read(draft: Draft, locals_: frozenset[int]) -> frozenset[int]:
    """Locals that decide whether and how the step happens, or that it makes visible to others."""
    roots: list[Expr] = [draft.guard, *(check.condition for check in draft.checks)]
    roots += [draft.answer.value] if draft.answer is not None else []
    roots += [holds for wait in draft.waits for _, holds in wait.holders]
    roots += [value for variable, value in draft.writes.items() if variable not in locals_]
    return reads(*roots) & locals_


def _read_for(draft: Draft, wanted: frozenset[int]) -> frozenset[int]:
    """What is needed so that the `wanted` locals are right after the step."""
    needed: frozenset[int] = frozenset()
    for variable in wanted:
        value = draft.writes.get(variable)
        needed |= frozenset({variable}) if value is None else reads(value)
    return needed


def _first(variable: Variable) -> Expr:
    if variable.domain.sort is Sort.BOOL:
        return boolean(bool(variable.domain.low))
    return number(variable.domain.low)
