"""`custody prove`: a certificate or a counterexample for every property, whatever finds it first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from custody.cli.codes import Code, heaviest
from custody.cli.fault import tell
from custody.cli.options import seconds_option, setting_option
from custody.cli.outputs import colours, human_stream, paired, reporting, width, write
from custody.cli.paths import Spec
from custody.cli.request import Request
from custody.counting.problem import NotCountableError
from custody.language import syntax as s
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.elaborate import beyond, sized
from custody.language.program import Program
from custody.present.formats import render as render_format
from custody.present.obstacle import MOST_NAMES, sentences
from custody.present.report import Report
from custody.present.text import Page, render_run, render_total
from custody.properties.check import check
from custody.properties.engines import EngineChoice
from custody.properties.result import Outcome, RunResult
from custody.prove.offer import declarations
from custody.prove.portfolio import DEFAULT_SECONDS, ENGINE, METHODS, Portfolio
from custody.prove.result import Obstacle
from custody.prove.sizes import ENGINE as ANY_NUMBER
from custody.prove.sizes import AnyNumberEngine
from custody.prove.templates import LEMMA
from custody.prove.written import document, file_name, settings_of, up_to_date
from custody.system.finding import Limits, Verdict
from custody.system.model import SAFETY, Form, System
from custody.system.place import Place

_CODES = {Outcome.FAILED: Code.VIOLATED, Outcome.UNSETTLED: Code.INCONCLUSIVE, Outcome.PASSED: Code.PASSED}
MOST_SENTENCES = 12
"""An invariant of more clauses is only in the certificate."""


@click.command(name="prove")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@setting_option
@click.option("--property", "properties", multiple=True, metavar="NAME", help="Prove this property only. Repeatable.")
@click.option("--instance", "instances", multiple=True, metavar="NAME", help="Prove this instance only. Repeatable.")
@click.option("--method", "methods", multiple=True, type=click.Choice(METHODS), help="Only these ways. Repeatable.")
@click.option(
    "--any-number",
    "any_number",
    multiple=True,
    metavar="ROLE",
    help="Prove safety for any number of instances of this role, by counting or with quantifiers. Repeatable.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=3, show_default=True, help="Ways that run side by side.")
@seconds_option
@click.option("--max-memory", type=click.IntRange(min=1), metavar="MIB", help="Stop a way at so many MiB.")
@click.option(
    "--certificates",
    "folder",
    metavar="DIR",
    default="certificates",
    show_default=True,
    help="Where certificates are written.",
)
@click.option("--stale-only", is_flag=True, help="Leave out instances whose certificate is up to date.")
@click.option("--all-clauses", is_flag=True, help="Print invariants of any length.")
@click.option(
    "--charts",
    metavar="DIR",
    help="Where induction alone does not show a property that is declared or open, say which step is in the way and"
    " which lemma is missing, and draw it into this folder, as SVG.",
)
@reporting
def command(
    paths: tuple[str, ...],
    settings: tuple[tuple[str, str], ...],
    properties: tuple[str, ...],
    instances: tuple[str, ...],
    methods: tuple[str, ...],
    any_number: tuple[str, ...],
    jobs: int,
    timeout: float | None,
    max_memory: int | None,
    folder: str,
    stale_only: bool,
    all_clauses: bool,
    charts: str | None,
    json_files: tuple[str, ...],
    formats: tuple[str, ...],
    files: tuple[str, ...],
) -> int:
    """Prove every property of every specification, or show a counterexample.

    Several ways run side by side, and the first answer counts. What is proved is written as a certificate for each
    instance, which `custody verify` checks again by code that shares nothing with what made it.
    """
    outputs = paired(json_files, formats, files)
    limits = Limits(max_memory=None if max_memory is None else max_memory << 20, timeout=timeout)
    session = _Session(human_stream(outputs), Path(folder), dict(settings), properties, limits, all_clauses)
    session.stale_only, session.roles, session.charts = stale_only, any_number, charts
    session.instances = instances
    session.prove_all(paths, methods or METHODS, jobs)
    report = session.finish()
    for output in outputs:
        write(output, render_format(output.format, report))
    return heaviest(session.request.codes)


class _Session:
    def __init__(
        self,
        stream: TextIO,
        folder: Path,
        settings: dict[str, str],
        properties: tuple[str, ...],
        limits: Limits,
        all_clauses: bool,
    ) -> None:
        self.request = Request()
        self.stale_only = False
        self.roles: tuple[str, ...] = ()
        self.instances: tuple[str, ...] = ()
        self.charts: str | None = None
        self._drawn: set[str] = set()
        self._stream, self._page = stream, Page(width(stream), colours(stream))
        self._folder, self._settings, self._properties, self._limits = folder, settings, properties, limits
        self._most = sys.maxsize if all_clauses else MOST_SENTENCES
        self._runs: list[RunResult] = []

    def prove_all(self, paths: tuple[str, ...], methods: tuple[str, ...], jobs: int) -> None:
        loaded = self.request.load(paths, self._settings, self._properties)
        known = list(dict.fromkeys(system.instance for _, system in loaded if system.instance))
        if self.instances and loaded:
            if not self.request.knows("instance", self.instances, known):
                return
            loaded = [(spec, system) for spec, system in loaded if system.instance in self.instances]
        for spec, system in loaded:
            # What a contract allows is for `custody check` to say: it is no question about this system alone.
            asked = [p for p in system.properties if p.form is not Form.IMPLEMENTS]
            if self.roles and not self._properties:
                # A witness is of one size, and runs are not counted: what is left is what is never to be.
                asked = [p for p in asked if p.form in SAFETY]
            wanted = [p.name for p in asked if not self._properties or p.name in self._properties]
            if wanted and Code.INTERRUPTED not in self.request.codes:
                self._prove(spec, system, wanted, self._engine(spec, methods, jobs))

    def _engine(self, spec: Spec, methods: tuple[str, ...], jobs: int) -> Portfolio | AnyNumberEngine:
        if not self.roles:
            return Portfolio(methods, jobs)
        return AnyNumberEngine(
            lambda system: partial(_countable, beyond, spec.program, settings_of(system)),
            self.roles,
            lambda system: partial(_countable, sized, spec.program, settings_of(system)),
        )

    def finish(self) -> Report:
        report = Report(tuple(self._runs), tuple(self.request.errors))
        if self._runs:
            self._stream.write(render_total(report, self._page))
        return report

    def _prove(self, spec: Spec, system: System, wanted: list[str], portfolio: Portfolio | AnyNumberEngine) -> None:
        file = self._folder / file_name(spec.name, system, self._settings, self.roles)
        if self.stale_only and up_to_date(file, system, wanted):
            return
        try:
            engines = {EngineChoice.Z3: portfolio}
            run = check(system, spec.name, EngineChoice.Z3, self._limits, wanted, None, engines)
        except Exception as error:
            tell(error, spec.name)
            self.request.errors.append(
                Diagnostic(Place(spec.name, 0), "internal-fault", str(error) or type(error).__name__)
            )
            self.request.codes.append(Code.FAULT)
            return
        entries = portfolio.proofs.entries
        if entries:
            self._write(file, document(spec.program, spec.name, system, entries))
        covered = {name for entry in entries for name in entry["properties"]}
        run = replace(
            run,
            engine=ANY_NUMBER if self.roles else ENGINE,
            properties=tuple(
                replace(result, certificate=str(file) if result.subject.name in covered else None)
                for result in run.properties
            ),
        )
        self._runs.append(run)
        self.request.codes += [_CODES[result.outcome] for result in run.properties]
        if run.interrupted:
            click.echo("custody: interrupted", err=True)
            self.request.codes.append(Code.INTERRUPTED)
        self._stream.write(render_run(run, self._page))
        for line in [*self._about(system, entries, file), *self._lemmas(spec, run, entries)]:
            self._stream.write(f"  {line}\n")
        about = ""
        for name, text in self._in_the_way(spec, run):
            if name != about:
                about = name
                self._stream.write(f"  {self._page.styled(f'why {name} is no invariant by itself', 'bold')}\n")
            self._stream.write("".join(f"{line}\n" for line in self._page.paragraph(text, 4)))
        self._stream.write("\n")
        self._stream.flush()

    def _about(self, system: System, entries: list[dict[str, Any]], file: Path) -> Iterable[str]:
        offered = [
            line.removeprefix(LEMMA)
            for entry in entries
            for line in entry.get("readable") or ()
            if line.startswith(LEMMA)
        ]
        for entry in entries:
            sentences: list[str] | None = entry.get("readable")
            if sentences is not None:
                yield f"inductive invariant of {len(sentences)} clauses, found by {entry['found_by']}"
                yield from (f"  {sentence}" for sentence in sentences[: self._most])
                if len(sentences) > self._most:
                    yield f"  and {len(sentences) - self._most} more (--all-clauses prints them)"
            stated = entry.get("uses") or ()
            if stated:
                yield f"it rests on what the specification states: {', '.join(stated)}"
            for name, properties in _needed_for(entry).items():
                if properties:
                    yield f"  {name} is needed for {_some(properties)}"
        if offered:
            yield "what it rests on and nobody has stated, to be pasted into the specification:"
            yield ""
            for declaration in declarations(system, offered):
                yield from declaration.splitlines()
            yield ""
        if self.roles and entries:
            yield f"for any number of {' and of '.join(self.roles)}, whatever the sizes above"
        if entries:
            yield f"certificate: {file}"

    def _lemmas(self, spec: Spec, run: RunResult, entries: list[dict[str, Any]]) -> Iterator[str]:
        """Of each lemma of the author that is proved and of no use: that it is."""
        proved = {result.subject.name for result in run.properties if result.finding.verdict is Verdict.HOLDS}
        by_induction = {name for e in entries if e["kind"] == "inductive" for name in e["properties"]}
        needed = {name for entry in entries for name, of in _needed_for(entry).items() if of}
        for name in lemmas(spec.program):
            if name in proved and name not in needed:
                why = "no other proof needed it" if by_induction - {name} else "nothing else was proved by induction"
                yield f"lemma {name}: proved, and {why}"

    def _in_the_way(self, spec: Spec, run: RunResult) -> Iterator[tuple[str, str]]:
        """Where induction fails: the name of the property, and a paragraph."""
        open_ = [
            result.subject.name
            for result in run.properties
            if result.subject.form in SAFETY and result.finding.verdict is Verdict.INCONCLUSIVE
        ]
        asked = set(open_) | {
            result.subject.name
            for result in run.properties
            if self.charts is not None and not result.subject.implicit and result.finding.verdict is Verdict.HOLDS
        }
        if not asked or self.roles or run.interrupted:
            return
        from custody.prove.obstacle import obstacles
        from custody.symbolic.ic3 import OutOfTimeError

        seconds = self._limits.timeout or DEFAULT_SECONDS
        try:
            for obstacle in obstacles(run.system, asked, seconds if self.charts is not None else seconds / 4):
                for text in sentences(run.system, obstacle):
                    yield obstacle.property.name, text
                if self.charts is not None:
                    yield from self._drawn_as(spec, run.system, obstacle)
        except OutOfTimeError:
            yield "the rest", "what is in the way of other properties was not found within the time limit"

    def _drawn_as(self, spec: Spec, system: System, obstacle: Obstacle) -> Iterator[tuple[str, str]]:
        from custody.present.draw.charts import chart_name
        from custody.present.draw.obstacle import picture
        from custody.present.draw.table_svg import table_svg

        file = Path(self.charts or "", chart_name(spec.name, f"{obstacle.property.name} induction"))
        if str(file) not in self._drawn:
            self._drawn.add(str(file))
            self._write(file, table_svg(picture(system, obstacle)))
            yield obstacle.property.name, f"drawn: {file}"

    def _write(self, file: Path, text: str) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise click.UsageError(f"cannot write {file}: {error.strerror}") from None


def lemmas(program: Program) -> list[str]:
    """The names of the lemmas that the author states."""
    trees = program.library.trees().values()
    return [d.name for tree in trees for d in tree if isinstance(d, s.PropertyDecl) and d.kind == "lemma"]


def _needed_for(entry: dict[str, Any]) -> dict[str, list[str]]:
    """For each property that a proof uses, those that it does not show without it."""
    return entry.get("needed_for", {})


def _some(names: list[str]) -> str:
    return ", ".join(names if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], f"{len(names) - MOST_NAMES} more"])


def _countable(
    unfold: Callable[[Program, Mapping[str, str], Mapping[str, int]], System],
    program: Program,
    settings: Mapping[str, str],
    sizes: Mapping[str, int],
) -> System:
    try:
        return unfold(program, settings, sizes)
    except SpecError as error:
        raise NotCountableError(error.diagnostics[0].message) from None
    except LimitError as error:
        raise NotCountableError(error.reason, error.place) from None
