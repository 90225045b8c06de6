"""Symbolic values: what an expression of the language is in terms of the variables before a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from custody.language.diagnostic import LimitError
from custody.language.types import (
    ArrayType,
    BoolType,
    IntType,
    QueueType,
    RecordType,
    RoleType,
    SetType,
    Type,
    VariantType,
    is_scalar,
    size,
)
from custody.system.expression import FALSE, TRUE, Expr, add, and_, boolean, eq, ite, number, or_
from custody.system.place import NOWHERE


@dataclass(frozen=True, slots=True)
class Scalar:
    """A truth, a number, a word without payload (its position) or an instance.

    An instance is its position in the role; of an optional type its position plus one, 0 for none.
    """

    expr: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class VariantValue:
    tag: Expr
    payloads: tuple[tuple[Value, ...], ...]
    type: VariantType


@dataclass(frozen=True, slots=True)
class RecordValue:
    fields: tuple[Value, ...]
    type: RecordType


@dataclass(frozen=True, slots=True)
class ArrayValue:
    items: tuple[Value, ...]
    type: ArrayType


@dataclass(frozen=True, slots=True)
class SetValue:
    """For each possible member whether it is in the set."""

    members: tuple[Expr, ...]
    type: SetType


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """A set as written, `{a, b}`: its members may be any expressions."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class QueueValue:
    """Slots from `length` on hold the first value of the element type."""

    length: Expr
    slots: tuple[Value, ...]
    type: QueueType


Value: TypeAlias = "Scalar | VariantValue | RecordValue | ArrayValue | SetValue | WrittenSet | QueueValue"


def low(kind: Type) -> int:
    """The number that the first value of a scalar type is."""
    return kind.low if isinstance(kind, IntType) else 0


def constant(value: int, kind: Type) -> Scalar:
    return Scalar(boolean(bool(value)) if isinstance(kind, BoolType) else number(value), kind)


MAX_VALUES = 1 << 16
"""How many values a loop, a quantifier, a choice, an index or a set may run through."""


def every(kind: Type) -> tuple[Scalar, ...]:
    """All values of a scalar type, in order; LimitError when they are more than can be written out."""
    if size(kind) > MAX_VALUES:
        raise LimitError(NOWHERE, f"the type {kind} has more than {MAX_VALUES} values to run through")
    first = low(kind)
    return tuple(constant(first + offset, kind) for offset in range(size(kind)))


def default(kind: Type) -> Value:
    """The first value of a type."""
    match kind:
        case VariantType(_, alternatives) if not is_scalar(kind):
            payloads = tuple(tuple(default(part) for part in alternative.payload) for alternative in alternatives)
            return VariantValue(number(0), payloads, kind)
        case RecordType(_, fields):
            return RecordValue(tuple(default(part) for _, part in fields), kind)
        case ArrayType(index, element):
            return ArrayValue(tuple(default(element) for _ in every(index)), kind)
        case SetType(element):
            return SetValue((FALSE,) * len(every(element)), kind)
        case QueueType(element, capacity):
            return QueueValue(number(0), (default(element),) * capacity, kind)
        case _:
            return constant(low(kind) if is_scalar(kind) else 0, kind)


def equal(a: Value, b: Value) -> Expr:
    """When two values are the same."""
    match a, b:
        case Scalar(), Scalar():
            return eq(as_optional(a).expr, as_optional(b).expr) if _mixed(a, b) else eq(a.expr, b.expr)
        case VariantValue(), VariantValue():
            parts = [eq(a.tag, b.tag)]
            # Payloads of words that are not the value's are at their first values, so all may be compared.
            for ours, theirs in zip(a.payloads, b.payloads, strict=True):
                parts += [equal(x, y) for x, y in zip(ours, theirs, strict=True)]
            return and_(*parts)
        case RecordValue(), RecordValue():
            return and_(*(equal(x, y) for x, y in zip(a.fields, b.fields, strict=True)))
        case ArrayValue(), ArrayValue():
            return and_(*(equal(x, y) for x, y in zip(a.items, b.items, strict=True)))
        case SetValue(), SetValue():
            return and_(*(eq(x, y) for x, y in zip(a.members, b.members, strict=True)))
        case SetValue(), WrittenSet():
            return equal(a, as_set(b, a.type))
        case WrittenSet(), SetValue():
            return equal(as_set(a, b.type), b)
        case QueueValue(), QueueValue():
            shared = [equal(x, y) for x, y in zip(a.slots, b.slots, strict=False)]
            return and_(eq(a.length, b.length), *shared)
        case _:
            raise AssertionError(f"cannot compare {type(a).__name__} with {type(b).__name__}")


def _mixed(a: Scalar, b: Scalar) -> bool:
    return isinstance(a.type, RoleType) and isinstance(b.type, RoleType) and a.type.optional != b.type.optional


def as_optional(value: Scalar) -> Scalar:
    """The same instance as a value of the optional type."""
    kind = value.type
    if isinstance(kind, RoleType) and not kind.optional:
        return Scalar(add(value.expr, number(1)), RoleType(kind.name, kind.size, kind.is_object, optional=True))
    return value


def as_set(value: WrittenSet, kind: SetType) -> SetValue:
    """A written set as one truth for each possible member."""
    members = tuple(or_(*(equal(item, candidate) for item in value.items)) for candidate in every(kind.element))
    return SetValue(members, kind)


def choose(condition: Expr, yes: Value, no: Value) -> Value:
    """`yes` where the condition holds, else `no`."""
    if condition == TRUE:
        return yes
    if condition == FALSE:
        return no
    match yes, no:
        case Scalar(), Scalar():
            if _mixed(yes, no):
                yes, no = as_optional(yes), as_optional(no)
            return Scalar(ite(condition, yes.expr, no.expr), yes.type)
        case VariantValue(), VariantValue():
            payloads = tuple(
                tuple(choose(condition, x, y) for x, y in zip(ours, theirs, strict=True))
                for ours, theirs in zip(yes.payloads, no.payloads, strict=True)
            )
            return VariantValue(ite(condition, yes.tag, no.tag), payloads, yes.type)
        case RecordValue(), RecordValue():
            pairs = zip(yes.fields, no.fields, strict=True)
            return RecordValue(tuple(choose(condition, x, y) for x, y in pairs), yes.type)
        case ArrayValue(), ArrayValue():
            pairs = zip(yes.items, no.items, strict=True)
            return ArrayValue(tuple(choose(condition, x, y) for x, y in pairs), yes.type)
        case SetValue(), SetValue():
            members = zip(yes.members, no.members, strict=True)
            return SetValue(tuple(ite(condition, x, y) for x, y in members), yes.type)
        case WrittenSet(), SetValue():
            return choose(condition, as_set(yes, no.type), no)
        case SetValue(), WrittenSet():
            return choose(condition, yes, as_set(no, yes.type))
        case QueueValue(), QueueValue():
            longer, shorter = (yes, no) if len(yes.slots) >= len(no.slots) else (no, yes)
            filler = default(longer.type.element)
            slots = (*shorter.slots, *[filler] * (len(longer.slots) - len(shorter.slots)))
            ours, theirs = (longer.slots, slots) if longer is yes else (slots, longer.slots)
            merged = tuple(choose(condition, x, y) for x, y in zip(ours, theirs, strict=True))
            return QueueValue(ite(condition, yes.length, no.length), merged, longer.type)
        case _:
            raise AssertionError(f"cannot merge {type(yes).__name__} with {type(no).__name__}")
