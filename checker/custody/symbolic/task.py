"""What the engine and the process that runs z3 say to each other."""

from __future__ import annotations

from dataclasses import dataclass

from custody.symbolic.bad import Question
from custody.system.model import System


@dataclass(frozen=True, slots=True)
class Task:
    """What to settle. `timeout` is in seconds."""

    system: System
    questions: tuple[Question, ...]
    max_depth: int
    timeout: float | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The last message: why it ended (None: everything is settled), and what went wrong if it did."""

    reason: str | None
    fault: str | None = None
