"""The explanation of each violation of a run: what mattered, the nearest passing run, and verified repairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from custody.language.program import Program
from custody.properties.result import PropertyResult, RunResult
from custody.system.finding import Verdict
from custody.system.model import Form, System
from custody.why.mattered import mattered
from custody.why.passing import passing
from custody.why.repair import Repair, repairs
from custody.why.result import KINDS, Explanation, Tried
from custody.why.trial import Bench


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for one failure."""

    shown: int = 2
    """How many repairs are shown: with so many that spoil nothing, the search is over."""
    candidates: int = 90
    """How many changes are tried."""
    checks: int = 15
    """How many amended systems are checked in full."""
    together: int = 12
    """How many combinations of changes are tried where no single one repairs the failure."""


USUAL = Effort()
QUICK = Effort(shown=1, candidates=40, checks=8, together=4)
"""For models of which one change takes long to check."""


def explanations(
    program: Program,
    run: RunResult,
    settings: Mapping[str, str],
    names: Iterable[str] | None = None,
    effort: Effort = USUAL,
) -> dict[str, Explanation]:
    """By name of the violated property; of `names` only, where they are given."""
    wanted = set(names) if names is not None else None
    violated = [
        result
        for result in run.properties
        if result.finding.verdict is Verdict.VIOLATED
        and result.finding.trace is not None
        and result.subject.form is not Form.IMPLEMENTS
        and (wanted is None or result.subject.name in wanted)
    ]
    search = _Search(Bench(program, run, settings), violated, effort)
    for result in violated:
        search.one_by_one(result)
    for result in violated:
        search.together(result)
    return {result.subject.name: search.explained(result) for result in violated}


class _Search:
    """Looks for repairs; what was found for one failure is known for the next."""

    def __init__(self, bench: Bench, violated: Sequence[PropertyResult], effort: Effort) -> None:
        self._effort = effort
        self._bench, self._system = bench, bench.run.system
        self._what = {r.subject.name: mattered(self._system, r.subject, r.finding) for r in violated}
        self._screened: dict[str, System | None] = {}
        self._passes: dict[tuple[str, str], bool] = {}
        self._tried: dict[str, Tried] = {}
        self._looked_at: Counter[str] = Counter()
        self._cut: set[str] = set()
        self._partial: dict[str, list[Repair]] = {}

    def explained(self, result: PropertyResult) -> Explanation:
        """All that is known of the failure by now."""
        name = result.subject.name
        found = sorted((tried for tried in self._tried.values() if name in tried.fixes), key=_worth)
        nearest = passing(self._system, result.subject, result.finding)
        cut = name in self._cut
        return Explanation(
            result, self._what[name], nearest, tuple(found[: self._effort.shown]), self._looked_at[name], cut
        )

    def one_by_one(self, result: PropertyResult) -> None:
        """Tries single changes."""
        name, trace = result.subject.name, result.finding.trace
        assert trace is not None
        start = self._bench.checks
        partial = self._partial.setdefault(name, [])
        stuck = result.subject.form in (Form.PROGRESS, Form.DEADLOCK)
        names, lines = self._routines(trace.actions), self._lines(result)
        for repair in repairs(self._bench.program, names, lines, stuck=stuck):
            if len(self._clean(name)) >= self._effort.shown:
                return
            if self._looked_at[name] >= self._effort.candidates or self._bench.checks - start >= self._effort.checks:
                self._cut.add(name)
                return
            if self._try(repair, name) is False:
                partial.append(repair)

    def together(self, result: PropertyResult) -> None:
        """Tries changes together that each repair something, or at least keep this from failing as it did."""
        name = result.subject.name
        if self._clean(name):
            return
        good = sorted((t for t in self._tried.values() if t.clean and t.repair.kind != "guard"), key=_worth)
        best: dict[int, Repair] = {}
        for tried in good:
            if len(tried.repair.changes) == 1:
                best.setdefault(tried.repair.changes[0].position, tried.repair)
        partial = [repair for repair in self._partial[name] if repair.kind != "guard"]
        groups = [(one, other) for one, other in combinations(best.values(), 2)]
        groups += [tuple(best.values())] if len(best) > 2 else []
        groups += [(one, other) for one in partial for other in best.values()]
        for group in groups[: self._effort.together]:
            changes = tuple(change for repair in group for change in repair.changes)
            if len({change.position for change in changes}) == len(changes):
                self._try(Repair(group[0].kind, changes), name)
            if self._clean(name):
                return
        if len(groups) > self._effort.together:
            self._cut.add(name)

    def _try(self, repair: Repair, name: str) -> bool | None:
        """Whether it repairs the failure; None where it is not even kept from failing as it did."""
        self._looked_at[name] += 1
        key = f"{repair.place} {repair.what}"
        if key not in self._screened:
            self._screened[key] = self._bench.amended(repair)
        system = self._screened[key]
        if system is None:
            return None
        if (key, name) not in self._passes:
            self._passes[key, name] = self._bench.passes(system, name)
        if not self._passes[key, name]:
            return None
        if key not in self._tried:
            self._tried[key] = self._bench.in_full(repair, system)
        return name in self._tried[key].fixes

    def _clean(self, name: str) -> list[Tried]:
        return [t for t in self._tried.values() if t.clean and name in t.fixes and t.repair.kind != "guard"]

    def _routines(self, actions: Sequence[int]) -> list[str]:
        return list(dict.fromkeys(self._system.actions[index].name for index in actions))

    def _lines(self, result: PropertyResult) -> dict[int, int]:
        """How near the lines of the trace's steps are: 0 where they store what the violation rests on."""
        trace, what = result.finding.trace, self._what[result.subject.name]
        assert trace is not None
        found: dict[int, int] = {}
        for number, index in enumerate(trace.actions):
            place = self._system.actions[index].place
            if place.file in ("", self._bench.program.file):
                near = 2 if what is None else 0 if number in what.steps else 1 if number in what.enabling else 2
                found[place.line] = min(near, found.get(place.line, near))
        return found


def _worth(tried: Tried) -> tuple[bool, int, bool, int, int, bool, int, int, str]:
    """What comes first: it spoils nothing, asks nothing of callers, repairs most, is small, is near."""
    repair = tried.repair
    spoiled = len(tried.breaks) + len(tried.unreachable) + len(tried.vacuous)
    asks = repair.kind == "guard"
    kind = list(KINDS).index(repair.kind)
    size = len(repair.changes)
    line, fixed = repair.place.line, len(tried.fixes)
    return not tried.clean, spoiled, asks, size, -fixed, repair.inserts, kind, line, repair.what
