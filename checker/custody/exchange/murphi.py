"""A system as a Murphi model, for rumur (and CMurphi, but for `liveness` and `cover`).

One rule for each action, one start state for each first state.  Lines that name parts of expressions are local
variables of the rule; a guard that needs such lines becomes a function.

The states and the rules fired that rumur counts (`--deadlock-detection off --symmetry-reduction off`) are the
states and the transitions of the system.  What a broken check ends is a rule that changes nothing.  Where a property
is asked for and violated, rumur goes no further from that state, so counts are to be compared without properties.

rumur calculates in the narrowest type that holds the declared variables, so it needs `--value-type int32_t`.

Not exported: fairness, and properties about all runs (eventually, leads to).
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath

from custody.exchange.names import at, describe, explain, heading, identifiers, plain
from custody.exchange.problem import ExportError
from custody.exchange.step import Body, Demand, alive, body, over, selected
from custody.exchange.straight import Line, straighten
from custody.exchange.text import Notation, Scope, first_states, telling
from custody.system.bounds import LIMIT
from custody.system.expression import Expr, Sort
from custody.system.model import Action, Form, Property, System, Variable

SUPPORTED = frozenset({Form.INVARIANT, Form.REACHABLE, Form.STEP, Form.HAZARD, Form.DEADLOCK, Form.PROGRESS})

NOTATION = Notation("&", "|", "=", lambda condition, yes, no: f"({condition} ? {yes} : {no})")


def export(system: System, properties: Collection[str] = (), *, file: str = "FILE.m") -> str:
    """The model; with the names of properties, one that has rumur check these too.

    `file` is the name under which the remark on how to run it speaks of the file.
    A REACHABLE property becomes a `cover`, a PROGRESS property a `liveness` for each actor.  Raises ExportError
    where rumur has no equal: no variable, a value of more than 32 bits, first states beyond telling, a property about
    all runs.
    """
    return "\n".join(_Model(system, selected(system, properties, SUPPORTED), file).lines()) + "\n"


class _Model:
    """The names that the parts of the text share."""

    def __init__(self, system: System, properties: tuple[Property, ...], file: str) -> None:
        if not system.variables:
            raise ExportError(f"{system.name} has no variables, and rumur needs one")
        self.system = system
        self.properties = properties
        self.file = file
        self.names = identifiers("v_", (variable.name for variable in system.variables))
        self.scope = Scope.of(system, NOTATION, self.names)

    def lines(self) -> Iterator[str]:
        yield from heading(self.system, "--")
        yield from self._remarks()
        yield "var"
        for variable, name in zip(self.system.variables, self.names, strict=True):
            yield f"  {name}: {_type(variable)}; -- {explain(variable)}"
        yield from self._starts()
        for index, action in enumerate(self.system.actions):
            with telling(describe(action)):
                yield from self._action(index, action)
        for index, prop in enumerate(self.properties):
            with telling(f"property '{prop.name}'{at(prop.place)}"):
                for number, (keyword, title, condition) in enumerate(self._statements(prop)):
                    function, text = self._condition(f"property_{index}_{number}", condition)
                    yield from function
                    yield f'{keyword} "{plain(title)}"'
                    yield f"  {text};"

    def _remarks(self) -> Iterator[str]:
        model, stem = plain(shlex.quote(self.file)), PurePath(self.file).stem
        code, program = plain(shlex.quote(f"{stem}.c")), plain(shlex.quote(stem))
        yield "--"
        yield "-- To search all of it (-mcx16 is for x86-64 and unknown elsewhere):"
        yield "--   rumur --deadlock-detection off --symmetry-reduction off --value-type int32_t \\"
        yield f"--     --max-errors 1000000 --output {code} {model}"
        yield f"--   cc -O3 -mcx16 -o {program} {code} -lpthread"
        yield f"--   ./{program}"
        yield "--"
        yield "-- The states and the rules fired that rumur counts are the states and the transitions of the system."
        if self.properties:
            yield "-- Where a property asked for is violated it goes no further, and counts fewer."

    def _starts(self) -> Iterator[str]:
        for number, state in enumerate(first_states(self.system)):
            yield f'startstate "{number}" begin'
            for variable, name, value in zip(self.system.variables, self.names, state, strict=True):
                boolean = "true" if value else "false"
                yield f"  {name} := {boolean if variable.domain.boolean else value};"
            yield "end;"

    def _action(self, index: int, action: Action) -> Iterator[str]:
        function, condition = self._condition(f"guard_{index}", action.guard)
        yield from function
        yield f'rule "{describe(action)}"'
        yield f"  {condition}"
        yield "==>"
        yield from self._body(body(self.system, action, self.properties))
        yield "end;"

    def _condition(self, name: str, condition: Expr) -> tuple[Sequence[str], str]:
        """The text of a condition, after a function of that name where it needs lines."""
        lines, (value,) = straighten((condition,), len(self.names))
        if lines:
            return list(self._function(name, lines, value)), f"{name}()"
        return (), self.scope.write(value)

    def _function(self, name: str, lines: Sequence[Line], value: Expr) -> Iterator[str]:
        scope = self.scope.after(lines, "t")
        yield f"function {name}(): boolean;"
        yield from self._locals(lines, scope)
        yield f"  return {scope.write(value)};"
        yield "end;"

    def _locals(self, lines: Sequence[Line], scope: Scope) -> Iterator[str]:
        """Declared and computed; ends within `begin`."""
        if lines:
            yield "var"
        for line in lines:
            low, high = scope.ranges[line.variable]
            kind = "boolean" if line.value.sort is Sort.BOOL else f"{low}..{high}"
            yield f"  {scope.names[line.variable]}: {kind};"
        yield "begin"
        for line in lines:
            yield f"  {scope.names[line.variable]} := {scope.write(line.value)};"

    def _body(self, steps: Body) -> Iterator[str]:
        """The checks in order, the effects only where all of them hold."""
        scope = self.scope.after(steps.lines, "t")
        yield from self._locals(steps.lines, scope)
        word = "if"
        for check in steps.checks:
            yield f"  {word} !{scope.write(check.condition)} then {_broken(check)}"
            word = "elsif"
        if steps.checks:
            yield "  else"
        for claim in steps.claims:
            yield f'  assert "{_title(claim.property, claim.message)}" {scope.write(claim.condition)};'
        for effect in steps.effects:
            yield f"  {self.names[effect.variable]} := {scope.write(effect.value)};"
        if steps.checks:
            yield "  end;"

    def _statements(self, prop: Property) -> Iterator[tuple[str, str, Expr]]:
        """For each statement about all states its keyword, its title and its condition."""
        match prop.form:
            case Form.INVARIANT:
                yield "invariant", prop.name, prop.expression
            case Form.REACHABLE:
                yield "cover", prop.name, prop.expression
            case Form.DEADLOCK:
                yield "invariant", prop.name, alive(self.system)
            case Form.PROGRESS:
                for actor, resting in prop.resting:
                    yield "liveness", f"{prop.name}: {actor}", over(self.system, actor, resting)
            case _:
                return  # said where the step is


def _broken(check: Demand) -> str:
    if check.property is None:
        return f"-- {plain(check.message)}"
    return f'error "{_title(check.property, check.message)}";'


def _title(name: str | None, message: str) -> str:
    return plain(f"{name}: {message}" if message else str(name))


def _type(variable: Variable) -> str:
    domain = variable.domain
    if domain.boolean:
        return "boolean"
    if domain.low < -LIMIT or domain.high > LIMIT:
        raise ExportError(
            f"variable '{variable.name}'{at(variable.place)}: its values from {domain.low} to {domain.high}"
            " do not fit 32 bits"
        )
    return f"{domain.low}..{domain.high}"
