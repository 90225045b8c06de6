"""What a run does that would not fit: end early with exit code 3, and leave a checkpoint that a later run resumes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.measure import run
from benchmarks.run_custody import CUSTODY, RESULT, with_cache

MEBIBYTES = 192
"""Allowed to the run that is to stop: less than what 7 * 10^7 states need at any rate, and enough for a second of
work, for what is stopped sooner is begun anew and not resumed."""

ANEW = "began anew"
"""What Custody says when there was nothing to resume."""


@dataclass(frozen=True, slots=True)
class Limited:
    """Whether a limited run stopped as it should, after how long, and what became of its checkpoint.

    `resumed` says that it was gone on from, to the right counts.
    """

    case: str
    code: int
    seconds: float
    resumed: bool


def measure(case: Case, folder: Path, limit: float) -> Limited:
    """Run `case` with too little memory, then again with enough, going on from the checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = folder / "cache"
    cache.mkdir()
    environment = with_cache(cache)
    search = (*CUSTODY, "check", str(case.spec), *case.options, "--property", case.wanted, "--no-symmetry")
    stopped = run((*search, "--max-memory", str(MEBIBYTES)), folder, limit, environment)
    again = run((*search, "--resume", "--json", RESULT), folder, limit, environment)
    result = folder / RESULT
    resumed = False
    if again.code == 0 and ANEW not in again.err and result.exists() and case.counts is not None:
        found = json.loads(result.read_text(encoding="utf-8"))["runs"][0]
        resumed = (found["states"], found["transitions"]) == (case.counts.states, case.counts.transitions)
    return Limited(case.name, stopped.code, stopped.wall, resumed)
