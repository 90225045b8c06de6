"""Checks that a model which implements a contract says how, and says it of every call that it has."""

from __future__ import annotations

import difflib

from custody.language import syntax as s
from custody.language.declare import Scoped, World
from custody.language.infer import Inference
from custody.language.symbols import RoutineSymbol, Scope
from custody.language.types import ERRNOS, SIDES, UnknownType, is_scalar


def check_implementation(world: World) -> None:
    """Complains about an `implementation` without a contract, or the reverse, and types what it says."""
    declared = [scoped for scoped in world.others if isinstance(scoped.declaration, s.ImplementationDecl)]
    header = world.header
    contract = header.implements if header is not None else None
    for scoped in declared[1:]:
        world.problems.error(scoped.declaration, "duplicate", "there is an 'implementation' already")
    if header is not None and contract is not None:
        if header.kind != "model":
            world.problems.error(header, "implementation", f"a {header.kind} implements nothing: only a model does")
        if not declared:
            message = f"it is not said how the calls of this model are those of '{contract}'"
            hint = "declare 'implementation', with a line such as 'my_attach is attach(self)' for each call"
            world.problems.error(header, "implementation", message, hint)
    elif declared:
        hint = "begin the file with 'model NAME implements CONTRACT'"
        world.problems.error(declared[0].declaration, "implementation", "this model implements no contract", hint)
    for scoped in declared[:1]:
        _check(world, scoped)


def _check(world: World, scoped: Scoped) -> None:
    declaration = scoped.declaration
    if not isinstance(declaration, s.ImplementationDecl):
        return
    if declaration.side is not None and declaration.side not in SIDES:
        message = f"'{declaration.side}' is no side"
        world.problems.error(declaration, "side", message, f"the sides are {', '.join(SIDES)}")
    visible = {routine.path: routine for routine in world.routines if _is_visible(routine)}
    told: set[tuple[str, str | None]] = set()
    for line in declaration.performs:
        routine = visible.get(line.routine)
        if routine is None:
            near = difflib.get_close_matches(line.routine, list(visible), 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(visible)}"
            message = f"nobody can call '{line.routine}' from outside"
            world.problems.error(line, "implementation", message, hint, len(line.routine))
            continue
        line.symbol = routine
        if (line.routine, line.errno) in told:
            world.problems.error(line, "duplicate", f"it is said already what this answer of '{line.routine}' is")
        told.add((line.routine, line.errno))
        for errno in (line.errno, *(call.errno for call in line.performed)):
            if errno is not None and errno not in ERRNOS:
                world.problems.error(line, "errno", f"'{errno}' is no error number")
        _check_calls(world, line, routine)
    for name, routine in visible.items():
        if all(line.symbol is not routine for line in declaration.performs):
            hint = f"'{name} is skip' says that it is nothing to the contract"
            world.problems.error(declaration, "implementation", f"it is not said what '{name}' is", hint)


def _is_visible(routine: RoutineSymbol) -> bool:
    declaration = routine.declaration
    if declaration.kind == "action":
        return "spontaneous" not in declaration.modifiers
    return declaration.kind == "procedure" and routine.actor is not None


def _check_calls(world: World, line: s.PerformsNode, routine: RoutineSymbol) -> None:
    scope = Scope(routine.scope)
    for parameter in routine.parameters:
        scope.declare(parameter.name, parameter)
    types = Inference(world, scope, routine.actor)
    for call in line.performed:
        for argument in (*call.arguments, *((call.performer,) if call.performer is not None else ())):
            kind = types.infer(argument)
            if not (is_scalar(kind) or isinstance(kind, UnknownType)):
                world.problems.error(argument, "type", f"an argument is a single value, not {kind}")
