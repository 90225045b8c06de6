"""The mistakes: each operator goes through the steps of a specification and makes one everywhere it can be made.

Left out are: what callers are asked for (`requires`) and when the environment acts (`when` in an action of a user, an
importer or the hardware), because a world that does more is another question; what is asked of parameters only,
because that chooses between specifications; and assertions, because they are properties.  Two statements of one step
that touch nothing in common are not exchanged.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import cast

from custody.language import syntax as s
from custody.language.fingerprint import digest
from custody.language.program import Program
from custody.language.show import show
from custody.mutation.touching import Touching
from custody.mutation.tree import Path, Spot, below, blocks, replaced, walk
from custody.system.place import Place

OPERATORS = {
    "drop-lock": "A lock is not taken in this routine.",
    "drop-unlock": "A lock is not given back on one path.",
    "drop-put": "A reference is not put.",
    "drop-get": "A reference is not taken.",
    "drop-free": "An object is not freed.",
    "drop-wait": "Something is not waited for.",
    "drop-wakeup": "Nobody is told that it is complete.",
    "drop-list": "A list is not changed.",
    "drop-call": "A call is left out.",
    "drop-assignment": "A value is not stored.",
    "drop-guard": "A condition, or a part of one, is not looked at.",
    "never-taken": "A branch is never taken.",
    "swap-sync": "A buffer is handed over the wrong way round.",
    "swap-direction": "A direction is not what it should be.",
    "swap-sign": "What should go up goes down.",
    "wrong-answer": "A failure is reported as success to the caller in the code.",
    "reorder": "Two steps change places.",
}
"""Each operator with what it does, for people."""

_DIRECTIONS = {"to_device": "from_device", "from_device": "to_device", "bidirectional": "to_device"}
_DROPPED: Mapping[type[s.Statement], str] = {
    s.Unlock: "drop-unlock",
    s.Put: "drop-put",
    s.Get: "drop-get",
    s.Free: "drop-free",
    s.WaitUntil: "drop-wait",
    s.WaitFor: "drop-wait",
    s.Complete: "drop-wakeup",
    s.Add: "drop-list",
    s.Remove: "drop-list",
    s.Pop: "drop-list",
    s.CallStatement: "drop-call",
    s.Assign: "drop-assignment",
}
_ENVIRONMENT = ("user", "importer", "hardware")
_LOCALS = (s.Local, s.Choose, s.ForEach, s.ForIn, s.Binder)
_FIXED = (s.Local, s.Choose, s.Return, s.Fails, s.Requires, s.When, s.Skip, s.Assert)
"""What keeps its place when steps change theirs."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake. `key` stays the same when lines move or comments change; `what` is the mistake in words."""

    key: str
    operator: str
    routine: str
    place: Place
    what: str
    program: Program


@dataclass(frozen=True, slots=True)
class _Edit:
    operator: str
    place: Place
    what: str
    node: s.Node
    changes: tuple[tuple[Path, object], ...]


def mutants(program: Program, modules: Sequence[str] = ()) -> Iterator[Mutant]:
    """Every mutant of the program's routines, and of the named modules' where they are part of what is specified."""
    trees = program.library.trees()
    routines = {
        declaration.name: declaration
        for declarations in trees.values()
        for declaration in declarations
        if isinstance(declaration, s.Routine)
    }
    touching = Touching(routines)
    sides = {d.name: d.side for declarations in trees.values() for d in declarations if isinstance(d, s.RoleDecl)}
    varying = _declared(trees.values(), (s.VariableDecl, s.Define, s.Parameter, *_LOCALS))
    for file, declarations in trees.items():
        if file != program.file and PurePath(file).stem not in modules:
            continue
        for position, declaration in enumerate(declarations):
            if isinstance(declaration, s.Routine):
                seen: Counter[str] = Counter()
                for edit in _edits(declaration, touching, routines, _side(declaration, sides)):
                    if isinstance(edit.node, s.ExprNode) and not _mentions(edit.node, varying):
                        continue
                    base = f"{PurePath(file).stem}:{declaration.name}:{edit.operator}:{digest(edit.node)}"
                    seen[base] += 1
                    key = base if seen[base] == 1 else f"{base}:{seen[base]}"
                    changed = cast(s.Routine, _changed(declaration, edit.changes))
                    library = program.library.changed(
                        file, (*declarations[:position], changed, *declarations[position + 1 :])
                    )
                    altered = copy.copy(program)
                    object.__setattr__(altered, "library", library)
                    yield Mutant(key, edit.operator, declaration.name, edit.place, edit.what, altered)


def _declared(trees: Iterable[object], kinds: tuple[type[s.Node], ...]) -> frozenset[str]:
    return frozenset(str(getattr(node, "name", "")) for node in below(tuple(trees)) if isinstance(node, kinds))


def _mentions(expression: s.ExprNode, names: frozenset[str]) -> bool:
    return any(isinstance(node, s.SelfRef) or getattr(node, "text", "") in names for node in below(expression))


def _changed(node: object, changes: Iterable[tuple[Path, object]]) -> object:
    for path, new in changes:
        node = replaced(node, path, new)
    return node


def spread(found: Sequence[Mutant], sample: int | None) -> list[Mutant]:
    """So many of them, at equal distances; all where there are not more."""
    if sample is None or sample >= len(found):
        return list(found)
    return [found[number * len(found) // sample] for number in range(sample)]


def _side(routine: s.Routine, sides: Mapping[str, str | None]) -> str | None:
    """Whose routine it is: the side of its role, which `by` names itself, by a parameter, or instead of a role."""
    parameters = {p.name: p.declared.name for p in routine.parameters if isinstance(p.declared, s.NamedTypeNode)}
    actor = parameters.get(routine.actor or "", routine.actor)
    return sides.get(actor or "", actor)


def _edits(
    routine: s.Routine, touching: Touching, routines: Mapping[str, s.Routine], side: str | None
) -> Iterator[_Edit]:
    yield from _locks(routine)
    for spot in blocks(routine):
        for position, statement in enumerate(spot.block):
            path = (*spot.path, position)
            yield from _drops(statement, path)
            if not (isinstance(statement, s.When) and side in _ENVIRONMENT):
                yield from _guards(statement, path)
            yield from _swaps(statement, path, routines)
            if isinstance(statement, s.Return) and routine.actor is None:
                yield from _answers(statement, path)
        yield from _orders(spot, touching)


def _left_out(statement: s.Statement) -> s.Skip:
    skip = s.Skip(statement.place)
    skip.text = f"(left out: {statement.text})"
    return skip


def _locks(routine: s.Routine) -> Iterator[_Edit]:
    """All of a lock's takings and givings back in one routine."""
    found: dict[str, list[tuple[Path, s.Lock | s.Unlock]]] = {}
    for path, node in walk(routine):
        if isinstance(node, (s.Lock, s.Unlock)):
            found.setdefault(show(node.target), []).append((path, node))
    for target, nodes in found.items():
        first = next((node for _, node in nodes if isinstance(node, s.Lock)), None)
        if first is not None:
            # What is given back on a way out of the taking itself goes with it.
            inside = [path for path, node in nodes if isinstance(node, s.Lock)]
            apart = [entry for entry in nodes if not any(_is_below(entry[0], path) for path in inside)]
            changes = tuple((path, _left_out(node)) for path, node in apart)
            yield _Edit("drop-lock", first.place, f"without lock {target}", first, changes)


def _is_below(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _drops(statement: s.Statement, path: Path) -> Iterator[_Edit]:
    operator = _DROPPED.get(type(statement))
    if operator is not None:
        what = f"without `{statement.text}`"
        yield _Edit(operator, statement.place, what, statement, ((path, _left_out(statement)),))


def _guards(statement: s.Statement, path: Path) -> Iterator[_Edit]:
    match statement:
        case s.If(branches=branches):
            for number, (condition, _) in enumerate(branches):
                here = (*path, "branches", number, 0)
                never = s.Truth(condition.place, value=False)
                what = f"`if {show(condition)}` is never taken"
                yield _Edit("never-taken", condition.place, what, condition, ((here, never),))
                yield from _parts(condition, here)
        case s.When(condition=condition):
            yield from _whole(condition, (*path, "condition"))
            yield from _parts(condition, (*path, "condition"))
        case s.WaitUntil(condition=condition) | s.While(condition=condition):
            yield from _parts(condition, (*path, "condition"))
        case s.ForEach(where=where) | s.Choose(where=where) if where is not None:
            yield from _whole(where, (*path, "where"))
            yield from _parts(where, (*path, "where"))
        case _:
            pass


def _whole(condition: s.ExprNode, path: Path) -> Iterator[_Edit]:
    if not (isinstance(condition, s.Connective) and condition.operator == "and"):
        always = s.Truth(condition.place, value=True)
        yield _Edit("drop-guard", condition.place, f"without `{show(condition)}`", condition, ((path, always),))


def _parts(condition: s.ExprNode, path: Path) -> Iterator[_Edit]:
    if isinstance(condition, s.Connective):
        neutral = condition.operator == "and"
        for number, part in enumerate(condition.parts):
            changes = (((*path, "parts", number), s.Truth(part.place, value=neutral)),)
            yield _Edit("drop-guard", part.place, f"without `{show(part)}` in `{show(condition)}`", part, changes)


def _swaps(statement: s.Statement, path: Path, routines: Mapping[str, s.Routine]) -> Iterator[_Edit]:
    if isinstance(statement, s.CallStatement) and isinstance(statement.function, s.Name):
        name = statement.function.text
        other = _opposite(name)
        if other in routines:
            function = s.Name(statement.function.place, other)
            changes = (((*path, "function"), function),)
            yield _Edit("swap-sync", statement.place, f"`{other}` for `{name}`", statement, changes)
    values: Sequence[tuple[str, object]] = ()
    match statement:
        case s.CallStatement(arguments=arguments):
            values = (("arguments", arguments),)
        case s.Assign(value=value):
            values = (("value", value),)
        case _:
            pass
    for field, value in values:
        for beneath, node in walk(value, (*path, field)):
            if isinstance(node, s.Name) and node.text in _DIRECTIONS:
                new = s.Name(node.place, _DIRECTIONS[node.text])
                what = f"`{new.text}` for `{node.text}` in `{statement.text}`"
                yield _Edit("swap-direction", node.place, what, statement, ((beneath, new),))
            if isinstance(node, s.Binary) and node.operator in ("+", "-"):
                new = s.Binary(node.place, "-" if node.operator == "+" else "+", node.left, node.right)
                what = f"`{show(new)}` for `{show(node)}`"
                yield _Edit("swap-sign", node.place, what, statement, ((beneath, new),))


def _opposite(name: str) -> str:
    for one, other in (("for_cpu", "for_device"), ("for_device", "for_cpu")):
        if one in name:
            return name.replace(one, other)
    return ""


def _answers(statement: s.Return, path: Path) -> Iterator[_Edit]:
    value = statement.value
    if isinstance(value, s.Name) and value.text.startswith("E") and value.text.isupper():
        new = ((*path, "value"), s.Name(value.place, "OK"))
        yield _Edit("wrong-answer", statement.place, f"`return OK` for `{statement.text}`", statement, (new,))


def _orders(spot: Spot, touching: Touching) -> Iterator[_Edit]:
    if spot.at_once:
        return
    for position, (one, other) in enumerate(zip(spot.block, spot.block[1:], strict=False)):
        if isinstance(one, _FIXED) or isinstance(other, _FIXED):
            continue
        if spot.atomic and not touching.of(one).disturbs(touching.of(other)):
            continue
        changes = (((*spot.path, position), other), ((*spot.path, position + 1), one))
        yield _Edit("reorder", one.place, f"`{other.text}` before `{one.text}`", one, changes)
