"""What the kinds of proof have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from custody.system.model import State


@dataclass(frozen=True, slots=True)
class Proof:
    """One entry of a certificate's `proofs`."""

    kind: str
    properties: tuple[str, ...]
    data: dict[str, Any]


class RefusedError(Exception):
    """The obligation that fails, in which way, and a state that shows it where there is one."""

    def __init__(self, obligation: str, reason: str, state: State | None = None) -> None:
        super().__init__(f"{obligation}: {reason}")
        self.obligation, self.state = obligation, state


class UndecidedError(Exception):
    """A solver gave up, so nobody knows."""
