"""A run's result as the presentation sees it: verdicts with their explanations, nothing left to decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from custody.system.finding import Exploration, Finding, Verdict
from custody.system.model import Conjunct, Property, System
from custody.system.place import Place

INTERRUPTED = "interrupted"
"""The limit that an engine names when it was stopped from the keyboard."""


class Outcome(StrEnum):
    """A verdict measured by what the spec expects. UNSETTLED is never success."""

    PASSED = "passed"
    FAILED = "failed"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """One property: the verdict, which engine gave it, a sentence for a person, and what was false.

    `certificate` is the file that the verdict can be checked again with.

    `subject` is what was checked; `failed` are the conjuncts that are false in the state (or over the step)
    that the trace ends with.
    """

    subject: Property
    finding: Finding
    engine: str
    message: str
    failed: tuple[Conjunct, ...] = ()
    certificate: str | None = None

    @property
    def as_expected(self) -> bool | None:
        """Whether the verdict, and the length where one is stated, is what the spec expects; None: none stated."""
        expected = self.subject.expected
        if expected is None:
            return None
        violated = self.finding.verdict is Verdict.VIOLATED
        if violated != expected.violated or self.finding.verdict is Verdict.INCONCLUSIVE:
            return False
        if not violated or expected.length is None:
            return True
        return self.finding.trace is not None and self.finding.trace.length == expected.length

    @property
    def outcome(self) -> Outcome:
        """PASSED when it holds, or is what the spec expects."""
        if self.finding.verdict is Verdict.INCONCLUSIVE:
            return Outcome.UNSETTLED
        fits = self.as_expected if self.as_expected is not None else self.finding.verdict is Verdict.HOLDS
        return Outcome.PASSED if fits else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning with its place, such as an action that never fires. `code` is stable."""

    code: str
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class RunResult:
    """One spec, one instance, one choice of engine.

    `notices` are warnings; `refuted` are those that this run shows to be unfounded, should another give them.
    """

    spec: str
    system: System
    engine: str
    verdict: Verdict
    properties: tuple[PropertyResult, ...]
    explorations: tuple[Exploration, ...]
    notices: tuple[Notice, ...]
    refuted: frozenset[Notice] = frozenset()

    @property
    def passes(self) -> bool:
        """Everything holds or is violated exactly as the spec expects, and nothing is inconclusive."""
        return all(result.outcome is Outcome.PASSED for result in self.properties)

    def verdicts(self, name: str) -> dict[str, Verdict]:
        """What each engine that was asked says about the property of that name."""
        return {found.engine: found.findings[name].verdict for found in self.explorations if name in found.findings}

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped from the keyboard; what it had found by then is still true."""
        return any(found.limit == INTERRUPTED for found in self.explorations)

    @property
    def counted(self) -> Exploration | None:
        """The exploration whose states, transitions and depth stand for the run, if one enumerated them."""
        return next((found for found in self.explorations if found.states is not None), None)

    @property
    def reduced(self) -> Exploration | None:
        """The exploration that left out steps, if one did: what it looked at are not all states."""
        return next((found for found in self.explorations if found.explored is not None), None)
