"""SMT-LIB terms as expressions of a system. Only what is listed here is understood, so a term can do nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import custody.system.expression as e
from custody.system.expression import Expr, Sort
from custody.system.model import System
from custody.verify.proof import RefusedError

_TOKEN = re.compile(r"\s*(?:([()])|\|([^|\\]*)\||([^\s()|\\\";]+))")
_OPERATORS: dict[str, tuple[Callable[..., Expr], Sort | None, int | None]] = {
    "not": (e.not_, Sort.BOOL, 1), "and": (e.and_, Sort.BOOL, None), "or": (e.or_, Sort.BOOL, None),
    "=>": (e.implies, Sort.BOOL, 2), "=": (e.eq, None, 2), "<": (e.lt, Sort.INT, 2), "<=": (e.le, Sort.INT, 2),
    "+": (e.add, Sort.INT, None), "-": (e.sub, Sort.INT, 2), "*": (e.mul, Sort.INT, 2), "ite": (e.ite, None, 3),
}  # fmt: skip
"""For each the function, what its arguments are, and how many there are."""


def parse(system: System, text: str) -> Expr:
    """The Boolean term over the system's variables by their names. RefusedError for anything else."""
    names = {variable.name: e.read(i, variable.domain.sort) for i, variable in enumerate(system.variables)}
    stack: list[list[Expr | str]] = [[]]
    position, text = 0, text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise _wrong(text, "this is no term")
        position = token.end()
        bracket, quoted, word = token.groups()
        if bracket == "(":
            stack.append([])
        elif bracket == ")":
            if len(stack) < 2:
                raise _wrong(text, "a bracket is closed that was not opened")
            stack[-2].append(_applied(stack.pop(), text))
        elif word is not None and not stack[-1] and len(stack) > 1:
            stack[-1].append(word)
        else:
            stack[-1].append(_atom(word if quoted is None else quoted, quoted is not None, names, text))
    result = stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 else None
    if not isinstance(result, Expr) or result.sort is not Sort.BOOL:
        raise _wrong(text, "this is not one Boolean term")
    return result


def _atom(name: Any, quoted: bool, names: dict[str, Expr], text: str) -> Expr:
    if name in names:
        return names[name]
    if not quoted and name in ("true", "false"):
        return e.boolean(name == "true")
    if not quoted and re.fullmatch(r"[0-9]{1,18}", name):
        return e.number(int(name))
    raise _wrong(text, f"nothing is called '{name}'")


def _applied(parts: list[Expr | str], text: str) -> Expr:
    name, args = (parts[0] if parts else ""), [part for part in parts[1:] if isinstance(part, Expr)]
    if name == "-" and len(args) == 1 and args[0].sort is Sort.INT:
        return e.sub(e.number(0), args[0])
    if not isinstance(name, str) or name not in _OPERATORS:
        raise _wrong(text, f"'{name}' is not understood")
    function, sort, count = _OPERATORS[name]
    over = args[1:] if name == "ite" else args
    fits = len(args) == count if count is not None else bool(args)
    if not fits or any(arg.sort is not (sort or over[0].sort) for arg in over):
        raise _wrong(text, f"'{name}' has arguments that do not fit")
    if name == "ite" and args[0].sort is not Sort.BOOL:
        raise _wrong(text, "the condition of 'ite' is no truth value")
    return function(*args)


def _wrong(text: str, reason: str) -> RefusedError:
    return RefusedError("syntax", f"{reason}: {text if len(text) < 80 else text[:77] + '...'}")
