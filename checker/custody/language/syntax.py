"""The tree of a specification, as written: one class for each construct, with its place.

The checker (`check`) fills in the fields whose comment says so; nothing else is changed after parsing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from custody.system.place import Place

if TYPE_CHECKING:
    from custody.language.symbols import LocalSymbol, RoutineSymbol, Symbol
    from custody.language.types import Type


@dataclass(slots=True, eq=False)
class Node:
    """Anything with a place."""

    place: Place


# ------------------------------------------------------------------ expressions


@dataclass(slots=True, eq=False)
class ExprNode(Node):
    """An expression. `type` is the checker's."""

    type: Type | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Number(ExprNode):
    value: int


@dataclass(slots=True, eq=False)
class Truth(ExprNode):
    value: bool


@dataclass(slots=True, eq=False)
class NoneLiteral(ExprNode):
    pass


@dataclass(slots=True, eq=False)
class SelfRef(ExprNode):
    pass


@dataclass(slots=True, eq=False)
class Name(ExprNode):
    """A name; `symbol` is the checker's: None means a label of `type`."""

    text: str
    symbol: Symbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Field(ExprNode):
    """`base.name`: a record's or object's field, a variant's payload, or a name of a module (`symbol`)."""

    base: ExprNode
    name: str
    symbol: Symbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Index(ExprNode):
    base: ExprNode
    indices: tuple[ExprNode, ...]


@dataclass(slots=True, eq=False)
class Call(ExprNode):
    """A use of a `define`, of a constructor of a variant (`symbol` None) or of a built-in function."""

    function: ExprNode
    arguments: tuple[ExprNode, ...]
    symbol: Symbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Unary(ExprNode):
    """`not` or `-`."""

    operator: str
    operand: ExprNode


@dataclass(slots=True, eq=False)
class Binary(ExprNode):
    """`+ - * / % == != < <= > >= in => <=>`."""

    operator: str
    left: ExprNode
    right: ExprNode


@dataclass(slots=True, eq=False)
class Connective(ExprNode):
    """`and`, `or` of two or more."""

    operator: str
    parts: tuple[ExprNode, ...]


@dataclass(slots=True, eq=False)
class InRange(ExprNode):
    operand: ExprNode
    low: ExprNode
    high: ExprNode


@dataclass(slots=True, eq=False)
class Is(ExprNode):
    operand: ExprNode
    label: str


@dataclass(slots=True, eq=False)
class Binder(Node):
    """`x: T`, `x in lo..hi` or `x in collection`; exactly one of the three is given."""

    name: str
    type_name: str | None
    bounds: tuple[ExprNode, ExprNode] | None
    collection: Name | None
    type: Type | None = field(default=None, init=False)
    symbol: LocalSymbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Quantified(ExprNode):
    """`forall`, `exists`, `count` or `sum`."""

    kind: str
    binders: tuple[Binder, ...]
    body: ExprNode


@dataclass(slots=True, eq=False)
class SetLiteral(ExprNode):
    items: tuple[ExprNode, ...]


@dataclass(slots=True, eq=False)
class EmptyQueue(ExprNode):
    pass


@dataclass(slots=True, eq=False)
class Conditional(ExprNode):
    condition: ExprNode
    yes: ExprNode
    no: ExprNode


@dataclass(slots=True, eq=False)
class Old(ExprNode):
    operand: ExprNode


# ------------------------------------------------------------------ types as written


@dataclass(slots=True, eq=False)
class TypeNode(Node):
    pass


@dataclass(slots=True, eq=False)
class BoolTypeNode(TypeNode):
    pass


@dataclass(slots=True, eq=False)
class RangeTypeNode(TypeNode):
    low: ExprNode
    high: ExprNode


@dataclass(slots=True, eq=False)
class NamedTypeNode(TypeNode):
    name: str
    optional: bool


@dataclass(slots=True, eq=False)
class SetTypeNode(TypeNode):
    element: TypeNode


@dataclass(slots=True, eq=False)
class QueueTypeNode(TypeNode):
    element: TypeNode
    capacity: ExprNode


@dataclass(slots=True, eq=False)
class LockTypeNode(TypeNode):
    kind: str


@dataclass(slots=True, eq=False)
class ContextTypeNode(TypeNode):
    """`rule` is the word or parameter that says who gives way; None where it is not said."""

    rule: str | None


@dataclass(slots=True, eq=False)
class CompletionTypeNode(TypeNode):
    pass


@dataclass(slots=True, eq=False)
class KrefTypeNode(TypeNode):
    maximum: ExprNode


@dataclass(slots=True, eq=False)
class AlternativeNode(Node):
    label: str
    payload: tuple[TypeNode, ...]
    renamed_from: str | None = None


@dataclass(slots=True, eq=False)
class VariantTypeNode(TypeNode):
    alternatives: tuple[AlternativeNode, ...]


# ------------------------------------------------------------------ statements


@dataclass(slots=True, eq=False)
class Statement(Node):
    """One statement; `text` is its first line as written, for traces."""

    text: str = field(default="", init=False)


Block: TypeAlias = tuple[Statement, ...]


@dataclass(slots=True, eq=False)
class Skip(Statement):
    pass


@dataclass(slots=True, eq=False)
class Assign(Statement):
    target: ExprNode
    value: ExprNode


@dataclass(slots=True, eq=False)
class Outcome(Node):
    """What an `or` branch is called: `kind` is "fails", "timeout", "interrupted", "busy", "deadlock" or "already"."""

    kind: str
    errno: str | None

    @property
    def words(self) -> str:
        return f"fails {self.errno}" if self.errno else self.kind


@dataclass(slots=True, eq=False)
class Alternative(Node):
    """An `or` branch of a statement; `outcome` is None for a plain `or`."""

    outcome: Outcome | None
    body: Block


@dataclass(slots=True, eq=False)
class Alloc(Statement):
    target: ExprNode
    object_name: str
    alternatives: tuple[Alternative, ...]
    symbol: Symbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class CallStatement(Statement):
    """A procedure call whose result, if any, is dropped."""

    function: ExprNode
    arguments: tuple[ExprNode, ...]
    symbol: Symbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class If(Statement):
    branches: tuple[tuple[ExprNode, Block], ...]
    otherwise: Block


@dataclass(slots=True, eq=False)
class Case(Node):
    label: str
    names: tuple[str, ...]
    body: Block
    symbols: tuple[LocalSymbol, ...] = field(default=(), init=False)


@dataclass(slots=True, eq=False)
class Match(Statement):
    subject: ExprNode
    cases: tuple[Case, ...]
    otherwise: Block | None


@dataclass(slots=True, eq=False)
class Either(Statement):
    alternatives: tuple[Alternative, ...]


@dataclass(slots=True, eq=False)
class ForEach(Statement):
    """`for x: T where c`: once for each value of the type, in order."""

    name: str
    type_name: str
    where: ExprNode | None
    body: Block
    symbol: LocalSymbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class ForIn(Statement):
    """`for x in collection`: once for each position of a queue or member of a set."""

    name: str
    collection: ExprNode
    body: Block
    symbol: LocalSymbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class While(Statement):
    condition: ExprNode
    limit: ExprNode
    body: Block


@dataclass(slots=True, eq=False)
class Loop(Statement):
    body: Block


@dataclass(slots=True, eq=False)
class Atomic(Statement):
    body: Block


@dataclass(slots=True, eq=False)
class Local(Statement):
    name: str
    declared: TypeNode
    value: ExprNode | None
    symbol: LocalSymbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Choose(Statement):
    """Any value of the type that satisfies the condition."""

    name: str
    declared: TypeNode
    where: ExprNode | None
    symbol: LocalSymbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Return(Statement):
    value: ExprNode | None


@dataclass(slots=True, eq=False)
class Fails(Statement):
    errno: str


@dataclass(slots=True, eq=False)
class Requires(Statement):
    """A duty of the caller; `message` says in words what breaking it is."""

    condition: ExprNode
    message: str | None
    rules: tuple[str, ...]


@dataclass(slots=True, eq=False)
class When(Statement):
    condition: ExprNode
    message: str | None
    rules: tuple[str, ...]


@dataclass(slots=True, eq=False)
class WaitUntil(Statement):
    condition: ExprNode
    alternatives: tuple[Alternative, ...]


@dataclass(slots=True, eq=False)
class WaitFor(Statement):
    target: ExprNode
    alternatives: tuple[Alternative, ...]


@dataclass(slots=True, eq=False)
class Lock(Statement):
    """`lock`, `lock_slow` and `trylock`; `access` is "read" or "write" for an rwlock, `context` is for a ww_mutex."""

    target: ExprNode
    access: str | None
    context: ExprNode | None
    alternatives: tuple[Alternative, ...]
    tries: bool = False
    slow: bool = False


@dataclass(slots=True, eq=False)
class Unlock(Statement):
    target: ExprNode


@dataclass(slots=True, eq=False)
class Acquire(Statement):
    """`acquire_init`, `acquire_done`, `acquire_fini`: `what` is the last part of the word."""

    what: str
    target: ExprNode


@dataclass(slots=True, eq=False)
class Complete(Statement):
    target: ExprNode
    everyone: bool


@dataclass(slots=True, eq=False)
class Get(Statement):
    target: ExprNode


@dataclass(slots=True, eq=False)
class Put(Statement):
    target: ExprNode
    at_zero: Block


@dataclass(slots=True, eq=False)
class Free(Statement):
    value: ExprNode


@dataclass(slots=True, eq=False)
class Add(Statement):
    value: ExprNode
    target: ExprNode


@dataclass(slots=True, eq=False)
class Remove(Statement):
    value: ExprNode
    target: ExprNode


@dataclass(slots=True, eq=False)
class Pop(Statement):
    target: ExprNode


@dataclass(slots=True, eq=False)
class Assert(Statement):
    condition: ExprNode
    message: str | None


# ------------------------------------------------------------------ declarations


@dataclass(slots=True, eq=False)
class Declaration(Node):
    """A top-level part of a file."""


@dataclass(slots=True, eq=False)
class Header(Declaration):
    kind: str
    name: str
    implements: str | None
    doc: str
    sources: tuple[tuple[str, str], ...]


@dataclass(slots=True, eq=False)
class PerformedNode(Node):
    """A call of the contract that a call of the model amounts to; `performer` where the contract leaves it open."""

    action: str
    arguments: tuple[ExprNode, ...]
    performer: ExprNode | None
    errno: str | None


@dataclass(slots=True, eq=False)
class PerformsNode(Node):
    """What a call of the model is that answers with `errno`, or, where that is None, with success."""

    routine: str
    errno: str | None
    performed: tuple[PerformedNode, ...]
    symbol: RoutineSymbol | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class ImplementationDecl(Declaration):
    """`side` is whose part of the contract the model plays; `bindings` are the contract's parameters."""

    side: str | None
    doc: str
    bindings: tuple[tuple[str, ExprNode], ...]
    performs: tuple[PerformsNode, ...]


@dataclass(slots=True, eq=False)
class Use(Declaration):
    module: str
    is_path: bool
    bindings: tuple[tuple[str, ExprNode], ...]
    alias: str | None


@dataclass(slots=True, eq=False)
class Param(Declaration):
    name: str
    declared: TypeNode | None
    value: ExprNode
    bounds: tuple[ExprNode, ExprNode] | None
    doc: str
    renamed_from: str | None = None


@dataclass(slots=True, eq=False)
class Const(Declaration):
    name: str
    value: ExprNode
    doc: str


@dataclass(slots=True, eq=False)
class Instance(Declaration):
    name: str
    doc: str
    bindings: tuple[tuple[str, ExprNode], ...]


@dataclass(slots=True, eq=False)
class TypeDecl(Declaration):
    name: str
    definition: TypeNode
    doc: str


@dataclass(slots=True, eq=False)
class VariableDecl(Node):
    """One variable or field. `any_value` marks a free first value."""

    name: str
    indices: tuple[str, ...]
    declared: TypeNode
    initial: ExprNode | None
    any_value: bool
    doc: str


@dataclass(slots=True, eq=False)
class RecordDecl(Declaration):
    name: str
    doc: str
    fields: tuple[VariableDecl, ...]


@dataclass(slots=True, eq=False)
class ObjectDecl(Declaration):
    name: str
    size: ExprNode
    doc: str
    fields: tuple[VariableDecl, ...]


@dataclass(slots=True, eq=False)
class RoleDecl(Declaration):
    name: str
    size: ExprNode | None
    side: str | None
    doc: str
    renamed_from: str | None = None


@dataclass(slots=True, eq=False)
class StateDecl(Declaration):
    doc: str
    variables: tuple[VariableDecl, ...]


@dataclass(slots=True, eq=False)
class Init(Declaration):
    doc: str
    conditions: tuple[ExprNode, ...]


@dataclass(slots=True, eq=False)
class Parameter(Node):
    name: str
    declared: TypeNode


@dataclass(slots=True, eq=False)
class Define(Declaration):
    name: str
    parameters: tuple[Parameter, ...]
    body: ExprNode
    doc: str


@dataclass(slots=True, eq=False)
class Routine(Declaration):
    """An action, procedure or process: `kind` says which. `renamed_from` is what an earlier version called it."""

    kind: str
    name: str
    parameters: tuple[Parameter, ...]
    actor: str | None
    returns: TypeNode | None
    modifiers: frozenset[str]
    doc: str
    sources: tuple[tuple[str, str], ...]
    body: Block
    renamed_from: str | None = None


@dataclass(slots=True, eq=False)
class PropertyDecl(Declaration):
    """`kind` is the keyword; `goal` only for leads_to, `of` only for deadlock_free."""

    kind: str
    name: str
    rules: tuple[str, ...]
    doc: str
    sources: tuple[tuple[str, str], ...]
    body: tuple[ExprNode, ...]
    goal: ExprNode | None = None
    parameters: tuple[Parameter, ...] = ()
    of: str | None = None
    renamed_from: str | None = None
    symbols: tuple[LocalSymbol, ...] = field(default=(), init=False)


@dataclass(slots=True, eq=False)
class Terminal(Declaration):
    condition: ExprNode


@dataclass(slots=True, eq=False)
class Fair(Declaration):
    strong: bool
    name: str


@dataclass(slots=True, eq=False)
class Misbehaving(Declaration):
    who: str
    condition: ExprNode | None


@dataclass(slots=True, eq=False)
class Recorded(Declaration):
    """`recorded by FIELD`: a recording shows one run of the contract for each value of that field (or an alias)."""

    fields: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Occurrence(Node):
    """An action that an event stands for, with the recorded fields that its parameters are read from."""

    action: str
    fields: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Event(Declaration):
    """`event SIGHTING "NAME" as ACTION(FIELD)`: what a line of a recording says of the contract.

    `sighting` is "enter", "return" or "mark"; `errno` restricts it to lines that report this error.
    """

    sighting: str
    names: tuple[str, ...]
    errno: str | None
    occurrences: tuple[Occurrence, ...]


@dataclass(slots=True, eq=False)
class Expected(Node):
    property_name: str
    length: int | None
    condition: ExprNode | None
    doc: str = ""


@dataclass(slots=True, eq=False)
class Expect(Declaration):
    expectations: tuple[Expected, ...]
