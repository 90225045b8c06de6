"""One bounded search in one of several encodings, as far as it comes: what `encoded.py` runs and measures.

The arguments are the encoding, a number of processor seconds, the specification's file, and parameters as NAME=VALUE.
A line is printed for every number of steps after which nothing forbidden was found.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import z3
from encoded import DEEPEST

from custody.language import instances, load
from custody.symbolic import gates, relation
from custody.symbolic.encode import Encoding
from custody.symbolic.integers import Integers
from custody.symbolic.sat import solver
from custody.system.expression import Expr, or_
from custody.system.forbidden import forbidden
from custody.system.model import SAFETY, Form, System

Search = Callable[[System, Expr, int], bool]
"""Whether what is forbidden can be met after exactly so many steps; asked for one number after the other."""


def bits(logic: str | None) -> Callable[[System, Expr], Callable[[int], bool]]:
    """Bit-vectors, as `custody.symbolic.encode` has them, in a logic of z3's, None for its default solver."""

    def make(system: System, bad: Expr) -> Callable[[int], bool]:
        encoding = Encoding(system)
        ask: Any = z3.SolverFor(logic, ctx=encoding.context) if logic else z3.SimpleSolver(ctx=encoding.context)
        ask.add(encoding.first(0))
        formula = encoding.holds(bad)

        def met(step: int) -> bool:
            some = z3.Bool(f"some{step}", encoding.context)
            here = encoding.at(formula, step)
            ask.add(z3.Implies(some, here))
            if _is_met(ask.check(some)):
                return True
            ask.add(z3.Not(here), encoding.step(step))
            return False

        return met

    return make


def integers(system: System, bad: Expr) -> Callable[[int], bool]:
    """Integers with no bounds, as `custody.symbolic.horn` has them, and one selector an action."""
    template = Integers(system)
    context, term = template.context, template.term
    ask: Any = z3.SolverFor("QF_LIA", ctx=context)
    copies = [_fresh(system, context, 0)]
    writes = [{e.variable: term(e.value) for e in action.effects} for action in system.actions]
    proper = [template.all([term(a.guard), *(term(c.condition) for c in a.checks)]) for a in system.actions]
    formula = term(bad)
    for variable, now in zip(system.variables, copies[0], strict=True):
        values = [(now if v else z3.Not(now)) if variable.domain.boolean else now == v for v in variable.initial]
        ask.add(template.any(values))
    ask.add(z3.substitute(term(system.where), *zip(template.now, copies[0], strict=True)))

    def met(step: int) -> bool:
        now = list(zip(template.now, copies[step], strict=True))
        some = z3.Bool(f"some{step}", context)
        here = z3.substitute(formula, *now)
        ask.add(z3.Implies(some, here))
        if _is_met(ask.check(some)):
            return True
        copies.append(_fresh(system, context, step + 1))
        chosen = [z3.Bool(f"a{step}_{index}", context) for index in range(len(system.actions))]
        ask.add(z3.Not(here), template.any(chosen), z3.AtMost(*chosen, 1))
        for selector, may, written in zip(chosen, proper, writes, strict=True):
            parts = [copies[-1][index] == z3.substitute(value, *now) for index, value in written.items()]
            ask.add(z3.Implies(selector, template.all([z3.substitute(may, *now), *parts])))
        for index, (before, after) in enumerate(zip(copies[step], copies[-1], strict=True)):
            writers = [s for s, written in zip(chosen, writes, strict=True) if index in written]
            ask.add(template.any([after == before, *writers]))
        return False

    return met


def booleans(most_choices: int) -> Callable[[System, Expr], Callable[[int], bool]]:
    """Truth values in a SAT solver, as `custody.symbolic.relation` has them: one for each value of a variable of at
    most so many, bits for one of more."""

    def make(system: System, bad: Expr) -> Callable[[int], bool]:
        gates.MOST_CHOICES = relation.MOST_CHOICES = most_choices
        of = relation.Relation(system)
        formula = of.truth(bad)
        size = of.gates.size
        copies = DEEPEST + 2
        ask = solver([], size * copies + copies)

        def at(literal: int, step: int) -> int:
            return literal + step * size if literal > 0 else literal - step * size

        def add(step: int) -> None:
            for clause in of.gates.clauses:
                ask.add([at(literal, step) for literal in clause])

        add(0)
        ask.add([of.first])

        def met(step: int) -> bool:
            if ask.solve([at(formula, step)]):
                return True
            ask.add([-at(formula, step)])
            ask.add([at(of.proper, step)])
            add(step + 1)
            for state, after in of.after.items():
                one, other = at(after, step), at(state, step + 1)
                ask.add([-one, other])
                ask.add([one, -other])
            return False

        return met

    return make


def _fresh(system: System, context: Any, step: int) -> list[Any]:
    return [
        (z3.Bool if variable.domain.boolean else z3.Int)(f"s{step}_{index}", context)
        for index, variable in enumerate(system.variables)
    ]


def _is_met(answer: Any) -> bool:
    if answer == z3.unknown:
        raise SystemExit("z3 gave up")
    return bool(answer == z3.sat)


ENCODINGS = {
    "one-hot booleans, SAT": booleans(gates.MOST_CHOICES),
    "binary booleans, SAT": booleans(2),
    "bit-vectors, QF_FD": bits("QF_FD"),
    "bit-vectors, QF_BV": bits("QF_BV"),
    "bit-vectors, default": bits(None),
    "integers, QF_LIA": integers,
}


def main() -> None:
    """Searches until the processor time is over, which ends the process."""
    name, seconds, file, *settings = sys.argv[1:]
    (system, *_) = instances(load(file), dict(setting.split("=", 1) for setting in settings))
    stated = [p for p in system.properties if p.form in SAFETY and p.form is not Form.STEP]
    bad = or_(*(forbidden(system, p) for p in stated))
    used = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + float(seconds) + 0.999), int(used + float(seconds)) + 5))
    met = ENCODINGS[name](system, bad)
    for step in range(DEEPEST + 1):
        if met(step):
            print("met", step, flush=True)
            return
        print("not", step, round(time.process_time() - used, 2), flush=True)


if __name__ == "__main__":
    main()
