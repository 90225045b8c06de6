"""Turns a system into Python functions over packed states: guards as conditions, effects as masks.

The code is made for one system, so nothing is looked up while it runs.  Actions of an actor that stands at a
known position are put into a function of their own, found through a table by that position: most guards are
then never tested.  Expressions that occur twice or are deeply nested become local variables, since Python's
parser nests only so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from custody.explore.layout import Layout, Slot
from custody.explore.positions import Member, by_position
from custody.system.expression import TRUE, Expr, Op, nodes
from custody.system.model import Action, System

BROKEN = -1
"""A successor of BROKEN - k means that check k of the action failed: the step has no state after it."""

Successors = Callable[[int], list[tuple[int, int]]]
"""From a packed state to the enabled actions with their packed successors, ascending by action."""

Flags = Callable[[int], int]
"""From a packed state to a bit for each expression that holds there."""

StepFlags = Callable[[int, int], int]
"""The same for expressions over a step: the states before and after it."""

_MAX_NESTING = 24
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Program:
    """The generated functions and the source that they were made from."""

    successors: Successors
    source: str


_KEPT = 4
"""Programs that are kept: making one takes as long as looking at thousands of states, and a system that is compared
with its next version, say, is looked at several times."""

_kept: list[tuple[System, tuple[Slot, ...], Program]] = []


def successors(system: System, layout: Layout) -> Program:
    """The successor function of the system."""
    for known, slots, program in _kept:
        if known.actions is system.actions and known.variables is system.variables and slots == layout.slots:
            return program
    program = _made(system, layout)
    _kept.append((system, layout.slots, program))
    del _kept[:-_KEPT]
    return program


def _made(system: System, layout: Layout) -> Program:
    writer = _Writer(layout)
    tables: list[str] = []
    grouped, free = by_position(system)
    namespace: dict[str, Any] = {}
    for variable, positions in grouped.items():
        name = f"at_{variable}"
        domain = system.variables[variable].domain
        # Functions are named by the position less the lowest one: a name cannot hold a minus.
        for position, members in positions.items():
            writer.function(f"{name}_{position - domain.low}", "s, out", lambda m=members: _actions(writer, m))
        entries = ", ".join(
            f"{name}_{offset}" if domain.low + offset in positions else "nothing" for offset in range(domain.size)
        )
        tables.append(f"{name} = ({entries},)")
    writer.function("others", "s, out", lambda: _actions(writer, free))
    lines = ["def nothing(s, out):", f"{_INDENT}pass", "", *writer.lines, *tables, ""]
    lines += ["def successors(s):", f"{_INDENT}out = []"]
    for variable in grouped:
        slot = layout.slots[variable]
        lines.append(f"{_INDENT}at_{variable}[{_extract(slot, raw=True)}](s, out)")
    if free:
        lines.append(f"{_INDENT}others(s, out)")
    if len(grouped) + bool(free) > 1:
        lines.append(f"{_INDENT}out.sort()")
    lines.append(f"{_INDENT}return out")
    source = "\n".join(lines) + "\n"
    exec(compile(source, f"<successors of {system.name}>", "exec"), namespace)
    return Program(cast(Successors, namespace["successors"]), source)


def flags(expressions: Sequence[Expr], layout: Layout) -> Flags:
    """A function that tells which of the expressions hold in a state: bit i for expression i."""
    return cast(Flags, _flags(expressions, layout, "s"))


def step_flags(expressions: Sequence[Expr], layout: Layout) -> StepFlags:
    """The same over a step from `s` to `t`."""
    return cast(StepFlags, _flags(expressions, layout, "s, t"))


def _flags(expressions: Sequence[Expr], layout: Layout, parameters: str) -> object:
    writer = _Writer(layout)

    def body() -> None:
        writer.line("held = 0")
        for bit, expression in enumerate(expressions):
            writer.line(f"if {writer.expression(expression)}:")
            writer.line(f"{_INDENT}held |= {1 << bit}")
        writer.line("return held")

    writer.function("flags", parameters, body)
    namespace: dict[str, Any] = {}
    exec(compile("\n".join(writer.lines) + "\n", "<flags>", "exec"), namespace)
    return namespace["flags"]


def _actions(writer: _Writer, members: Iterable[Member]) -> None:
    for index, action, guard in members:
        place = f"{action.place.file}:{action.place.line}".replace("\n", " ")
        writer.line(f"# {index}: {action.actor!r} {action.label!r} ({place!r})")
        if guard != TRUE:
            writer.line(f"if {writer.expression(guard)}:")
            with_guard = _INDENT
        else:
            with_guard = ""
        writer.nested(with_guard, lambda i=index, a=action: _step(writer, i, a))


def _step(writer: _Writer, index: int, action: Action) -> None:
    """One enabled action: its first failed check, or its successor."""

    def first_check(number: int, condition: Expr) -> None:
        writer.line(f"if not {writer.expression(condition)}:")
        writer.line(f"{_INDENT}broken = {BROKEN - number}")

    def successor() -> None:
        writer.line(f"out.append(({index}, {_successor(writer, action)}))")

    if not action.checks:
        successor()
        return
    writer.line("broken = 0")
    for number, check in enumerate(action.checks):
        if number == 0:
            first_check(number, check.condition)
            continue
        # A later check means something only where the earlier ones hold.
        writer.line("if not broken:")
        writer.nested(_INDENT, lambda n=number, c=check.condition: first_check(n, c))
    writer.line("if broken:")
    writer.line(f"{_INDENT}out.append(({index}, broken))")
    writer.line("else:")
    writer.nested(_INDENT, successor)


def _successor(writer: _Writer, action: Action) -> str:
    mask, constant = 0, 0
    parts: list[str] = []
    for effect in action.effects:
        slot = writer.layout.slots[effect.variable]
        mask |= slot.mask
        if effect.value.is_constant:
            constant |= (effect.value.value - slot.low) << slot.shift
        elif slot.width:
            value = writer.expression(effect.value)
            if effect.value.sort == "bool":
                parts.append(f"({1 << slot.shift} if {value} else 0)")
            else:
                less = f"({value} - {slot.low})" if slot.low else f"({value})"
                parts.append(f"({less} << {slot.shift})" if slot.shift else less)
    kept = f"s & {~mask & ((1 << writer.layout.bits) - 1):#x}" if mask else "s"
    if constant:
        parts.append(f"{constant:#x}")
    return " | ".join([f"({kept})" if parts else kept, *parts])


def _extract(slot: Slot, *, raw: bool = False, state: str = "s") -> str:
    if slot.width == 0:
        return "0" if raw else str(slot.low)
    shifted = f"{state} >> {slot.shift}" if slot.shift else state
    text = f"({shifted} & {(1 << slot.width) - 1:#x})"
    return text if raw or not slot.low else f"({text} + {slot.low})"


class _Writer:
    """Writes functions line by line and expressions as text, with local variables for what is used twice."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.lines: list[str] = []
        self._indent = ""
        self._known: dict[Expr, str] = {}
        self._count = 0

    def line(self, text: str) -> None:
        self.lines.append(self._indent + text)

    def function(self, name: str, parameters: str, body: Callable[[], object]) -> None:
        """A function whose body is what `body` writes."""
        self.lines.append(f"def {name}({parameters}):")
        self._indent, self._known, self._count = _INDENT, {}, 0
        before = len(self.lines)
        body()
        if len(self.lines) == before:
            self.line("pass")
        self.lines.append("")

    def nested(self, indent: str, body: Callable[[], object]) -> None:
        """What `body` writes, further in; local variables made there are forgotten after it."""
        outer, known = self._indent, dict(self._known)
        self._indent += indent
        body()
        self._indent, self._known = outer, known

    def expression(self, root: Expr) -> str:
        """The expression as text; may write lines that give local variables their values first."""
        if root in self._known:
            return self._known[root]
        fresh = list(nodes(root, known=self._known))
        uses: dict[Expr, int] = {}
        for node in fresh:
            for arg in node.args:
                uses[arg] = uses.get(arg, 0) + 1
        text: dict[Expr, tuple[str, int]] = {}

        def written_as(arg: Expr) -> tuple[str, int]:
            return (self._known[arg], 0) if arg in self._known else text[arg]

        for node in fresh:
            if node in self._known or node in text:
                continue
            args = [written_as(arg) for arg in node.args]
            written = self._write(node, [arg for arg, _ in args])
            nesting = 1 + max((depth for _, depth in args), default=0)
            is_leaf = not node.args
            worth_keeping = node.op in (Op.READ, Op.NEXT) or (not is_leaf and uses.get(node, 0) > 1)
            if worth_keeping or nesting > _MAX_NESTING:
                self._count += 1
                name = f"x{self._count}"
                self.line(f"{name} = {written}")
                self._known[node] = name
            else:
                text[node] = (written, nesting)
        return written_as(root)[0]

    def _write(self, node: Expr, args: list[str]) -> str:
        match node.op:
            case Op.CONST:
                return str(node.value) if node.value >= 0 else f"({node.value})"
            case Op.READ:
                return _extract(self.layout.slots[node.value])
            case Op.NEXT:
                return _extract(self.layout.slots[node.value], state="t")
            case Op.NOT:
                return f"(not {args[0]})"
            case Op.AND:
                return f"({' and '.join(args)})"
            case Op.OR:
                return f"({' or '.join(args)})"
            case Op.EQ:
                # `and` and `or` yield their operands, so truths are compared as truths.
                if node.args[0].sort == "bool":
                    return f"(bool({args[0]}) == bool({args[1]}))"
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
                return f"({args[0]} // {args[1]} if {args[1]} > 0 else 0)"
            case Op.MOD:
                return f"({args[0]} % {args[1]} if {args[1]} > 0 else 0)"
            case Op.ITE:
                return f"({args[1]} if {args[0]} else {args[2]})"
