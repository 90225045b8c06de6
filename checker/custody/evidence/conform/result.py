"""What a comparison found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from custody.evidence.conform.contract import Excuse
from custody.evidence.conform.interleavings import Event
from custody.evidence.conform.lockstep import Difference, Divergence
from custody.evidence.conform.step import Step


class Answer(StrEnum):
    """The verdict."""

    CONFORMS = "conforms"
    DIVERGES = "diverges"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Toured:
    """One instance's graph, toured: `claimed` of its steps, with `covered` of them taken on both sides."""

    states: int
    transitions: int
    claimed: int
    covered: int
    tours: int
    steps: int
    exact: bool
    least: int
    longest_call: int
    excuses: tuple[Excuse, ...]


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One instance's scenarios, walked in every interleaving."""

    scenarios: int
    interleavings: int
    moments: int


@dataclass(frozen=True, slots=True)
class Wandered:
    """One instance, walked at random."""

    walks: int
    steps: int
    different: int


@dataclass(frozen=True, slots=True)
class History:
    """What led to a moment that the contract does not explain: the way to the scenario, and what happened then."""

    way: tuple[Step, ...]
    events: tuple[Event, ...]
    message: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was done with one instance. `parameters` are those that the plan or the user chose."""

    kind: str
    parameters: tuple[tuple[str, str], ...]
    answer: Answer
    reason: str = ""
    toured: Toured | None = None
    interleaved: Interleaved | None = None
    wandered: Wandered | None = None
    divergence: Divergence | None = None
    history: History | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it, for one contract."""

    spec: str
    model: str
    parts: tuple[Part, ...]
    unclaimed: tuple[tuple[str, str], ...]
    ghosts: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]

    @property
    def answer(self) -> Answer:
        answers = {part.answer for part in self.parts}
        if Answer.DIVERGES in answers:
            return Answer.DIVERGES
        return Answer.INCONCLUSIVE if Answer.INCONCLUSIVE in answers or not self.parts else Answer.CONFORMS
