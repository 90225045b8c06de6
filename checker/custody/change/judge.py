"""Measures what comparisons found by what the project says, and decides the one thing that a pipeline asks."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass

from custody.change.category import LEVELS, Level, Severity, category
from custody.change.result import Change, Result
from custody.change.settings import Acceptance, Settings
from custody.language.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Finding:
    """A change with what it does to the gate. `accepted` is the baseline's reason, where it covers the change."""

    spec: str
    change: Change
    severity: Severity
    accepted: str | None = None

    @property
    def closes(self) -> bool:
        return self.severity is Severity.ERROR and self.accepted is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All comparisons of one call, judged. `errors` are what could not be compared at all."""

    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    errors: tuple[Diagnostic, ...] = ()
    between: str = ""
    """What was compared, in words."""
    unchanged: int = 0
    """How many specifications were the same text."""

    @property
    def closes(self) -> bool:
        return any(finding.closes for finding in self.findings)

    @property
    def limits(self) -> tuple[str, ...]:
        """What kept comparisons from being complete."""
        return tuple(limit for result in self.results for limit in result.limits)

    def of(self, result: Result) -> tuple[Finding, ...]:
        """The findings of one comparison that are to be told."""
        return tuple(f for f in self.told if f.spec == result.spec)

    @property
    def told(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is not Severity.IGNORE)

    @property
    def level(self) -> Level | None:
        """The heaviest of all comparisons; None where something is not known."""
        levels = [result.level for result in self.results]
        known = [level for level in levels if level is not None]
        heaviest = max(known, key=LEVELS.index, default=Level.IDENTICAL)
        if self.errors or (None in levels and heaviest is not Level.BREAKING):
            return None
        return heaviest


def today() -> datetime.date:
    """The day that acceptances expire by; `SOURCE_DATE_EPOCH` sets it for a run that can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date()
    return datetime.datetime.now(datetime.UTC).date()


@dataclass(frozen=True, slots=True)
class Measure:
    """What the project says of changes on one day: how heavy they are, and which of them it accepts."""

    settings: Settings
    accepted: tuple[Acceptance, ...]
    ignore_ambiguous: bool

    @staticmethod
    def of(settings: Settings, *, ignore_ambiguous: bool = False, date: datetime.date | None = None) -> Measure:
        """That of today, where no other day is given."""
        date = date or today()
        in_force = tuple(entry for entry in settings.accepted if entry.expires >= date)
        return Measure(Settings(settings.severities), in_force, ignore_ambiguous)

    def severity(self, change: Change) -> Severity:
        found = self.settings.severity(change.category)
        if self.ignore_ambiguous and change.level is Level.AMBIGUOUS and found is Severity.ERROR:
            return Severity.WARNING
        return found

    def entry(self, spec: str, change: Change) -> Acceptance | None:
        """What the change is accepted by."""
        return next((entry for entry in self.accepted if entry.covers(spec, change)), None)

    def closes(self, spec: str, change: Change) -> bool:
        """Whether the change alone closes the gate."""
        return self.severity(change) is Severity.ERROR and self.entry(spec, change) is None


def judge(
    results: Sequence[Result],
    settings: Settings,
    *,
    errors: Sequence[Diagnostic] = (),
    ignore_ambiguous: bool = False,
    date: datetime.date | None = None,
    whole_baseline: bool = True,
    between: str = "",
    unchanged: int = 0,
) -> Judgement:
    """`whole_baseline`: the comparisons are all there are, so an entry that none of them used is of no use."""
    date = date or today()
    measure = Measure.of(settings, ignore_ambiguous=ignore_ambiguous, date=date)
    used: set[Acceptance] = set()
    findings: list[Finding] = []
    for result in results:
        for change in result.changes:
            entry = measure.entry(result.spec, change)
            if entry is not None:
                used.add(entry)
            findings.append(Finding(result.spec, change, measure.severity(change), entry.reason if entry else None))
    # What was left of a specification may be what an entry about it is for.
    unknown = [result.spec for result in results if result.left or result.limits]
    for entry in settings.accepted:
        if entry.expires < date:
            findings.append(_about(entry, "BASELINE-EXPIRED", f"accepted until {entry.expires} only", settings))
        elif entry not in used and whole_baseline and not any(map(entry.speaks_of, unknown)):
            findings.append(_about(entry, "BASELINE-UNUSED", "nothing of the sort changed", settings))
    return Judgement(tuple(results), tuple(findings), tuple(errors), between, unchanged)


def _about(entry: Acceptance, name: str, why: str, settings: Settings) -> Finding:
    message = f"{entry.category} of {entry.subject} in {entry.spec}: {why} ({entry.reason})"
    change = Change(name, entry.subject, message, entry.place.file, entry.place.line)
    return Finding(entry.place.file, change, settings.severity(category(name)))
