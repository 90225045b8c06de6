"""Values in the spec's own words: how groups of variables are shown as the one thing that was declared.

A tagged variant is several variables inside and one word with a payload outside; the same for records,
sets and queues.  Engines do not need this; traces, pictures and messages do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ScalarShape:
    """One variable, by index, with the names of its values (None: numbers)."""

    variable: int
    low: int
    labels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class VariantShape:
    """A tag and, for each label, the shapes of its payload."""

    tag: ScalarShape
    payloads: tuple[tuple[Shape, ...], ...]


@dataclass(frozen=True, slots=True)
class RecordShape:
    """Named fields."""

    fields: tuple[tuple[str, Shape], ...]


@dataclass(frozen=True, slots=True)
class SetShape:
    """One truth value for each possible member."""

    members: tuple[tuple[str, ScalarShape], ...]


@dataclass(frozen=True, slots=True)
class QueueShape:
    """A length and as many slots as the queue may hold."""

    length: ScalarShape
    slots: tuple[Shape, ...]


Shape: TypeAlias = "ScalarShape | VariantShape | RecordShape | SetShape | QueueShape"


@dataclass(frozen=True, slots=True)
class View:
    """A declared thing by the name that reports use, such as `sg` or `view[Device.0]`.

    `hidden` views (unused locals, library internals) are left out of traces unless asked for.
    """

    name: str
    shape: Shape
    hidden: bool = False
    actor: str | None = None


def show(shape: Shape, state: Sequence[int]) -> str:
    """The value in `state`, in the spec's words."""
    match shape:
        case ScalarShape(variable, low, labels):
            value = state[variable]
            return str(value) if labels is None else labels[value - low]
        case VariantShape(tag, payloads):
            parts = [show(part, state) for part in payloads[state[tag.variable]]]
            word = show(tag, state)
            return f"{word}({', '.join(parts)})" if parts else word
        case RecordShape(fields):
            return "{" + ", ".join(f"{name}: {show(part, state)}" for name, part in fields) + "}"
        case SetShape(members):
            return "{" + ", ".join(name for name, part in members if state[part.variable]) + "}"
        case QueueShape(length, slots):
            return "[" + ", ".join(show(slot, state) for slot in slots[: state[length.variable]]) + "]"


def changes(views: Sequence[View], before: Sequence[int], after: Sequence[int]) -> dict[str, tuple[str, str]]:
    """What is shown differently after the step: name -> (old, new), in the order of declaration."""
    found: dict[str, tuple[str, str]] = {}
    for view in views:
        old, new = show(view.shape, before), show(view.shape, after)
        if old != new and not view.hidden:
            found[view.name] = (old, new)
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """What a step changes, as near as it has a name, such as `DmaBuf.0.refs`; `parts` are the variables behind it."""

    name: str
    old: str
    new: str
    parts: frozenset[int]


def differences(views: Sequence[View], before: Sequence[int], after: Sequence[int]) -> Iterator[Difference]:
    """The changes, field by field where a record stays a record: of five fields only the one that is another."""
    for view in views:
        if not view.hidden:
            yield from _differences(view.name, view.shape, before, after)


def _differences(name: str, shape: Shape, before: Sequence[int], after: Sequence[int]) -> Iterator[Difference]:
    match shape:
        case RecordShape(fields):
            for field, part in fields:
                yield from _differences(f"{name}.{field}", part, before, after)
            return
        case VariantShape(tag, payloads) if before[tag.variable] == after[tag.variable]:
            payload = payloads[after[tag.variable]]
            if len(payload) == 1 and isinstance(payload[0], RecordShape):
                yield from _differences(name, payload[0], before, after)
                return
        case _:
            pass
    old, new = show(shape, before), show(shape, after)
    if old != new:
        yield Difference(name, old, new, frozenset(variables(shape)))


def variables(shape: Shape) -> Iterator[int]:
    """The indices of the variables that the shape shows, the one that decides about the others first."""
    match shape:
        case ScalarShape(variable=variable):
            yield variable
        case VariantShape(tag=tag, payloads=payloads):
            yield tag.variable
            for payload in payloads:
                for part in payload:
                    yield from variables(part)
        case RecordShape(fields=fields):
            for _, part in fields:
                yield from variables(part)
        case SetShape(members=members):
            for _, part in members:
                yield part.variable
        case QueueShape(length=length, slots=slots):
            yield length.variable
            for slot in slots:
                yield from variables(slot)
