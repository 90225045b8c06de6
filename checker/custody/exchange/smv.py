"""A system as an SMV model, for nuXmv and NuSMV: the steps are a relation between the values before and after.

The reachable states (`print_reachable_states`) are the states of the system.  Two actions that lead from one state
to the same other one are one edge of a relation, so transitions cannot be counted there.  What a broken check ends is
a step that changes nothing; a state without successors has none there either, which NuSMV warns of.

NuSMV also divides in branches that are not taken: where a divisor may be zero it may refuse the model.

Not exported: fairness, and properties about all runs (eventually, leads to, progress).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from custody.exchange.formula import Formulas, Grammar, always, first, in_domain, stays, step
from custody.exchange.names import describe, explain, heading, identifiers, plain
from custody.exchange.step import selected
from custody.exchange.straight import Line, straighten
from custody.system.expression import Expr, Op, reads
from custody.system.model import Action, Form, Property, System, Variable

SUPPORTED = frozenset({Form.INVARIANT, Form.REACHABLE, Form.STEP, Form.HAZARD, Form.DEADLOCK})


def _divided(args: Sequence[str]) -> str:
    """SMV rounds towards zero, and looks at both branches of a choice: nothing may be divided by zero in either."""
    low, by = args
    if by.isdecimal() and int(by) > 0:
        return _down(low, by)
    return f"(({by}) > 0 ? {_down(low, f'(({by}) > 0 ? ({by}) : 1)')} : 0)"


def _down(low: str, by: str) -> str:
    return f"(({low}) >= 0 ? ({low}) / ({by}) : -1 - ((-1 - ({low})) / ({by})))"


def _rest(args: Sequence[str]) -> str:
    low, by = args
    left = f"(({low}) - {_divided(args)} * ({by}))"
    return left if by.isdecimal() and int(by) > 0 else f"(({by}) > 0 ? {left} : 0)"


GRAMMAR = Grammar(
    write={
        Op.NOT: lambda args: f"(!{args[0]})",
        Op.AND: lambda args: "(" + " & ".join(args) + ")",
        Op.OR: lambda args: "(" + " | ".join(args) + ")",
        Op.EQ: lambda args: f"({args[0]} = {args[1]})",
        Op.LT: lambda args: f"({args[0]} < {args[1]})",
        Op.LE: lambda args: f"({args[0]} <= {args[1]})",
        Op.ADD: lambda args: "(" + " + ".join(args) + ")",
        Op.SUB: lambda args: f"({args[0]} - {args[1]})",
        Op.MUL: lambda args: f"({args[0]} * {args[1]})",
        Op.DIV: _divided,
        Op.MOD: _rest,
        Op.ITE: lambda args: f"({args[0]} ? {args[1]} : {args[2]})",
    },
    truth=lambda value: "TRUE" if value else "FALSE",
    number=lambda value: str(value) if value >= 0 else f"(-{-value})",
    read=lambda name: name,
    after=lambda name: f"next({name})",
)


def export(system: System, properties: Collection[str] = (), *, file: str = "FILE.smv") -> str:
    """The model, whose first lines say how to run it.

    A REACHABLE property becomes an invariant that says the contrary.  Raises ExportError for a property about all
    runs.
    """
    return "\n".join(_Module(system, selected(system, properties, SUPPORTED), file).lines()) + "\n"


class _Module:
    """The names that the parts of the text share."""

    def __init__(self, system: System, properties: tuple[Property, ...], file: str) -> None:
        self.system = system
        self.properties = properties
        self.file = file
        self.variables = identifiers("v_", (variable.name for variable in system.variables))
        self.names = dict(enumerate(self.variables))
        self.defines: list[str] = []

    def lines(self) -> Iterator[str]:
        yield from heading(self.system, "--")
        yield "--"
        yield f"-- nuXmv -int {plain(self.file)}, then: go; print_reachable_states; check_invar"
        yield "-- The reachable states are the states of the system."
        yield "MODULE main"
        if self.variables:
            yield "VAR"
        for variable, name in zip(self.system.variables, self.variables, strict=True):
            yield f"  {name} : {_type(variable)}; -- {explain(variable)}"
        steps = [self._step(number, action) for number, action in enumerate(self.system.actions)]
        start = self._whole("start", self.system.where)
        claims = [line for number, prop in enumerate(self.properties) for line in self._claim(number, prop)]
        if self.defines:
            yield "DEFINE"
            yield from self.defines
        yield "INIT"
        for index, values in first(self.system):
            yield f"  {self._one_of(index, values)} &"
        yield f"  {start}"
        yield "TRANS"
        for number, (action, text) in enumerate(zip(self.system.actions, steps, strict=True)):
            yield f"  -- {describe(action)}"
            yield f"  {'| ' if number else ''}{text}"
        if not steps:
            yield "  FALSE"
        yield from claims

    def _one_of(self, index: int, values: Sequence[int]) -> str:
        name, boolean = self.variables[index], in_domain(self.system.variables[index]) is None
        if boolean:
            return "TRUE" if len(values) == 2 else f"{name} = {GRAMMAR.truth(bool(values[0]))}"
        return f"{name} in {{{', '.join(map(GRAMMAR.number, values))}}}"

    def _step(self, number: int, action: Action) -> str:
        formulas = step(self.system, action)
        names = self._define(f"a{number}", formulas.lines)
        enabled = GRAMMAR.text(formulas.enabled, names)
        proper = GRAMMAR.text(formulas.proper, names)
        effects = " & ".join(["TRUE", *self._effects(formulas, names)])
        same = " & ".join(["TRUE", *(f"next({name}) = {name}" for name in self.variables)])
        return f"({enabled} & ({proper} ? ({effects}) : ({same})))"

    def _effects(self, formulas: Formulas, names: dict[int, str]) -> Iterator[str]:
        for effect in formulas.effects:
            yield f"next({self.variables[effect.variable]}) = {GRAMMAR.text(effect.value, names)}"
        for index in stays(self.system, formulas.effects):
            yield f"next({self.variables[index]}) = {self.variables[index]}"

    def _define(self, prefix: str, lines: tuple[Line, ...]) -> dict[int, str]:
        names = dict(self.names)
        for number, line in enumerate(lines):
            names[line.variable] = f"{prefix}_{number}"
            self.defines.append(f"  {names[line.variable]} := {GRAMMAR.text(line.value, names)};")
        return names

    def _whole(self, prefix: str, expression: Expr) -> str:
        lines, (value,) = straighten((expression,), len(self.system.variables))
        return GRAMMAR.text(value, self._define(prefix, lines))

    def _claim(self, number: int, prop: Property) -> Iterator[str]:
        remark = " (false where it is reached)" if prop.form is Form.REACHABLE else ""
        yield f"-- {plain(prop.name)}{remark}"
        if prop.form is not Form.STEP:
            yield f"INVARSPEC {self._whole(f'p{number}', always(prop, self.system))};"
            return
        # Definitions may not speak of the next state, so this one is written out.
        moved = sorted(reads(prop.expression))
        same = " & ".join(["TRUE", *(f"next({self.names[index]}) = {self.names[index]}" for index in moved)])
        yield f"INVARSPEC ({same}) | {GRAMMAR.text(prop.expression, self.names)};"


def _type(variable: Variable) -> str:
    bounds = in_domain(variable)
    return "boolean" if bounds is None else f"{bounds[0]}..{bounds[1]}"
