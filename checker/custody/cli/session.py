"""One call of a command that checks specifications: what it was asked, what it tells while it goes, what it found.

`custody check` and `custody report` are the same up to what they make of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TextIO, TypeVar

import click

from custody.cli.codes import Code
from custody.cli.options import Exploring
from custody.cli.outputs import colours, width
from custody.cli.paths import Spec
from custody.cli.progress import Meter, meter
from custody.cli.request import Request
from custody.cli.runs import Answer, NoResult, Run, one_by_one, side_by_side
from custody.language.diagnostic import Diagnostic
from custody.language.program import Program
from custody.present.report import Report
from custody.present.text import Page, render_run, render_total, render_warnings
from custody.processors import processors
from custody.properties.check import check
from custody.properties.engines import EngineChoice, begin, prepare, searching
from custody.properties.result import Notice, Outcome, RunResult
from custody.properties.vacuity import standing
from custody.system.finding import Limits, ProgressHook
from custody.system.model import LIVENESS, System
from custody.system.place import Place
from custody.why.result import Explanation

_Function = TypeVar("_Function", bound=Callable[..., Any])

_WHY = {Code.INCONCLUSIVE: "out-of-memory", Code.FAULT: "internal-fault"}
"""What the diagnostic of a run without a result is called."""
_CODES = {Outcome.FAILED: Code.VIOLATED, Outcome.UNSETTLED: Code.INCONCLUSIVE, Outcome.PASSED: Code.PASSED}


def jobs_option(function: _Function) -> _Function:
    """Give a click command `--jobs`."""
    option = click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Check N instances at once, each with its share of the memory (default: as many as there are processors"
        " for, with --threads for each).",
    )
    return option(function)


class Session:
    """One call of the command: what it was asked, what it found so far, and what it exits with."""

    def __init__(self, stream: TextIO, options: Exploring, jobs: int | None, explain: bool = False) -> None:
        """With `explain`, each violation is explained after its run."""
        self._request = Request()
        self._stream = stream
        self._page = Page(width(stream), colours(stream))
        self._options = options
        self._jobs = jobs or max(1, processors() // options.means.threads)
        self._meter: Meter | None = meter()
        self._runs: list[RunResult] = []
        self._told: set[str] = set()
        self._explain = explain
        self._programs: dict[str, Program] = {}
        self._explanations: dict[int, dict[str, Explanation]] = {}
        self._explained_already: set[tuple[str, str]] = set()

    def check_all(self, paths: Sequence[str]) -> None:
        """Load everything first, so that mistakes are told at once and not after a long search."""
        if self._options.engine in (EngineChoice.EXPLICIT, EngineChoice.ALL):
            # It takes as long as reading the specifications, the first time, and can be done beside that.
            begin()
        loaded = self._request.load(paths, self._options.settings, self._options.properties)
        self._programs = {spec.name: spec.program for spec, _ in loaded}
        runs = [Run(spec.name, system, self._selected(system)) for spec, system in loaded]
        warnings = {spec.name: _warnings(spec) for spec, _ in loaded}
        self._run([run for run in runs if run.properties], warnings)

    @property
    def codes(self) -> list[Code]:
        """What it exits with is the heaviest of these."""
        return self._request.codes

    @property
    def programs(self) -> Mapping[str, Program]:
        """What was loaded, by the name under which it was asked for."""
        return self._programs

    def finish(self) -> Report:
        """Say how it ended."""
        report = Report(tuple(self._runs), tuple(self._request.errors), self._explanations)
        if self._runs:
            self._stream.write(render_total(report, self._page))
        return report

    def _selected(self, system: System) -> tuple[str, ...]:
        wanted = self._options.properties
        return tuple(known.name for known in system.properties if not wanted or known.name in wanted)

    def _run(self, runs: Sequence[Run], warnings: Mapping[str, tuple[Notice, ...]]) -> None:
        """Check them all; a file's warnings come with its first result, and what its results agree on after the
        last."""
        found: list[RunResult] = []
        spec = ""
        try:
            for run, answer in self._answers(runs):
                if run.spec != spec:
                    self._warn(found)
                    found, spec = [], run.spec
                result = self._tell(run, answer, () if found else warnings[spec])
                if result is not None:
                    found.append(result)
        except KeyboardInterrupt:
            self._interrupted()
        self._warn(found)

    def _answers(self, runs: Sequence[Run]) -> Iterator[tuple[Run, Answer]]:
        limits = self._options.limits
        self._jobs = min(self._jobs, len(runs))
        if self._jobs <= 1:
            return one_by_one(runs, self._perform, limits, self._meter)
        prepare(any(p.form in LIVENESS for run in runs for p in run.system.properties if p.name in run.properties))
        return side_by_side(runs, self._perform, limits, self._meter, self._jobs)

    def _perform(self, run: Run, limits: Limits, progress: ProgressHook | None) -> RunResult:
        options = self._options
        return check(run.system, run.spec, options.engine, limits, run.properties, progress, searching(options.means))

    def _tell(self, run: Run, answer: Answer, warnings: tuple[Notice, ...]) -> RunResult | None:
        self._clear()
        if isinstance(answer, NoResult):
            diagnostic = Diagnostic(Place(run.spec, 0), _WHY[answer.code], answer.message)
            if answer.said:
                click.echo(answer.said, err=True)
                self._request.errors.append(diagnostic)
                self.codes.append(answer.code)
            else:
                self._request.complain([diagnostic], answer.code)
            return None
        result = replace(answer, notices=(*warnings, *answer.notices))
        self._runs.append(result)
        self._tell_notes(result)
        self._request.codes += [_CODES[found.outcome] for found in result.properties]
        if result.interrupted:
            self._interrupted()
        self._stream.write(render_run(result, self._page) + "\n")
        self._stream.flush()
        if self._explain and not result.interrupted:
            self._explained(result)
        return result

    def _explained(self, result: RunResult) -> None:
        """Say why what is violated is, and what would have prevented it; once for a file, where it fails first."""
        # Only here: it needs z3, which takes half a second to load.
        from custody.present.why import render_explanations
        from custody.why.explain import explanations

        names = [one.subject.name for one in result.properties]
        fresh = [name for name in names if (result.spec, name) not in self._explained_already]
        found = explanations(self._programs[result.spec], result, self._options.settings, fresh)
        self._explained_already |= {(result.spec, name) for name in found}
        self._explanations[len(self._runs) - 1] = found
        if found:
            self._stream.write(render_explanations(result.system, found, self._page) + "\n")
            self._stream.flush()

    def _interrupted(self) -> None:
        self._clear()
        if Code.INTERRUPTED not in self.codes:
            click.echo("custody: interrupted", err=True)
            self.codes.append(Code.INTERRUPTED)

    def _warn(self, runs: Sequence[RunResult]) -> None:
        """What all runs of a file agree to be of no use is told after the last of them."""
        notices = [notice for found in standing(runs).values() for notice in found]
        if notices:
            self._stream.write(render_warnings(notices, self._page) + "\n")
            self._stream.flush()

    def _tell_notes(self, run: RunResult) -> None:
        """What is to be said of how the searches went, each thing once."""
        for note in dict.fromkeys(note for found in run.explorations for note in found.notes):
            if note not in self._told:
                self._told.add(note)
                click.echo(f"note: {note}", err=True)

    def _clear(self) -> None:
        if self._meter is not None:
            self._meter.clear()


def _warnings(spec: Spec) -> tuple[Notice, ...]:
    """What the language had to say about the text, as notices of the first run."""
    return tuple(
        Notice(
            warning.code, f"{warning.message} ({warning.hint})" if warning.hint else warning.message, warning.place
        )
        for warning in spec.program.warnings
    )
