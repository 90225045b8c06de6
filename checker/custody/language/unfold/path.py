"""One way through a piece of a routine: what must hold for it, what it writes, what can go wrong on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from custody.language.symbols import LocalSymbol
from custody.language.types import IntType, KrefType, Type
from custody.language.unfold.interval import Intervals
from custody.language.unfold.storage import Cell, Write, sort_of
from custody.language.unfold.value import Scalar, Value
from custody.system.expression import FALSE, TRUE, Expr, and_, implies, ite, le, not_, number, read
from custody.system.model import Check, Clause, Wait
from custody.system.place import NOWHERE, Place

MAX_PATH = 20_000
"""How many small steps may run without interruption."""

HazardName = Callable[[str, str], str]
"""From a hazard and the routine where it can happen to the name of the property that says it never does."""


@dataclass(slots=True)
class Path:
    """Symbolic execution over a stretch that runs without interruption.

    Everything is in terms of the state before the stretch.  In order, `env` has what was written so far; in the
    single step of an action `simultaneous` is set, and what is written goes to `writes` and is not read back.
    """

    guard: list[Expr] = field(default_factory=list[Expr])
    env: dict[int, Expr] = field(default_factory=dict[int, Expr])
    writes: dict[int, tuple[Expr, Expr]] = field(default_factory=dict[int, tuple[Expr, Expr]])
    checks: list[Check] = field(default_factory=list[Check])
    waits: list[Wait] = field(default_factory=list[Wait])
    bindings: dict[LocalSymbol, Value] = field(default_factory=dict[LocalSymbol, Value])
    simultaneous: bool = False
    used: bool = False
    region: int | None = None
    outcome: str | None = None
    label: str = ""
    place: Place = NOWHERE
    steps: int = 0
    visited: frozenset[int] = frozenset()
    spontaneous: bool = False
    inside: int = 0
    """How many steps were taken inside the present region."""
    ordered: int = 0
    """How many `atomic` blocks the path is inside of."""
    clauses: list[Clause] = field(default_factory=list[Clause])
    waived: list[Clause] = field(default_factory=list[Clause])
    """Duties of a side that is declared to misbehave."""
    answer: Scalar | None = None
    """What the call returns that ends here."""

    def fork(self) -> Path:
        return Path(
            list(self.guard),
            dict(self.env),
            dict(self.writes),
            list(self.checks),
            list(self.waits),
            dict(self.bindings),
            self.simultaneous,
            self.used,
            self.region,
            self.outcome,
            self.label,
            self.place,
            self.steps,
            self.visited,
            self.spontaneous,
            self.inside,
            self.ordered,
            list(self.clauses),
            list(self.waived),
            self.answer,
        )

    @property
    def possible(self) -> bool:
        """Whether the conditions do not plainly exclude each other."""
        return and_(*self.guard) != FALSE

    def require(self, condition: Expr) -> bool:
        """Adds a condition; False when the path is now plainly impossible."""
        if condition != TRUE:
            self.guard.append(condition)
        return self.possible

    def merged_writes(self) -> dict[int, Expr]:
        """What the variables are after the step, for those that may change."""
        result = {variable: value for variable, (value, _) in self.writes.items()}
        for variable, value in self.env.items():
            result.setdefault(variable, value)
        return result


class Recorder:
    """Adds checks and writes to a path on behalf of one routine."""

    def __init__(self, path: Path, routine: str, intervals: Intervals, hazard: HazardName) -> None:
        self.path = path
        self.routine = routine
        self._intervals = intervals
        self._hazard = hazard

    def check(self, hazard: str, condition: Expr, message: str, place: Place) -> None:
        """Says that `condition` must hold here; a condition that always does is not worth a check."""
        if condition == TRUE:
            return
        name = self._hazard(hazard, self.routine)
        check = Check(condition, name, message, place)
        if check not in self.path.checks:
            self.path.checks.append(check)

    def writer(self, condition: Expr, name: str, place: Place) -> Write:
        """A function that writes a variable where `condition` holds, with the checks that this needs."""

        def write(cell: Cell, value: Expr) -> None:
            self._in_range(cell.type, value, condition, name, place)
            if self.path.simultaneous:
                self._write_together(cell, value, condition, name, place)
            else:
                current = self.path.env.get(cell.variable, read(cell.variable, sort_of(cell.type)))
                self.path.env[cell.variable] = ite(condition, value, current)

        return write

    def _write_together(self, cell: Cell, value: Expr, condition: Expr, name: str, place: Place) -> None:
        before = self.path.writes.get(cell.variable)
        if before is None:
            current = read(cell.variable, sort_of(cell.type))
            self.path.writes[cell.variable] = (ite(condition, value, current), condition)
            return
        old, when = before
        message = f"'{name}' is given two values in one step"
        self.check("two_writers", not_(and_(when, condition)), message, place)
        self.path.writes[cell.variable] = (ite(condition, value, old), condition if when == TRUE else when)

    def end_of_order(self, place: Place) -> None:
        """Ends an `atomic` block inside an action: what it wrote joins the step's simultaneous writes."""
        env, self.path.env = self.path.env, {}
        for variable, value in env.items():
            if variable in self.path.writes:
                self.check("two_writers", FALSE, "a variable is given two values in one step", place)
            self.path.writes[variable] = (value, TRUE)

    def _in_range(self, kind: Type, value: Expr, condition: Expr, name: str, place: Place) -> None:
        match kind:
            case IntType(low, high):
                pass
            case KrefType(high):
                low = 0
            case _:
                return
        least, greatest = self._intervals.of(value)
        if low <= least and greatest <= high:
            return
        within = and_(le(number(low), value), le(value, number(high)))
        self.check("range", implies(condition, within), f"'{name}' would leave {low}..{high}", place)
