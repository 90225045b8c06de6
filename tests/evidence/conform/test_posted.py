"""Each defect of the code as it was posted is among the deliberate faults."""

from __future__ import annotations

import re
from pathlib import Path

from evidence.conform.mutants import MUTANTS
from evidence.conform.posted import POSTED

FINDINGS = Path(__file__).parents[3] / "reports" / "findings.md"


def _defects() -> set[tuple[str, str]]:
    """The model and the property of each violation that has a trace of the code as posted."""
    found: set[tuple[str, str]] = set()
    model = ""
    for line in FINDINGS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            model = line.removeprefix("## ")
        cell = re.match(r"\| [^|]+ \| violated \| \[([^]]+)\]\(traces/as_posted-", line)
        if cell is not None:
            found.add((model, cell[1]))
    return found


def test_each_defect_is_a_fault() -> None:
    defects = _defects()
    assert len(defects) > 80
    said = {(model, name) for model, of in POSTED.items() for name in of}
    assert defects == said
    assert all(names for of in POSTED.values() for names in of.values())


def test_the_faults_are_those_that_are_said_to_be_posted() -> None:
    stand_for = {name for of in POSTED.values() for names in of.values() for name in names}
    assert {mutant.name for mutant in MUTANTS if not mutant.equivalent} >= stand_for
    assert {mutant.name for mutant in MUTANTS if mutant.posted} >= stand_for
