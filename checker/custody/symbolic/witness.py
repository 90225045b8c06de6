"""Whether a condition can hold of any values at all, reachable or not: an example, or that there is none.

One query to z3 in a context of its own, with a fixed seed and a limit on work that is the same on every machine.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import z3

from custody.symbolic.solver import Answer
from custody.symbolic.terms import Number, Term, TooWideError, apply, width
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import Domain

WORK = 5_000_000
"""z3's own count of what a query may take."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The answer; for YES, values of the variables that the conditions read, by index."""

    answer: Answer
    values: tuple[tuple[int, int], ...] = ()


def witness(conditions: Sequence[Expr], domains: Sequence[Domain]) -> Witness:
    """Values within the domains for which all the Boolean conditions (over one state) hold.

    Of several examples the choice is z3's; numbers are as low as they can be, one after the other.
    """
    context = z3.Context()
    solver = z3.SolverFor("QF_BV", ctx=context)
    solver.set("random_seed", 1)
    solver.set("rlimit", WORK)
    known: dict[Expr, Term] = {}
    read: dict[int, Term] = {}
    try:
        for node in nodes(*conditions):
            if node.op is Op.READ:
                known[node] = read[node.value] = _variable(node, domains[node.value], context, solver)
            elif node not in known:
                known[node] = apply(node, [known[arg] for arg in node.args], context)
    except TooWideError:
        return Witness(Answer.UNKNOWN)
    solver.add(*(known[condition] for condition in conditions))
    answer = solver.check()
    if answer != z3.sat:
        return Witness(Answer.NO if answer == z3.unsat else Answer.UNKNOWN)
    return Witness(Answer.YES, tuple(_lowest(solver, index, read[index]) for index in sorted(read)))


def _lowest(solver: Any, index: int, term: Term) -> tuple[int, int]:
    """The variable with a low value, to which it is then fixed: the first, where that will do."""
    if not isinstance(term, Number):
        value = 0 if solver.check(z3.Not(term)) == z3.sat else 1
        solver.add(term if value else z3.Not(term))
        return index, value
    first = z3.BitVecVal(term.low, term.bits.size(), term.bits.ctx)
    if solver.check(term.bits == first) == z3.sat:
        solver.add(term.bits == first)
        return index, term.low
    if solver.check() != z3.sat:
        raise ArithmeticError("z3 takes back an answer")
    found = solver.model().eval(term.bits, model_completion=True)
    solver.add(term.bits == found)
    return index, found.as_signed_long()


def _variable(node: Expr, domain: Domain, context: Any, solver: Any) -> Term:
    if node.sort is Sort.BOOL:
        return z3.Bool(f"v{node.value}", context)
    size = width(domain.low, domain.high)
    bits = z3.BitVec(f"v{node.value}", size, context)
    solver.add(bits >= z3.BitVecVal(domain.low, size, context), bits <= z3.BitVecVal(domain.high, size, context))
    return Number(bits, domain.low, domain.high)
