"""Trying out a repair: the amended system against all its properties, not only the one that failed.

First the failure is looked for where it was: among the actions that the counterexample has, which is a small part of
the amended system and all of whose runs are runs of it.  Most candidates end there.  What passes is checked in full,
and compared with what the specification said before: what holds now, what does not hold any more, what can no longer
be reached, and what no longer means anything because its premise, or a step, never happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from custody.explore.search import explore as plain
from custody.language.diagnostic import LimitError, SpecError
from custody.language.elaborate import instance_named, sized
from custody.language.program import Program
from custody.mutation.tree import below
from custody.properties.check import check
from custody.properties.engines import EngineChoice, searching
from custody.properties.result import Notice, PropertyResult, RunResult
from custody.properties.vacuity import ACTION_NEVER_FIRES
from custody.system.digest import digest
from custody.system.finding import Limits, Means, Verdict
from custody.system.model import SAFETY, Form, System
from custody.why.repair import Repair
from custody.why.result import Tried

NEAR_STATES = 1_500
"""How many states are looked at near the counterexample."""

MORE_STATES = 4
"""The amended system may have so many times the states that the specification has, and not more."""

SECONDS = 60.0


class Bench:
    """One instance of a specification as it was checked; what was tried on it is remembered."""

    def __init__(self, program: Program, run: RunResult, settings: Mapping[str, str]) -> None:
        self.program, self._settings = program, dict(settings)
        asked = {p.name for p in run.system.properties if p.form is not Form.IMPLEMENTS}
        # What a repair spoils can only be told where it is known what there was before.
        partial = not asked <= {result.subject.name for result in run.properties}
        self.run = _checked(run.system, run.spec, Limits()) if partial else run
        self._violated = {r.subject.name: r for r in self.run.properties if r.finding.verdict is Verdict.VIOLATED}
        self._seen: dict[str, str] = {digest(run.system): "it changes nothing"}
        self._known: dict[str, Tried] = {}
        self.checks = 0
        counted = self.run.counted
        states = (counted.orbits or counted.states or 0) if counted is not None else 0
        self._limits = Limits(max_states=max(100_000, MORE_STATES * states), timeout=SECONDS)

    def amended(self, repair: Repair) -> System | None:
        """The amended system; None where the language refuses it, or an earlier one came to the same."""
        try:
            system = self._amended(repair)
        except (SpecError, LimitError):
            return None
        key = digest(system)
        if key in self._seen:
            return None
        self._seen[key] = repair.what
        return system

    def passes(self, system: System, name: str) -> bool:
        """Whether the failure of that name is not found near the counterexample in the amended system."""
        return not self._still_fails(system, self._violated[name])

    def in_full(self, repair: Repair, system: System) -> Tried:
        """The verdict on all properties."""
        self.checks += 1
        run = _checked(system, self.run.spec, self._limits)
        limit = next((found.limit for found in run.explorations if found.limit), None)
        before = {r.subject.name: r for r in self.run.properties}
        now = {r.subject.name: r for r in run.properties}
        violated = [r for r in run.properties if r.finding.verdict is Verdict.VIOLATED]
        new = [r for r in violated if r.subject.name not in self._violated]
        fixed = [
            name
            for name in self._violated
            if (name in now and now[name].finding.verdict is Verdict.HOLDS)
            or (name not in now and before[name].subject.form is Form.HAZARD and limit is None)
        ]
        known = {(notice.code, notice.message) for notice in self.run.notices}
        fresh = [notice for notice in run.notices if (notice.code, notice.message) not in known]
        idle = [notice for notice in fresh if _is_inside(notice, repair, self.program)]
        return Tried(
            repair,
            fixes=tuple(fixed),
            breaks=tuple(r.subject.name for r in new if r.subject.form is not Form.REACHABLE),
            unreachable=tuple(r.subject.name for r in new if r.subject.form is Form.REACHABLE),
            vacuous=tuple(notice.message for notice in fresh if notice not in idle),
            idle=tuple(notice.message for notice in idle),
            left=tuple(r.subject.name for r in violated if r.subject.name in self._violated),
            lengths={
                r.subject.name: r.finding.trace.length for r in violated if r.finding.trace is not None
            },
            reason="" if limit is None else f"stopped at {limit}",
        )  # fmt: skip

    def _amended(self, repair: Repair) -> System:
        program = repair.program(self.program)
        if self._settings or not self.run.system.instance:
            values = {
                name: str(v).lower() if isinstance(v, bool) else str(v) for name, v in self.run.system.parameters
            }
            return replace(sized(program, values, {}), instance=self.run.system.instance)
        return instance_named(program, self.run.system.instance)

    def _still_fails(self, system: System, result: PropertyResult) -> bool:
        """Whether the failure is found among the steps of its counterexample. False where that says nothing."""
        trace, subject = result.finding.trace, result.subject
        if trace is None or subject.form not in SAFETY or subject.form is Form.DEADLOCK:
            return False
        found = next((p for p in system.properties if p.name == subject.name), None)
        if found is None:
            return False
        there = {_signature(self.run.system, index) for index in trace.actions}
        kept = tuple(a for n, a in enumerate(system.actions) if _signature(system, n) in there)
        part = replace(system, actions=kept, properties=(found,), fairness=(), implementation=None)
        return plain(part, Limits(max_states=NEAR_STATES)).findings[found.name].verdict is Verdict.VIOLATED


def _checked(system: System, spec: str, limits: Limits) -> RunResult:
    """All properties but those that compare with a contract."""
    asked = [p.name for p in system.properties if p.form is not Form.IMPLEMENTS]
    means = searching(Means(symmetry=True, hasty=True))
    return check(system, spec, EngineChoice.EXPLICIT, limits, asked, engines=means)


def _is_inside(notice: Notice, repair: Repair, program: Program) -> bool:
    """Whether it is about a step within one of the changed routines, and not about calls of it."""
    if notice.code != ACTION_NEVER_FIRES or notice.place.file not in ("", program.file):
        return False
    for change in repair.changes:
        lines = {node.place.line for node in below(change.declaration)} - {change.declaration.place.line}
        if notice.place.line in lines:
            return True
    return False


def _signature(system: System, index: int) -> tuple[object, ...]:
    action = system.actions[index]
    return action.actor, action.name, action.arguments
