"""Obligations as SMT-LIB scripts over bit-vectors wide enough for every value that anything can have.

A variable before the step is free within its domain; after the step it is what the action `which` writes.  Nothing
is assumed of the values after the step.
"""

from __future__ import annotations

from collections.abc import Mapping

from custody.system.bounds import bounds
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import State, System

_WIDEST = 62


class Script:
    """Collects definitions; `text` is the script. OverflowError when a value may be too large."""

    def __init__(self, system: System, *more: Expr) -> None:
        self.system = system
        ranges = {i: (v.domain.low, v.domain.high) for i, v in enumerate(system.variables)}
        roots = [system.where, *more]
        for action in system.actions:
            roots += [action.guard, *(c.condition for c in action.checks), *(e.value for e in action.effects)]
        found = [pair for root in roots for pair in bounds(root, ranges, (1 << _WIDEST) - 1).values()]
        ends = [end for pair in (*found, *ranges.values()) for end in pair] + [len(system.actions)]
        self.width = 1 + max(max(end, ~end).bit_length() for end in ends)
        self._numbers, self._names = f"(_ BitVec {self.width})", _NAMES
        self.lines = ["(set-logic QF_BV)", "(set-option :produce-models true)"]
        self._known: dict[tuple[Expr, bool], str] = {}
        for i, (low, high) in ranges.items():
            self.lines += [f"; {system.variables[i].name}", f"(declare-const v{i} {self.sort(i)})"]
            if not system.variables[i].domain.boolean:
                self.lines.append(f"(assert (and (bvsle {self.number(low)} v{i}) (bvsle v{i} {self.number(high)})))")

    def term(self, root: Expr, *, after: bool = False) -> str:
        """The expression; with `after` it is about the state after the step."""
        for node in nodes(root):
            if (node, after) not in self._known:
                text = self._written(node, [self._known[arg, after] for arg in node.args], after)
                if node.args:
                    sort = "Bool" if node.sort is Sort.BOOL else self._numbers
                    self.lines.append(f"(define-fun e{len(self._known)} () {sort} {text})")
                    text = f"e{len(self._known)}"
                self._known[node, after] = text
        return self._known[root, after]

    def text(self, *goals: str) -> str:
        """The script that asks for a state in which some goal holds."""
        return "\n".join([*self.lines, f"(assert (or false {' '.join(goals)}))", "(check-sat)", ""])

    def state(self, values: Mapping[str, int]) -> State:
        """The state that a solver found; a constant that it left open may be anything."""
        half = 1 << self.width - 1
        found = [(values.get(f"v{i}", 0), v.domain) for i, v in enumerate(self.system.variables)]
        return tuple(n if domain.boolean else (n + half) % (2 * half) - half for n, domain in found)

    def sort(self, variable: int) -> str:
        return "Bool" if self.system.variables[variable].domain.boolean else self._numbers

    def number(self, value: int) -> str:
        return f"(_ bv{value % (1 << self.width)} {self.width})"

    def _written(self, node: Expr, args: list[str], after: bool) -> str:
        match node.op:
            case Op.CONST:
                return ("true" if node.value else "false") if node.sort is Sort.BOOL else self.number(node.value)
            case Op.READ:
                return f"{'w' if after else 'v'}{node.value}"
            case Op.NEXT:
                return f"w{node.value}"
            case Op.DIV | Op.MOD:
                return _floored(node.op, *args, zero=self.number(0), one=self.number(1))
            case _:
                return f"({self._names[node.op]} {' '.join(args)})"


class Integers(Script):
    """The same over all integers; no value is assumed to be within anything."""

    def __init__(self, system: System) -> None:
        self.system, self._numbers, self._names = system, "Int", _OVER_INTEGERS
        self._known = {}
        self.lines = ["(set-logic QF_LIA)", "(set-option :produce-models true)"]
        self.lines += [f"(declare-const v{i} {self.sort(i)}) ; {v.name}" for i, v in enumerate(system.variables)]

    def number(self, value: int) -> str:
        return str(value) if value >= 0 else f"(- {-value})"


_NAMES = {
    Op.NOT: "not", Op.AND: "and", Op.OR: "or", Op.EQ: "=", Op.LT: "bvslt", Op.LE: "bvsle",
    Op.ADD: "bvadd", Op.SUB: "bvsub", Op.MUL: "bvmul", Op.ITE: "ite",
}  # fmt: skip
_OVER_INTEGERS = {op: {"bvslt": "<", "bvsle": "<=", "bvadd": "+", "bvsub": "-", "bvmul": "*"}.get(n, n)
                  for op, n in _NAMES.items()}  # fmt: skip


def _floored(op: Op, a: str, b: str, zero: str, one: str) -> str:
    """Rounded towards minus infinity; 0 where the divisor is not positive."""
    exact = f"(bvsmod {a} {b})" if op is Op.MOD else f"(bvsdiv (bvsub {a} (bvsmod {a} {b})) {b})"
    return f"(ite (bvsle {one} {b}) {exact} {zero})"
