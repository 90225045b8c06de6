"""What names mean, and where to look for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from custody.language import syntax as s
from custody.language.types import RoleType, Type
from custody.system.place import Place

Constant: TypeAlias = "int | bool | str"
"""The value of a parameter or constant; a string is a word of an enumeration."""


@dataclass(frozen=True, slots=True, eq=False)
class ConstantSymbol:
    """A parameter or constant with its value."""

    name: str
    place: Place
    type: Type
    value: Constant


@dataclass(frozen=True, slots=True, eq=False)
class StateSymbol:
    """A variable; `path` is its unique name, with the alias of the module in front."""

    name: str
    place: Place
    type: Type
    path: str
    declaration: s.VariableDecl
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class LocalSymbol:
    """A parameter, a local or a bound name. `mutable` where it may be assigned."""

    name: str
    place: Place
    type: Type
    mutable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TypeSymbol:
    """A named type, a role or an object; `declaration` is a role's or an object's."""

    name: str
    place: Place
    type: Type
    declaration: s.RoleDecl | s.ObjectDecl | None = None
    scope: Scope | None = None


@dataclass(slots=True, eq=False)
class DefineSymbol:
    name: str
    place: Place
    declaration: s.Define
    scope: Scope
    parameters: tuple[LocalSymbol, ...] = ()
    result: Type | None = None
    checking: bool = False


@dataclass(slots=True, eq=False)
class RoutineSymbol:
    """An action, a procedure or a process. `actor` is the role of whoever performs it, `side` a bare side."""

    name: str
    place: Place
    path: str
    declaration: s.Routine
    scope: Scope
    parameters: tuple[LocalSymbol, ...] = ()
    result: Type | None = None
    actor: RoleType | None = None
    side: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ModuleSymbol:
    """A module under an alias."""

    name: str
    place: Place
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class BuiltinSymbol:
    """A function that the language brings along; its meaning is in `builtins`."""

    name: str
    place: Place


Symbol: TypeAlias = (
    ConstantSymbol
    | StateSymbol
    | LocalSymbol
    | TypeSymbol
    | DefineSymbol
    | RoutineSymbol
    | ModuleSymbol
    | BuiltinSymbol
)


class Scope:
    """Names visible at one place; looks outwards where it does not know a name itself."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self._names: dict[str, Symbol] = {}

    def declare(self, name: str, symbol: Symbol) -> Symbol | None:
        """Adds the name; returns what it meant in this very scope before, which then stays."""
        known = self._names.get(name)
        if known is None:
            self._names[name] = symbol
        return known

    def find(self, name: str) -> Symbol | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope._names:
                return scope._names[name]
            scope = scope.parent
        return None

    def here(self) -> Iterator[tuple[str, Symbol]]:
        yield from self._names.items()

    def near(self, name: str, extra: tuple[str, ...] = ()) -> str | None:
        """The visible name, or one of `extra`, that is most like `name`."""
        known: dict[str, None] = dict.fromkeys(extra)
        scope: Scope | None = self
        while scope is not None:
            known.update(dict.fromkeys(scope._names))
            scope = scope.parent
        found = difflib.get_close_matches(name, list(known), 1, 0.7)
        return found[0] if found else None
