"""A system as a Promela model, for SPIN.

One process with one loop; each action is one option of it, a `d_step` that SPIN counts as one transition and takes
as a whole.  Lines that name parts of expressions assign to variables that are 0 again when the step ends (SPIN has
`hidden` variables for this, but no breadth-first search for models with such).  A
variable that is never read would be left out of the state by SPIN on its own account (`spin -a` without `-o2`);
an option that never fires reads them all, so that the states are the same under every option of SPIN.

How the counts of a full search (`-DNOREDUCE`) relate, exactly: SPIN counts reaching the initial state as one
transition more.  A system of several first states starts, in SPIN, in one state more, from which one transition
leads to each; a breadth-first search is then one deeper.  What a broken check ends is a transition to the same
state.  `overhead` gives the numbers.

Not exported: fairness, and properties about what happens in the end (eventually, leads to, progress).
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from custody.exchange.names import at, describe, explain, identifiers, plain, setting
from custody.exchange.problem import ExportError
from custody.exchange.step import Body, Demand, alive, body, selected
from custody.exchange.text import Notation, Scope, first_states, telling
from custody.system.expression import Expr, not_, reads
from custody.system.model import Domain, Form, Property, State, System

SUPPORTED = frozenset({Form.INVARIANT, Form.REACHABLE, Form.STEP, Form.HAZARD, Form.DEADLOCK})

NOTATION = Notation("&&", "||", "==", lambda condition, yes, no: f"({condition} -> {yes} : {no})")

TYPES = (("bit", 0, 1), ("byte", 0, 255), ("short", -(2**15), 2**15 - 1), ("int", -(2**31), 2**31 - 1))
"""Smallest first, with the least and the largest value."""

MOST_PROPERTIES = 255
"""The properties are named by an `mtype`, which has no more values."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """What SPIN counts beyond the system: subtract it from states stored, transitions and (breadth first) depth."""

    states: int
    transitions: int
    depth: int


def overhead(system: System) -> Overhead:
    """The overhead of the exported model in a full search. Raises ExportError as `export` does."""
    return _overhead(len(first_states(system)))


def _overhead(first: int) -> Overhead:
    return Overhead(0, 1, 0) if first == 1 else Overhead(1, first + 1, 1)


def export(system: System, properties: Collection[str] = (), *, file: str = "FILE.pml") -> str:
    """The model; with the names of properties, one that has SPIN check these too.

    `file` is the name under which the remark on how to run it speaks of the file.
    A property adds no state, and a transition only in states that violate it: an assertion names it there (for
    a REACHABLE property, where it is reached).  Raises ExportError where SPIN has no equal: a value of more than
    32 bits, first states beyond telling, a property about what happens in the end.
    """
    return "\n".join(_Model(system, selected(system, properties, SUPPORTED), file).lines()) + "\n"


class _Model:
    """The names that the parts of the text share."""

    def __init__(self, system: System, properties: tuple[Property, ...], file: str) -> None:
        if len(properties) > MOST_PROPERTIES:
            raise ExportError(f"{len(properties)} properties are more than SPIN can name at once")
        self.system = system
        self.properties = properties
        self.file = plain(shlex.quote(file))
        self.names = identifiers("v_", (variable.name for variable in system.variables))
        claims = identifiers("p_", (prop.name for prop in properties))
        self.claims = {prop.name: claim for prop, claim in zip(properties, claims, strict=True)}
        self.scope = Scope.of(system, NOTATION, self.names)
        self.first = first_states(system)
        self.bodies = [self._body(index) for index in range(len(system.actions))]

    def _body(self, index: int) -> Body:
        return body(self.system, self.system.actions[index], self.properties)

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield from self._variables()
        yield "active proctype system()"
        yield "{"
        if len(self.first) > 1:
            yield from self._choice()
        yield "end:"
        yield "    do"
        for index in range(len(self.bodies)):
            yield from self._action(index)
        for prop in self.properties:
            yield from self._watch(prop)
        yield from self._reader()
        yield "    od"
        yield "}"

    def _head(self) -> Iterator[str]:
        extra = _overhead(len(self.first))
        yield f"/* {plain(self.system.name)}, from {plain(self.system.file)}"
        for name, value in self.system.parameters:
            yield f"   {plain(name)} = {plain(setting(value))}"
        yield ""
        yield "   To search all of it breadth first, going on after a violation (depth first: without -DBFS):"
        yield f"     spin -a -o1 -o2 -o3 {self.file}"
        yield "     cc -O2 -DSAFETY -DNOREDUCE -DBFS -DVECTORSZ=16384 -o pan pan.c"
        yield "     ./pan -c0 -m10000000"
        if self.properties:
            yield f"   To see how the first violation comes about: ./pan, then spin -o1 -o2 -o3 -t -p {self.file}"
        yield ""
        yield f"   Beyond the system's own, SPIN counts {extra.states} states, {extra.transitions} transitions"
        yield f"   and {extra.depth} steps of depth."
        if self.properties:
            yield "   Where a property asked for is violated it also counts a transition that says so."
        yield "*/"

    def _variables(self) -> Iterator[str]:
        for index, (variable, name) in enumerate(zip(self.system.variables, self.names, strict=True)):
            with telling(f"variable '{variable.name}'{at(variable.place)}"):
                yield f"{_type(variable.domain)} {name} = {self.first[0][index]}; /* {explain(variable)} */"
        for index in range(max((len(steps.lines) for steps in self.bodies), default=0)):
            yield f"int t{index}; /* 0 between steps */"
        if self.properties:
            yield f"mtype = {{ {', '.join(self.claims.values())} }};"

    def _choice(self) -> Iterator[str]:
        """One option for each first state; what is the same in all of them is declared."""
        columns = [index for index in range(len(self.names)) if len({state[index] for state in self.first}) > 1]
        yield "    if"
        for state in self.first:
            yield f"    :: d_step {{ {self._assigned(state, columns)} }}"
        yield "    fi;"

    def _assigned(self, state: State, columns: Sequence[int]) -> str:
        return "; ".join(f"{self.names[index]} = {state[index]}" for index in columns)

    def _action(self, index: int) -> Iterator[str]:
        action, steps = self.system.actions[index], self.bodies[index]
        what = describe(action)
        with telling(what):
            yield f"    :: /* {what} */"
            yield f"       d_step {{ {self.scope.write(action.guard)} ->"
            inside = self.scope.after(steps.lines, "t")
            for line in steps.lines:
                yield f"           {inside.names[line.variable]} = {inside.write(line.value)};"
            yield from self._checked(steps, inside)
            for line in steps.lines:
                yield f"           {inside.names[line.variable]} = 0;"
            yield "       }"

    def _checked(self, steps: Body, scope: Scope) -> Iterator[str]:
        """The checks in order, the effects only where all of them hold."""
        for check in steps.checks:
            yield f"           if :: !{scope.write(check.condition)} -> {self._broken(check)}"
            yield "           :: else ->"
        for claim in steps.claims:
            yield f"           if :: !{scope.write(claim.condition)} -> {self._broken(claim)} :: else fi;"
        for effect in steps.effects:
            yield f"           {self.names[effect.variable]} = {scope.write(effect.value)};"
        if not steps.effects:
            yield "           skip;"
        if steps.checks:
            yield "           " + " ".join(["fi"] * len(steps.checks)) + ";"

    def _broken(self, demand: Demand) -> str:
        if demand.property is None:
            return f"skip /* {plain(demand.message)} */"
        return f"assert(!{self.claims[demand.property]})"

    def _watch(self, prop: Property) -> Iterator[str]:
        """An option that fires where the property is violated, and then says so."""
        with telling(f"property '{prop.name}'{at(prop.place)}"):
            for condition in self._alarm(prop):
                yield f"    :: /* {plain(prop.name + at(prop.place))} */"
                yield f"       d_step {{ {self.scope.write(condition)} -> assert(!{self.claims[prop.name]}) }}"

    def _alarm(self, prop: Property) -> Iterator[Expr]:
        match prop.form:
            case Form.INVARIANT:
                yield not_(prop.expression)
            case Form.REACHABLE:
                yield prop.expression
            case Form.DEADLOCK:
                yield not_(alive(self.system))
            case _:
                return  # said where the step is

    def _reader(self) -> Iterator[str]:
        """An option that never fires and reads whatever nothing else reads."""
        used = reads(*(action.guard for action in self.system.actions))
        used |= reads(*(line.value for steps in self.bodies for line in (*steps.lines, *steps.effects)))
        unread = [name for index, name in enumerate(self.names) if index not in used]
        if unread:
            yield "    :: /* keeps in the state what is written and never read */"
            yield f"       d_step {{ (false && ({' + '.join(unread)} == 0)) -> skip }}"
        if not self.names and not self.bodies:
            yield "    :: false -> skip"


def _type(domain: Domain) -> str:
    for name, low, high in TYPES:
        if low <= domain.low and domain.high <= high:
            return name
    raise ExportError(f"its values from {domain.low} to {domain.high} do not fit 32 bits")
