"""Whether a call waits for more than it did: newly marked `blocking`, or for locks that it did not need.

What a call may wait for is counted, not named: a lock that only got another name is no change.
"""

from __future__ import annotations

from custody.change.category import category
from custody.change.result import Change
from custody.change.sides import harmed
from custody.observe.label import SAME, Names
from custody.system.model import Action, System


def compare_waiting(old: System, new: System, names: Names) -> list[Change]:
    """The routines of both versions that wait for more, or for less."""
    before, after = _routines(old, SAME), _routines(new, names)
    found: list[Change] = []
    for name, (mine, action) in after.items():
        if name not in before:
            continue
        theirs, _ = before[name]
        if len(mine) > len(theirs):
            for resource in sorted(mine - theirs):
                found.append(_change("BLOCKING-ADDED", name, resource, action))
        elif len(mine) < len(theirs):
            for resource in sorted(theirs - mine):
                found.append(_change("BLOCKING-REMOVED", name, resource, action))
    return found


_MARK = ""
"""Stands for the mark `blocking` among what is waited for."""


def _routines(system: System, names: Names) -> dict[str, tuple[frozenset[str], Action]]:
    waits: dict[str, set[str]] = {}
    first: dict[str, Action] = {}
    for action in system.actions:
        name = names.routine(action.name)
        first.setdefault(name, action)
        known = waits.setdefault(name, set())
        known.update(wait.resource for wait in action.waits)
        if action.blocking:
            known.add(_MARK)
    return {name: (frozenset(known), first[name]) for name, known in waits.items()}


def _change(name: str, routine: str, resource: str, action: Action) -> Change:
    added = name == "BLOCKING-ADDED"
    what = f"wait for {resource}" if resource else "block"
    message = f"{routine} may {what}, which it did not" if added else f"{routine} does not {what} any more"
    kind = category(name)
    return Change(
        id=name,
        subject=f"{routine}: {resource}" if resource else routine,
        message=message,
        file=action.place.file,
        line=action.place.line,
        column=action.place.column,
        detail=(kind.says,),
        harmed=harmed(kind, action),
    )
