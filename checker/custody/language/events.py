"""How a specification says what the lines of a recording mean: `recorded by` and `event` declarations.

What a field's text is (a pointer, a number of an enumeration, an errno) follows from the type of the parameter that
it is given to, so that a declaration only has to name fields.
"""

from __future__ import annotations

from dataclasses import dataclass

from custody.language import syntax as s
from custody.language.diagnostic import Diagnostic, SpecError
from custody.language.elaborate import checked
from custody.language.problems import Problems
from custody.language.program import Program
from custody.language.symbols import RoutineSymbol, Scope
from custody.language.types import BoolType, RoleType, Type, VariantType
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter of an action: its name, the recorded field that it is read from, and what it may be.

    `role` names the role of whose instances it is one; `labels` are the words of an enumeration, in the order of the
    numbers that a recording may give instead.
    """

    parameter: str
    field: str
    role: str | None
    labels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Meaning:
    """An action that an event stands for."""

    action: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class EventRule:
    """One `event` declaration. `sighting` is "enter", "return" or "mark"; all of `meanings` happen, in order."""

    sighting: str
    names: tuple[str, ...]
    errno: str | None
    meanings: tuple[Meaning, ...]
    doc: str
    place: Place


@dataclass(frozen=True, slots=True)
class Recordable:
    """What a specification says about recordings.

    `key` are the names of the field whose values tell runs of the contract apart; `sizes` gives for each role the
    parameter that says how many instances it has, None where it is fixed.
    """

    key: tuple[str, ...]
    rules: tuple[EventRule, ...]
    sizes: tuple[tuple[str, str | None], ...]


def recordable(program: Program) -> Recordable:
    """What the specification says about recordings; SpecError where it says nothing."""
    problems = Problems()
    world = checked(program.library, {}, problems)
    problems.raise_errors()
    key: tuple[str, ...] = ()
    rules: list[EventRule] = []
    for scoped in world.others:
        match scoped.declaration:
            case s.Recorded(fields=fields):
                key = fields
            case s.Event() as event:
                meanings = tuple(_meaning(occurrence, scoped.scope) for occurrence in event.occurrences)
                rules.append(EventRule(event.sighting, event.names, event.errno, meanings, "", event.place))
            case _:
                pass
    if not rules or not key:
        missing = "'event'" if key else "'recorded by'"
        message = f"this specification says nothing about recordings: it has no {missing} declaration"
        hint = "see 'Recordings' in spec/README.md"
        raise SpecError([Diagnostic(Place(program.file, 1), "event", message, hint)])
    sizes = tuple((role.name, _size(role.declaration)) for role in world.roles)
    return Recordable(key, tuple(rules), sizes)


def _meaning(occurrence: s.Occurrence, scope: Scope) -> Meaning:
    symbol = scope.find(occurrence.action)
    assert isinstance(symbol, RoutineSymbol)
    slots = [
        Slot(parameter.name, field, *_kind(parameter.type))
        for parameter, field in zip(symbol.parameters, occurrence.fields, strict=True)
    ]
    return Meaning(symbol.path, tuple(slots))


def _kind(kind: Type) -> tuple[str | None, tuple[str, ...] | None]:
    match kind:
        case RoleType(name=name):
            return name, None
        case VariantType():
            return None, kind.labels
        case BoolType():
            return None, ("false", "true")
        case _:
            return None, None


def _size(declaration: s.RoleDecl | s.ObjectDecl | None) -> str | None:
    size = declaration.size if declaration is not None else None
    return size.text if isinstance(size, s.Name) else None
