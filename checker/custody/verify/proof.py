"""What the kinds of proof have in common."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from custody.system.display import show
from custody.system.expression import Expr, and_, boolean, eq, number, or_, read
from custody.system.model import State, System

Sizes: TypeAlias = Callable[[Mapping[str, int]], System]
"""The specification's system with these values of its parameters."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One entry of a certificate's `proofs`."""

    kind: str
    properties: tuple[str, ...]
    data: dict[str, Any]


class RefusedError(Exception):
    """The obligation that fails, in which way, and a state that shows it where there is one."""

    def __init__(
        self, obligation: str, reason: str, system: System | None = None, state: State | None = None
    ) -> None:
        super().__init__(f"{obligation}: {reason}")
        self.shown = shown(system, state) if system and state else ()


class UndecidedError(Exception):
    """A solver gave up, so nobody knows."""


def equals(system: System, variable: int, value: int) -> Expr:
    """That the variable has the value."""
    domain = system.variables[variable].domain
    return eq(read(variable, domain.sort), boolean(bool(value)) if domain.boolean else number(value))


def first(system: System) -> Expr:
    """That a state is a first one."""
    choices = (or_(*(equals(system, i, n) for n in v.initial)) for i, v in enumerate(system.variables))
    return and_(system.where, *choices)


def shown(system: System, state: State) -> tuple[str, ...]:
    """A state in the words of the specification, or of what counts; nothing of one that has other variables."""
    if len(state) != len(system.variables):
        return ()
    counts = tuple(f"{v.name} = {n}" for v, n in zip(system.variables, state, strict=True) if n)
    return tuple(f"{view.name} = {show(view.shape, state)}" for view in system.views) or counts or ("all is 0",)


def unpacked(text: str) -> Any:
    """What was written as JSON, compressed, in base 64."""
    reader = zlib.decompressobj()
    data = reader.decompress(base64.b64decode(text, validate=True), 1 << 28)
    if reader.unconsumed_tail:
        raise RefusedError("format", "the set is too large")
    return json.loads(data)
