"""The table of findings: for each system and each rule that it concerns, the code as posted beside its correction.

Everything in it is read from results: the verdicts of the last run, the answers of all engines (`evidence`) where
they are of the specification as it now is, and the certificates that lie in the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from custody.present.draw.charts import chart_name
from custody.rules import all_rules
from findings.certificates import Certificates
from findings.evidence import Evidence
from findings.runs import Run, Subject

HEADS = ("rule", "as posted", "shortest trace of", "corrected", "states", "engines that agree", "certificate")
SHORT_HEADS = ("system", "rule", "as posted", "corrected", "states", "engines that agree", "certificate")
TRACES = "traces"
Reasons: TypeAlias = Mapping[str, Mapping[str, str]]
"""Why a rule is not stated, by system and rule."""
NO_REASONS: Reasons = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `steps`, `broken` and `chart` are of the shortest trace of what was posted, if any.

    `variants` are the instances of the correction that are there to show what goes wrong without some part of it.
    """

    rule: str
    posted: str
    steps: int | None
    broken: str
    chart: str
    corrected: str
    variants: tuple[str, ...]
    states: str
    engines: str
    certificate: str


def rows(
    subject: Subject, evidence: Evidence, certificates: Certificates, reasons: Mapping[str, str] | None = None
) -> tuple[Row, ...]:
    """The rules that some property of the system states, in the order of the table of rules, then hazards."""
    stated = {name for run in (*subject.posted, *subject.corrected) for v in run.verdicts for name in v.rules}
    broken = {v.hazard for run in subject.posted for v in run.verdicts if v.implicit and v.verdict != "holds"}
    order = [entry.id for entry in all_rules() if entry.id in stated]
    return tuple(
        _row(subject, name, evidence, certificates, reasons or {}) for name in [*order, *sorted(broken - stated)]
    )


def _row(
    subject: Subject, name: str, evidence: Evidence, certificates: Certificates, reasons: Mapping[str, str]
) -> Row:
    posted = [(run, v) for run in subject.posted for v in run.verdicts if name in v.subjects]
    broken = [(v.steps, run.spec, v.name) for run, v in posted if v.verdict == "violated" and v.steps is not None]
    steps, spec, property_name = min(broken, key=lambda entry: entry[0], default=(None, "", ""))
    fixed = [(run, v) for run in subject.corrected for v in run.verdicts if name in v.subjects]
    wrong = dict.fromkeys(f"{run.model}: {run.title}" for run, v in fixed if v.verdict != "holds")
    right = [run for run, v in fixed if f"{run.model}: {run.title}" not in wrong]
    return Row(
        rule=name,
        posted="" if not posted else "holds" if steps is None else "violated",
        steps=steps,
        broken=property_name,
        chart=chart_name(spec, property_name) if spec else "",
        corrected=reasons.get(name, "") if not fixed else "holds" if right else "violated",
        variants=tuple(wrong),
        states=_states(run for run, _ in fixed),
        engines=_engines(subject, name, evidence),
        certificate=certificates.words(subject.corrected, name),
    )


def _states(runs: Iterable[Run]) -> str:
    """How many the largest instance has."""
    most = max((run.states or 0 for run in runs), default=0)
    return f"{most:,}" if most else ""


def _engines(subject: Subject, name: str, evidence: Evidence) -> str:
    """Which engines settle the properties, and in how many of the cases where one does not settle all."""
    asked: dict[str, int] = {}
    total = 0
    for spec in dict.fromkeys(run.spec for run in subject.corrected):
        for run in evidence.runs(spec):
            for verdict in run.verdicts:
                if name not in verdict.subjects:
                    continue
                total += 1
                for engine, answer in verdict.engines.items():
                    asked[engine] = asked.get(engine, 0) + (answer == verdict.verdict != "inconclusive")
    words = [
        engine if count == total else f"{engine} ({count} of {total})" for engine, count in asked.items() if count
    ]
    return ", ".join(words)


def page(
    subjects: Sequence[Subject], evidence: Evidence, certificates: Certificates, reasons: Reasons = NO_REASONS
) -> tuple[str, tuple[str, ...]]:
    """The whole page, and the names of the charts that it links to."""
    lines = [
        "# What was posted, and what it should be",
        "",
        "Made by `.ci/run` from what the specifications say; not edited by hand. For each system and each rule",
        "that a property of it states (`custody explain RULE` says it in full): whether the code as it was posted",
        "keeps the rule, the shortest way to break it, and whether the correction keeps it. A row named for a",
        "hazard is about what Custody looks for without being asked. *States* are those of the largest instance",
        "of the correction that each run checks. *Engines that agree* are those that gave the same verdict when",
        "all were asked; one with a count did not settle the others within its limits. What is empty is not",
        "stated, or not known. How far the explorer comes with larger ones is in [largest.md](largest.md), which",
        "mistakes the properties catch in [mutation.md](mutation.md).",
    ]
    charts: list[str] = []
    for subject in subjects:
        found = rows(subject, evidence, certificates, reasons.get(subject.name))
        if found:
            lines += ["", f"## {subject.name}", "", _specs(subject), ""]
            lines += _table(HEADS, map(_full, found))
            charts += [row.chart for row in found if row.chart]
    return "\n".join(lines) + "\n", tuple(dict.fromkeys(charts))


def _full(row: Row) -> tuple[str, ...]:
    trace = f"[{row.broken}]({TRACES}/{row.chart}), {_counted(row.steps or 0, 'step')}" if row.chart else ""
    corrected = row.corrected + (f"; violated as expected in {', '.join(row.variants)}" if row.variants else "")
    return row.rule, row.posted, trace, corrected, row.states, row.engines, row.certificate


def _specs(subject: Subject) -> str:
    posted = dict.fromkeys(run.spec for run in subject.posted)
    fixed = dict.fromkeys(run.spec for run in subject.corrected)
    return ", ".join(f"[{spec}](../{spec})" for spec in (*posted, *fixed)) + "."


def summary(
    subjects: Sequence[Subject], evidence: Evidence, certificates: Certificates, reasons: Reasons = NO_REASONS
) -> str:
    """What the README shows: the rules that posted code breaks, those together that the same trace breaks."""
    lines: list[tuple[str, ...]] = []
    for subject in subjects:
        together: dict[tuple[str, ...], list[str]] = {}
        for row in rows(subject, evidence, certificates, reasons.get(subject.name)):
            if row.chart:
                trace = f"[violated in {_counted(row.steps or 0, 'step')}](reports/{TRACES}/{row.chart})"
                variants = f"; not in {_counted(len(row.variants), 'variant')}" if row.variants else ""
                certificate = row.certificate.replace("](", "](reports/")
                rest = (trace, row.corrected + variants, row.states, row.engines, certificate)
                together.setdefault(rest, []).append(row.rule)
        lines += [(subject.name, _shortened(names), *rest) for rest, names in together.items()]
    return "\n".join(_table(SHORT_HEADS, lines))


def _shortened(names: Sequence[str]) -> str:
    """`DB-CPU-05, -07` for rules of one family."""
    words: list[str] = []
    for family, group in groupby(names, key=lambda name: name.rpartition("-")[0]):
        numbers = [name.removeprefix(family) for name in group]
        words += [family + numbers[0], *numbers[1:]]
    return ", ".join(words)


def _table(heads: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(row)} |" for row in cells),
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
