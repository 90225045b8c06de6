"""Repairs that concern several places at once: locks in one order, a lock given back around a call, and a lock around
what races.

Who takes several things of a kind, one after the other, and waits for each, can wait in a circle with somebody who
takes them in another order.  One order for all is the classic way out (E. W. Dijkstra's of the philosophers): nobody
takes a thing that comes before one that he has.  It is a guard in each place that takes one, or asks whether there is
one left to take; and where things are asked for without waiting, each is to be waited for before the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from custody.language import syntax as s
from custody.language.program import Program
from custody.language.show import show
from custody.mutation.tree import Path, below, blocks, walk
from custody.why.edits import (
    Change,
    both,
    calls,
    clone,
    held_before,
    lock,
    mentions,
    named,
    routines,
    unlock,
    with_inserted,
    with_replaced,
)

NEW_LOCK = "repair_lock"


def ordered(program: Program, chosen: Collection[str]) -> Iterator[Sequence[Change]]:
    """Locks of one routine the other way round; things that are taken in any order in one order by all."""
    for position, routine in routines(program).items():
        if routine.name in chosen:
            yield from ([change] for change in _exchanged(position, routine))
    changes: list[Change] = []
    waiting: list[Change] = []
    for position, routine in routines(program).items():
        taken = _in_order(position, routine)
        if taken is not None:
            if not changes:
                taken = replace(taken, what=f"in one order, {taken.what}")
            changes.append(taken)
            waits = _waited(taken)
            waiting.append(taken if waits is None else waits)
    if any(_name(change) in chosen for change in changes):
        yield changes
        if waiting != changes:
            yield waiting


def _name(change: Change) -> str:
    return change.declaration.name if isinstance(change.declaration, s.Routine) else ""


def _exchanged(position: int, routine: s.Routine) -> Iterator[Change]:
    """Two locks that are taken one after the other change places."""
    found = [(path, node) for path, node in walk(routine) if isinstance(node, s.Lock) and node.context is None]
    for number, (one_path, one) in enumerate(found):
        for other_path, other in found[number + 1 :]:
            if show(one.target) == show(other.target) or one.alternatives or other.alternatives:
                continue
            first, second = clone(other), clone(one)
            swapped = with_replaced(with_replaced(routine, one_path, first), other_path, second)
            yield Change(position, swapped, f"`{other.text}` before `{one.text}`", one.place)


# ---------------------------------------------------------------------- one order for all


def _in_order(position: int, routine: s.Routine) -> Change | None:
    """The routine with a guard: what it takes comes after all that its caller has of the kind."""
    for path, node in walk(routine):
        if isinstance(node, s.Choose) and node.where is not None and isinstance(node.declared, s.NamedTypeNode):
            free = _free(node.where, node.name)
            if free is not None:
                guard = _after_all(node.where, free, node.name, node.declared.name)
                narrow = both(node.where.place, clone(node.where), guard)
                changed = _narrowed(with_replaced(routine, (*path, "where"), narrow), node.declared.name)
                return Change(position, changed, f"in {routine.name}, `{show(guard)}`", node.place)
        if isinstance(node, s.Requires) and routine.actor is not None:
            for parameter in routine.parameters:
                free = _free(node.condition, parameter.name)
                if free is not None and isinstance(parameter.declared, s.NamedTypeNode):
                    guard = _after_all(node.condition, free, parameter.name, parameter.declared.name)
                    asked = s.Requires(node.place, guard, None, ())
                    asked.text = f"requires {show(guard)}"
                    spot = next(blocks(routine))
                    changed = with_inserted(_narrowed(routine, parameter.declared.name), spot, 0, [asked])
                    return Change(position, changed, f"in {routine.name}, `{asked.text}`", node.place)
    return None


def _narrowed(routine: s.Routine, kind: str) -> s.Routine:
    """Where the routine asks whether there is something left to take, only what comes later counts."""
    for path, node in list(walk(routine)):
        if isinstance(node, s.Quantified) and node.kind == "exists" and len(node.binders) == 1:
            binder = node.binders[0]
            free = _free(node.body, binder.name) if binder.type_name == kind else None
            if free is not None:
                later = both(node.place, clone(node.body), _after_all(node.body, free, binder.name, kind))
                routine = with_replaced(routine, (*path, "body"), later)
    return routine


def _free(condition: s.ExprNode, name: str) -> s.ExprNode | None:
    """The part of the condition that says that the caller does not have the thing of that name."""
    for part in (
        condition.parts if isinstance(condition, s.Connective) and condition.operator == "and" else (condition,)
    ):
        about_self = any(isinstance(node, s.SelfRef) for node in below(part))
        if about_self and name in mentions(part) and any(isinstance(node, s.Index) for node in below(part)):
            return part
    return None


def _after_all(condition: s.ExprNode, free: s.ExprNode, name: str, kind: str) -> s.ExprNode:
    """`forall other: KIND . free(other) or number(other) < number(name)`."""
    place = condition.place
    other = "other" if "other" not in mentions(condition) else "another"
    numbers = [s.Call(place, s.Name(place, "number"), (s.Name(place, one),)) for one in (other, name)]
    earlier = s.Binary(place, "<", numbers[0], numbers[1])
    body = s.Connective(place, "or", (named(free, {name: s.Name(place, other)}), earlier))
    return s.Quantified(place, "forall", (s.Binder(place, other, kind, None, None),), body)


def _waited(change: Change) -> Change | None:
    """Also each is waited for before the next is taken, where the routine waits for all of them at its end."""
    routine = change.declaration
    if not isinstance(routine, s.Routine):
        return None
    for spot in blocks(routine):
        for position, statement in enumerate(spot.block):
            body = statement.body if isinstance(statement, (s.While, s.ForEach, s.Loop)) else ()
            if not any(isinstance(node, s.Choose) for node in below(body)):
                continue
            wait = next((later for later in spot.block[position + 1 :] if isinstance(later, s.WaitUntil)), None)
            if wait is not None:
                path: Path = (*spot.path, position, "body")
                longer = with_replaced(routine, path, (*body, clone(wait)))
                what = f"{change.what}, and `{wait.text}` before the next is taken"
                return Change(change.position, longer, what, change.place)
    return None


# ---------------------------------------------------------------------- locks


def released(program: Program, chosen: Collection[str]) -> Iterator[Sequence[Change]]:
    """A lock that is held while something is called that takes locks itself is given back for that long."""
    known = {routine.name: routine for routine in routines(program).values()}
    taking = {name for name, routine in known.items() if any(isinstance(node, s.Lock) for node in below(routine))}
    while more := {n for n, routine in known.items() if n not in taking and not taking.isdisjoint(calls(routine))}:
        taking |= more
    found: dict[int, Change] = {}
    for position, routine in routines(program).items():
        for spot in blocks(routine):
            for at, statement in enumerate(spot.block):
                plain = isinstance(statement, (s.CallStatement, s.Assign)) and not spot.at_once
                for target in held_before(routine, spot, at) if plain else ():
                    if taking.isdisjoint(calls(statement)):
                        continue
                    place = statement.place
                    again = s.Lock(place, clone(target), None, None, ())
                    again.text = f"lock {show(target)}"
                    around = (*spot.block[:at], unlock(place, target), statement, again, *spot.block[at + 1 :])
                    what = f"`unlock {show(target)}` before `{statement.text}`, and `{again.text}` after it"
                    change = Change(position, with_replaced(routine, spot.path, around), what, place, inserts=True)
                    found.setdefault(position, change)
                    if routine.name in chosen:
                        yield [change]
    if len(found) > 1 and any(_name(change) in chosen for change in found.values()):
        yield list(found.values())


def locked(program: Program, chosen: Collection[str]) -> Iterator[Sequence[Change]]:
    """A routine that runs under a lock: one that there is, or a new one."""
    tree = program.library.trees()[program.file]
    mutexes = [
        (variable.name, variable.place)
        for declaration in tree
        if isinstance(declaration, s.StateDecl)
        for variable in declaration.variables
        if isinstance(variable.declared, s.LockTypeNode)
        and variable.declared.kind == "mutex"
        and not variable.indices
    ]
    state = next(((n, d) for n, d in enumerate(tree) if isinstance(d, s.StateDecl)), None)
    for position, routine in routines(program).items():
        if routine.name not in chosen or routine.kind != "procedure" or "atomic" in routine.modifiers:
            continue
        taken = {show(node.target) for node in below(routine) if isinstance(node, s.Lock)}
        for name, _ in mutexes:
            if name not in taken:
                yield [_wrapped(position, routine, name)]
        if state is not None:
            yield [_wrapped(position, routine, NEW_LOCK), _new_lock(*state)]


def _new_lock(position: int, state: s.StateDecl) -> Change:
    place = state.place
    made = s.VariableDecl(place, NEW_LOCK, (), s.LockTypeNode(place, "mutex"), None, False, "")
    declaration = s.StateDecl(place, state.doc, (*state.variables, made))
    return Change(position, declaration, f"with a new mutex `{NEW_LOCK}`", place)


def _wrapped(position: int, routine: s.Routine, name: str) -> Change:
    """The lock is taken first, and given back before each return and at the end."""
    changed = routine
    paths = [path for path, node in walk(routine) if isinstance(node, s.Return)]
    # From the last to the first, so that paths stay true.
    for path in sorted(paths, key=_order, reverse=True):
        parent, index = path[:-1], path[-1]
        assert isinstance(index, int)
        spot = next(spot for spot in blocks(changed) if spot.path == parent)
        changed = with_inserted(changed, spot, index, [unlock(routine.place, s.Name(routine.place, name))])
    body = changed.body
    start = next((n for n, st in enumerate(body) if not isinstance(st, (s.Requires, s.When, s.Local))), len(body))
    end = [] if body and isinstance(body[-1], s.Return) else [unlock(routine.place, s.Name(routine.place, name))]
    block = (*body[:start], lock(routine.place, name), *body[start:], *end)
    return Change(
        position, with_replaced(changed, ("body",), block), f"`lock {name}` in {routine.name}", routine.place
    )


def _order(path: Path) -> tuple[str, ...]:
    return tuple(f"{part:06}" if isinstance(part, int) else part for part in path)
