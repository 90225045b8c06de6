"""One mutant against the properties of its specification, instance by instance, until some property fails.

First a few states of every instance are looked at, which is all that most mutants need; then the whole of each that
has more, the smallest instance first.  A property counts only where it holds of the specification itself, and only by
its verdict: that an expected violation is found at another length, or not any more, catches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.explore.same import same_graph
from custody.explore.search import explore as plain
from custody.language.diagnostic import LimitError, SpecError
from custody.language.elaborate import instance_named, instances
from custody.language.program import Program
from custody.mutation.operators import Mutant
from custody.properties.check import check
from custody.properties.engines import ENGINES, Engine, EngineChoice, searching
from custody.properties.result import RunResult
from custody.system.finding import Limits, Means, Verdict
from custody.system.model import System

FIRST_STATES = 5_000
"""How many states of each instance are looked at first, in plain Python: a compiler would take longer."""

LARGE = 150_000
"""From how many states on compiling well is worth its time."""


class Outcome(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    SAME = "same"
    """The reachable graph is that of the specification in every instance: the mistake changes nothing."""
    REFUSED = "refused"
    """The language does not let it pass: there is nothing to check."""
    UNKNOWN = "unknown"
    """A limit was reached before a verdict."""


@dataclass(frozen=True, slots=True)
class Trial:
    """`by` is the property that caught it, in `instance`; `reason` says why nothing is known, or what refused it."""

    mutant: Mutant
    outcome: Outcome
    by: str = ""
    instance: str = ""
    reason: str = ""


class NothingToLoseError(Exception):
    """A specification that is not as it should be itself cannot be tried."""


class Bench:
    """A specification whose mutants are tried. What it says by itself is found out once."""

    def __init__(self, program: Program, spec: str, limits: Limits) -> None:
        """NothingToLoseError where the specification itself does not pass within the limits."""
        self._spec = spec
        self.limits = limits
        self._systems: list[tuple[int, System]] = []
        self._held: dict[str, frozenset[str]] = {}
        for system in instances(program, {}):
            run = check(system, spec, EngineChoice.EXPLICIT, limits)
            if not run.passes:
                raise NothingToLoseError(f"{spec}, {system.instance or 'as it stands'}: it does not pass itself")
            self._held[system.instance] = frozenset(
                result.subject.name for result in run.properties if result.finding.verdict is Verdict.HOLDS
            )
            self._systems.append((run.counted.states or 0 if run.counted else 0, system))
        self._systems.sort(key=lambda entry: entry[0])

    def try_out(self, mutant: Mutant) -> Trial:
        """The verdict on one mutant."""
        try:
            return self._tried(mutant)
        except SpecError as error:
            return Trial(mutant, Outcome.REFUSED, reason=error.diagnostics[0].message)
        except LimitError as error:
            return Trial(mutant, Outcome.UNKNOWN, reason=error.reason)

    def _tried(self, mutant: Mutant) -> Trial:
        altered: list[tuple[int, System, System]] = []
        settled: set[str] = set()
        first = Limits(max_states=min(FIRST_STATES, self.limits.max_states or FIRST_STATES))
        for size, system in self._systems:
            other = instance_named(mutant.program, system.instance)
            altered.append((size, system, other))
            run = self._check(other, first, {**ENGINES, EngineChoice.EXPLICIT: plain})
            caught = self._caught(mutant, run)
            if caught is not None:
                return caught
            if all(found.complete for found in run.explorations):
                settled.add(system.instance)
        unknown = ""
        for size, system, other in altered:
            if system.instance in settled or _alike(system, other):
                continue
            run = self._check(other, self.limits, searching(Means(hasty=size < LARGE)))
            caught = self._caught(mutant, run)
            if caught is not None:
                return caught
            unknown = unknown or next(_limits(run), "")
        if unknown:
            return Trial(mutant, Outcome.UNKNOWN, reason=unknown)
        same = all(_alike(system, other) or same_graph(system, other) for _, system, other in altered)
        return Trial(mutant, Outcome.SAME if same else Outcome.SURVIVED)

    def _check(self, system: System, limits: Limits, engines: Mapping[EngineChoice, Engine]) -> RunResult:
        return check(system, self._spec, EngineChoice.EXPLICIT, limits, engines=engines)

    def _caught(self, mutant: Mutant, run: RunResult) -> Trial | None:
        held = self._held[run.system.instance]
        for result in run.properties:
            name = result.subject.name
            # A hazard that the specification has no step for cannot have held of it, and did not happen either.
            is_new = result.subject.implicit and result.subject.expected is None
            if result.finding.verdict is Verdict.VIOLATED and (name in held or is_new):
                return Trial(mutant, Outcome.CAUGHT, by=name, instance=run.system.instance)
        return None


def _limits(run: RunResult) -> Iterator[str]:
    for found in run.explorations:
        if not found.complete:
            yield found.limit or "inconclusive"


def _alike(one: System, other: System) -> bool:
    """Whether the two are the same but for words and places."""
    return (
        one.variables == other.variables
        and [(a.guard, a.effects, [c.condition for c in a.checks]) for a in one.actions]
        == [(a.guard, a.effects, [c.condition for c in a.checks]) for a in other.actions]
        and [(p.name, p.expression, p.goal) for p in one.properties]
        == [(p.name, p.expression, p.goal) for p in other.properties]
    )
