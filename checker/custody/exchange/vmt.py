"""A system as SMT-LIB 2 in the VMT form: formulas over the values before and after a step, with annotations.

VMT (https://vmt-lib.fbk.eu) is plain SMT-LIB whose annotations say which formula is the first states, which the
steps and which a property, so that any solver reads it and model checkers (nuXmv, pono, ic3ia) know what to do.  What
a broken check ends is a step that changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from custody.exchange.formula import Grammar, always, first, in_domain, stays, step
from custody.exchange.names import describe, explain, heading, identifiers, plain
from custody.exchange.step import selected
from custody.exchange.straight import Line, straighten
from custody.system.expression import Expr, Op
from custody.system.model import Action, Form, Property, System

SUPPORTED = frozenset({Form.INVARIANT, Form.REACHABLE, Form.HAZARD, Form.DEADLOCK})


GRAMMAR = Grammar(
    write={
        Op.NOT: lambda args: f"(not {args[0]})",
        Op.AND: lambda args: f"(and {' '.join(args)})",
        Op.OR: lambda args: f"(or {' '.join(args)})",
        Op.EQ: lambda args: f"(= {args[0]} {args[1]})",
        Op.LT: lambda args: f"(< {args[0]} {args[1]})",
        Op.LE: lambda args: f"(<= {args[0]} {args[1]})",
        Op.ADD: lambda args: f"(+ {' '.join(args)})",
        Op.SUB: lambda args: f"(- {args[0]} {args[1]})",
        Op.MUL: lambda args: f"(* {args[0]} {args[1]})",
        Op.DIV: lambda args: f"(ite (> {args[1]} 0) (div {args[0]} {args[1]}) 0)",
        Op.MOD: lambda args: f"(ite (> {args[1]} 0) (mod {args[0]} {args[1]}) 0)",
        Op.ITE: lambda args: f"(ite {args[0]} {args[1]} {args[2]})",
    },
    truth=lambda value: "true" if value else "false",
    number=lambda value: str(value) if value >= 0 else f"(- {-value})",
    read=lambda name: name,
    after=lambda name: f"{name}.next",
)


def export(system: System, properties: Collection[str] = (), *, file: str = "FILE.smt2") -> str:
    """The formulas; a REACHABLE property becomes an invariant that says the contrary.

    Raises ExportError for a property about steps or about all runs.
    """
    return "\n".join(_Formulas(system, selected(system, properties, SUPPORTED), file).lines()) + "\n"


class _Formulas:
    """The names that the parts of the text share."""

    def __init__(self, system: System, properties: tuple[Property, ...], file: str) -> None:
        self.system = system
        self.properties = properties
        self.file = file
        self.variables = identifiers("v_", (variable.name for variable in system.variables))
        self.names = dict(enumerate(self.variables))

    def lines(self) -> Iterator[str]:
        yield from heading(self.system, ";")
        yield ";"
        yield f"; {plain(self.file)} is SMT-LIB 2 in the VMT form: init, trans and prop_N are what the names say,"
        yield "; range holds for every value that a variable can have, and NAME.next is NAME after a step."
        yield "(set-logic ALL)"
        for variable, name in zip(self.system.variables, self.variables, strict=True):
            sort = "Bool" if variable.domain.boolean else "Int"
            yield f"; {explain(variable)}"
            yield f"(declare-fun {name} () {sort})"
            yield f"(declare-fun {name}.next () {sort})"
            yield f"(define-fun {name}.pair () {sort} (! {name} :next {name}.next))"
        yield f"(define-fun range () Bool {_and(self._ranges(''))})"
        yield f"(define-fun range.next () Bool {_and(self._ranges('.next'))})"
        yield f"(define-fun init () Bool (! {_and([*self._start(), self._whole(self.system.where)])} :init true))"
        names: list[str] = []
        for number, action in enumerate(self.system.actions):
            yield f"; {describe(action)}"
            yield f"(define-fun step_{number} () Bool {self._step(action)})"
            names.append(f"step_{number}")
        yield f"(define-fun trans () Bool (! {_or(names)} :trans true))"
        for number, prop in enumerate(self.properties):
            yield f"; {plain(prop.name)}"
            text = self._whole(always(prop, self.system))
            yield f"(define-fun prop_{number} () Bool (! {text} :invar-property {number}))"

    def _ranges(self, suffix: str) -> Iterator[str]:
        for variable, name in zip(self.system.variables, self.variables, strict=True):
            bounds = in_domain(variable)
            if bounds is not None:
                yield f"(<= {GRAMMAR.number(bounds[0])} {name}{suffix} {GRAMMAR.number(bounds[1])})"

    def _start(self) -> Iterator[str]:
        for index, values in first(self.system):
            boolean = in_domain(self.system.variables[index]) is None
            shown = [GRAMMAR.truth(bool(value)) if boolean else GRAMMAR.number(value) for value in values]
            yield _or([f"(= {self.variables[index]} {value})" for value in shown])

    def _step(self, action: Action) -> str:
        formulas = step(self.system, action)
        names = self._line_names(formulas.lines)
        effects = [
            f"(= {self.variables[effect.variable]}.next {GRAMMAR.text(effect.value, names)})"
            for effect in formulas.effects
        ]
        effects += [self._same(index) for index in stays(self.system, formulas.effects)]
        same = _and([self._same(index) for index in range(len(self.variables))])
        proper = GRAMMAR.text(formulas.proper, names)
        happens = f"(and {GRAMMAR.text(formulas.enabled, names)} (ite {proper} {_and(effects)} {same}))"
        return self._let(formulas.lines, names, happens)

    def _same(self, index: int) -> str:
        return f"(= {self.variables[index]}.next {self.variables[index]})"

    def _whole(self, expression: Expr) -> str:
        lines, (value,) = straighten((expression,), len(self.system.variables))
        names = self._line_names(lines)
        return self._let(lines, names, GRAMMAR.text(value, names))

    def _line_names(self, lines: tuple[Line, ...]) -> dict[int, str]:
        return self.names | {line.variable: f"t{number}" for number, line in enumerate(lines)}

    def _let(self, lines: tuple[Line, ...], names: dict[int, str], inside: str) -> str:
        for line in reversed(lines):
            inside = f"(let (({names[line.variable]} {GRAMMAR.text(line.value, names)})) {inside})"
        return inside


def _and(parts: Collection[str] | Iterator[str]) -> str:
    return f"(and true {' '.join(parts)})".replace(" )", ")")


def _or(parts: Sequence[str]) -> str:
    return f"(or false {' '.join(parts)})".replace(" )", ")")
