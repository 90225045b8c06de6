"""An incremental SAT solver: one of python-sat's where that is installed, else z3's.

python-sat's solvers start again from what they learnt with every question, which is most of what IC3 asks.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportMissingImports=false
from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any, Protocol

FAST = "glucose4"
"""The solver of python-sat that is used."""


class Sat(Protocol):
    """Clauses that hold, and questions under assumptions. Literals are as in DIMACS."""

    def add(self, clause: Sequence[int]) -> None: ...
    def solve(self, assumptions: Sequence[int] = ()) -> bool: ...
    def true(self) -> set[int]:
        """The literals that are true in what made the last answer True."""
        ...

    def core(self) -> set[int]:
        """Assumptions that cannot hold together, when the last answer was False."""
        ...


def solver(clauses: Iterable[Sequence[int]], size: int) -> Sat:
    """A solver with these clauses over the variables 1 to `size`."""
    return PythonSat(clauses) if has_python_sat() else Z3Sat(clauses, size)


def has_python_sat() -> bool:
    """Whether python-sat is installed (`pip install 'custody[prove]'`)."""
    return find_spec("pysat") is not None


class PythonSat:
    """One of python-sat's solvers."""

    def __init__(self, clauses: Iterable[Sequence[int]], name: str = FAST) -> None:
        from pysat.solvers import Solver  # type: ignore[import-not-found]

        self._solver: Any = Solver(name=name, bootstrap_with=clauses)

    def add(self, clause: Sequence[int]) -> None:
        self._solver.add_clause(clause)

    def solve(self, assumptions: Sequence[int] = ()) -> bool:
        return bool(self._solver.solve(assumptions=assumptions))

    def true(self) -> set[int]:
        return set(self._solver.get_model())

    def core(self) -> set[int]:
        return set(self._solver.get_core() or ())


class Z3Sat:
    """z3's SAT solver over Booleans, in a context of its own."""

    def __init__(self, clauses: Iterable[Sequence[int]], size: int) -> None:
        import z3

        self._z3: Any = z3
        self._context: Any = z3.Context()
        self._solver: Any = z3.SolverFor("QF_FD", ctx=self._context)
        self._variables: list[Any] = [None]
        self._grow(size)
        for clause in clauses:
            self.add(clause)

    def add(self, clause: Sequence[int]) -> None:
        literals = [self._literal(literal) for literal in clause]
        self._solver.add(self._z3.Or(*literals) if literals else self._z3.BoolVal(False, self._context))

    def solve(self, assumptions: Sequence[int] = ()) -> bool:
        self._assumed = {self._literal(literal).get_id(): literal for literal in assumptions}
        answer = self._solver.check(*(self._literal(literal) for literal in assumptions))
        if answer == self._z3.unknown:
            raise RuntimeError(f"z3 gave up: {self._solver.reason_unknown()}")
        return answer == self._z3.sat

    def true(self) -> set[int]:
        model = self._solver.model()
        values = [model.eval(variable, model_completion=True) for variable in self._variables[1:]]
        return {number if self._z3.is_true(value) else -number for number, value in enumerate(values, 1)}

    def core(self) -> set[int]:
        return {self._assumed[literal.get_id()] for literal in self._solver.unsat_core()}

    def _grow(self, size: int) -> None:
        while len(self._variables) <= size:
            self._variables.append(self._z3.Bool(f"x{len(self._variables)}", self._context))

    def _literal(self, literal: int) -> Any:
        self._grow(abs(literal))
        variable = self._variables[abs(literal)]
        return variable if literal > 0 else self._z3.Not(variable)
