"""What is made of systems and expressions as bytes: for other processes, and for the next run.

Pickling an expression as it stands would recurse as deep as the expression is.  So expressions travel as one table
of nodes, each referring to earlier ones, and equal ones are one object again on the other side.

Reading runs what the bytes say, as with every pickle: only what this user's Custody has written may be read.
"""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import Any, BinaryIO

from custody.system.expression import Expr, Op, Sort, nodes

_Row = tuple[Op, Sort, tuple[int, ...], int]


class _Writer(pickle.Pickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.rows: dict[_Row, int] = {}
        self._known: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, Expr):
            return None
        for node in nodes(obj):
            if id(node) not in self._known:
                row = (node.op, node.sort, tuple(self._known[id(arg)] for arg in node.args), node.value)
                self._known[id(node)] = self.rows.setdefault(row, len(self.rows))
        return self._known[id(obj)]


class _Reader(pickle.Unpickler):
    def __init__(self, file: BinaryIO, expressions: list[Expr]) -> None:
        super().__init__(file)
        self._expressions = expressions

    def persistent_load(self, pid: int) -> Expr:
        return self._expressions[pid]


def dump(thing: object) -> bytes:
    """The thing as bytes for `load`."""
    body = BytesIO()
    writer = _Writer(body)
    writer.dump(thing)
    return pickle.dumps((list(writer.rows), body.getvalue()))


def load(source: BinaryIO) -> Any:
    """The next thing from the stream, which only `dump` may have written to."""
    rows: list[_Row]
    rows, body = pickle.load(source)
    expressions: list[Expr] = []
    for op, sort, args, value in rows:
        expressions.append(Expr(op, sort, tuple(expressions[arg] for arg in args), value))
    return _Reader(BytesIO(body), expressions).load()
