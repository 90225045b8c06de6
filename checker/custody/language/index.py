"""What each word of a specification's text means: what an editor asks of the language.

It is made from the same reading and checking as everything else, and also of texts that are not right yet: what could
be understood of them is there, beside what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from custody.language import syntax as s
from custody.language.declare import World
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.elaborate import checked
from custody.language.layout import words_of
from custody.language.library import Library
from custody.language.problems import Problems
from custody.language.symbols import (
    BuiltinSymbol,
    ConstantSymbol,
    DefineSymbol,
    LocalSymbol,
    ModuleSymbol,
    RoutineSymbol,
    Scope,
    StateSymbol,
    Symbol,
    TypeSymbol,
)
from custody.system.place import NOWHERE, Place

DEFAULT_DOCS = {"errno": "How a call ends: OK, or the kernel's word for what went wrong."}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a name: `detail` says what kind of thing, `doc` what its author says of it."""

    name: str
    detail: str
    doc: str
    place: Place


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text, where it stands (from 1), what it names, and the type of the expression it ends."""

    text: str
    line: int
    column: int
    thing: Thing | None
    type: str = ""


class Index:
    """A text as an editor sees it. What is wrong is known at once, since that is what a person waits for while
    typing; the rest is looked up when it is first asked for."""

    def __init__(self, file: str, text: str, world: World | None, diagnostics: tuple[Diagnostic, ...]) -> None:
        """`world` is None where nothing could be understood."""
        self.file = file
        self.diagnostics = diagnostics
        self._text = text
        self._world = world

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Those that stand in the text, in order."""
        return tuple(_bare(self._text) if self._reader is None else self._reader.words(self._text))

    @cached_property
    def visible(self) -> tuple[Thing, ...]:
        """What is known anywhere in the text."""
        return () if self._reader is None else tuple(self._reader.visible())

    @property
    def labels(self) -> tuple[str, ...]:
        """The words of its types."""
        return () if self._world is None else self._world.words()

    @property
    def properties(self) -> tuple[Thing, ...]:
        """What it declares that can be checked."""
        return () if self._reader is None else tuple(self._reader.properties.values())

    @cached_property
    def _reader(self) -> _Reader | None:
        return None if self._world is None else _Reader(self.file, self._world)

    def at(self, line: int, column: int) -> Word | None:
        """The word that covers the place (from 1), or ends there."""
        for word in self.words:
            if word.line == line and word.column <= column <= word.column + len(word.text):
                return word
        return None

    def uses(self, thing: Thing) -> tuple[Word, ...]:
        """Every word of the text that names it."""
        return tuple(word for word in self.words if word.thing == thing)


def index(path: str, text: str, roots: Sequence[Path] = ()) -> Index:
    """Reads and checks the text as the content of the file."""
    problems = Problems()
    library = Library(path, text, roots, for_once=True)
    try:
        world = checked(library, {}, problems)
    except (SpecError, LimitError) as error:
        # A module that cannot be read, or a type that is too large: nothing more is known then.
        told = (
            error.diagnostics if isinstance(error, SpecError) else (Diagnostic(error.place, "limit", error.reason),)
        )
        return Index(path, text, None, (*problems.errors, *told))
    return Index(path, text, world, (*problems.errors, *problems.warnings))


def _bare(text: str) -> Iterator[Word]:
    for word, line, column in words_of(text):
        yield Word(word, line, column, None)


class _Reader:
    """Looks up words in the world that was made of a text."""

    def __init__(self, path: str, world: World) -> None:
        self._path = path
        self._scope = world.scope
        self._at: dict[tuple[int, int], Symbol | None] = {}
        self._types: dict[tuple[int, int], str] = {}
        self._local: dict[tuple[int, str], LocalSymbol] = {}
        self._things: dict[int, Thing] = {}
        self.properties: dict[str, Thing] = {}
        defined = [symbol for _, symbol in world.scope.here() if isinstance(symbol, DefineSymbol)]
        for symbol in (*world.routines, *defined):
            if symbol.place.file == path:
                self._local.update(((local.place.line, local.name), local) for local in symbol.parameters)
        for declaration in _declarations(world, path):
            for node in _nodes(declaration):
                self._note(node)
            if isinstance(declaration, s.PropertyDecl):
                self.properties[declaration.name] = _property(declaration)

    def _note(self, node: s.Node) -> None:
        place = node.place
        symbol = getattr(node, "symbol", None)
        if isinstance(node, s.ExprNode):
            if node.type is not None:
                self._types[place.line, place.column] = str(node.type)
            if isinstance(node, s.Name):
                self._at[place.line, place.column] = symbol or self._at.get((place.line, place.column))
        elif isinstance(symbol, LocalSymbol):
            self._local[place.line, symbol.name] = symbol
        if isinstance(node, (s.Call, s.CallStatement)):
            # What is called is known of the call.
            where = node.function.place
            self._at[where.line, where.column] = node.symbol or self._at.get((where.line, where.column))
        for local in getattr(node, "symbols", ()):
            if isinstance(local, LocalSymbol):
                self._local[place.line, local.name] = local

    def words(self, text: str) -> Iterator[Word]:
        for word, line, column in words_of(text):
            where = (line, column)
            symbol = self._at.get(where) or self._local.get((line, word))
            thing = None if symbol is None else self.thing(symbol)
            if thing is None and where not in self._at:
                thing = self._named(word)
            yield Word(word, line, column, thing, self._types.get(where, ""))

    def _named(self, word: str) -> Thing | None:
        """What the name means at the top: roles, types, routines and properties are not named in expressions."""
        if word in self.properties:
            return self.properties[word]
        symbol = self._scope.find(word)
        return None if symbol is None else self.thing(symbol)

    def visible(self) -> Iterator[Thing]:
        scope: Scope | None = self._scope
        while scope is not None:
            for _, symbol in scope.here():
                yield self.thing(symbol)
            scope = scope.parent

    def thing(self, symbol: Symbol) -> Thing:
        found = self._things.get(id(symbol))
        if found is None:
            found = self._things[id(symbol)] = _thing(symbol)
        return found


def _declarations(world: World, path: str) -> Iterator[s.Node]:
    """What was declared in the file itself."""
    declared: list[s.Node] = [symbol.declaration for symbol in world.routines]
    declared += [symbol.declaration for symbol in world.states]
    declared += [scoped.declaration for scoped in world.others]
    declared += [declaration for declaration, _ in world.parameter_symbols.values()]
    for _, symbol in world.scope.here():
        if isinstance(symbol, (DefineSymbol, TypeSymbol)) and symbol.declaration is not None:
            declared.append(symbol.declaration)
    return (node for node in declared if node.place.file == path)


def _nodes(root: object) -> Iterator[s.Node]:
    """Every node of a tree, without what the checker hung on it."""
    stack: list[object] = [root]
    while stack:
        found = stack.pop()
        if isinstance(found, s.Node):
            yield found
            if is_dataclass(found):
                stack += [
                    getattr(found, f.name) for f in fields(found) if f.name not in ("symbol", "symbols", "type")
                ]
        elif isinstance(found, (tuple, list)):
            stack += cast(Sequence[Any], found)


def _thing(symbol: Symbol) -> Thing:
    match symbol:
        case ConstantSymbol(name=name, type=kind, value=value):
            shown = str(value).lower() if isinstance(value, bool) else value
            return Thing(name, f"{kind} = {shown}", "", symbol.place)
        case StateSymbol(name=name, type=kind, declaration=declaration):
            return Thing(name, f"{name}: {kind}", declaration.doc, symbol.place)
        case LocalSymbol(name=name, type=kind):
            return Thing(name, f"{name}: {kind}", "", symbol.place)
        case TypeSymbol(name=name, type=kind, declaration=declaration):
            doc = declaration.doc if declaration is not None else DEFAULT_DOCS.get(name, "")
            what = "role" if isinstance(declaration, s.RoleDecl) else "object" if declaration is not None else "type"
            return Thing(name, f"{what} {kind}", doc, symbol.place)
        case DefineSymbol(name=name, declaration=declaration):
            listed = ", ".join(parameter.name for parameter in declaration.parameters)
            result = f": {symbol.result}" if symbol.result is not None else ""
            return Thing(name, f"define {name}({listed}){result}", declaration.doc, symbol.place)
        case RoutineSymbol(name=name, declaration=declaration):
            listed = ", ".join(f"{parameter.name}: {parameter.type}" for parameter in symbol.parameters)
            by = f" by {declaration.actor}" if declaration.actor else ""
            return Thing(name, f"{declaration.kind} {name}({listed}){by}", declaration.doc, symbol.place)
        case ModuleSymbol(name=name):
            return Thing(name, f"module {name}", "", symbol.place)
        case BuiltinSymbol(name=name):
            return Thing(name, f"{name}(…), built in", "", NOWHERE)


def _property(declaration: s.PropertyDecl) -> Thing:
    rules = f" [{', '.join(declaration.rules)}]" if declaration.rules else ""
    return Thing(
        declaration.name, f"{declaration.kind} {declaration.name}{rules}", declaration.doc, declaration.place
    )


def name_place(text: str, thing: Thing) -> tuple[int, int]:
    """Where the name itself stands in the text that declares the thing: its place is that of the declaration."""
    for word, line, column in words_of(text):
        if line == thing.place.line and column >= thing.place.column and word == thing.name:
            return line, column
    return thing.place.line, thing.place.column


def rule_at(text: str, line: int, column: int) -> str | None:
    """The id of the rule that is cited at the place (from 1)."""
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return None
    for found in re.finditer(r"[A-Z]{2}(?:-[A-Z]+)+-[0-9]+", lines[line - 1]):
        if found.start() < column <= found.end() + 1:
            return found.group()
    return None
