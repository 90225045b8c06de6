"""Whether one condition implies another over all values of the variables, reachable or not.

One query to z3 in a context of its own, with a fixed seed and a limit on work that is the same on every machine.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from custody.symbolic.terms import Number, Term, TooWideError, apply, width
from custody.system.expression import Expr, Op, Sort, nodes
from custody.system.model import Domain

WORK = 20_000_000
"""z3's own count of what a query may take."""


def implies(premise: Expr, conclusion: Expr, domains: Sequence[Domain]) -> bool | None:
    """Whether `conclusion` holds wherever `premise` does, for values within `domains`; None where z3 cannot tell.

    Values before a step (READ) and after it (NEXT) are different ones.
    """
    context = z3.Context()
    known: dict[Expr, Term] = {}
    limits: list[Any] = []
    try:
        for node in nodes(premise, conclusion):
            if node.op in (Op.READ, Op.NEXT):
                known[node] = _variable(node, domains[node.value], context, limits)
            elif node not in known:
                known[node] = apply(node, [known[arg] for arg in node.args], context)
    except TooWideError:
        return None
    solver = z3.SolverFor("QF_BV", ctx=context)
    solver.set("random_seed", 1)
    solver.set("rlimit", WORK)
    solver.add(*limits, known[premise], z3.Not(known[conclusion]))
    answer = solver.check()
    if answer == z3.unsat:
        return True
    return False if answer == z3.sat else None


def _variable(node: Expr, domain: Domain, context: Any, limits: list[Any]) -> Term:
    name = f"{node.op}{node.value}"
    if node.sort is Sort.BOOL:
        return z3.Bool(name, context)
    size = width(domain.low, domain.high)
    bits = z3.BitVec(name, size, context)
    limits += [bits >= z3.BitVecVal(domain.low, size, context), bits <= z3.BitVecVal(domain.high, size, context)]
    return Number(bits, domain.low, domain.high)
