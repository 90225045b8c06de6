"""Finding one's way in the tree of a declaration: paths, and a copy with something else at the end of one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias, cast

from custody.language import syntax as s

Path: TypeAlias = tuple[str | int, ...]
"""Names of fields and positions in tuples, from a declaration down."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A block and where it is.

    `atomic` is whether its statements are a single step, `at_once` whether they all read what was before it.
    """

    path: Path
    block: s.Block
    atomic: bool
    at_once: bool


def blocks(routine: s.Routine) -> Iterator[Spot]:
    """Every block of a routine, the outermost first."""
    atomic = "atomic" in routine.modifiers or routine.kind == "action"
    yield from _blocks(routine.body, ("body",), atomic, routine.kind == "action")


def _blocks(block: s.Block, path: Path, atomic: bool, at_once: bool) -> Iterator[Spot]:
    yield Spot(path, block, atomic, at_once)
    for position, statement in enumerate(block):
        in_order = isinstance(statement, s.Atomic)
        for beneath, inner in _inner(statement):
            yield from _blocks(inner, (*path, position, *beneath), atomic or in_order, at_once and not in_order)


def _inner(statement: s.Statement) -> Iterator[tuple[Path, s.Block]]:
    """The blocks right below a statement."""
    match statement:
        case s.If(branches=branches, otherwise=otherwise):
            for number, (_, body) in enumerate(branches):
                yield ("branches", number, 1), body
            yield ("otherwise",), otherwise
        case s.Match(cases=cases, otherwise=otherwise):
            for number, case in enumerate(cases):
                yield ("cases", number, "body"), case.body
            if otherwise is not None:
                yield ("otherwise",), otherwise
        case s.Put(at_zero=at_zero):
            yield ("at_zero",), at_zero
        case (
            s.Alloc(alternatives=alternatives)
            | s.Either(alternatives=alternatives)
            | s.WaitUntil(alternatives=alternatives)
            | s.WaitFor(alternatives=alternatives)
            | s.Lock(alternatives=alternatives)
        ):
            for number, alternative in enumerate(alternatives):
                yield ("alternatives", number, "body"), alternative.body
        case s.ForEach(body=body) | s.ForIn(body=body) | s.While(body=body) | s.Loop(body=body) | s.Atomic(body=body):
            yield ("body",), body
        case _:
            pass


def below(node: object) -> Iterator[s.Node]:
    """The node and everything in it."""
    for _, found in walk(node):
        yield found


def walk(node: object, path: Path = ()) -> Iterator[tuple[Path, s.Node]]:
    """The same, with the paths."""
    if isinstance(node, s.Node):
        yield path, node
        for field in fields(node):
            if field.init:
                yield from walk(getattr(node, field.name), (*path, field.name))
    elif isinstance(node, tuple):
        for position, part in enumerate(cast(tuple[object, ...], node)):
            yield from walk(part, (*path, position))


def replaced(node: object, path: Path, new: object) -> object:
    """A copy of `node` with `new` at the end of the path; what is beside the path is shared."""
    if not path:
        return new
    step, *rest = path
    if isinstance(step, int):
        parts = list(cast(tuple[object, ...], node))
        parts[step] = replaced(parts[step], tuple(rest), new)
        return tuple(parts)
    changed = copy.copy(node)
    setattr(changed, step, replaced(getattr(node, step), tuple(rest), new))
    return changed
