"""Checks a whole specification: every routine, definition and property of it, and how they fit together."""

from __future__ import annotations

import difflib

from custody.language import syntax as s
from custody.language.declare import Scoped, World
from custody.language.implementation import check_implementation
from custody.language.infer import Inference
from custody.language.statements import check_routine
from custody.language.symbols import (
    DefineSymbol,
    LocalSymbol,
    ModuleSymbol,
    RoutineSymbol,
    Scope,
    TypeSymbol,
)
from custody.language.types import (
    BOOL,
    ERRNOS,
    SIDES,
    ArrayType,
    CompletionType,
    ContextType,
    LockType,
    RecordType,
    RoleType,
    Type,
    UnknownType,
    VariantType,
    is_scalar,
)


def check(world: World) -> None:
    """Types everything; complaints go to the world's problems."""
    check_implementation(world)
    for symbol in world.states:
        _first_value(world, symbol.declaration, symbol.type, symbol.scope)
    _contexts(world)
    for entry in world.objects:
        if entry.scope is not None:
            for _, kind, declaration in world.field_declarations(entry.name):
                _first_value(world, declaration, kind, entry.scope)
    for routine in world.routines:
        check_routine(world, routine)
    _recursion(world)
    _actors(world)
    for name, (declaration, _) in world.parameter_symbols.items():
        if world.problems.uses(declaration.place.file, name) < 2:
            world.problems.warn(declaration, "unused-parameter", f"the parameter '{name}' changes nothing")
    names: dict[str, s.Node] = {}
    for scoped in world.others:
        _other(world, scoped, names)
    _definitions(world, world.scope, set())


def _definitions(world: World, scope: Scope, seen: set[int]) -> None:
    """Types the definitions that nothing uses, too."""
    if id(scope) in seen:
        return
    seen.add(id(scope))
    for _, symbol in scope.here():
        if isinstance(symbol, DefineSymbol):
            world.result_of(symbol)
        elif isinstance(symbol, ModuleSymbol):
            _definitions(world, symbol.scope, seen)


def _first_value(world: World, declaration: s.VariableDecl, kind: Type, scope: Scope) -> None:
    while isinstance(kind, ArrayType):
        kind = kind.element
    if isinstance(kind, UnknownType):
        return
    if declaration.any_value and not is_scalar(kind):
        world.problems.error(declaration, "type", f"'any' needs a single value, not {kind}")
    if declaration.initial is None:
        return
    if isinstance(kind, (LockType, ContextType, CompletionType)):
        world.problems.error(declaration, "type", f"a {kind} has no first value to choose")
        return
    Inference(world, scope).expect(declaration.initial, kind)


def _contexts(world: World) -> None:
    """Acquire contexts: one for each instance of a role, since each has one open at most, and all of one rule."""
    owners: dict[str, s.VariableDecl] = {}
    rules: set[str] = set()
    for symbol in world.states:
        declaration, kind = symbol.declaration, symbol.type
        inner = kind.element if isinstance(kind, ArrayType) else kind
        if isinstance(declaration.declared, s.ContextTypeNode):
            role = kind.index if isinstance(kind, ArrayType) else None
            if not (isinstance(role, RoleType) and not role.is_object and isinstance(inner, ContextType)):
                message = "an acquire context belongs to one actor: it is indexed by a role, and nothing else"
                world.problems.error(declaration, "type", message, f"write '{declaration.name}[ROLE]: acquire_ctx'")
                continue
            if owners.setdefault(role.name, declaration) is not declaration:
                message = f"every {role.name} has an acquire context already, '{owners[role.name].name}'"
                world.problems.error(declaration, "type", message)
            rules.add(inner.rule)
            if len(rules) > 1:
                world.problems.error(declaration, "type", "all acquire contexts follow the same rule")
        elif _has_context(kind):
            world.problems.error(declaration, "type", "an acquire context is a variable of its own", "leave it alone")
    for entry in world.objects:
        for _, kind, declaration in world.field_declarations(entry.name):
            if _has_context(kind):
                message = "an acquire context belongs to an actor, not to an object"
                world.problems.error(declaration, "type", message)


def _has_context(kind: Type) -> bool:
    match kind:
        case ContextType():
            return True
        case ArrayType(element=element):
            return _has_context(element)
        case RecordType(fields=fields):
            return any(_has_context(part) for _, part in fields)
        case VariantType(alternatives=alternatives):
            return any(_has_context(part) for alternative in alternatives for part in alternative.payload)
        case _:
            return False


def _recursion(world: World) -> None:
    """Procedures are unfolded where they are called, so none may call itself."""
    finished: set[int] = set()

    def visit(routine: RoutineSymbol, chain: list[RoutineSymbol]) -> None:
        if id(routine) in finished:
            return
        for callee, node in world.calls.get(routine, ()):
            if callee in chain or callee is routine:
                world.problems.error(node, "recursion", f"'{callee.name}' ends up calling itself")
            else:
                visit(callee, [*chain, routine])
        finished.add(id(routine))

    for routine in world.routines:
        visit(routine, [])


def _actors(world: World) -> None:
    """A role either answers calls or runs one process."""
    processes: dict[str, RoutineSymbol] = {}
    for routine in world.routines:
        if routine.declaration.kind == "process" and routine.actor is not None:
            other = processes.setdefault(routine.actor.name, routine)
            if other is not routine:
                message = f"'{routine.actor.name}' already runs the process '{other.name}'"
                world.problems.error(routine.declaration, "actor", message)
    for routine in world.routines:
        entry = routine.declaration.kind == "procedure" and routine.actor is not None
        if entry and routine.actor is not None and routine.actor.name in processes:
            message = f"'{routine.actor.name}' runs a process, so it has no entry points"
            world.problems.error(routine.declaration, "actor", message, "leave out 'by'")


def _other(world: World, scoped: Scoped, names: dict[str, s.Node]) -> None:
    declaration, scope = scoped.declaration, scoped.scope
    match declaration:
        case s.ImplementationDecl():
            pass  # checked as a whole, with the header
        case s.PropertyDecl():
            _property(world, declaration, scope, names)
        case s.Init(conditions=conditions):
            for condition in conditions:
                Inference(world, scope).expect(condition, BOOL)
        case s.Terminal(condition=condition):
            Inference(world, scope).expect(condition, BOOL)
        case s.Fair(name=name):
            symbol = scope.find(name)
            is_role = isinstance(symbol, TypeSymbol) and isinstance(symbol.type, RoleType)
            is_action = isinstance(symbol, RoutineSymbol) and symbol.declaration.kind == "action"
            if not (is_role or is_action):
                near = scope.near(name)
                hint = f"did you mean '{near}'?" if near and near != name else None
                world.problems.error(declaration, "name", f"'{name}' is neither a role nor an action", hint)
        case s.Misbehaving(who=who, condition=condition):
            symbol = scope.find(who)
            if who not in SIDES and not (isinstance(symbol, TypeSymbol) and isinstance(symbol.type, RoleType)):
                near = scope.near(who, SIDES)
                hint = f"did you mean '{near}'?" if near else None
                world.problems.error(declaration, "name", f"'{who}' is neither a side nor a role", hint)
            if condition is not None:
                Inference(world, scope).expect(condition, BOOL)
        case s.Expect(expectations=expectations):
            for expected in expectations:
                if expected.condition is not None:
                    Inference(world, scope).expect(expected.condition, BOOL)
        case s.Recorded():
            pass
        case s.Event():
            _event(world, declaration, scope)
        case _:
            raise AssertionError(f"no check for {type(declaration).__name__}")


def _property(world: World, declaration: s.PropertyDecl, scope: Scope, names: dict[str, s.Node]) -> None:
    before = names.setdefault(declaration.name, declaration)
    if before is not declaration:
        message = f"the property '{declaration.name}' is declared twice (the other is in line {before.place.line})"
        world.problems.error(declaration, "duplicate", message)
    world.check_rules(declaration, declaration.rules)
    inner = Scope(scope)
    symbols: list[LocalSymbol] = []
    for parameter in declaration.parameters:
        kind = world.type_of(parameter.declared, scope)
        if not is_scalar(kind) and not isinstance(kind, UnknownType):
            world.problems.error(parameter, "type", f"cannot run through {kind}")
        symbols.append(LocalSymbol(parameter.name, parameter.place, kind))
        inner.declare(parameter.name, symbols[-1])
    declaration.symbols = tuple(symbols)
    types = Inference(world, inner, old=declaration.kind == "transition")
    for expression in declaration.body:
        types.expect(expression, BOOL)
    if declaration.goal is not None:
        types.expect(declaration.goal, BOOL)
    if declaration.of is not None:
        symbol = scope.find(declaration.of)
        if not (isinstance(symbol, TypeSymbol) and isinstance(symbol.type, RoleType) and not symbol.type.is_object):
            near = scope.near(declaration.of)
            hint = f"did you mean '{near}'?" if near and near != declaration.of else None
            world.problems.error(declaration, "name", f"'{declaration.of}' is not a role", hint)


def _event(world: World, declaration: s.Event, scope: Scope) -> None:
    """Complains about actions and errors that do not exist, and about fields that do not fit the parameters."""
    errno = declaration.errno
    if errno is not None and errno not in ERRNOS:
        near = difflib.get_close_matches(errno, ERRNOS, 1)
        hint = f"did you mean '{near[0]}'?" if near else None
        world.problems.error(declaration, "errno", f"'{errno}' is not an error number that is known here", hint)
    for occurrence in declaration.occurrences:
        symbol = scope.find(occurrence.action)
        if not isinstance(symbol, RoutineSymbol) or symbol.declaration.kind != "action":
            near = scope.near(occurrence.action)
            hint = f"did you mean '{near}'?" if near and near != occurrence.action else None
            world.problems.error(occurrence, "event", f"'{occurrence.action}' is not an action", hint)
            continue
        wanted, given = len(symbol.parameters), len(occurrence.fields)
        if wanted != given:
            names = ", ".join(parameter.name for parameter in symbol.parameters) or "nothing"
            message = f"'{symbol.name}' needs {wanted} fields, not {given}"
            world.problems.error(occurrence, "event", message, f"it is given {names}")
        if symbol.actor is not None:
            message = f"'{symbol.name}' is performed by {symbol.actor.name}, which no recorded field can name"
            world.problems.error(occurrence, "event", message, "make whoever acts a parameter")
