"""`custody check`: every property of every specification, with the verdicts as text and in the formats asked for."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TextIO

import click

from custody.cli.codes import Code, heaviest
from custody.cli.fault import tell
from custody.cli.options import Exploring, exploring
from custody.cli.outputs import Output, colours, human_stream, paired, reporting, width, write
from custody.cli.paths import Spec, load_all
from custody.cli.progress import Meter, meter
from custody.language import instances
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.present.diagnostics import render as render_diagnostic
from custody.present.formats import Format
from custody.present.formats import render as render_format
from custody.present.report import Report
from custody.present.text import Page, render_run, render_total, render_warnings
from custody.properties.check import check
from custody.properties.engines import EngineChoice, begin, searching
from custody.properties.result import Notice, Outcome, RunResult
from custody.properties.vacuity import standing
from custody.system.model import System
from custody.system.place import NOWHERE, Place

_CODES = {Outcome.FAILED: Code.VIOLATED, Outcome.UNSETTLED: Code.INCONCLUSIVE, Outcome.PASSED: Code.PASSED}


@click.command(name="check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@exploring
@reporting
@click.option(
    "--charts",
    metavar="DIR",
    help="Draw the shortest counterexample of each violated property into this folder, as SVG.",
)
def command(
    paths: tuple[str, ...],
    exploring: Exploring,
    json_files: tuple[str, ...],
    formats: tuple[str, ...],
    files: tuple[str, ...],
    charts: str | None,
) -> int:
    """Check every property of every specification.

    PATH is a specification, a folder of them, or spec:NAME for one that comes with Custody; without any, the
    folder `spec`. A violation that the specification expects is a pass.
    """
    outputs = paired(json_files, formats, files)
    folder = None if charts is None else _folder(charts)
    session = _Session(human_stream(outputs), exploring)
    session.check_all(paths)
    report = session.finish()
    for output in outputs:
        write(output, render_format(output.format, report))
    if folder is not None:
        _draw(report, folder)
    return heaviest(session.codes)


class _Session:
    """One call of the command: what it was asked, what it found so far, and what it exits with."""

    def __init__(self, stream: TextIO, options: Exploring) -> None:
        self.codes: list[Code] = []
        self._stream = stream
        self._page = Page(width(stream), colours(stream))
        self._options = options
        self._meter: Meter | None = meter()
        self._runs: list[RunResult] = []
        self._errors: list[Diagnostic] = []
        self._told: set[str] = set()

    def check_all(self, paths: Sequence[str]) -> None:
        """Load everything first, so that mistakes are told at once and not after a long search."""
        if self._options.engine in (EngineChoice.EXPLICIT, EngineChoice.ALL):
            # It takes as long as reading the specifications, the first time, and can be done beside that.
            begin()
        specs, errors = load_all(paths)
        self._complain(errors, Code.WRONG_REQUEST)
        loaded = [(spec, system) for spec in specs for system in self._instances(spec)]
        if self._require_properties(system for _, system in loaded):
            for _, of_spec in groupby(loaded, key=lambda pair: pair[0].name):
                first = len(self._runs)
                for spec, system in of_spec:
                    if any(self._selected(system)):
                        self._check(spec, system, () if len(self._runs) > first else _warnings(spec))
                    if Code.INTERRUPTED in self.codes:
                        break
                self._warn(self._runs[first:])
                if Code.INTERRUPTED in self.codes:
                    break

    def finish(self) -> Report:
        """Say how it ended."""
        report = Report(tuple(self._runs), tuple(self._errors))
        if self._runs:
            self._stream.write(render_total(report, self._page))
        return report

    def _instances(self, spec: Spec) -> tuple[System, ...]:
        try:
            return instances(spec.program, self._options.settings)
        except SpecError as error:
            self._complain(error.diagnostics, Code.WRONG_REQUEST)
        except LimitError as error:
            message = str(error).removeprefix(f"{error.place}: ")
            self._complain([Diagnostic(error.place, "too-large", message)], Code.INCONCLUSIVE)
        return ()

    def _selected(self, system: System) -> tuple[str, ...]:
        wanted = self._options.properties
        return tuple(known.name for known in system.properties if not wanted or known.name in wanted)

    def _require_properties(self, systems: Iterable[System]) -> bool:
        known = sorted({subject.name for system in systems for subject in system.properties})
        unknown = [name for name in self._options.properties if name not in known]
        for name in unknown if known else ():
            near = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
            complaint = Diagnostic(NOWHERE, "no-such-property", f"there is no property '{name}'", hint)
            self._complain([complaint], Code.WRONG_REQUEST)
        return not unknown

    def _check(self, spec: Spec, system: System, warnings: tuple[Notice, ...]) -> None:
        options = self._options
        try:
            selected, engines = self._selected(system), searching(options.means)
            run = check(system, spec.name, options.engine, options.limits, selected, self._meter, engines)
        except MemoryError:
            self._clear()
            message = "the memory of this machine does not suffice; see --max-memory and --max-states"
            self._complain([Diagnostic(Place(spec.name, 0), "out-of-memory", message)], Code.INCONCLUSIVE)
        except Exception as error:
            self._clear()
            tell(error, spec.name)
            self._errors.append(Diagnostic(Place(spec.name, 0), "internal-fault", str(error) or type(error).__name__))
            self.codes.append(Code.FAULT)
        else:
            self._clear()
            run = replace(run, notices=(*warnings, *run.notices))
            self._runs.append(run)
            self._tell_notes(run)
            self.codes += [_CODES[result.outcome] for result in run.properties]
            if run.interrupted:
                click.echo("custody: interrupted", err=True)
                self.codes.append(Code.INTERRUPTED)
            self._stream.write(render_run(run, self._page) + "\n")
            self._stream.flush()

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

    def _complain(self, errors: Iterable[Diagnostic], code: Code) -> None:
        for error in errors:
            sys.stderr.write(render_diagnostic(error))
            self._errors.append(error)
            self.codes.append(code)

    def _clear(self) -> None:
        if self._meter is not None:
            self._meter.clear()


def _folder(name: str) -> Path:
    """The folder for charts, which is made where it is missing."""
    folder = Path(name)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot draw into {name}: {error.strerror}") from None
    return folder


def _draw(report: Report, folder: Path) -> None:
    from custody.present.draw.charts import charts

    for name, picture in charts(report):
        write(Output(Format.TEXT, str(folder / name)), picture)


def _warnings(spec: Spec) -> tuple[Notice, ...]:
    """What the language had to say about the text, as notices of the first run."""
    return tuple(
        Notice(
            warning.code, f"{warning.message} ({warning.hint})" if warning.hint else warning.message, warning.place
        )
        for warning in spec.program.warnings
    )
