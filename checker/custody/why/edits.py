"""Changes of one routine of a specification: what is known at a place in it, and copies with something else there."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar, cast

from custody.language import syntax as s
from custody.language.program import Program
from custody.language.show import show
from custody.mutation.tree import Path, Spot, below, blocks, replaced
from custody.system.place import Place

_Node = TypeVar("_Node")


@dataclass(frozen=True, slots=True)
class Change:
    """A new declaration in the place of one of the root file's, with what was done to it in words, at a place."""

    position: int
    declaration: s.Declaration
    what: str
    place: Place
    inserts: bool = False


def applied(program: Program, changes: Iterable[Change]) -> Program:
    """The program with these (of two for one declaration, the later one), and without what it expected so far."""
    declarations = [
        s.Expect(declaration.place, ()) if isinstance(declaration, s.Expect) else declaration
        for declaration in program.library.trees()[program.file]
    ]
    for change in changes:
        declarations[change.position] = change.declaration
    altered = copy.copy(program)
    object.__setattr__(altered, "library", program.library.changed(program.file, tuple(declarations)))
    return altered


def routines(program: Program) -> dict[int, s.Routine]:
    """The routines of the root file, by the position of the declaration."""
    trees = program.library.trees()[program.file]
    return {position: found for position, found in enumerate(trees) if isinstance(found, s.Routine)}


def calls(node: object) -> Iterator[str]:
    """The names of what is called somewhere below."""
    for inner in below(node):
        if isinstance(inner, (s.CallStatement, s.Call)) and isinstance(inner.function, s.Name):
            yield inner.function.text


def with_inserted(routine: s.Routine, spot: Spot, position: int, new: Sequence[s.Statement]) -> s.Routine:
    """A copy with the statements before the one of that position in the block."""
    block = (*spot.block[:position], *new, *spot.block[position:])
    return cast(s.Routine, replaced(routine, spot.path, block))


def with_replaced(routine: s.Routine, path: Path, new: object) -> s.Routine:
    """A copy with something else at the end of the path."""
    return cast(s.Routine, replaced(routine, path, new))


def clone(node: _Node) -> _Node:
    """The same tree in nodes of its own, as if it had just been parsed."""
    if isinstance(node, tuple):
        return cast(_Node, tuple(clone(part) for part in cast(tuple[object, ...], node)))
    if not isinstance(node, s.Node):
        return node
    arguments = {field.name: clone(getattr(node, field.name)) for field in fields(node) if field.init}
    made = type(node)(**arguments)
    if isinstance(node, s.Statement) and isinstance(made, s.Statement):
        made.text = node.text
    return cast(_Node, made)


def named(node: _Node, names: dict[str, s.ExprNode]) -> _Node:
    """A clone in which names stand for other expressions."""
    if isinstance(node, s.Name) and node.text in names:
        return cast(_Node, clone(names[node.text]))
    if isinstance(node, tuple):
        return cast(_Node, tuple(named(part, names) for part in cast(tuple[object, ...], node)))
    if not isinstance(node, s.Node):
        return node
    arguments = {field.name: named(getattr(node, field.name), names) for field in fields(node) if field.init}
    made = type(node)(**arguments)
    if isinstance(node, s.Statement) and isinstance(made, s.Statement):
        made.text = node.text
    return cast(_Node, made)


# ---------------------------------------------------------------------- statements that are made


def returning(place: Place, value: s.ExprNode | None) -> s.Return:
    made = s.Return(place, value)
    made.text = "return" if value is None else f"return {show(value)}"
    return made


def where(place: Place, condition: s.ExprNode, body: s.Block) -> s.If:
    """`if condition` with a body."""
    made = s.If(place, ((condition, body),), ())
    made.text = f"if {show(condition)}"
    return made


def lock(place: Place, name: str) -> s.Lock:
    made = s.Lock(place, s.Name(place, name), None, None, ())
    made.text = f"lock {name}"
    return made


def unlock(place: Place, target: s.ExprNode) -> s.Unlock:
    made = s.Unlock(place, clone(target))
    made.text = f"unlock {show(target)}"
    return made


def both(place: Place, one: s.ExprNode, other: s.ExprNode) -> s.ExprNode:
    """Their conjunction, flat."""
    parts = one.parts if isinstance(one, s.Connective) and one.operator == "and" else (one,)
    return s.Connective(place, "and", (*parts, other))


def negation(condition: s.ExprNode) -> s.ExprNode:
    """Its opposite, without a double negation."""
    if isinstance(condition, s.Unary) and condition.operator == "not":
        return clone(condition.operand)
    if isinstance(condition, s.Binary) and condition.operator in ("==", "!="):
        other = "!=" if condition.operator == "==" else "=="
        return s.Binary(condition.place, other, clone(condition.left), clone(condition.right))
    return s.Unary(condition.place, "not", clone(condition))


# ---------------------------------------------------------------------- what is known at a place


def held_before(routine: s.Routine, spot: Spot, position: int) -> list[s.ExprNode]:
    """The locks that are taken on the way to a statement and not given back, the last first."""
    held: list[s.ExprNode] = []
    for block, end in [*_around(routine, spot), (spot.block, position)]:
        for statement in _in_line(block[:end]):
            if isinstance(statement, s.Lock):
                held.append(statement.target)
            elif isinstance(statement, s.Unlock):
                held = [target for target in held if show(target) != show(statement.target)]
    return held[::-1]


def _in_line(block: s.Block) -> Iterator[s.Statement]:
    """The statements, those that happen at once among them."""
    for statement in block:
        if isinstance(statement, s.Atomic):
            yield from _in_line(statement.body)
        else:
            yield statement


def _around(routine: s.Routine, spot: Spot) -> Iterator[tuple[s.Block, int]]:
    """The blocks that the block is in, from the outermost, each with the position of what it is in."""
    for other in blocks(routine):
        size = len(other.path)
        if size < len(spot.path) and spot.path[:size] == other.path:
            step = spot.path[size]
            if isinstance(step, int):
                yield other.block, step


def locals_of(routine: s.Routine) -> dict[str, s.TypeNode]:
    """Its parameters and local variables with their types as written."""
    found = {parameter.name: parameter.declared for parameter in routine.parameters}
    for node in below(routine):
        if isinstance(node, (s.Local, s.Choose)):
            found[node.name] = node.declared
    return found


def mentions(node: object) -> frozenset[str]:
    """The names that occur below."""
    return frozenset(inner.text for inner in below(node) if isinstance(inner, s.Name))


def distinct(expressions: Iterable[s.ExprNode]) -> list[s.ExprNode]:
    """Each text once."""
    return list({show(each): each for each in expressions}.values())
