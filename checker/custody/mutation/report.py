"""What a run over mutants found, as numbers, text and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custody.mutation.trial import Outcome, Trial

VERSION = 1


@dataclass(frozen=True, slots=True)
class Tried:
    """The trials of one specification; `mutants` is how many there are, of which all or a sample were tried."""

    spec: str
    fingerprint: str
    mutants: int
    trials: tuple[Trial, ...]
    explanations: Mapping[str, str]

    def of(self, outcome: Outcome) -> list[Trial]:
        return [trial for trial in self.trials if trial.outcome is outcome]

    @property
    def caught(self) -> int:
        return len(self.of(Outcome.CAUGHT))

    @property
    def counted(self) -> int:
        """Those that could be caught: they mean something else than the specification, and a verdict was reached."""
        return self.caught + len(self.of(Outcome.SURVIVED))

    @property
    def unexplained(self) -> list[Trial]:
        return [trial for trial in self.of(Outcome.SURVIVED) if trial.mutant.key not in self.explanations]


def share(caught: int, counted: int) -> str:
    """A percentage, rounded down, so that only everything is 100%."""
    return "none" if counted == 0 else f"{100 * caught // counted}%"


def text(tried: Tried) -> str:
    """For a person: the share, and each survivor with its explanation or without."""
    same, refused, unknown = (len(tried.of(outcome)) for outcome in (Outcome.SAME, Outcome.REFUSED, Outcome.UNKNOWN))
    lines = [
        f"{tried.spec}: {tried.caught} of {tried.counted} mistakes are caught, {share(tried.caught, tried.counted)}",
        f"  {len(tried.trials)} tried of {tried.mutants};"
        f" {same} change nothing, {refused} are refused, {unknown} unknown",
    ]
    for trial in tried.of(Outcome.SURVIVED):
        mutant = trial.mutant
        lines.append(f"  not caught: {mutant.place}: {mutant.routine}: {mutant.what} [{mutant.operator}]")
        lines.append(f"      {tried.explanations.get(mutant.key, 'no explanation for ' + mutant.key)}")
    lines += [f"  unknown: {t.mutant.place}: {t.mutant.what}: {t.reason}" for t in tried.of(Outcome.UNKNOWN)]
    return "\n".join(lines) + "\n"


def document(runs: Sequence[Tried]) -> str:
    """All as JSON: for each specification the counts, by which property mistakes are caught, and what was not."""
    return json.dumps({"version": VERSION, "specs": [spec_document(tried) for tried in runs]}, indent=1) + "\n"


def spec_document(tried: Tried) -> dict[str, Any]:
    """One specification of the document."""
    caught = tried.of(Outcome.CAUGHT)
    return {
        "spec": tried.spec,
        "fingerprint": tried.fingerprint,
        "mutants": tried.mutants,
        "tried": len(tried.trials),
        "outcomes": {outcome.value: len(tried.of(outcome)) for outcome in Outcome},
        "operators": {
            operator: dict(
                sorted(Counter(t.outcome.value for t in tried.trials if t.mutant.operator == operator).items())
            )
            for operator in sorted({t.mutant.operator for t in tried.trials})
        },
        "caught_by": dict(sorted(Counter(trial.by for trial in caught).items())),
        "not_caught": [_trial(t, tried.explanations) for t in tried.trials if t.outcome is not Outcome.CAUGHT],
    }


def _trial(trial: Trial, explanations: Mapping[str, str]) -> dict[str, Any]:
    mutant = trial.mutant
    return {
        "key": mutant.key,
        "operator": mutant.operator,
        "routine": mutant.routine,
        "file": mutant.place.file,
        "line": mutant.place.line,
        "what": mutant.what,
        "outcome": trial.outcome.value,
        "reason": trial.reason,
        "explanation": explanations.get(mutant.key),
    }
