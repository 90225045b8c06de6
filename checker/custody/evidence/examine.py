"""The whole examination of recordings against one specification, as plain data for whoever presents it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.evidence.diagnose import Diagnosis, diagnose
from custody.evidence.follow import Answer, Followed, answer_of, follow
from custody.evidence.history import Gap, Misuse
from custody.evidence.instance import Sizes
from custody.evidence.meaning import Event, understand
from custody.evidence.recording import Recording, Sighting
from custody.evidence.run import Run
from custody.language import Program
from custody.language.events import Recordable, recordable


@dataclass(frozen=True, slots=True)
class Finding:
    """A misuse, with the line in which the program itself tells of it, if it does."""

    misuse: Misuse
    told: Event | None


@dataclass(frozen=True)
class Buffer:
    """What is said of one buffer. `number` counts the buffers of a recording from 1; `later` are the events of this
    one after the line where it cannot be followed any more."""

    number: int
    run: Run
    answer: Answer
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    later: tuple[Event, ...]

    @property
    def stopped(self) -> bool:
        """Whether some line of it cannot be explained."""
        return self.run.stop is not None

    @functools.cached_property
    def diagnosis(self) -> Diagnosis | None:
        """What to say of that line; made when it is asked for, since it takes longer than all the rest."""
        return diagnose(self.run, self.later) if self.stopped else None


@dataclass(frozen=True, slots=True)
class Examined:
    """What is said of one recording."""

    recording: Recording
    followed: Followed
    answer: Answer
    buffers: tuple[Buffer, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a contract some recordings show: actions with their outcomes, by name.

    `inferred` happened without a line; `never` did not happen at all; `unrecorded` are actions that no event is
    declared for.
    """

    seen: tuple[str, ...]
    inferred: tuple[str, ...]
    never: tuple[str, ...]
    unrecorded: tuple[str, ...]


class Examiner:
    """Holds recordings against one specification; systems of the same size are unfolded once for all of them."""

    def __init__(self, program: Program, settings: Mapping[str, str]) -> None:
        self.contract: Recordable = recordable(program)
        self._sizes = Sizes(program, self.contract, settings)
        self._covered: dict[tuple[str, str], bool] = {}
        # What cannot be unfolded is complained about now, and not in the middle.
        self.model = self._sizes.sized({}).system

    def examine(self, recording: Recording, lost: int = 1) -> Examined:
        """The answer for one recording; at most `lost` events may be missing before any one."""
        reading = understand(recording, self.contract)
        followed = follow(reading, self._sizes, lost)
        buffers: list[Buffer] = []
        for number, run in enumerate(followed.runs, 1):
            for what, seen in run.covered.items():
                self._covered[what] = self._covered.get(what, False) or seen
            findings = tuple(Finding(misuse, _told(run, misuse)) for misuse in run.misuses)
            later = tuple(_later(reading.events, run))
            buffers.append(Buffer(number, run, answer_of(run), findings, tuple(run.gaps), later))
        return Examined(recording, followed, followed.answer, tuple(buffers))

    def coverage(self) -> Coverage:
        """What all recordings so far have shown."""
        every: dict[tuple[str, str], None] = {}
        for action in self.model.actions:
            every[(action.name, action.outcome or "")] = None
        mapped = self._sizes.mapped
        return Coverage(
            tuple(_named(what) for what in every if self._covered.get(what)),
            tuple(_named(what) for what in every if self._covered.get(what) is False),
            tuple(_named(what) for what in every if what not in self._covered and what[0] in mapped),
            tuple(_named(what) for what in every if what not in self._covered and what[0] not in mapped),
        )


def _named(what: tuple[str, str]) -> str:
    name, outcome = what
    return f"{name} {outcome}" if outcome else name


def _told(run: Run, misuse: Misuse) -> Event | None:
    """The program's remark about the system call in which the misuse happened."""
    if misuse.event.line.sighting is Sighting.MARK:
        return None
    for entry in run.history:
        event = entry.event
        if event.task == misuse.event.task and event.line.number > misuse.event.line.number:
            return event if event.line.sighting is Sighting.MARK else None
    return None


def _later(events: Sequence[Event], run: Run) -> Iterator[Event]:
    """The events of the run's buffer after its stop."""
    for event in events:
        if run.stop is not None and event.key == run.key and event.line.number > run.stop.event.line.number:
            yield event
