"""Collects the declarations of a specification and of everything it uses, with their types.

A `World` is one specification with one choice of parameters: every bound in it is a number.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from custody.language import syntax as s
from custody.language.builtins import BUILTINS
from custody.language.constants import constant, constant_number
from custody.language.infer import Inference
from custody.language.library import Library
from custody.language.problems import Problems
from custody.language.symbols import (
    BuiltinSymbol,
    Constant,
    ConstantSymbol,
    DefineSymbol,
    LocalSymbol,
    ModuleSymbol,
    RoutineSymbol,
    Scope,
    StateSymbol,
    TypeSymbol,
)
from custody.language.types import (
    BOOL,
    ERRNOS,
    NUMBER,
    RULES,
    SIDES,
    UNKNOWN,
    Alternative,
    ArrayType,
    BoolType,
    CompletionType,
    ContextType,
    IntType,
    KrefType,
    LockType,
    QueueType,
    RecordType,
    RoleType,
    SetType,
    Type,
    UnknownType,
    VariantType,
    is_scalar,
)
from custody.rules import rule_ids
from custody.system.place import NOWHERE, Place

MAX_INSTANCES = 1024
"""How many instances a role or object may have."""

ERRNO = VariantType("errno", tuple(Alternative(name) for name in ERRNOS))


@dataclass(frozen=True, slots=True)
class Scoped:
    """A declaration and the scope that it is to be understood in."""

    declaration: s.Declaration
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: Type
    declaration: s.VariableDecl


class World:
    """Everything that is declared, in the order of declaration; `beyond` lets numbers exceed a parameter's range."""

    def __init__(
        self, library: Library, overrides: Mapping[str, Constant], problems: Problems, *, beyond: bool = False
    ) -> None:
        self.problems = problems
        self._beyond = beyond
        self.header: s.Header | None = None
        self.parameters: dict[str, Constant] = {}
        self.parameter_symbols: dict[str, tuple[s.Param, ConstantSymbol]] = {}
        self.calls: dict[RoutineSymbol, list[tuple[RoutineSymbol, s.Node]]] = {}
        self.states: list[StateSymbol] = []
        self.roles: list[TypeSymbol] = []
        self.objects: list[TypeSymbol] = []
        self.owned: dict[str, TypeSymbol] = {}
        """The role of which each instance has its own object, by the object's name."""
        self.routines: list[RoutineSymbol] = []
        self.others: list[Scoped] = []
        """Properties, init, terminal, fair, misbehaving, expect, recorded and event declarations."""
        self.renamed: list[VariantType] = []
        """The types with words that an earlier version called otherwise."""
        self._library = library
        self._overrides = overrides
        self._variants: dict[VariantType, None] = {ERRNO: None}
        self._words: dict[str, list[VariantType]] = {}
        self._fields: dict[str, tuple[_Field, ...]] = {}
        self._pending: dict[tuple[int, str], s.TypeDecl | s.RecordDecl] = {}
        self._loading: list[str] = []
        self._instances: dict[tuple[str, tuple[tuple[str, Constant], ...]], Scope] = {}
        self._top = Scope()
        self._top.declare("errno", TypeSymbol("errno", NOWHERE, ERRNO))
        for name in BUILTINS:
            self._top.declare(name, BuiltinSymbol(name, NOWHERE))
        self._register(ERRNO)
        self.scope = self._module(library.path, overrides, "", None)

    # ------------------------------------------------------------------ services for the checkers

    def owners(self, word: str) -> list[VariantType]:
        """The types that have this word."""
        return self._words.get(word, [])

    def words(self) -> tuple[str, ...]:
        return tuple(self._words)

    def constant_number(self, node: s.ExprNode, scope: Scope) -> int | None:
        return constant_number(node, scope, self.problems)

    def check_rules(self, node: s.Node, rules: tuple[str, ...]) -> None:
        """Complains about rule ids that the table does not have."""
        known = rule_ids()
        for rule in rules:
            if rule not in known:
                near = difflib.get_close_matches(rule, sorted(known), 1)
                hint = f"did you mean {near[0]}?" if near else "see 'custody rules'"
                self.problems.error(node, "rule", f"there is no rule {rule}", hint)

    def note_call(self, caller: RoutineSymbol, callee: RoutineSymbol, node: s.Node) -> None:
        """Remembers that `caller` calls `callee`."""
        self.calls.setdefault(caller, []).append((callee, node))

    def object_fields(self, name: str) -> dict[str, Type]:
        return {entry.name: entry.type for entry in self._fields.get(name, ())}

    def field_declarations(self, name: str) -> tuple[tuple[str, Type, s.VariableDecl], ...]:
        """The fields of an object or record, with their declarations."""
        return tuple((entry.name, entry.type, entry.declaration) for entry in self._fields.get(name, ()))

    def result_of(self, symbol: DefineSymbol) -> Type:
        """The type of what a `define` yields; found when it is first asked for."""
        if symbol.result is not None:
            return symbol.result
        if symbol.checking:
            self.problems.error(symbol.declaration, "recursion", f"'{symbol.name}' is defined by itself")
            return UNKNOWN
        symbol.checking = True
        inner = Scope(symbol.scope)
        for parameter in symbol.parameters:
            inner.declare(parameter.name, parameter)
        symbol.result = Inference(self, inner, old=True).infer(symbol.declaration.body)
        symbol.checking = False
        return symbol.result

    def named_type(self, node: s.Node, name: str, scope: Scope) -> Type:
        """The type called `name`, or UNKNOWN after a complaint."""
        symbol = scope.find(name)
        if symbol is None:
            outer: Scope | None = scope
            while outer is not None:
                pending = self._pending.get((id(outer), name))
                if pending is not None:
                    return self._resolve_pending(pending, outer)
                outer = outer.parent
        if isinstance(symbol, TypeSymbol):
            return symbol.type
        if symbol is not None:
            self.problems.error(node, "type", f"'{name}' is not a type")
            return UNKNOWN
        near = scope.near(name, ("bool", *(pending for _, pending in self._pending)))
        self.problems.error(node, "name", f"unknown type '{name}'", f"did you mean '{near}'?" if near else None)
        return UNKNOWN

    def type_of(self, node: s.TypeNode, scope: Scope) -> Type:
        """The type that is written there."""
        match node:
            case s.BoolTypeNode():
                return BOOL
            case s.RangeTypeNode(low=low, high=high):
                return self._range(node, low, high, scope)
            case s.NamedTypeNode(name=name, optional=optional):
                return self._named(node, name, optional, scope)
            case s.SetTypeNode(element=element):
                kind = self._scalar(element, scope, "a set")
                return SetType(kind)
            case s.QueueTypeNode(element=element, capacity=capacity):
                kind = self._scalar(element, scope, "a queue")
                count = constant_number(capacity, scope, self.problems)
                if count is not None and not 1 <= count <= MAX_INSTANCES:
                    self.problems.error(capacity, "range", f"a queue holds 1 to {MAX_INSTANCES}, not {count}")
                    count = 1
                return QueueType(kind, count or 1)
            case s.LockTypeNode(kind=kind):
                return LockType(kind)
            case s.ContextTypeNode(rule=rule):
                return ContextType(self._rule(node, rule, scope))
            case s.CompletionTypeNode():
                return CompletionType()
            case s.KrefTypeNode(maximum=maximum):
                count = constant_number(maximum, scope, self.problems)
                if count is not None and count < 1:
                    self.problems.error(maximum, "range", f"a reference count goes up to at least 1, not {count}")
                return KrefType(max(1, count or 1))
            case s.VariantTypeNode():
                return self._variant(node, "", scope)
            case _:
                raise AssertionError(f"no type for {type(node).__name__}")

    # ------------------------------------------------------------------ types

    def _range(self, node: s.Node, low: s.ExprNode, high: s.ExprNode, scope: Scope) -> Type:
        first = constant_number(low, scope, self.problems)
        last = constant_number(high, scope, self.problems)
        if first is None or last is None:
            return UNKNOWN
        if first > last:
            self.problems.error(node, "range", f"the range {first}..{last} is empty")
            return UNKNOWN
        return IntType(first, last)

    def _rule(self, node: s.Node, name: str | None, scope: Scope) -> str:
        """Who gives way: a word, or a parameter that is one."""
        if name is None:
            return RULES[0]
        symbol = scope.find(name)
        value = symbol.value if isinstance(symbol, ConstantSymbol) else name
        if isinstance(value, str) and value in RULES:
            return value
        near = difflib.get_close_matches(name, RULES, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {' and '.join(RULES)}"
        self.problems.error(node, "name", f"'{name}' does not say who gives way", hint)
        return RULES[0]

    def _named(self, node: s.TypeNode, name: str, optional: bool, scope: Scope) -> Type:
        kind = self.named_type(node, name, scope)
        if not optional or isinstance(kind, UnknownType):
            return kind
        if isinstance(kind, RoleType):
            return RoleType(kind.name, kind.size, kind.is_object, optional=True)
        self.problems.error(node, "type", f"only a role or object can be 'none', not {kind}")
        return UNKNOWN

    def _scalar(self, node: s.TypeNode, scope: Scope, what: str) -> Type:
        kind = self.type_of(node, scope)
        if not is_scalar(kind) and not isinstance(kind, UnknownType):
            self.problems.error(node, "type", f"{what} cannot hold {kind}: only single values")
            return UNKNOWN
        return kind

    def _variant(self, node: s.VariantTypeNode, name: str, scope: Scope) -> Type:
        seen: dict[str, None] = {}
        alternatives: list[Alternative] = []
        for alternative in node.alternatives:
            if alternative.label in seen:
                self.problems.error(alternative, "duplicate", f"the word '{alternative.label}' appears twice")
                continue
            seen[alternative.label] = None
            payload = tuple(self.type_of(part, scope) for part in alternative.payload)
            alternatives.append(Alternative(alternative.label, payload, alternative.renamed_from))
        earlier = [alternative.renamed_from or alternative.label for alternative in node.alternatives]
        for alternative in node.alternatives:
            before = alternative.renamed_from
            if before is not None and earlier.count(before) > 1:
                self.problems.error(alternative, "duplicate", f"only one word can have been '{before}'")
        kind = VariantType(name, tuple(alternatives))
        self._register(kind)
        if kind.before != kind.labels:
            self.renamed.append(kind)
        return kind

    def _register(self, kind: VariantType) -> None:
        self._variants[kind] = None
        for label in kind.labels:
            known = self._words.setdefault(label, [])
            if kind not in known:
                known.append(kind)

    def _resolve_pending(self, declaration: s.TypeDecl | s.RecordDecl, scope: Scope) -> Type:
        key = (id(scope), declaration.name)
        del self._pending[key]
        # While it is being resolved the name stands for UNKNOWN after a complaint: a type cannot contain itself.
        kind: Type
        if isinstance(declaration, s.TypeDecl):
            definition = declaration.definition
            if isinstance(definition, s.VariantTypeNode):
                kind = self._variant(definition, declaration.name, scope)
            else:
                kind = self.type_of(definition, scope)
        else:
            fields = self._resolve_fields(declaration.name, declaration.fields, scope)
            kind = RecordType(declaration.name, tuple((entry.name, entry.type) for entry in fields))
        self._declare(scope, declaration.name, TypeSymbol(declaration.name, declaration.place, kind), declaration)
        return kind

    def _resolve_fields(
        self, owner: str, declarations: tuple[s.VariableDecl, ...], scope: Scope
    ) -> tuple[_Field, ...]:
        fields: dict[str, _Field] = {}
        for declaration in declarations:
            if declaration.name in fields:
                self.problems.error(declaration, "duplicate", f"the part '{declaration.name}' is declared twice")
                continue
            kind = self._array(declaration, scope)
            fields[declaration.name] = _Field(declaration.name, kind, declaration)
        self._fields[owner] = tuple(fields.values())
        return self._fields[owner]

    def _array(self, declaration: s.VariableDecl, scope: Scope) -> Type:
        kind = self.type_of(declaration.declared, scope)
        for name in reversed(declaration.indices):
            index = self.named_type(declaration, name, scope)
            if isinstance(index, UnknownType):
                return UNKNOWN
            if not is_scalar(index) or (isinstance(index, RoleType) and index.optional):
                self.problems.error(declaration, "type", f"{index} cannot index: only roles, words and ranges can")
                return UNKNOWN
            kind = ArrayType(index, kind)
        return kind

    # ------------------------------------------------------------------ modules

    def _declare(
        self,
        scope: Scope,
        name: str,
        symbol: ConstantSymbol | StateSymbol | TypeSymbol | DefineSymbol | RoutineSymbol | ModuleSymbol,
        where: s.Node,
    ) -> None:
        before = scope.declare(name, symbol)
        if before is not None:
            other = f" (the other is at {before.place.file}:{before.place.line})" if before.place.line else ""
            self.problems.error(where, "duplicate", f"'{name}' is declared twice{other}")

    def _module(self, file: str, bindings: Mapping[str, Constant], prefix: str, used_by: s.Use | None) -> Scope:
        """Declares everything in `file` in a new scope; `prefix` goes before the names of its variables."""
        declarations = self._library.declarations(file, self.problems)
        scope = Scope(self._top)
        self._loading.append(file)
        if not declarations and used_by is None and not self.problems.errors:
            self.problems.error(Place(file, 1), "empty", "the file declares nothing")
        self._header(declarations, file, used_by)
        self._constants(declarations, bindings, scope, prefix, used_by)
        self._types(declarations, scope)
        for declaration in declarations:
            match declaration:
                case s.StateDecl(variables=variables):
                    for variable in variables:
                        path = prefix + variable.name
                        kind = self._array(variable, scope)
                        symbol = StateSymbol(variable.name, variable.place, kind, path, variable, scope)
                        self._declare(scope, variable.name, symbol, variable)
                        self.states.append(symbol)
                case s.Define():
                    self._define(declaration, scope)
                case s.Routine():
                    self._routine(declaration, scope, prefix)
                case (
                    s.PropertyDecl()
                    | s.Init()
                    | s.Terminal()
                    | s.Fair()
                    | s.Misbehaving()
                    | s.Expect()
                    | s.Recorded()
                    | s.Event()
                    | s.ImplementationDecl()
                ):
                    self.others.append(Scoped(declaration, scope))
                case _:
                    pass
        self._loading.pop()
        return scope

    def _header(self, declarations: tuple[s.Declaration, ...], file: str, used_by: s.Use | None) -> None:
        headers = [declaration for declaration in declarations if isinstance(declaration, s.Header)]
        if used_by is None and headers:
            self.header = headers[0]
        if used_by is None and declarations and not isinstance(declarations[0], s.Header):
            self.problems.error(
                declarations[0], "header", "a specification begins with 'model', 'contract' or 'module' and its name"
            )
        for extra in headers[1:]:
            self.problems.error(extra, "header", f"{file} has two headers")

    def _constants(
        self,
        declarations: tuple[s.Declaration, ...],
        bindings: Mapping[str, Constant],
        scope: Scope,
        prefix: str,
        used_by: s.Use | None,
    ) -> None:
        """Parameters, constants and used modules, each of which may need the ones before it."""
        names = [declaration.name for declaration in declarations if isinstance(declaration, s.Param)]
        for name in bindings:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(names) or 'none'}"
                where = used_by or Place(self._library.path, 1)
                self.problems.error(where, "parameter", f"there is no parameter '{name}'", hint)
        for declaration in declarations:
            match declaration:
                case s.Param():
                    self._param(declaration, bindings, scope, is_root=used_by is None)
                case s.Const(name=name, value=expression):
                    value = constant(expression, scope, self.problems)
                    kind = _constant_type(value)
                    if isinstance(value, str):
                        self.problems.error(expression, "name", f"unknown name '{value}'")
                    if value is not None:
                        self._declare(scope, name, ConstantSymbol(name, declaration.place, kind, value), declaration)
                case s.Use():
                    self._use(declaration, scope, prefix)
                case _:
                    pass

    def _param(self, declaration: s.Param, bindings: Mapping[str, Constant], scope: Scope, *, is_root: bool) -> None:
        name = declaration.name
        declared = self.type_of(declaration.declared, scope) if declaration.declared is not None else None
        default = constant(declaration.value, scope, self.problems)
        if default is None:
            return
        kind = declared or _constant_type(default)
        if declaration.bounds is not None and declared is None:
            kind = self._range(declaration, *declaration.bounds, scope)
        bound = bindings.get(name, default)
        if self._beyond and isinstance(kind, IntType) and isinstance(bound, int):
            kind = IntType(kind.low, max(kind.high, bound))
        value = default
        for where, wanted in ((declaration.value, default), (declaration, bound)):
            if _fits(wanted, kind):
                value = wanted
                continue
            shown = str(wanted).lower() if isinstance(wanted, bool) else wanted
            self.problems.error(where, "parameter", f"parameter '{name}' cannot be {shown}: it is {kind}")
            if wanted is default:
                return
            # It goes on with its own value, so that nothing else seems to be wrong.
        symbol = ConstantSymbol(name, declaration.place, kind, value)
        self._declare(scope, name, symbol, declaration)
        if is_root:
            self.parameters[name] = value
            self.parameter_symbols[name] = (declaration, symbol)

    def _use(self, use: s.Use, scope: Scope, prefix: str) -> None:
        file = self._library.find(use, self.problems)
        if file is None:
            return
        if file in self._loading:
            chain = " -> ".join([*self._loading[self._loading.index(file) :], file])
            self.problems.error(use, "cycle", f"modules use each other in a circle: {chain}")
            return
        bindings: dict[str, Constant] = {}
        for name, expression in use.bindings:
            value = constant(expression, scope, self.problems)
            if value is not None:
                bindings[name] = value
            if name in [known for known, _ in use.bindings[: len(bindings) - 1]]:
                self.problems.error(use, "duplicate", f"'{name}' is given twice")
        if use.alias is not None:
            inner = self._module(file, bindings, f"{prefix}{use.alias}.", use)
            self._declare(scope, use.alias, ModuleSymbol(use.alias, use.place, inner), use)
            for name, symbol in inner.here():
                # Types, roles and objects go by their plain names, whatever the alias.
                if isinstance(symbol, TypeSymbol) and scope.find(name) is not symbol:
                    self._declare(scope, name, symbol, use)
            return
        key = (file, tuple(sorted(bindings.items())))
        if key not in self._instances:
            self._instances[key] = self._module(file, bindings, prefix, use)
        for name, symbol in self._instances[key].here():
            known = scope.find(name)
            if known is symbol or isinstance(symbol, (ConstantSymbol, BuiltinSymbol, LocalSymbol)):
                continue
            self._declare(scope, name, symbol, use)

    def _types(self, declarations: tuple[s.Declaration, ...], scope: Scope) -> None:
        for declaration in declarations:
            match declaration:
                case s.RoleDecl(name=name, size=size, side=side):
                    count = 1 if size is None else self._count(size, scope)
                    if side is not None and side not in SIDES:
                        near = difflib.get_close_matches(side, SIDES, 1)
                        hint = f"did you mean '{near[0]}'?" if near else f"the sides are {', '.join(SIDES)}"
                        self.problems.error(declaration, "side", f"'{side}' is not a side", hint)
                    symbol = TypeSymbol(name, declaration.place, RoleType(name, count), declaration, scope)
                    self._declare(scope, name, symbol, declaration)
                    self.roles.append(symbol)
                case s.ObjectDecl(name=name, size=size):
                    owner = scope.find(size.text) if isinstance(size, s.Name) else None
                    if (
                        isinstance(owner, TypeSymbol)
                        and isinstance(owner.type, RoleType)
                        and not owner.type.is_object
                    ):
                        self.owned[name] = owner
                        kind = RoleType(name, owner.type.size, is_object=True)
                    else:
                        kind = RoleType(name, self._count(size, scope), is_object=True)
                    symbol = TypeSymbol(name, declaration.place, kind, declaration, scope)
                    self._declare(scope, name, symbol, declaration)
                    self.objects.append(symbol)
                case s.TypeDecl(name=name) | s.RecordDecl(name=name):
                    if (id(scope), name) in self._pending:
                        self.problems.error(declaration, "duplicate", f"the type '{name}' is declared twice")
                    self._pending[(id(scope), name)] = declaration
                case _:
                    pass
        for declaration in declarations:
            if isinstance(declaration, (s.TypeDecl, s.RecordDecl)) and (id(scope), declaration.name) in self._pending:
                self._resolve_pending(declaration, scope)
        for declaration in declarations:
            if isinstance(declaration, s.ObjectDecl):
                self._resolve_fields(declaration.name, declaration.fields, scope)

    def _count(self, size: s.ExprNode, scope: Scope) -> int:
        count = constant_number(size, scope, self.problems)
        if count is not None and not 1 <= count <= MAX_INSTANCES:
            self.problems.error(size, "range", f"there can be 1 to {MAX_INSTANCES} instances, not {count}")
            return 1
        return count or 1

    def _parameters(
        self, declarations: tuple[s.Parameter, ...], scope: Scope, *, mutable: bool
    ) -> tuple[LocalSymbol, ...]:
        found: dict[str, LocalSymbol] = {}
        for parameter in declarations:
            if parameter.name in found:
                self.problems.error(parameter, "duplicate", f"the parameter '{parameter.name}' appears twice")
                continue
            kind = self.type_of(parameter.declared, scope)
            found[parameter.name] = LocalSymbol(parameter.name, parameter.place, kind, mutable)
        return tuple(found.values())

    def _define(self, declaration: s.Define, scope: Scope) -> None:
        parameters = self._parameters(declaration.parameters, scope, mutable=False)
        symbol = DefineSymbol(declaration.name, declaration.place, declaration, scope, parameters)
        self._declare(scope, declaration.name, symbol, declaration)

    def _routine(self, declaration: s.Routine, scope: Scope, prefix: str) -> None:
        name = declaration.name
        symbol = RoutineSymbol(name, declaration.place, prefix + name, declaration, scope)
        symbol.parameters = self._parameters(declaration.parameters, scope, mutable=declaration.kind == "procedure")
        if declaration.returns is not None:
            symbol.result = self.type_of(declaration.returns, scope)
        if declaration.actor is not None:
            actor = scope.find(declaration.actor)
            parameter = next((p for p in symbol.parameters if p.name == declaration.actor), None)
            if isinstance(actor, TypeSymbol) and isinstance(actor.type, RoleType) and not actor.type.is_object:
                symbol.actor = actor.type
            elif declaration.kind == "action" and declaration.actor in SIDES:
                symbol.side = declaration.actor
            elif parameter is not None and isinstance(parameter.type, RoleType) and declaration.kind == "action":
                symbol.actor = parameter.type
            else:
                near = scope.near(declaration.actor, SIDES)
                self.problems.error(
                    declaration,
                    "actor",
                    f"'{declaration.actor}' is not a role",
                    f"did you mean '{near}'?" if near else None,
                )
        self._declare(scope, name, symbol, declaration)
        self.routines.append(symbol)


def _constant_type(value: Constant | None) -> Type:
    if isinstance(value, bool):
        return BOOL
    return NUMBER if isinstance(value, int) else UNKNOWN


def _fits(value: Constant, kind: Type) -> bool:
    match kind:
        case BoolType():
            return isinstance(value, bool)
        case IntType(low, high):
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        case VariantType():
            alternative = kind.alternative(value) if isinstance(value, str) else None
            return alternative is not None and not alternative.payload
        case UnknownType():
            return not isinstance(value, str)
        case _:
            return isinstance(value, int) and not isinstance(value, bool)
