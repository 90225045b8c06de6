"""One mutant against the properties of its specification, instance by instance, until some property fails.

Instances for which the mistake leaves every step as it was are not looked at.  Of the others a few states are looked
at first, which is all that most mutants need; then the whole of each that has more, the smallest instance first.
Instances that the specification expects to fail are not tried: a mistake in what is known to be wrong says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    """The reachable graph is that of the specification in every instance that is as it should be."""
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


@dataclass(frozen=True, slots=True)
class _Instance:
    """One of the specification's own that is as it should be, with the number of its states."""

    system: System
    states: int


class Bench:
    """A specification whose mutants are tried. What it says by itself is found out once."""

    def __init__(self, program: Program, spec: str, limits: Limits) -> None:
        """NothingToLoseError where the specification itself does not pass within the limits, or is not to pass."""
        self._spec = spec
        self.limits = limits
        self.growth = 0
        """Up to how many times the states of the specification's own instance are looked at, whatever the limit."""
        found: list[_Instance] = []
        for system in instances(program, {}):
            if any(p.expected is not None for p in system.properties):
                continue
            run = check(system, spec, EngineChoice.EXPLICIT, limits)
            if not run.passes:
                raise NothingToLoseError(f"{spec}, {system.instance or 'as it stands'}: it does not pass itself")
            found.append(_Instance(system, run.counted.states or 0 if run.counted else 0))
        if not found:
            raise NothingToLoseError(f"{spec}: each instance is expected to fail itself")
        self._instances = sorted(found, key=lambda entry: entry.states)

    def try_out(self, mutant: Mutant) -> Trial:
        """The verdict on one mutant."""
        try:
            return self._tried(mutant)
        except SpecError as error:
            return Trial(mutant, Outcome.REFUSED, reason=error.diagnostics[0].message)
        except LimitError as error:
            return Trial(mutant, Outcome.UNKNOWN, reason=error.reason)

    def _tried(self, mutant: Mutant) -> Trial:
        altered: list[tuple[_Instance, System]] = []
        larger: list[tuple[_Instance, System]] = []
        first = Limits(max_states=min(FIRST_STATES, self.limits.max_states or FIRST_STATES))
        for instance in self._instances:
            other = instance_named(mutant.program, instance.system.instance)
            if _alike(instance.system, other):
                continue
            altered.append((instance, other))
            run = self._check(other, first, {**ENGINES, EngineChoice.EXPLICIT: plain})
            caught = _caught(mutant, run)
            if caught is not None:
                return caught
            if not all(found.complete for found in run.explorations):
                larger.append((instance, other))
        unknown = ""
        for instance, other in larger:
            engines = searching(Means(hasty=instance.states < LARGE))
            run = self._check(other, self._limits(instance), engines)
            caught = _caught(mutant, run)
            if caught is not None:
                return caught
            unknown = unknown or next(_limits(run), "")
        if unknown:
            return Trial(mutant, Outcome.UNKNOWN, reason=unknown)
        same = all(same_graph(instance.system, other) for instance, other in altered)
        return Trial(mutant, Outcome.SAME if same else Outcome.SURVIVED)

    def _limits(self, instance: _Instance) -> Limits:
        most = self.limits.max_states
        return replace(self.limits, max_states=most and max(most, self.growth * instance.states))

    def _check(self, system: System, limits: Limits, engines: Mapping[EngineChoice, Engine]) -> RunResult:
        return check(system, self._spec, EngineChoice.EXPLICIT, limits, engines=engines)


def _caught(mutant: Mutant, run: RunResult) -> Trial | None:
    for result in run.properties:
        if result.finding.verdict is Verdict.VIOLATED:
            return Trial(mutant, Outcome.CAUGHT, by=result.subject.name, instance=run.system.instance)
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
