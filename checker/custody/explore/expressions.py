"""Expressions and names as C text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from custody.explore.layout import Layout, Slot
from custody.system.expression import Expr, Op, nodes
from custody.system.place import Place

INDENT = "    "
_MAX_NESTING = 40


class Writer:
    """Writes expressions as C, with constants of the function for what is used more than once."""

    def __init__(self, layout: Layout, names: dict[int, str], roots: Iterable[Expr]) -> None:
        self.lines: list[str] = []
        self._layout = layout
        self._names = names
        self._uses = _uses(roots)
        self._indent = INDENT
        self._known: dict[Expr, str] = {}
        self._count = 0

    def line(self, text: str) -> None:
        self.lines.append(self._indent + text)

    def nested(self, body: Callable[[], object]) -> None:
        """What `body` writes, further in; constants made there are forgotten after it."""
        outer, known = self._indent, dict(self._known)
        self._indent += INDENT
        body()
        self._indent, self._known = outer, known

    def cost(self, roots: Sequence[Expr]) -> int:
        """Operators that are not yet calculated."""
        return len({node for node in nodes(*roots, known=self._known) if node.args})

    def expression(self, root: Expr) -> str:
        """The expression as text, in parentheses where that matters; may write constants first."""
        if root in self._known:
            return self._known[root]
        text: dict[Expr, tuple[str, int]] = {}

        def written_as(arg: Expr) -> tuple[str, int]:
            return (self._known[arg], 0) if arg in self._known else text[arg]

        for node in nodes(root, known=self._known):
            if node in text:
                continue
            args = [written_as(arg) for arg in node.args]
            written = self._write(node, [arg for arg, _ in args])
            nesting = 1 + max((depth for _, depth in args), default=0)
            if node.op is Op.CONST or (self._uses[node] < 2 and nesting <= _MAX_NESTING and node.op is not Op.READ):
                text[node] = (written, nesting)
                continue
            if node.op is Op.READ:
                name = self._names[node.value]
            else:
                self._count += 1
                name = f"x{self._count}"
            self.line(f"const num {name} = {written};")
            self._known[node] = name
        return written_as(root)[0]

    def _write(self, node: Expr, args: list[str]) -> str:
        match node.op:
            case Op.CONST:
                return number_of(node.value)
            case Op.READ:
                slot = self._layout.slots[node.value]
                field = field_of(slot)
                # Without a sign until it is whole: what is in the slot can be more than a `num` holds.
                return f"(num)({field} + {word_of(slot.low)})" if slot.low else f"(num){field}"
            case Op.NOT:
                return f"(!{args[0]})"
            case Op.AND:
                return f"({' & '.join(args)})"
            case Op.OR:
                return f"({' | '.join(args)})"
            case Op.EQ:
                return f"({args[0]} == {args[1]})"
            case Op.LT:
                return f"({args[0]} < {args[1]})"
            case Op.LE:
                return f"({args[0]} <= {args[1]})"
            case Op.ADD:
                return f"({' + '.join(args)})"
            case Op.SUB:
                return f"({args[0]} - {args[1]})"
            case Op.MUL:
                return f"({args[0]} * {args[1]})"
            case Op.DIV:
                return f"floor_div({args[0]}, {args[1]})"
            case Op.MOD:
                return f"floor_mod({args[0]}, {args[1]})"
            case Op.ITE:
                return f"({args[0]} ? {args[1]} : {args[2]})"
            case Op.NEXT:
                raise AssertionError("a value after the step has no place in a state")


def _uses(roots: Iterable[Expr]) -> Counter[Expr]:
    """How often each node is an argument, or a root, in all of the roots together."""
    roots = list(roots)
    uses: Counter[Expr] = Counter(roots)
    for node in dict.fromkeys(nodes(*roots)):
        uses.update(node.args)
    return uses


def field_of(slot: Slot) -> str:
    """What is in a slot of the state `s`."""
    if slot.width == 0:
        return "0"
    shifted = f"s[{slot.word}] >> {slot.offset}" if slot.offset else f"s[{slot.word}]"
    return f"({shifted} & {word_of((1 << slot.width) - 1)})"


def word_of(value: int) -> str:
    """The lowest 64 bits of a number, as a constant."""
    return f"UINT64_C({value & (2**64 - 1):#x})"


def number_of(value: int) -> str:
    """A constant that may be negative."""
    if abs(value) >= 2**31:
        return f"INT64_C({value})" if value >= 0 else f"(-INT64_C({-value}))"
    return str(value) if value >= 0 else f"({value})"


def identifier(name: str) -> str:
    """What of a name C allows in one of its own."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")


def comment(text: str) -> str:
    """A text that may stand in a comment."""
    return " ".join(text.replace("*/", "* /").replace("\\", "/").split())


def at(place: Place) -> str:
    """A place, for a comment."""
    return comment(f"{place.file}:{place.line}")
