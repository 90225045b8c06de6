"""SMT-LIB terms as expressions of a system. Only what is listed here is understood, so a term can do nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import custody.system.expression as e
from custody.system.expression import Expr, Sort
from custody.system.model import System
from custody.verify.proof import RefusedError

_TOKEN = re.compile(r"\s*([()]|\|[^|\\]*\||[^\s()|\\\";]+)")
_OPERATORS: dict[Any, tuple[Callable[..., Expr], Sort | None, int | None]] = {
    "not": (e.not_, Sort.BOOL, 1), "and": (e.and_, Sort.BOOL, None), "or": (e.or_, Sort.BOOL, None),
    "=>": (e.implies, Sort.BOOL, 2), "=": (e.eq, None, 2), "<": (e.lt, Sort.INT, 2), "<=": (e.le, Sort.INT, 2),
    "+": (e.add, Sort.INT, None), "-": (e.sub, Sort.INT, 2), "*": (e.mul, Sort.INT, 2), "ite": (e.ite, None, 3),
}  # fmt: skip
"""For each the function, what its arguments are, and how many there are."""


def parse(system: System, text: str, sort: Sort = Sort.BOOL) -> Expr:
    """The term over the system's variables by their names in bars. RefusedError for anything else."""
    atoms = {f"|{v.name}|": e.read(i, v.domain.sort) for i, v in enumerate(system.variables)}
    atoms |= {"true": e.TRUE, "false": e.FALSE}
    open_: list[list[Expr | str]] = [[]]
    position, text = 0, text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or (token[1] == ")" and len(open_) < 2):
            raise _wrong(text, f"'{text[position:].strip()}' is out of place")
        position = token.end()
        if token[1] == "(":
            open_.append([])
        elif token[1] == ")":
            parts = open_.pop()
            open_[-1].append(_applied(parts, text))
        elif re.fullmatch(r"[0-9]{1,18}", token[1]):
            open_[-1].append(e.number(int(token[1])))
        else:
            open_[-1].append(atoms.get(token[1], token[1]))
    found = open_[0][0] if len(open_) == len(open_[0]) == 1 else None
    if not isinstance(found, Expr) or found.sort is not sort:
        raise _wrong(text, f"this is not one term of {sort}")
    return found


def _applied(parts: list[Expr | str], text: str) -> Expr:
    name, args = (parts[0] if parts else ""), [part for part in parts[1:] if isinstance(part, Expr)]
    if isinstance(name, Expr) or name not in _OPERATORS or len(args) < len(parts) - 1:
        raise _wrong(text, f"'{next((p for p in parts[1:] if isinstance(p, str)), name)}' is not understood")
    if name == "-" and len(args) == 1:
        args = [e.number(0), *args]
    function, sort, count = _OPERATORS[name]
    over = args[1:] if name == "ite" else args
    if not over or len(args) != (count or len(args)) or {arg.sort for arg in over} != {sort or over[0].sort}:
        raise _wrong(text, f"'{name}' has arguments that do not fit")
    if name == "ite" and args[0].sort is not Sort.BOOL:
        raise _wrong(text, "the condition of 'ite' is no truth value")
    return function(*args)


def _wrong(text: str, reason: str) -> RefusedError:
    return RefusedError("syntax", f"{reason}: {text if len(text) < 80 else text[:77] + '...'}")
