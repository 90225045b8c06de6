"""What the engine and the process that runs z3 say to each other: a task one way, findings the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from custody.system.finding import Finding
from custody.system.model import LIVENESS, SAFETY, Form, System

ASKED = SAFETY | {Form.REACHABLE}
"""The forms of property that are questions about states and steps."""

ANSWERED = ASKED | LIVENESS
"""With those that become such questions about the system's double."""

NO_FIRST_STATE = "the system has no first state"
"""The reason why nothing is settled about a system in which nothing ever happens."""


@dataclass(frozen=True, slots=True)
class Task:
    """The named properties of the system are to be settled.

    `max_depth` counts steps, None is no bound; `seconds` is the time there is; `max_memory` is in bytes; `method`
    says how, where there is a choice.
    """

    system: System
    names: tuple[str, ...]
    max_depth: int | None
    seconds: float
    max_memory: int | None = None
    method: str = "bounded"


@dataclass(frozen=True, slots=True)
class Ended:
    """The last message. `reason` says why questions remain open, if any do; `limit` names the limit reached.

    `fault` is what was found to be wrong with us: then nothing that was said before is to be believed.  `looked` is
    up to how many steps every run was looked at before the limit.
    """

    reason: str | None = None
    limit: str | None = None
    fault: str | None = None
    peak_bytes: int = 0
    looked: int | None = None


def stopped_at(limit: str) -> Ended:
    """The last message when a limit was reached."""
    return Ended(f"stopped at {limit}", limit)


@dataclass(frozen=True, slots=True)
class Proved:
    """Findings that one proof supports; `proof` is an entry of a certificate's `proofs`, or None."""

    findings: tuple[Finding, ...]
    proof: dict[str, Any] | None
    method: str


Message: TypeAlias = Finding | Proved | Ended
