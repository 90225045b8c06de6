"""Gives every declared thing its variables, and reads and writes values there.

A layout is the tree of variables that a value of some type is kept in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from custody.language.diagnostic import LimitError
from custody.language.types import (
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
    VariantType,
    is_scalar,
)
from custody.language.unfold.value import (
    MAX_VALUES,
    ArrayValue,
    QueueValue,
    RecordValue,
    Scalar,
    SetValue,
    Value,
    VariantValue,
    WrittenSet,
    as_optional,
    as_set,
    choose,
    default,
    every,
)
from custody.system.display import QueueShape, RecordShape, ScalarShape, SetShape, Shape, VariantShape, View
from custody.system.expression import FALSE, Expr, Sort, eq, number, read
from custody.system.model import BOOLEAN, Domain, Variable
from custody.system.place import Place

MAX_VARIABLES = 20_000
"""How many variables a system may have."""

FREE = "free"
"""What an unheld lock shows."""
CLOSED = "closed"
"""What an acquire context shows that is not open."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One variable for one scalar value."""

    variable: int
    type: Type


@dataclass(frozen=True, slots=True)
class VariantCells:
    tag: Cell
    payloads: tuple[tuple[Layout, ...], ...]
    type: VariantType


@dataclass(frozen=True, slots=True)
class RecordCells:
    fields: tuple[Layout, ...]
    type: RecordType


@dataclass(frozen=True, slots=True)
class ArrayCells:
    items: tuple[Layout, ...]
    type: ArrayType


@dataclass(frozen=True, slots=True)
class SetCells:
    members: tuple[Cell, ...]
    type: SetType


@dataclass(frozen=True, slots=True)
class QueueCells:
    length: Cell
    slots: tuple[Layout, ...]
    type: QueueType


@dataclass(frozen=True, slots=True)
class LockCells:
    """`owner` is the position of the actor plus one; an rwlock has `readers` too, one truth for each actor.

    A ww_mutex knows whether its holder took it in his acquire context (`within`), and of each actor that can have one
    whether he waits for it there (`waiting`), or gave way and has to wait for it next (`contended`).
    """

    name: str
    owner: Cell
    readers: tuple[Cell, ...]
    type: LockType
    within: Cell | None = None
    waiting: tuple[tuple[int, Cell], ...] = ()
    contended: tuple[tuple[int, Cell], ...] = ()


@dataclass(frozen=True, slots=True)
class ContextCells:
    """An actor's acquire context. `ticket` is 0 while it is closed, else its place in the order of age: 1 is the
    oldest that is open. `done` says that all locks are there, `wounded` that somebody older wants one of them."""

    name: str
    actor: int
    ticket: Cell
    done: Cell
    wounded: Cell
    type: ContextType


Layout: TypeAlias = (
    "Cell | VariantCells | RecordCells | ArrayCells | SetCells | QueueCells | LockCells | ContextCells"
)

LAYOUTS = (Cell, VariantCells, RecordCells, ArrayCells, SetCells, QueueCells, LockCells, ContextCells)

Write: TypeAlias = Callable[[Cell, Expr], None]


class Storage:
    """The variables of the system under construction. `actors` are all instances of all roles, by name."""

    def __init__(self, actors: tuple[str, ...], role_instances: dict[str, tuple[str, ...]]) -> None:
        self.actors = actors
        self.role_instances = role_instances
        self.contexts: tuple[int, ...] = ()
        """The actors that have acquire contexts; known before anything is allocated."""
        self.variables: list[Variable] = []
        self.views: list[View] = []

    # ------------------------------------------------------------------ making room

    def domain(self, kind: Type) -> Domain:
        """The values of a scalar type, named as reports show them."""
        match kind:
            case BoolType():
                return BOOLEAN
            case IntType(low, high):
                return Domain(low, high)
            case KrefType(maximum):
                return Domain(0, maximum)
            case CompletionType():
                return Domain(0, len(self.actors) + 1)
            case RoleType(name=name, optional=optional):
                labels = (*(("none",) if optional else ()), *self.instances(kind))
                return Domain(0, len(labels) - 1, labels, role=name, optional=optional)
            case VariantType():
                return Domain(0, len(kind.labels) - 1, kind.labels)
            case LockType():
                labels = (FREE, *self.actors)
                return Domain(0, len(labels) - 1, labels, optional=True)
            case ContextType():
                labels = (CLOSED, *(str(place + 1) for place in range(len(self.contexts))))
                return Domain(0, len(labels) - 1, labels)
            case _:
                raise TypeError(f"{kind} is not kept in one variable")

    def instances(self, kind: RoleType) -> tuple[str, ...]:
        return self.role_instances.get(kind.name) or tuple(f"{kind.name}.{i}" for i in range(kind.size))

    def names(self, kind: Type) -> tuple[str, ...]:
        """What the values of a scalar type are called, in order."""
        domain = self.domain(kind)
        return tuple(domain.show(domain.low + offset) for offset in range(domain.size))

    def variable(
        self, name: str, domain: Domain, initial: tuple[int, ...], base: str, place: Place, actor: str | None = None
    ) -> int:
        """Adds one variable; one with an actor is that actor's position or local."""
        indices = tuple(part.rstrip("]") for part in name[len(base) :].split("[") if part.endswith("]"))
        control = actor is not None
        if len(self.variables) >= MAX_VARIABLES:
            raise LimitError(place, f"the model has more than {MAX_VARIABLES} variables")
        self.variables.append(Variable(name, domain, initial, base, indices, control, actor, place))
        return len(self.variables) - 1

    def allocate(
        self,
        name: str,
        kind: Type,
        first: Value | None,
        place: Place,
        *,
        base: str | None = None,
        actor: str | None = None,
        anything: bool = False,
    ) -> Layout:
        """Variables for a value of type `kind`. `first` is the first value, `anything` leaves it free."""
        base = base or name

        def inner(suffix: str, part: Type, value: Value | None) -> Layout:
            return self.allocate(name + suffix, part, value, place, base=base, actor=actor, anything=anything)

        match kind:
            case VariantType(_, alternatives) if not is_scalar(kind):
                value = first if isinstance(first, VariantValue) else default(kind)
                if not isinstance(value, VariantValue):
                    raise AssertionError("a variant starts with a variant")
                domain = Domain(0, len(alternatives) - 1, kind.labels)
                tag = Cell(self.variable(name, domain, (value.tag.value,), base, place, actor), kind)
                payloads = tuple(
                    tuple(
                        inner(f".{alternative.label}" + (f".{i}" if len(parts) > 1 else ""), kind_i, part)
                        for i, (kind_i, part) in enumerate(zip(alternative.payload, parts, strict=True))
                    )
                    for alternative, parts in zip(alternatives, value.payloads, strict=True)
                )
                return VariantCells(tag, payloads, kind)
            case RecordType(_, fields):
                values = first.fields if isinstance(first, RecordValue) else [None] * len(fields)
                return RecordCells(
                    tuple(inner(f".{field}", part, v) for (field, part), v in zip(fields, values, strict=True)), kind
                )
            case ArrayType(index, element):
                values = first.items if isinstance(first, ArrayValue) else [first] * len(every(index))
                names = self.names(index)
                return ArrayCells(
                    tuple(inner(f"[{n}]", element, v) for n, v in zip(names, values, strict=True)), kind
                )
            case SetType(element):
                value = as_set(first, kind) if isinstance(first, WrittenSet) else first or default(kind)
                members = value.members if isinstance(value, SetValue) else ()
                return SetCells(
                    tuple(
                        Cell(self.variable(f"{name}{{{n}}}", BOOLEAN, (m.value,), base, place, actor), BoolType())
                        for n, m in zip(self.names(element), members, strict=True)
                    ),
                    kind,
                )
            case QueueType(element, capacity):
                domain = Domain(0, capacity)
                length = Cell(self.variable(f"{name}.len", domain, (0,), base, place, actor), IntType(0, capacity))
                return QueueCells(length, tuple(inner(f".{i}", element, None) for i in range(capacity)), kind)
            case LockType(lock):
                owner = Cell(self.variable(name, self.domain(kind), (0,), base, place), kind)
                readers: tuple[Cell, ...] = ()
                if lock == "rwlock":
                    readers = tuple(
                        Cell(self.variable(f"{name}.read_by.{a}", BOOLEAN, (0,), base, place), BoolType())
                        for a in self.actors
                    )
                if lock != "ww_mutex" or not self.contexts:
                    return LockCells(name, owner, readers, kind)

                def truths(what: str) -> tuple[tuple[int, Cell], ...]:
                    names = ((actor, f"{name}.{what}.{self.actors[actor]}") for actor in self.contexts)
                    return tuple(
                        (a, Cell(self.variable(n, BOOLEAN, (0,), base, place), BoolType())) for a, n in names
                    )

                within = Cell(self.variable(f"{name}.in_context", BOOLEAN, (0,), base, place), BoolType())
                return LockCells(name, owner, readers, kind, within, truths("waiting"), truths("contended"))
            case ContextType():
                ticket = Cell(self.variable(name, self.domain(kind), (0,), base, place), kind)
                done, wounded = (
                    Cell(self.variable(f"{name}.{what}", BOOLEAN, (0,), base, place), BoolType())
                    for what in ("done", "wounded")
                )
                owner_name = name[len(base) :].strip("[]")
                return ContextCells(name, self.actors.index(owner_name), ticket, done, wounded, kind)
            case _:
                domain = self.domain(kind)
                chosen = first.expr.value if isinstance(first, Scalar) else domain.low
                if anything and domain.size > MAX_VALUES:
                    raise LimitError(place, f"'{name}' has more than {MAX_VALUES} first values")
                initial = tuple(range(domain.low, domain.high + 1)) if anything else (chosen,)
                return Cell(self.variable(name, domain, initial, base, place, actor), kind)

    # ------------------------------------------------------------------ showing

    def show_as(self, name: str, layout: Layout, *, hidden: bool = False, actor: str | None = None) -> None:
        """Adds the views of a declared thing: an array has one for each element."""
        if isinstance(layout, ArrayCells):
            for label, item in zip(self.names(layout.type.index), layout.items, strict=True):
                self.show_as(f"{name}[{label}]", item, hidden=hidden, actor=actor)
            return
        self.views.append(View(name, self.shape(layout), hidden, actor))
        # What belongs to a lock or context beside its holder or age has views of its own, so that those stay plain.
        match layout:
            case LockCells(within=Cell() as within, waiting=waiting, contended=contended):
                for what, cells in (("waiting", waiting), ("contended", contended)):
                    named = tuple((self.actors[a], self._scalar_shape(cell.variable)) for a, cell in cells)
                    self.views.append(View(f"{name}.{what}", SetShape(named), what == "contended"))
                self.views.append(View(f"{name}.in_context", self._scalar_shape(within.variable), True))
            case ContextCells(done=done, wounded=wounded):
                self.views.append(View(f"{name}.done", self._scalar_shape(done.variable), True))
                self.views.append(View(f"{name}.wounded", self._scalar_shape(wounded.variable), True))
            case _:
                pass

    def shape(self, layout: Layout) -> Shape:
        """How a value that is kept there is shown."""
        match layout:
            case Cell(variable=variable):
                return self._scalar_shape(variable)
            case VariantCells(tag, payloads):
                parts = tuple(tuple(self.shape(part) for part in payload) for payload in payloads)
                return VariantShape(self._scalar_shape(tag.variable), parts)
            case RecordCells(fields, kind):
                named = zip(kind.fields, fields, strict=True)
                return RecordShape(tuple((name, self.shape(part)) for (name, _), part in named))
            case SetCells(members, kind):
                named = zip(self.names(kind.element), members, strict=True)
                return SetShape(tuple((name, self._scalar_shape(cell.variable)) for name, cell in named))
            case QueueCells(length, slots):
                return QueueShape(self._scalar_shape(length.variable), tuple(map(self.shape, slots)))
            case ArrayCells(items, kind):
                named = zip(self.names(kind.index), items, strict=True)
                return RecordShape(tuple((name, self.shape(part)) for name, part in named))
            case ContextCells(ticket=ticket):
                return self._scalar_shape(ticket.variable)
            case LockCells(_, owner, readers):
                if not readers:
                    return self._scalar_shape(owner.variable)
                named = zip(self.actors, readers, strict=True)
                reading = SetShape(tuple((name, self._scalar_shape(cell.variable)) for name, cell in named))
                return RecordShape((("writer", self._scalar_shape(owner.variable)), ("readers", reading)))

    def _scalar_shape(self, variable: int) -> ScalarShape:
        domain = self.variables[variable].domain
        labels = ("false", "true") if domain.boolean else domain.labels
        return ScalarShape(variable, domain.low, labels)


def sort_of(kind: Type) -> Sort:
    return Sort.BOOL if isinstance(kind, BoolType) else Sort.INT


def load(layout: Layout, env: dict[int, Expr]) -> Value:
    """The value that is kept there; `env` has what was written before, other variables are read."""
    match layout:
        case Cell():
            return Scalar(_read(layout, env), layout.type)
        case VariantCells(tag, payloads, kind):
            return VariantValue(
                _read(tag, env), tuple(tuple(load(p, env) for p in parts) for parts in payloads), kind
            )
        case RecordCells(fields, kind):
            return RecordValue(tuple(load(part, env) for part in fields), kind)
        case ArrayCells(items, kind):
            return ArrayValue(tuple(load(part, env) for part in items), kind)
        case SetCells(members, kind):
            return SetValue(tuple(_read(member, env) for member in members), kind)
        case QueueCells(length, slots, kind):
            return QueueValue(_read(length, env), tuple(load(slot, env) for slot in slots), kind)
        case LockCells(owner=owner, type=kind):
            return Scalar(_read(owner, env), kind)
        case ContextCells(ticket=ticket, type=kind):
            return Scalar(_read(ticket, env), kind)


def _read(cell: Cell, env: dict[int, Expr]) -> Expr:
    known = env.get(cell.variable)
    return read(cell.variable, sort_of(cell.type)) if known is None else known


def store(layout: Layout, value: Value, write: Write) -> None:
    """Writes a value of the layout's type, variable by variable."""
    match layout, value:
        case Cell(), Scalar():
            kind = layout.type
            if isinstance(kind, RoleType) and kind.optional:
                value = as_optional(value)
            write(layout, value.expr)
        case VariantCells(), VariantValue():
            write(layout.tag, value.tag)
            for position, (cells, parts) in enumerate(zip(layout.payloads, value.payloads, strict=True)):
                for inner, part in zip(cells, parts, strict=True):
                    # A payload whose word is not the value's stays at its first value: one state, one form.
                    store_if(eq(value.tag, number(position)), inner, part, write)
        case RecordCells(), RecordValue():
            for inner, part in zip(layout.fields, value.fields, strict=True):
                store(inner, part, write)
        case ArrayCells(), ArrayValue():
            for inner, part in zip(layout.items, value.items, strict=True):
                store(inner, part, write)
        case SetCells(), SetValue():
            for member, inside in zip(layout.members, value.members, strict=True):
                write(member, inside)
        case SetCells(), WrittenSet():
            store(layout, as_set(value, layout.type), write)
        case QueueCells(), QueueValue():
            write(layout.length, value.length)
            filler = default(layout.type.element)
            for position, inner in enumerate(layout.slots):
                store(inner, value.slots[position] if position < len(value.slots) else filler, write)
        case LockCells(), _:
            # A lock is not assigned to: this is the memory of an object, given out or given back.
            truths = (*layout.readers, *(cell for _, cell in (*layout.waiting, *layout.contended)))
            write(layout.owner, number(0))
            for one in truths if layout.within is None else (*truths, layout.within):
                write(one, FALSE)
        case _:
            raise AssertionError(f"cannot keep {type(value).__name__} in {type(layout).__name__}")


def store_if(condition: Expr, layout: Layout, value: Value, write: Write) -> None:
    """Writes `value` where the condition holds and the type's first value elsewhere."""
    store(layout, choose(condition, value, default(layout.type)), write)
