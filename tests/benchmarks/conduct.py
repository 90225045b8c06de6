"""Runs the runners on the cases, in turn, and notices where they disagree.

In each round every runner runs once before any runs again, so that a machine that gets slower for a while does so
for all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.cores import Cores
from benchmarks.limits import Limited
from benchmarks.run_custody import SEARCH
from benchmarks.runner import Desk, Runner, ToolError
from benchmarks.samples import Counts, Ending, Sample, Series, disagreements
from benchmarks.startup import StartUp

ENOUGH = 15.0
"""Seconds: a runner that has spent so much on a case is not asked again."""

COMPILES = 2
"""How often a model is generated and compiled anew."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Measured:
    """A case and the runs of every runner that ran it."""

    case: Case
    series: dict[str, Series] = field(default_factory=dict[str, Series])

    def of(self, name: str) -> Series:
        """The runs of a runner; an empty series where it did not run."""
        return self.series.get(name) or Series()

    @property
    def bits(self) -> int | None:
        """The bits of a state."""
        return next((run.bits for run in self.of(SEARCH).done), None)

    @property
    def counts(self) -> Counts | None:
        """What was counted, by whoever counted first."""
        return next((series.counts for series in self.series.values() if series.counts is not None), self.case.counts)


@dataclass(slots=True)
class Results:
    """Everything that was measured, and everything that is wrong with it."""

    cases: list[Measured] = field(default_factory=list[Measured])
    startup: StartUp | None = None
    limited: Limited | None = None
    errors: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def conduct(
    cases: Sequence[Case],
    runners: Sequence[Runner],
    cores: Cores,
    root: Path,
    repeat: int,
    limit: float,
    say: Say,
) -> Results:
    """Run everything. Whoever goes over the limit in a size of a family is not asked for the larger ones."""
    results = Results()
    given_up: set[tuple[str, str]] = set()
    for case in cases:
        desk = Desk(case, root / case.name.replace("(", "-").replace(")", ""), limit)
        measured = Measured(case)
        results.cases.append(measured)
        for number in range(repeat):
            for runner in runners:
                if (runner.group, case.family) not in given_up and runner.wants(desk):
                    say(f"{case.name}, round {number + 1}: {runner.name}")
                    series = measured.series.setdefault(runner.name, Series())
                    with cores.pinned(runner.cores):
                        _once(runner, desk, series, results)
                    if series.ending not in (Ending.DONE, None):
                        given_up.add((runner.group, case.family))
                        results.notes.append(f"{runner.name} on {case.name}: {series.ending}")
        results.errors += wrong(measured)
        shutil.rmtree(desk.root, ignore_errors=True)
    return results


def _once(runner: Runner, desk: Desk, series: Series, results: Results) -> None:
    """One round of one runner, unless it has had enough time; what goes wrong ends its part in this case."""
    if sum(run.wall for run in series.runs) > ENOUGH:
        return
    try:
        if len(series.compiles) < COMPILES:
            seconds = runner.prepare(desk)
            if seconds is not None:
                series.compiles.append(seconds)
        sample = runner.search(desk)
    except ToolError as error:
        sample = Sample(Ending.FAILED, 0.0, 0.0, 0, words=str(error))
    series.runs.append(sample)
    if sample.ending is Ending.FAILED:
        results.errors.append(f"{runner.name} failed on {desk.case.name}: {sample.words}")
    if runner.group == SEARCH:
        desk.counts = desk.counts or sample.counts
        desk.bits = desk.bits or sample.bits


def wrong(measured: Measured) -> list[str]:
    """Everything that two runs of a case, or a run and what is known, do not agree on."""
    case = measured.case
    told = [] if case.counts is None else [("what is known", case.counts)]
    told += [
        (name, run.counts)
        for name, series in measured.series.items()
        for run in series.done
        if run.counts is not None
    ]
    found = [f"{case.name}: {sentence}" for sentence in dict.fromkeys(disagreements(told))]
    verdict = "holds" if case.trace is None else "violated"
    for name, series in measured.series.items():
        for run in series.done:
            if run.verdict not in (None, verdict):
                found.append(f"{case.name}: {name} says '{run.verdict}' of what is '{verdict}'")
            elif run.verdict is not None and run.trace != case.trace:
                found.append(f"{case.name}: {name} gives {run.trace} steps where the shortest trace has {case.trace}")
    return list(dict.fromkeys(found))
