"""A system as a TLA+ module, for TLC (and as far as it goes for Apalache): one definition for each action.

The distinct states that TLC finds are the states of the system; the states that it generates, less the first ones,
are its transitions.  What a broken check ends is a step that changes nothing.  Values are integers and truths.

Not exported: fairness, and properties about all runs (eventually, leads to, progress).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePath

from custody.exchange.formula import Formulas, Grammar, always, first, in_domain, stays, step
from custody.exchange.names import describe, explain, heading, identifiers
from custody.exchange.step import selected
from custody.exchange.straight import Line, straighten
from custody.system.expression import TRUE, Expr, Op
from custody.system.model import Action, Form, Property, System

SUPPORTED = frozenset({Form.INVARIANT, Form.REACHABLE, Form.STEP, Form.HAZARD, Form.DEADLOCK})

GRAMMAR = Grammar(
    write={
        Op.NOT: lambda args: f"(~{args[0]})",
        Op.AND: lambda args: "(" + r" /\ ".join(args) + ")",
        Op.OR: lambda args: "(" + r" \/ ".join(args) + ")",
        Op.EQ: lambda args: f"({args[0]} = {args[1]})",
        Op.LT: lambda args: f"({args[0]} < {args[1]})",
        Op.LE: lambda args: f"({args[0]} <= {args[1]})",
        Op.ADD: lambda args: "(" + " + ".join(args) + ")",
        Op.SUB: lambda args: f"({args[0]} - {args[1]})",
        Op.MUL: lambda args: f"({args[0]} * {args[1]})",
        Op.DIV: lambda args: f"(IF {args[1]} > 0 THEN {args[0]} \\div {args[1]} ELSE 0)",
        Op.MOD: lambda args: f"(IF {args[1]} > 0 THEN {args[0]} % {args[1]} ELSE 0)",
        Op.ITE: lambda args: f"(IF {args[0]} THEN {args[1]} ELSE {args[2]})",
    },
    truth=lambda value: "TRUE" if value else "FALSE",
    number=lambda value: str(value) if value >= 0 else f"(-{-value})",
    read=lambda name: name,
    after=lambda name: f"{name}'",
)


def export(system: System, properties: Collection[str] = (), *, file: str = "FILE.tla") -> str:
    """The module, whose first lines say what TLC is to be given.

    A REACHABLE property becomes an invariant that says the contrary, so that its violation shows the way.  Raises
    ExportError for a property about all runs.
    """
    chosen = selected(system, properties, SUPPORTED)
    return "\n".join(_Module(system, chosen, file).lines()) + "\n"


class _Module:
    """The names that the parts of the text share."""

    def __init__(self, system: System, properties: tuple[Property, ...], file: str) -> None:
        self.system = system
        self.properties = properties
        self.module = identifiers("", [PurePath(file).stem])[0] or "model"
        self.variables = identifiers("v_", (variable.name for variable in system.variables))
        self.actions = identifiers("A_", (f"{action.actor}_{action.name}" for action in system.actions))
        self.claims = identifiers("P_", (prop.name for prop in properties))
        self.names = dict(enumerate(self.variables))

    def lines(self) -> Iterator[str]:
        yield f"---- MODULE {self.module} ----"
        yield from heading(self.system, r"\*")
        yield from self._remarks()
        yield "EXTENDS Integers"
        if self.variables:
            yield "VARIABLES"
            for number, (variable, name) in enumerate(zip(self.system.variables, self.variables, strict=True), 1):
                comma = "," if number < len(self.variables) else ""
                yield rf"  {name}{comma} \* {explain(variable)}"
        yield f"vars == <<{', '.join(self.variables)}>>"
        yield from self._start()
        for name, action in zip(self.actions, self.system.actions, strict=True):
            yield from self._action(name, action)
        yield "Next =="
        yield from (rf"  \/ {name}" for name in self.actions)
        if not self.actions:
            yield "  FALSE"
        yield "Spec == Init /\\ [][Next]_vars"
        for name, prop in zip(self.claims, self.properties, strict=True):
            yield from self._claim(name, prop)
        yield "===="

    def _remarks(self) -> Iterator[str]:
        yield r"\*"
        yield rf"\* In {self.module}.cfg beside it:"
        for line in config(self.properties, self.claims):
            yield rf"\*   {line}"
        yield r"\* and then (a state without successors is no error of itself, hence -deadlock):"
        module = self.module
        yield rf"\*   java -cp tla2tools.jar tlc2.TLC -deadlock -workers 1 -config {module}.cfg {module}.tla"
        yield r"\*"
        yield r"\* Its distinct states are our states; those that it generates, less the first, are our transitions."

    def _start(self) -> Iterator[str]:
        yield "Init =="
        for index, values in first(self.system):
            boolean = in_domain(self.system.variables[index]) is None
            shown = [GRAMMAR.truth(bool(value)) if boolean else GRAMMAR.number(value) for value in values]
            yield rf"  /\ {self.variables[index]} \in {{{', '.join(shown)}}}"
        yield rf"  /\ {self._whole(self.system.where)}"

    def _action(self, name: str, action: Action) -> Iterator[str]:
        formulas = step(self.system, action)
        yield rf"{name} == \* {describe(action)}"
        names = self.names | self._line_names(formulas.lines)
        yield from self._let(formulas.lines, names)
        yield rf"  /\ {GRAMMAR.text(formulas.enabled, names)}"
        if formulas.proper == TRUE:
            yield from self._effects(formulas, names, "  ")
        else:
            yield rf"  /\ IF {GRAMMAR.text(formulas.proper, names)}"
            yield "     THEN"
            yield from self._effects(formulas, names, "       ")
            yield "     ELSE UNCHANGED vars"

    def _effects(self, formulas: Formulas, names: dict[int, str], indent: str) -> Iterator[str]:
        for effect in formulas.effects:
            yield rf"{indent}/\ {self.variables[effect.variable]}' = {GRAMMAR.text(effect.value, names)}"
        kept = ", ".join(self.variables[index] for index in stays(self.system, formulas.effects))
        yield rf"{indent}/\ UNCHANGED <<{kept}>>"

    def _claim(self, name: str, prop: Property) -> Iterator[str]:
        if prop.form is Form.STEP:
            yield f"{name} == [][{self._whole(prop.expression)}]_vars"
            return
        remark = r" \* violated where it is reached" if prop.form is Form.REACHABLE else ""
        yield f"{name} == {self._whole(always(prop, self.system))}{remark}"

    def _whole(self, expression: Expr) -> str:
        lines, (value,) = straighten((expression,), len(self.system.variables))
        names = self.names | self._line_names(lines)
        text = GRAMMAR.text(value, names)
        let = " ".join(line.strip() for line in self._let(lines, names))
        return f"({let} {text})" if let else text

    def _line_names(self, lines: tuple[Line, ...]) -> dict[int, str]:
        return {line.variable: f"t{number}" for number, line in enumerate(lines)}

    def _let(self, lines: tuple[Line, ...], names: dict[int, str]) -> Iterator[str]:
        for number, line in enumerate(lines):
            word = "LET" if number == 0 else "   "
            yield f"  {word} {names[line.variable]} == {GRAMMAR.text(line.value, names)}"
        if lines:
            yield "  IN"


def config(properties: tuple[Property, ...], names: tuple[str, ...]) -> Iterator[str]:
    """What stands in the file that tells TLC what to check."""
    yield "SPECIFICATION Spec"
    for prop, name in zip(properties, names, strict=True):
        yield f"{'PROPERTY' if prop.form is Form.STEP else 'INVARIANT'} {name}"


def configuration(system: System, properties: Collection[str] = ()) -> str:
    """The text of that file for the named properties."""
    chosen = selected(system, properties, SUPPORTED)
    names = identifiers("P_", (prop.name for prop in chosen))
    return "\n".join(config(chosen, names)) + "\n"
