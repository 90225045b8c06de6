"""A recording as lines: what each says, whatever format it came in, before anything is known of its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "int | str"


class Sighting(StrEnum):
    """How a line sees something: a function entered or left, a whole call at once, or a program's own remark."""

    ENTER = "enter"
    RETURN = "return"
    CALL = "call"
    MARK = "mark"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that reports an event.

    `number` counts from 1, `time` is in seconds as written, `task` the kernel's thread id, `process` the program's
    process id where it is known.  `name` is the event's own, `function` the probed one where the line tells, and
    `caller` who called it.  `words` are those of a remark.
    """

    number: int
    text: str
    time: float | None
    task: int
    comm: str
    process: int | None
    sighting: Sighting
    name: str
    function: str | None = None
    caller: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict[str, Value])
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """The recording itself says that something is missing: at line `number` if `here`, else anywhere."""

    number: int
    text: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """All lines of one file that report events, what it says of its own losses, and what is odd about its order."""

    file: str
    lines: tuple[Line, ...]
    losses: tuple[Loss, ...]
    disorder: tuple[Loss, ...] = ()


class RecordingError(Exception):
    """The file is no recording, or cannot be read; the message says which and where."""
