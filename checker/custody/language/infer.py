"""Gives every expression its type and every name its meaning.

Words of enumerations are resolved by the type that their surroundings ask for, so `lamp == off` needs no
declaration of `off`; where nothing asks, a word that only one type has is understood too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.language import syntax as s
from custody.language.builtins import BUILTINS
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
from custody.language.types import (
    BOOL,
    NUMBER,
    UNKNOWN,
    ArrayType,
    BoolType,
    CompletionType,
    ContextType,
    IntType,
    LockType,
    NoneType,
    QueueType,
    RecordType,
    RoleType,
    SetType,
    Type,
    UnknownType,
    VariantType,
    agrees,
    is_number,
    is_scalar,
)

if TYPE_CHECKING:
    from custody.language.declare import World


class Inference:
    """Types the expressions of one routine, define or property.

    `scope` is where names are looked up, `actor` the type of `self`, `old` whether `old(…)` is allowed.
    """

    def __init__(self, world: World, scope: Scope, actor: RoleType | None = None, *, old: bool = False) -> None:
        self.world = world
        self.problems: Problems = world.problems
        self.scope = scope
        self.actor = actor
        self._old = old

    # ------------------------------------------------------------------ what callers use

    def expect(self, node: s.ExprNode, wanted: Type) -> Type:
        """Types `node` where a value of type `wanted` is needed; complains when it is something else."""
        given = self.infer(node, wanted)
        if not agrees(given, wanted):
            self.problems.error(node, "type", f"expected {_describe(wanted)}, found {_describe(given)}")
            return UNKNOWN
        return given

    def infer(self, node: s.ExprNode, wanted: Type | None = None) -> Type:
        """The type of `node`; `wanted` helps to understand words and `none` and is not enforced."""
        node.type = self._infer(node, wanted)
        return node.type

    # ------------------------------------------------------------------ one case for each kind of node

    def _infer(self, node: s.ExprNode, wanted: Type | None) -> Type:
        match node:
            case s.Number(value=value):
                return IntType(value, value)
            case s.Truth():
                return BOOL
            case s.NoneLiteral():
                if isinstance(wanted, RoleType):
                    return RoleType(wanted.name, wanted.size, wanted.is_object, optional=True)
                return NoneType()
            case s.SelfRef():
                if self.actor is None:
                    self.problems.error(node, "self", "'self' has a meaning only in a routine 'by' a role")
                    return UNKNOWN
                return self.actor
            case s.Name():
                return self._name(node, wanted)
            case s.Field():
                return self._field(node, wanted)
            case s.Index():
                return self._index(node)
            case s.Call():
                return self._call(node, wanted)
            case s.Unary(operator="-", operand=operand):
                self.expect(operand, NUMBER)
                return NUMBER
            case s.Unary(operand=operand):
                self.expect(operand, BOOL)
                return BOOL
            case s.Connective(parts=parts):
                for part in parts:
                    self.expect(part, BOOL)
                return BOOL
            case s.Binary():
                return self._binary(node)
            case s.InRange(operand=operand, low=low, high=high):
                for part in (operand, low, high):
                    self.expect(part, NUMBER)
                return BOOL
            case s.Is(operand=operand, label=label):
                kind = self.infer(operand)
                if isinstance(kind, VariantType) and kind.alternative(label) is None:
                    self._no_word(node, label, kind)
                elif not isinstance(kind, (VariantType, UnknownType)):
                    self.problems.error(node, "type", f"'is' asks for a word, but this is {_describe(kind)}")
                return BOOL
            case s.Quantified():
                return self._quantified(node)
            case s.SetLiteral(items=items):
                return self._set(items, wanted)
            case s.EmptyQueue():
                if not isinstance(wanted, QueueType):
                    self.problems.error(node, "type", "'[]' has a meaning only where a queue is asked for")
                    return UNKNOWN
                return wanted
            case s.Conditional(condition=condition, yes=yes, no=no):
                self.expect(condition, BOOL)
                first, second = self._pair(yes, no, wanted)
                return self._common(node, first, second)
            case s.Old(operand=operand):
                if not self._old:
                    self.problems.error(node, "old", "'old' has a meaning only in a 'transition' property")
                return self.infer(operand, wanted)
            case _:
                raise AssertionError(f"no type for {type(node).__name__}")

    def _name(self, node: s.Name, wanted: Type | None) -> Type:
        symbol = self.scope.find(node.text)
        kind = _value_type(symbol)
        as_word = isinstance(wanted, VariantType) and wanted.alternative(node.text) is not None
        if kind is not None and not (as_word and not agrees(kind, wanted or UNKNOWN)):
            node.symbol = symbol
            return kind
        if isinstance(symbol, DefineSymbol) and not as_word:
            node.symbol = symbol
            if symbol.declaration.parameters:
                self.problems.error(node, "call", f"'{node.text}' needs {_arguments(len(symbol.parameters))}")
                return UNKNOWN
            return self.world.result_of(symbol)
        node.symbol = None
        owner = wanted if as_word else self._only_owner(node)
        if isinstance(owner, VariantType):
            alternative = owner.alternative(node.text)
            if alternative is not None and alternative.payload:
                count = len(alternative.payload)
                self.problems.error(
                    node, "call", f"'{node.text}' carries {_arguments(count)}", "write it in brackets"
                )
            return owner
        if owner is None:
            self._unknown(node, symbol, wanted)
        return UNKNOWN

    def _only_owner(self, node: s.Name) -> Type | None:
        """The one type that has this word; UNKNOWN after a complaint that several do."""
        owners = self.world.owners(node.text)
        if len(owners) > 1:
            names = ", ".join(str(owner) for owner in owners[:4])
            self.problems.error(
                node, "ambiguous", f"'{node.text}' is a word of several types ({names})", "write TYPE.word"
            )
            return UNKNOWN
        return owners[0] if owners else None

    def _unknown(self, node: s.Name, symbol: Symbol | None, wanted: Type | None) -> None:
        if symbol is not None:
            self.problems.error(node, "name", f"'{node.text}' is {_kind_of(symbol)}, not a value")
            return
        words = wanted.labels if isinstance(wanted, VariantType) else ()
        near = self.scope.near(node.text, (*words, *self.world.words()))
        hint = f"did you mean '{near}'?" if near else None
        if isinstance(wanted, VariantType):
            self.problems.error(node, "name", f"'{node.text}' is neither a name nor a word of {wanted}", hint)
        else:
            self.problems.error(node, "name", f"unknown name '{node.text}'", hint)

    def _no_word(self, node: s.Node, label: str, kind: VariantType) -> None:
        self.problems.error(
            node, "name", f"'{label}' is not a word of this type", f"its words are {', '.join(kind.labels)}"
        )

    def _field(self, node: s.Field, wanted: Type | None) -> Type:
        if isinstance(node.base, s.Name):
            symbol = self.scope.find(node.base.text)
            if isinstance(symbol, ModuleSymbol):
                return self._module_member(node, symbol)
            if isinstance(symbol, TypeSymbol):
                return self._qualified_word(node, symbol)
        kind = self.infer(node.base)
        found: Type | None = None
        known: tuple[str, ...] = ()
        match kind:
            case UnknownType():
                return UNKNOWN
            case RecordType(_, fields):
                found, known = kind.field(node.name), tuple(name for name, _ in fields)
            case RoleType(is_object=True):
                fields = self.world.object_fields(kind.name)
                found, known = fields.get(node.name), tuple(fields)
            case VariantType():
                alternative = kind.alternative(node.name)
                known = tuple(a.label for a in kind.alternatives if a.payload)
                if alternative is not None and len(alternative.payload) == 1:
                    found = alternative.payload[0]
                elif alternative is not None and alternative.payload:
                    self.problems.error(node, "type", f"'{node.name}' carries several values", "use 'match'")
                    return UNKNOWN
            case _:
                self.problems.error(node, "type", f"{_describe(kind)} has no parts")
                return UNKNOWN
        if found is None:
            hint = f"it has {', '.join(known)}" if known else None
            self.problems.error(node, "name", f"{_describe(kind)} has no part '{node.name}'", hint)
            return UNKNOWN
        return found

    def _module_member(self, node: s.Field, module: ModuleSymbol) -> Type:
        symbol = dict(module.scope.here()).get(node.name)
        kind = _value_type(symbol)
        if isinstance(symbol, DefineSymbol) and not symbol.declaration.parameters:
            kind = self.world.result_of(symbol)
        if kind is None:
            near = module.scope.near(node.name)
            hint = f"did you mean '{near}'?" if near else None
            self.problems.error(node, "name", f"module '{module.name}' has no value '{node.name}'", hint)
            return UNKNOWN
        node.symbol = symbol
        return kind

    def _qualified_word(self, node: s.Field, symbol: TypeSymbol) -> Type:
        kind = symbol.type
        if isinstance(kind, VariantType) and kind.alternative(node.name) is not None:
            return kind
        if isinstance(kind, VariantType):
            self._no_word(node, node.name, kind)
        else:
            self.problems.error(node, "name", f"'{symbol.name}' has no words")
        return UNKNOWN

    def _index(self, node: s.Index) -> Type:
        kind = self.infer(node.base)
        for index in node.indices:
            if isinstance(kind, UnknownType):
                self.infer(index)
                continue
            if not isinstance(kind, ArrayType):
                self.problems.error(node, "type", f"{_describe(kind)} cannot be indexed")
                self.infer(index)
                return UNKNOWN
            self.expect(index, kind.index)
            kind = kind.element
        return kind

    # ------------------------------------------------------------------ calls

    def callee(self, function: s.ExprNode) -> Symbol | None:
        """What is called, where that is a plain or a module's name; None for anything else."""
        if isinstance(function, s.Name):
            return self.scope.find(function.text)
        if isinstance(function, s.Field) and isinstance(function.base, s.Name):
            module = self.scope.find(function.base.text)
            if isinstance(module, ModuleSymbol):
                return dict(module.scope.here()).get(function.name)
        return None

    def arguments(self, node: s.Node, what: str, parameters: tuple[Type, ...], given: tuple[s.ExprNode, ...]) -> None:
        """Types the arguments of a call against the parameters."""
        if len(parameters) != len(given):
            self.problems.error(node, "call", f"'{what}' takes {_arguments(len(parameters))}, not {len(given)}")
        for argument, wanted in zip(given, parameters, strict=False):
            self.expect(argument, wanted)
        for argument in given[len(parameters) :]:
            self.infer(argument)

    def _call(self, node: s.Call, wanted: Type | None) -> Type:
        symbol = self.callee(node.function)
        name = node.function.text if isinstance(node.function, s.Name) else getattr(node.function, "name", "")
        if isinstance(symbol, DefineSymbol):
            node.symbol = symbol
            result = self.world.result_of(symbol)
            self.arguments(node, name, tuple(p.type for p in symbol.parameters), node.arguments)
            return result
        if isinstance(symbol, RoutineSymbol):
            for argument in node.arguments:
                self.infer(argument)
            self.problems.error(
                node,
                "call",
                f"'{name}' is a {symbol.declaration.kind}: it cannot be part of an expression",
                f"write 'x = {name}(…)' as a statement of its own",
            )
            return UNKNOWN
        alternative = wanted.alternative(name) if isinstance(wanted, VariantType) else None
        owner: Type | None = wanted if alternative is not None else None
        if symbol is None and owner is None and isinstance(node.function, s.Name) and name not in BUILTINS:
            owner = self._only_owner(node.function)
        if isinstance(owner, VariantType):
            found = owner.alternative(name)
            self.arguments(node, name, found.payload if found else (), node.arguments)
            return owner
        if isinstance(symbol, BuiltinSymbol):
            node.symbol = symbol
            return self._builtin(node, name)
        for argument in node.arguments:
            self.infer(argument)
        if owner is None and symbol is None:
            near = self.scope.near(name)
            hint = f"did you mean '{near}'?" if near else None
            self.problems.error(node, "name", f"unknown function '{name}'" if name else "this cannot be called", hint)
        elif symbol is not None:
            self.problems.error(node, "call", f"'{name}' is {_kind_of(symbol)} and cannot be called")
        return UNKNOWN

    def _builtin(self, node: s.Call, name: str) -> Type:
        given = node.arguments
        wanted = 2 if name in ("min", "max", "held_by", "waited_by", "older", "in_call") else 1
        if len(given) != wanted:
            self.problems.error(node, "call", f"'{name}' takes {_arguments(wanted)}, not {len(given)}")
            return UNKNOWN
        if name == "in_call":
            return self._in_call(node)
        kinds = [self.infer(argument) for argument in given]
        first = kinds[0]
        if isinstance(first, UnknownType):
            if name in ("head", "last"):
                return UNKNOWN
            return NUMBER if name in ("len", "min", "max", "abs", "number") else BOOL

        def needs(fits: bool, what: str) -> None:
            if not fits:
                self.problems.error(given[0], "type", f"'{name}' looks at {what}, not at {_describe(first)}")

        match name:
            case "len" | "empty":
                needs(isinstance(first, (SetType, QueueType)), "a queue or set")
                return NUMBER if name == "len" else BOOL
            case "head" | "last":
                needs(isinstance(first, QueueType), "a queue")
                return first.element if isinstance(first, QueueType) else UNKNOWN
            case "min" | "max" | "abs":
                for argument in given:
                    self.expect(argument, NUMBER)
                return NUMBER
            case "held" | "held_by" | "waited_by":
                needs(isinstance(first, LockType), "a lock")
                if name != "held" and not (isinstance(kinds[1], RoleType) and not kinds[1].is_object):
                    self.problems.error(given[1], "type", f"'{name}' asks for a lock and an actor")
            case "acquiring" | "older":
                needs(all(isinstance(kind, ContextType) for kind in kinds), "acquire contexts")
            case "number":
                needs(isinstance(first, RoleType) and not first.optional, "an instance that is surely one")
                return NUMBER
            case "completed":
                needs(isinstance(first, CompletionType), "a completion")
            case "live":
                needs(isinstance(first, RoleType) and first.is_object, "an object")
            case _:
                needs(isinstance(first, RoleType) and not first.is_object, "an actor")
        return BOOL

    def _in_call(self, node: s.Call) -> Type:
        actor, entry = node.arguments
        kind = self.infer(actor)
        if not isinstance(kind, (RoleType, UnknownType)):
            self.problems.error(actor, "type", f"'in_call' asks for an actor, not for {_describe(kind)}")
        symbol = self.callee(entry)
        if isinstance(symbol, RoutineSymbol) and symbol.actor is not None and isinstance(entry, (s.Name, s.Field)):
            entry.symbol = symbol
        else:
            self.problems.error(entry, "name", "'in_call' asks for an entry point, that is, a procedure 'by' a role")
        return BOOL

    # ------------------------------------------------------------------ operators and quantifiers

    def _binary(self, node: s.Binary) -> Type:
        operator, left, right = node.operator, node.left, node.right
        match operator:
            case "+" | "-" | "*" | "/" | "%":
                self.expect(left, NUMBER)
                self.expect(right, NUMBER)
                return NUMBER
            case "<" | "<=" | ">" | ">=":
                self.expect(left, NUMBER)
                self.expect(right, NUMBER)
            case "=>" | "<=>":
                self.expect(left, BOOL)
                self.expect(right, BOOL)
            case "in":
                self._membership(node)
            case _:
                first, second = self._pair(left, right, None)
                if not (agrees(first, second) or agrees(second, first)):
                    self.problems.error(
                        node, "type", f"{_describe(first)} cannot be compared with {_describe(second)}"
                    )
                elif isinstance(first, (LockType, ContextType, CompletionType)):
                    self.problems.error(node, "type", "locks and completions cannot be compared", "use held(…)")
        return BOOL

    def _membership(self, node: s.Binary) -> None:
        if isinstance(node.right, s.SetLiteral):
            element = self.infer(node.left)
            self.infer(node.right, SetType(element))
            return
        kind = self.infer(node.right)
        if isinstance(kind, (SetType, QueueType)):
            self.expect(node.left, kind.element)
            return
        self.infer(node.left)
        if not isinstance(kind, UnknownType):
            self.problems.error(node.right, "type", f"expected a set or queue, found {_describe(kind)}")

    def _pair(self, left: s.ExprNode, right: s.ExprNode, wanted: Type | None) -> tuple[Type, Type]:
        """Types two expressions that should agree, the one that explains itself first."""
        if wanted is None and self._needs_help(left) and not self._needs_help(right):
            second = self.infer(right)
            return self.infer(left, second), second
        first = self.infer(left, wanted)
        return first, self.infer(right, wanted or first)

    def _needs_help(self, node: s.ExprNode) -> bool:
        match node:
            case s.NoneLiteral() | s.SetLiteral() | s.EmptyQueue():
                return True
            case s.Name(text=text) | s.Call(function=s.Name(text=text)):
                return self.scope.find(text) is None
            case _:
                return False

    def _common(self, node: s.Node, first: Type, second: Type) -> Type:
        if is_number(first) and is_number(second):
            return NUMBER
        if isinstance(first, RoleType) and isinstance(second, RoleType) and agrees(first, second):
            return first if first.optional else second
        if agrees(second, first):
            return first
        if agrees(first, second):
            return second
        self.problems.error(node, "type", f"one branch is {_describe(first)}, the other {_describe(second)}")
        return UNKNOWN

    def _set(self, items: tuple[s.ExprNode, ...], wanted: Type | None) -> Type:
        element: Type = wanted.element if isinstance(wanted, SetType) else UNKNOWN
        for item in items:
            if isinstance(element, UnknownType):
                element = self.infer(item)
            else:
                self.expect(item, element)
        if is_number(element):
            element = NUMBER
        return SetType(element)

    def _quantified(self, node: s.Quantified) -> Type:
        outer = self.scope
        self.scope = Scope(outer)
        for binder in node.binders:
            kind = self._binder(binder)
            binder.type = kind
            binder.symbol = LocalSymbol(binder.name, binder.place, kind)
            if self.scope.declare(binder.name, binder.symbol) is not None:
                self.problems.error(binder, "duplicate", f"'{binder.name}' is bound twice")
        self.expect(node.body, NUMBER if node.kind == "sum" else BOOL)
        self.scope = outer
        return NUMBER if node.kind in ("count", "sum") else BOOL

    def _binder(self, binder: s.Binder) -> Type:
        if binder.type_name is not None:
            kind = self.world.named_type(binder, binder.type_name, self.scope)
            if not isinstance(kind, UnknownType) and not is_scalar(kind):
                self.problems.error(binder, "type", f"cannot run through {_describe(kind)}")
                return UNKNOWN
            return kind
        if binder.bounds is not None:
            low, high = (self.world.constant_number(bound, self.scope) for bound in binder.bounds)
            return UNKNOWN if low is None or high is None else IntType(low, high)
        if binder.collection is None:
            return UNKNOWN
        kind = self.infer(binder.collection)
        if isinstance(kind, (SetType, QueueType)):
            return kind.element
        if not isinstance(kind, UnknownType):
            self.problems.error(binder, "type", f"cannot run through {_describe(kind)}")
        return UNKNOWN


def _value_type(symbol: Symbol | None) -> Type | None:
    match symbol:
        case ConstantSymbol(type=kind) | StateSymbol(type=kind) | LocalSymbol(type=kind):
            return kind
        case _:
            return None


def _kind_of(symbol: Symbol) -> str:
    match symbol:
        case TypeSymbol():
            return "a type"
        case DefineSymbol():
            return "a definition"
        case RoutineSymbol(declaration=declaration):
            return f"{'an' if declaration.kind == 'action' else 'a'} {declaration.kind}"
        case ModuleSymbol():
            return "a module"
        case BuiltinSymbol():
            return "a built-in function"
        case _:
            return "a value"


def _arguments(count: int) -> str:
    return "no arguments" if count == 0 else f"{count} argument{'s' if count > 1 else ''}"


def _describe(kind: Type) -> str:
    match kind:
        case BoolType():
            return "a truth value"
        case IntType(low, high) if low == high:
            return f"the number {low}"
        case _ if is_number(kind):
            return "a number"
        case RoleType(name=name, optional=optional):
            return f"an instance of {name}" + (" or none" if optional else "")
        case VariantType():
            return f"one of {', '.join(kind.labels[:4])}{', …' if len(kind.labels) > 4 else ''}"
        case NoneType():
            return "none"
        case _:
            return f"a {kind}"
