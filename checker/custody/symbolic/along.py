"""Which assignments of a run make something true at its end: an unsatisfiable core over the unrolled trace.

The run is written down with a variable for each value that was stored: what it began with, and what each step
assigned, each with an assumption of its own.  That what the run shows is not so then contradicts the assumptions, and
a core of them is what it rests on; leaving out one after the other makes it minimal (no smaller part of it will do).
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from custody.symbolic.fault import EngineFault
from custody.symbolic.terms import Number, Term, apply, constant, width
from custody.system.expression import Expr, Op, nodes
from custody.system.finding import Trace
from custody.system.model import System

WORK = 20_000_000
"""z3's own count of what one question may take."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That the expression is true in the state after so many steps of the run (NEXT: in the one after that)."""

    expression: Expr
    position: int


@dataclass(frozen=True, slots=True, order=True)
class Stored:
    """A variable got its value: in step number `step` (from 0), or, with -1, to begin with."""

    step: int
    variable: int


class Unrolled:
    """A run, ready to be asked what makes its states what they are."""

    def __init__(self, system: System, trace: Trace) -> None:
        self._system = system
        self._context: Any = z3.Context()
        self._solver: Any = z3.SolverFor("QF_FD", ctx=self._context)
        self._solver.set("random_seed", 1)
        self._assumed: dict[Stored, Any] = {}
        self._values: list[dict[int, Term]] = [{}]
        self._writers: list[dict[int, Stored]] = [{}]
        self._terms: dict[tuple[int, int], Term] = {}
        self._roots: list[Expr] = []
        self._asked = 0
        for index in range(len(system.variables)):
            self._store(Stored(-1, index), constant_of(system, index, trace.states[0][index], self._context), 0)
        for step, action in enumerate(trace.actions):
            if step + 1 >= len(trace.states):
                break  # it breaks a check and changes nothing
            self._values.append(dict(self._values[step]))
            self._writers.append(dict(self._writers[step]))
            for effect in system.actions[action].effects:
                if trace.states[step][effect.variable] != trace.states[step + 1][effect.variable]:
                    self._store(Stored(step, effect.variable), self._term(effect.value, step), step + 1)

    def core(self, claims: Sequence[Claim]) -> tuple[Stored, ...]:
        """A minimal set of what was stored because of which none of the claims is true, in the order of the run.

        ValueError where one of them is true: then nothing is to be explained.
        """
        return self._minimal(self._some(claims))

    def suffices(self, claims: Sequence[Claim], core: Iterable[Stored]) -> bool:
        """Whether because of this alone none of the claims is true."""
        return self._ask(self._some(claims), core) is not None

    def _some(self, claims: Sequence[Claim]) -> Any:
        """A name for that one of them is true."""
        terms = [self._term(claim.expression, claim.position) for claim in claims]
        self._asked += 1
        some = z3.Bool(f"some{self._asked}", self._context)
        self._solver.add(z3.Implies(some, z3.Or(*terms, z3.BoolVal(False, self._context))))
        return some

    # ------------------------------------------------------------------ cores

    def _minimal(self, some: Any) -> tuple[Stored, ...]:
        left = set(self._assumed)
        enough = self._ask(some, left)
        if enough is None:
            raise ValueError("a claim is true")
        # Whole steps first: fewest steps count for more than fewest variables.
        steps = [{stored for stored in left if stored.step == step} for step in sorted({each.step for each in left})]
        for gone in [*steps, *({stored} for stored in sorted(left, reverse=True))]:
            # What goes is settled by what suffices.  The core that z3 happens to find differs with what it was asked
            # before, so it only spares questions: what it does not need may go unasked.
            found = enough if gone.isdisjoint(enough) else self._ask(some, left - gone)
            if found is not None:
                left, enough = left - gone, found
        return tuple(sorted(left))

    def _ask(self, some: Any, assumed: Iterable[Stored]) -> set[Stored] | None:
        """The part of the assumptions that suffices; None where they do not."""
        names = {str(self._assumed[stored]): stored for stored in assumed}
        self._solver.set("rlimit", WORK)
        answer = self._solver.check(some, *(self._assumed[stored] for stored in names.values()))
        if answer != z3.unsat:
            return None
        return {names[str(literal)] for literal in self._solver.unsat_core() if str(literal) in names}

    # ------------------------------------------------------------------ building

    def _store(self, stored: Stored, value: Term, position: int) -> None:
        """The variable has the value from that position on, if the assumption holds."""
        system, context = self._system, self._context
        domain = system.variables[stored.variable].domain
        name = f"v{stored.variable}_{position}"
        if domain.boolean:
            term: Term = z3.Bool(name, context)
            same = term == value
        else:
            size = width(domain.low, domain.high)
            bits = z3.BitVec(name, size, context)
            term = Number(bits, domain.low, domain.high)
            low, high = (z3.BitVecVal(end, size, context) for end in (domain.low, domain.high))
            self._solver.add(bits >= low, bits <= high)
            wide = max(size, value.bits.size())
            same = term.within(wide) == value.within(wide)
        assumed = z3.Bool(f"a{stored.variable}_{position}", context)
        self._solver.add(z3.Implies(assumed, same))
        self._assumed[stored] = assumed
        self._values[position][stored.variable] = term
        self._writers[position][stored.variable] = stored

    def _term(self, root: Expr, position: int) -> Term:
        self._roots.append(root)  # terms are remembered by identity
        for node in nodes(root):
            key = (id(node), position)
            if key not in self._terms:
                if node.op is Op.READ:
                    term = self._values[position][node.value]
                elif node.op is Op.NEXT:
                    if position + 1 >= len(self._values):
                        raise EngineFault("the run ends before what is said of its next state")
                    term = self._values[position + 1][node.value]
                else:
                    term = apply(node, [self._terms[id(arg), position] for arg in node.args], self._context)
                self._terms[key] = term
        return self._terms[id(root), position]


def constant_of(system: System, index: int, value: int, context: Any) -> Term:
    """The value as a term of the variable's sort."""
    if system.variables[index].domain.boolean:
        return z3.BoolVal(bool(value), context)
    return constant(value, context)
