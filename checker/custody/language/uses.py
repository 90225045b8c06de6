"""What a specification is made of: its files, which uses which, and which routine calls which."""

from __future__ import annotations

from dataclasses import dataclass

from custody.language import syntax as s
from custody.language.elaborate import checked
from custody.language.problems import Problems
from custody.language.program import Program
from custody.language.symbols import RoutineSymbol
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Routine:
    """An action, procedure or process. `by` is the role or side that performs it, empty for one that others call."""

    name: str
    kind: str
    by: str
    place: Place
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uses:
    """The routines by the path that they are called by, and the files with those that each uses."""

    routines: dict[str, Routine]
    files: dict[str, tuple[str, ...]]
    implements: str | None


def uses(program: Program) -> Uses:
    """What there is with the default values of the parameters."""
    problems = Problems()
    world = checked(program.library, {}, problems)
    problems.raise_errors()
    routines = {symbol.path: _routine(symbol, world.calls.get(symbol, [])) for symbol in world.routines}
    files: dict[str, tuple[str, ...]] = {}
    waiting = [program.file]
    while waiting:
        file = waiting.pop()
        used = [
            found
            for declaration in program.library.declarations(file, problems)
            if isinstance(declaration, s.Use) and (found := program.library.find(declaration, problems)) is not None
        ]
        files[file] = tuple(dict.fromkeys(used))
        waiting += [other for other in used if other not in files]
    implements = world.header.implements if world.header is not None else None
    return Uses(routines, files, implements)


def _routine(symbol: RoutineSymbol, calls: list[tuple[RoutineSymbol, s.Node]]) -> Routine:
    by = symbol.actor.name if symbol.actor is not None else symbol.side or ""
    called = tuple(dict.fromkeys(callee.path for callee, _ in calls))
    return Routine(symbol.name, symbol.declaration.kind, by, symbol.declaration.place, called)
