"""A specification from its file to its transition systems."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import cast

from custody.language import syntax as s
from custody.language.check import check
from custody.language.constants import constant
from custody.language.declare import World
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.library import Library
from custody.language.problems import Problems
from custody.language.program import Program
from custody.language.symbols import Constant
from custody.language.unfold.assemble import assemble, assemble_implementation
from custody.system.model import System
from custody.system.place import Place

LARGEST_NUMBER = 2
"""The largest that may be written in a specification of which something is said for any size."""

_PROPERTIES = (s.PropertyDecl, s.Expect)


def load(path: str, text: str | None = None, roots: Sequence[Path] = ()) -> Program:
    """Reads, resolves and type checks a specification with the default values of its parameters.

    `text` replaces the content of the file, `roots` are further folders that modules may come from.
    Raises SpecError with everything that is wrong.
    """
    return load_from(Library(path, text, roots))


def load_from(library: Library) -> Program:
    """The same, of the root of a library."""
    problems = Problems()
    world = checked(library, {}, problems)
    path = library.path
    declarations = library.declarations(path, problems)
    problems.raise_errors()
    header = world.header or s.Header(Place(path, 1), "model", Path(path).stem, None, "", ())
    has_properties = header.implements is not None or any(isinstance(d, _PROPERTIES) for d in declarations)
    return Program(header.name, path, header.doc, header.kind, has_properties, problems.warnings, library)


def instances(program: Program, settings: Mapping[str, str], *, observed: bool = False) -> tuple[System, ...]:
    """The systems that a specification declares, one for each `instance`, or a single one.

    `settings` gives parameters other values, as texts.  Raises SpecError for unknown parameters and values
    out of range, LimitError where the model is too large to unfold.
    """
    found = named_instances(program, settings, observed=observed)
    return tuple({id(system): system for system in found.values()}.values())


def named_instances(program: Program, settings: Mapping[str, str], *, observed: bool = False) -> dict[str, System]:
    """The same by the names of the instances; "" where none is declared. Some may be one and the same."""
    return dict(each_instance(program, settings, observed=observed))


def each_instance(
    program: Program, settings: Mapping[str, str], *, observed: bool = False
) -> Iterator[tuple[str, System]]:
    """The same one by one, each unfolded when it is asked for."""
    given = _given(program, settings)
    systems: dict[tuple[tuple[str, Constant], ...], System] = {}
    library = program.library.lending()
    for name, bindings in _declared(program).items():
        library.begin()
        world = _with(library, {**bindings, **given})
        key = tuple(world.parameters.items())
        if key not in systems:
            systems[key] = _unfolded(world, program, name, observed=observed)
        yield name, systems[key]


def sized(program: Program, settings: Mapping[str, str], sizes: Mapping[str, int]) -> System:
    """The one system with these parameters, whatever instances are declared; `sizes` outweigh `settings`.

    Raises as `instances` does.
    """
    given = _given(program, settings)
    return _assembled(_with(program.library, {**given, **sizes}), program, observed=False)


def behaviour(program: Program, settings: Mapping[str, str]) -> System:
    """The first instance that is declared, without its contract and with what each call returns, for who compares
    with something that runs. Raises as `instances` does.
    """
    given = _given(program, settings)
    name, bindings = next(iter(_declared(program).items()))
    system = assemble(_with(program.library, {**bindings, **given}), program.file, observed=True)
    return replace(system, instance=name)


def beyond(program: Program, settings: Mapping[str, str], sizes: Mapping[str, int]) -> System:
    """The same, without its contract, for sizes that may be larger than the parameters' ranges allow: for who asks
    about any size.

    LimitError where a number is written that is larger than LARGEST_NUMBER: what is said of a size that it is
    compared with, directly or by what is counted, shows at no smaller one.
    """
    given = _given(program, settings)
    for declaration in (d for declarations in program.library.trees().values() for d in declarations):
        if not isinstance(declaration, (s.Instance, s.Expect)):
            _refuse_large(declaration)
    for name, value in given.items():
        if name not in sizes and not isinstance(value, (bool, str)) and abs(value) > LARGEST_NUMBER:
            raise _too_large(value, Place(program.file, 1))
    problems = Problems()
    world = World(program.library, {**given, **sizes}, problems, beyond=True)
    check(world)
    problems.raise_errors()
    return assemble(world, program.file)


def _refuse_large(node: object) -> None:
    if isinstance(node, s.Number) and abs(node.value) > LARGEST_NUMBER:
        raise _too_large(node.value, node.place)
    if isinstance(node, (tuple, list)):
        for part in cast("Sequence[object]", node):
            _refuse_large(part)
    elif isinstance(node, s.Node):
        # A parameter's default and range are of itself: what counts is the value that it is given.
        for field in () if isinstance(node, s.Param) else fields(node):
            _refuse_large(getattr(node, field.name))


def _too_large(value: int, place: Place) -> LimitError:
    return LimitError(place, f"the number {value} may tell apart sizes that are larger than those that are looked at")


def instance_named(program: Program, name: str) -> System:
    """One of the declared instances, or the single one, whose name is empty; KeyError when there is none."""
    return _unfolded(_with(program.library, _declared(program)[name]), program, name)


def _with(library: Library, values: Mapping[str, Constant]) -> World:
    problems = Problems()
    world = checked(library, values, problems)
    problems.raise_errors()
    return world


def _unfolded(world: World, program: Program, name: str, *, observed: bool = False) -> System:
    try:
        return replace(_assembled(world, program, observed), instance=name)
    except LimitError as error:
        raise error if error.place.line else LimitError(Place(program.file, 1), error.reason) from None


def _assembled(world: World, program: Program, observed: bool) -> System:
    if world.header is None or world.header.implements is None:
        return assemble(world, program.file, observed=observed)
    contract = _contract(world, world.header, program.library)
    return assemble_implementation(world, program.file, contract, observed=observed)


def _contract(world: World, header: s.Header, library: Library) -> System:
    """The system of the contract that the model implements, with the parameters that the model gives it."""
    problems = world.problems
    library.is_all = False
    file = library.find(s.Use(header.place, header.implements or "", False, (), None), problems)
    problems.raise_errors()
    [(declaration, scope)] = [
        (scoped.declaration, scoped.scope)
        for scoped in world.others
        if isinstance(scoped.declaration, s.ImplementationDecl)
    ]
    given: dict[str, Constant] = {}
    for name, expression in declaration.bindings:
        value = constant(expression, scope, problems)
        if value is not None:
            given[name] = value
    # Most instances of a model give the contract the same parameters.
    key = (file or "", tuple(sorted(given.items())))
    if key not in library.contracts:
        library.contracts[key] = _contract_with(given, file or "", declaration, library, problems)
    system = library.contracts[key]
    _require_actions(system, declaration, problems)
    problems.raise_errors()
    return system


def _contract_with(
    given: Mapping[str, Constant],
    file: str,
    declaration: s.ImplementationDecl,
    library: Library,
    problems: Problems,
) -> System:
    program = load(file, roots=[Path(library.path).parent])
    inner = Problems()
    contract = World(program.library, {}, inner)
    for name, expression in declaration.bindings:
        if name not in contract.parameters:
            near = difflib.get_close_matches(name, list(contract.parameters), 1)
            hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(contract.parameters) or 'none'}"
            problems.error(expression, "parameter", f"{program.name} has no parameter '{name}'", hint)
    problems.raise_errors()
    of_contract = checked(program.library, given, inner)
    inner.raise_errors()
    return assemble(of_contract, program.file)


def _require_actions(contract: System, declaration: s.ImplementationDecl, problems: Problems) -> None:
    """Complains about calls that the contract does not have."""
    known = {action.name: len(action.arguments) for action in contract.actions}
    for line in declaration.performs:
        for call in line.performed:
            if call.action not in known:
                near = difflib.get_close_matches(call.action, list(known), 1)
                hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(sorted(known))}"
                message = f"{contract.name} has no action '{call.action}'"
                problems.error(call, "implementation", message, hint, len(call.action))
            elif known[call.action] != len(call.arguments):
                count = known[call.action]
                message = f"'{call.action}' of {contract.name} has {count} argument{'' if count == 1 else 's'}"
                problems.error(call, "implementation", message)


def checked(library: Library, overrides: Mapping[str, Constant], problems: Problems) -> World:
    """The world of declarations with these parameters; complaints go to `problems`."""
    world = World(library, overrides, problems)
    check(world)
    return world


def _declared(program: Program) -> dict[str, dict[str, Constant]]:
    """The parameters of each declared instance; one without any where none is declared."""
    problems = Problems()
    declarations = program.library.declarations(program.file, problems)
    found: dict[str, dict[str, Constant]] = {}
    scope = World(program.library, {}, problems).scope
    for declaration in declarations:
        if not isinstance(declaration, s.Instance):
            continue
        if declaration.name in found:
            problems.error(declaration, "duplicate", f"the instance '{declaration.name}' is declared twice")
        values: dict[str, Constant] = {}
        for name, expression in declaration.bindings:
            value = constant(expression, scope, problems)
            if value is not None:
                values[name] = value
        found[declaration.name] = values
    problems.raise_errors()
    return found or {"": {}}


def _given(program: Program, settings: Mapping[str, str]) -> dict[str, Constant]:
    """The values of the parameters that are set; SpecError for one that there is not."""
    if not settings:
        return {}
    parameters = World(program.library, {}, Problems()).parameters
    return {name: _setting(program, parameters, name, text) for name, text in settings.items()}


def _setting(program: Program, parameters: Mapping[str, Constant], name: str, text: str) -> Constant:
    if name not in parameters:
        near = difflib.get_close_matches(name, list(parameters), 1)
        known = ", ".join(parameters) or "none"
        hint = f"did you mean '{near[0]}'?" if near else f"it has {known}"
        place = Place(program.file, 1)
        raise SpecError([Diagnostic(place, "parameter", f"there is no parameter '{name}'", hint)])
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?[0-9]{1,10}", text):
        return int(text)
    return text
