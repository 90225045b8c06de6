"""Expressions and first states as the text of a language that calculates as C does.

Each language is a table of its operators; what is common to them is here: that division rounds towards zero there
and down here, that a division by what is not positive is 0 here, and how the first states are told.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from custody.exchange.problem import ExportError
from custody.exchange.straight import Line, size
from custody.system.bounds import Range, bounds
from custody.system.evaluate import initial_states
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import State, System

MOST_NODES = 50_000
"""An expression written out as text may not be longer than so many operators and names."""

MOST_CHOICES = 100_000
"""The first states are told one by one; their variables' first values may not combine to more."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How a language writes what the languages write differently."""

    conjunction: str
    disjunction: str
    equality: str
    choice: Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names and ranges of the variables, and of the lines that stand before the place of writing."""

    notation: Notation
    names: Mapping[int, str]
    ranges: Mapping[int, Range]

    @classmethod
    def of(cls, system: System, notation: Notation, names: Sequence[str]) -> Scope:
        """The scope of the system's variables alone."""
        ranges = {
            index: (variable.domain.low, variable.domain.high) for index, variable in enumerate(system.variables)
        }
        return cls(notation, dict(enumerate(names)), ranges)

    def after(self, lines: Sequence[Line], prefix: str) -> Scope:
        """The scope behind the lines, the first of which is named `prefix` and 0."""
        names, ranges = dict(self.names), dict(self.ranges)
        for index, line in enumerate(lines):
            names[line.variable] = f"{prefix}{index}"
            ranges[line.variable] = _fitting(line.value, ranges)[id(line.value)]
        return Scope(self.notation, names, ranges)

    def write(self, root: Expr) -> str:
        """`root` as text, parenthesised wherever an operator is.

        Raises ExportError when the text would be too long for the tool, or a value in it too large.
        """
        length = size(root)
        if length > MOST_NODES:
            raise ExportError(f"an expression of {length} operators and names is too long to be written out")
        known = _fitting(root, self.ranges)
        texts: dict[int, str] = {}
        for node in nodes(root):
            args = [texts[id(arg)] for arg in node.args]
            natural = node.op in (Op.DIV, Op.MOD) and known[id(node.args[0])][0] >= 0 < known[id(node.args[1])][0]
            texts[id(node)] = _write(node, args, self.names, self.notation, natural)
        return texts[id(root)]


def _fitting(root: Expr, ranges: Mapping[int, Range]) -> dict[int, Range]:
    """The bounds of every part, which must be within what the tools calculate with."""
    try:
        return bounds(root, ranges)
    except OverflowError as error:
        raise ExportError(str(error)) from error


@contextmanager
def telling(what: str) -> Generator[None]:
    """Let an ExportError say what could not be written."""
    try:
        yield
    except ExportError as error:
        raise ExportError(f"{what}: {error}") from None


def _write(node: Expr, args: list[str], names: Mapping[int, str], notation: Notation, natural: bool) -> str:
    """One operator; `natural` says of a division that it is of no negative number, and by a positive one."""
    match node.op:
        case Op.CONST if node.sort is Sort.BOOL:
            return "true" if node.value else "false"
        case Op.CONST:
            return str(node.value) if node.value >= 0 else f"({node.value})"
        case Op.READ:
            return names[node.value]
        case Op.NEXT:
            raise ExportError("the value after a step is read where there is no step")
        case Op.NOT:
            return f"(!{args[0]})"
        case Op.AND:
            return _joined(notation.conjunction, args)
        case Op.OR:
            return _joined(notation.disjunction, args)
        case Op.EQ:
            return _joined(notation.equality, args)
        case Op.LT:
            return _joined("<", args)
        case Op.LE:
            return _joined("<=", args)
        case Op.ADD:
            return _joined("+", args)
        case Op.SUB:
            return _joined("-", args)
        case Op.MUL:
            return _joined("*", args)
        case Op.DIV if natural:
            return _joined("/", args)
        case Op.MOD if natural:
            return _joined("%", args)
        case Op.DIV:
            return _floor(args[0], args[1], notation)
        case Op.MOD:
            return _remainder(args[0], args[1], notation)
        case Op.ITE:
            return notation.choice(*args)


def _joined(operator: str, args: list[str]) -> str:
    return "(" + f" {operator} ".join(args) + ")"


def _floor(dividend: str, divisor: str, notation: Notation) -> str:
    below = f"(-1 - ((-1 - {dividend}) / {divisor}))"
    rounded = notation.choice(f"({dividend} >= 0)", f"({dividend} / {divisor})", below)
    return notation.choice(f"({divisor} > 0)", rounded, "0")


def _remainder(dividend: str, divisor: str, notation: Notation) -> str:
    rest = f"({dividend} % {divisor})"
    positive = notation.choice(f"({rest} < 0)", f"({rest} + {divisor})", rest)
    return notation.choice(f"({divisor} > 0)", positive, "0")


def first_states(system: System) -> tuple[State, ...]:
    """All first states, in ascending order. Raises ExportError when there are none, or too many to be told."""
    choices = 1
    for variable in system.variables:
        choices *= len(set(variable.initial))
    if choices > MOST_CHOICES:
        raise ExportError(f"the first values combine to {choices} states; no more than {MOST_CHOICES} can be told")
    states = tuple(itertools.islice(initial_states(system), MOST_CHOICES))
    if not states:
        raise ExportError(f"{system.name} has no first state")
    return states
