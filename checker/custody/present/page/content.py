"""What the page says, gathered from the runs: systems with their instances, properties and counterexamples.

The properties of one specification are one table for all its instances, since that is how a person asks: where does
this hold?  Counterexamples are numbered through the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from custody.present.draw.links import NO_LINKS, Links
from custody.present.page.explained import Explained, Said
from custody.present.page.runs import Player, Run
from custody.present.report import Report, statement, step_words, verdict_words
from custody.properties.result import Notice, Outcome, PropertyResult, RunResult
from custody.rules import all_rules
from custody.system.finding import Verdict
from custody.system.model import Property, System

MARKS = {
    Outcome.FAILED: "failed",
    Outcome.UNSETTLED: "open",
}


@dataclass(frozen=True, slots=True)
class Instance:
    """One run: `number` is what the columns of the property table are headed with."""

    number: int
    words: str
    verdict: str
    states: int | None
    transitions: int | None
    depth: int | None
    orbits: int | None
    engines: str
    limit: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What one instance says of one property. `kind` is failed, open, expected, reached or holds."""

    kind: str
    words: str
    message: str
    steps: int | None
    run: int | None
    engines: str


@dataclass(frozen=True, slots=True)
class Row:
    """One property over the instances of its specification; None where an instance does not have it."""

    subject: Property
    text: str
    where: str
    link: str
    cells: tuple[Cell | None, ...]
    certificates: tuple[str, ...]
    why: Said | None = None

    @property
    def kinds(self) -> str:
        return " ".join(sorted({cell.kind for cell in self.cells if cell is not None}))


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a step was taken, over all instances."""

    words: str
    where: str
    link: str
    times: int


@dataclass(frozen=True, slots=True)
class Spec:
    """One specification: what was checked of it, and what came of that."""

    key: str
    path: str
    name: str
    doc: str
    common: str
    instances: tuple[Instance, ...]
    rows: tuple[Row, ...]
    silent: tuple[str, ...]
    fired: tuple[Fired, ...]
    warnings: tuple[Notice, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many verdicts of each kind, hazards that never happen not counted."""
        kinds = [cell.kind for row in self.rows for cell in row.cells if cell is not None]
        return {kind: kinds.count(kind) for kind in ("failed", "open", "expected", "reached", "holds")}


@dataclass(frozen=True, slots=True)
class Content:
    """The whole page. `rules` are the cited ones with their words."""

    specs: tuple[Spec, ...]
    runs: tuple[Run, ...]
    errors: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    totals: dict[str, int]


def gather(report: Report, links: Links = NO_LINKS, explained: Explained | None = None) -> Content:
    """The content of the page for the report, with links to the specifications and what explains its violations."""
    player = Player(links, explained)
    warnings = dict[str, list[Notice]]()
    for spec, notice in report.warnings():
        warnings.setdefault(spec, []).append(notice)
    specs = tuple(
        _spec(number, list(runs), warnings.get(path, []), player, links)
        for number, (path, runs) in enumerate(groupby(report.runs, key=lambda run: run.spec), 1)
    )
    cited = {rule for _, result in report.results() for rule in result.subject.rules}
    outcomes = [result.outcome for _, result in report.results()]
    expected = sum(
        result.outcome is Outcome.PASSED and result.finding.verdict is Verdict.VIOLATED
        for _, result in report.results()
    )
    totals = {
        "specifications": len(specs),
        "runs": len(report.runs),
        "properties": len(outcomes),
        "failed": outcomes.count(Outcome.FAILED),
        "open": outcomes.count(Outcome.UNSETTLED),
        "expected": expected,
        "holds": outcomes.count(Outcome.PASSED) - expected,
        "explained": sum(row.why is not None for spec in specs for row in spec.rows),
    }
    rules = tuple((rule.id, rule.text) for rule in all_rules() if rule.id in cited)
    return Content(specs, tuple(player.runs), tuple(map(str, report.errors)), rules, totals)


def _spec(number: int, runs: Sequence[RunResult], warnings: Sequence[Notice], player: Player, links: Links) -> Spec:
    first = runs[0].system
    common = [pair for pair in first.parameters if all(pair in run.system.parameters for run in runs)]
    instances = tuple(_instance(at, run, common) for at, run in enumerate(runs, 1))
    known = {subject.name: subject for run in runs for subject in (result.subject for result in run.properties)}
    found = [{result.subject.name: result for result in run.properties} for run in runs]
    rows: list[Row] = []
    silent: list[str] = []
    for name, subject in known.items():
        results = [of_run.get(name) for of_run in found]
        if subject.implicit and all(_is_silent(result) for result in results):
            silent.append(name)
            continue
        cells = [
            None if result is None else _cell(run, result, instance, player)
            for run, result, instance in zip(runs, results, instances, strict=True)
        ]
        proofs = dict.fromkeys(result.certificate for result in results if result is not None)
        certificates = tuple(proof for proof in proofs if proof is not None)
        where, link = _where(subject, first), links.to(subject.place)
        rows.append(
            Row(
                subject,
                statement(subject),
                where,
                link,
                tuple(cells),
                certificates,
                player.explained.get((runs[0].spec, name)),
            )
        )
    rows.sort(key=lambda row: (_weight(row), row.subject.place.file != first.file, row.subject.place.line))
    return Spec(
        key=f"s{number}",
        path=runs[0].spec,
        name=first.name,
        doc=first.doc,
        common=", ".join(f"{name} = {_value(value)}" for name, value in common),
        instances=instances,
        rows=tuple(rows),
        silent=tuple(silent),
        fired=_fired(runs, links),
        warnings=tuple(warnings),
    )


def _instance(number: int, run: RunResult, common: Sequence[tuple[str, int | bool | str]]) -> Instance:
    counted = run.counted
    own = [f"{name} = {_value(value)}" for name, value in run.system.parameters if (name, value) not in common]
    return Instance(
        number=number,
        words=", ".join(own),
        verdict=run.verdict.value,
        states=counted.states if counted else None,
        transitions=counted.transitions if counted else None,
        depth=counted.depth if counted else None,
        orbits=counted.orbits if counted else None,
        engines=", ".join(dict.fromkeys(found.engine for found in run.explorations)),
        limit=next((found.limit for found in run.explorations if found.limit is not None), None),
    )


def _cell(run: RunResult, result: PropertyResult, instance: Instance, player: Player) -> Cell:
    trace = result.finding.trace
    engines = [engine for engine, verdict in run.verdicts(result.subject.name).items() if verdict != "inconclusive"]
    return Cell(
        kind=_kind(result),
        words=verdict_words(result),
        message=result.message,
        steps=None if trace is None else trace.length,
        run=None if trace is None else player.add(run, result, instance.words),
        engines=", ".join(engines or [result.engine]),
    )


def _kind(result: PropertyResult) -> str:
    if result.outcome in MARKS:
        return MARKS[result.outcome]
    if result.finding.verdict is Verdict.VIOLATED:
        return "expected"
    return "holds" if result.finding.trace is None else "reached"


def _is_silent(result: PropertyResult | None) -> bool:
    return result is None or (result.outcome is Outcome.PASSED and result.finding.trace is None)


def _weight(row: Row) -> int:
    """What needs attention stands first."""
    kinds = row.kinds.split()
    return next((at for at, kind in enumerate(("failed", "open", "expected")) if kind in kinds), 3)


def _where(subject: Property, system: System) -> str:
    place = subject.place
    return f"line {place.line}" if place.file in ("", system.file) else f"{PurePath(place.file).name}:{place.line}"


def _fired(runs: Sequence[RunResult], links: Links) -> tuple[Fired, ...]:
    """By the statement, whoever takes the step: those that never fire first, then as they stand in the text."""
    times: dict[tuple[str, str, int, str], int] = {}
    for run in runs:
        for found in run.explorations:
            for action, count in zip(run.system.actions, found.fired, strict=False):
                file = "" if action.place.file == run.system.file else PurePath(action.place.file).name
                words = step_words(action) if not action.arguments else _without_arguments(step_words(action))
                key = (words, file, action.place.line, links.to(action.place))
                times[key] = times.get(key, 0) + count
    fired = [
        Fired(words, f"{file}:{line}" if file else f"line {line}", link, count)
        for (words, file, line, link), count in times.items()
    ]
    order = {entry: at for at, entry in enumerate(fired)}
    return tuple(sorted(fired, key=lambda entry: (entry.times > 0, order[entry])))


def _without_arguments(words: str) -> str:
    head, bracket, rest = words.partition("(")
    _, closing, tail = rest.partition(")")
    return f"{head}(…){tail}" if bracket and closing else words


def _value(value: int | bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
