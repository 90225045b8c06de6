"""The types of the language, with every bound a number: all are finite."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

SIDES = ("importer", "exporter", "core", "user", "hardware")
"""Who may own an action: a contract's clauses are duties and promises between these."""

ERRNOS = (
    "OK", "EPERM", "ENOENT", "EINTR", "EIO", "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "EBUSY", "EEXIST", "ENODEV",
    "EINVAL", "ENOTTY", "ENOSPC", "ERANGE", "EDEADLK", "EOVERFLOW", "EOPNOTSUPP", "ETIMEDOUT", "EALREADY",
    "ERESTARTSYS", "EBADF", "EMFILE", "ENFILE", "ENXIO",
)  # fmt: skip
"""The words of the built-in type `errno`."""

RULES = ("wait_die", "wound_wait")
"""How ww_mutexes are taken from each other: as the kernel's reservation locks do it, and as its modeset locks do."""


@dataclass(frozen=True, slots=True)
class BoolType:
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, slots=True)
class IntType:
    """The integers from `low` to `high`."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class NumberType:
    """What arithmetic yields: an integer whose bounds are not part of the type."""

    def __str__(self) -> str:
        return "number"


@dataclass(frozen=True, slots=True)
class RoleType:
    """An instance of a role (`is_object` False) or of an object pool; `size` instances."""

    name: str
    size: int
    is_object: bool = False
    optional: bool = False

    def __str__(self) -> str:
        return self.name + ("?" if self.optional else "")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One word. `before` is what an earlier version called it, which makes no other type of it."""

    label: str
    payload: tuple[Type, ...] = ()
    before: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class VariantType:
    """One of several words, some with a payload; `name` is empty when it was written in place."""

    name: str
    alternatives: tuple[Alternative, ...]
    labels: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(alternative.label for alternative in self.alternatives))

    def __str__(self) -> str:
        return self.name or " | ".join(alternative.label for alternative in self.alternatives)

    @property
    def before(self) -> tuple[str, ...]:
        """The labels as an earlier version had them."""
        return tuple(alternative.before or alternative.label for alternative in self.alternatives)

    def alternative(self, label: str) -> Alternative | None:
        return next((a for a in self.alternatives if a.label == label), None)


@dataclass(frozen=True, slots=True)
class RecordType:
    name: str
    fields: tuple[tuple[str, Type], ...]

    def __str__(self) -> str:
        return self.name

    def field(self, name: str) -> Type | None:
        return next((kind for known, kind in self.fields if known == name), None)


@dataclass(frozen=True, slots=True)
class ArrayType:
    """One element for each value of `index`, which is a role, an object, an enumeration, a truth or a range."""

    index: Type
    element: Type

    def __str__(self) -> str:
        return f"{self.element} for each {self.index}"


@dataclass(frozen=True, slots=True)
class SetType:
    element: Type

    def __str__(self) -> str:
        return f"set of {self.element}"


@dataclass(frozen=True, slots=True)
class QueueType:
    element: Type
    capacity: int

    def __str__(self) -> str:
        return f"queue of {self.element} max {self.capacity}"


@dataclass(frozen=True, slots=True)
class LockType:
    """`kind` is mutex, spinlock, rwlock or ww_mutex."""

    kind: str

    def __str__(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class ContextType:
    """An acquire context of ww_mutexes; `rule` is wait_die or wound_wait: what happens when locks are wanted
    crosswise (who gives way is the younger, when it would wait, or when somebody older waits for it)."""

    rule: str

    def __str__(self) -> str:
        return "acquire_ctx"


@dataclass(frozen=True, slots=True)
class CompletionType:
    def __str__(self) -> str:
        return "completion"


@dataclass(frozen=True, slots=True)
class KrefType:
    maximum: int

    def __str__(self) -> str:
        return f"kref max {self.maximum}"


@dataclass(frozen=True, slots=True)
class NoneType:
    """The type of `none` where nothing says what kind of reference is meant."""

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class UnknownType:
    """Stands where an error was already reported; agrees with everything."""

    def __str__(self) -> str:
        return "unknown"


Type: TypeAlias = (
    BoolType
    | IntType
    | NumberType
    | RoleType
    | VariantType
    | RecordType
    | ArrayType
    | SetType
    | QueueType
    | LockType
    | ContextType
    | CompletionType
    | KrefType
    | NoneType
    | UnknownType
)

BOOL = BoolType()
NUMBER = NumberType()
UNKNOWN = UnknownType()


def is_number(kind: Type) -> bool:
    return isinstance(kind, (IntType, NumberType, KrefType, UnknownType))


def is_scalar(kind: Type) -> bool:
    """Whether values of the type are one variable: these can index, be members of sets, and be bound."""
    match kind:
        case BoolType() | IntType() | RoleType():
            return True
        case VariantType(_, alternatives):
            return not any(alternative.payload for alternative in alternatives)
        case _:
            return False


def size(kind: Type) -> int:
    """How many values a scalar type has."""
    match kind:
        case BoolType():
            return 2
        case IntType(low, high):
            return high - low + 1
        case RoleType():
            return kind.size + kind.optional
        case VariantType(_, alternatives):
            return len(alternatives)
        case _:
            raise TypeError(f"{kind} is not scalar")


def agrees(given: Type, wanted: Type) -> bool:
    """Whether a value of type `given` may stand where `wanted` is asked for (range is checked when it runs)."""
    if isinstance(given, UnknownType) or isinstance(wanted, UnknownType):
        return True
    if is_number(wanted) and is_number(given):
        return True
    match given, wanted:
        case NoneType(), RoleType():
            return wanted.optional
        case RoleType(), RoleType():
            # A reference that may be none where an instance is asked for is a hazard when it is none, not an error.
            return (given.name, given.is_object) == (wanted.name, wanted.is_object)
        case VariantType(), VariantType():
            return given == wanted or (not given.name and not wanted.name and given.labels == wanted.labels)
        case SetType(), SetType():
            return agrees(given.element, wanted.element)
        case QueueType(), QueueType():
            return agrees(given.element, wanted.element)
        case _:
            return given == wanted
