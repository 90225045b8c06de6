"""What a specification says, as a number: the same for texts that differ in comments, documentation and layout only.

Whoever keeps the results of a long run keeps the fingerprint beside them, and knows later whether they still are of
this specification.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields
from typing import cast

from custody.language.parse import parse
from custody.language.program import Program
from custody.language.syntax import AlternativeNode, Node, Statement

_LEFT_OUT = frozenset({"place", "doc", "sources", "type", "symbol", "symbols", "message"})
"""Where it stands, what it is called for people, and what the checker adds."""


def fingerprint(program: Program) -> str:
    """Sixteen hexadecimal digits over the declarations of the file and of every module that it uses."""
    digest = hashlib.sha256()
    for declarations in program.library.trees().values():
        for word in _words(declarations):
            digest.update(word.encode() + b"\0")
    return digest.hexdigest()[:16]


def reads_alike(one: str, other: str) -> bool:
    """Whether two texts say the same; not where one of them does not parse."""
    (mine, complaints), (theirs, more) = parse("", one), parse("", other)
    return not (complaints or more) and list(_words(mine)) == list(_words(theirs))


def digest(node: Node) -> str:
    """Eight hexadecimal digits over one part of a tree, wherever it stands."""
    return hashlib.sha256("\0".join(_words(node)).encode()).hexdigest()[:8]


def _words(value: object) -> Iterator[str]:
    """The tree in one order, with brackets that keep its shape."""
    if isinstance(value, Node):
        yield f"({type(value).__name__}"
        left_out = _LEFT_OUT
        if isinstance(value, Statement):
            left_out = left_out | {"text"}
        elif isinstance(value, AlternativeNode):
            left_out = left_out | {"renamed_from"}
        for field in fields(value):
            if field.name not in left_out:
                yield from _words(getattr(value, field.name))
        yield ")"
    elif isinstance(value, tuple):
        yield "["
        for part in cast(tuple[object, ...], value):
            yield from _words(part)
        yield "]"
    elif isinstance(value, frozenset):
        yield from sorted(map(repr, cast(frozenset[object], value)))
    else:
        yield repr(value)
