"""Writes the reports that are made from the verdicts of a run: `PYTHONPATH=.ci python -m findings JSON CHARTS`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from findings import any_number, arguments, choices, coverage, explained, largest, maps, mutants
from findings.certificates import FOLDER, read_certificates
from findings.evidence import read_evidence
from findings.paths import CHOICES, ENGINE_ANSWERS, EXPLAINED, LARGEST, MUTATION, REASONS, REPORTS, ROOT, SURVIVORS
from findings.runs import read_runs, subjects
from findings.table import TRACES, page, summary

BEGIN, END = "<!-- findings: made by .ci/run -->", "<!-- end of findings -->"


def main(verdicts: Path, charts: Path) -> None:
    """Write reports/findings.md, the charts that it links to, and the table in the README."""
    found = subjects(read_runs(verdicts))
    evidence = read_evidence(ENGINE_ANSWERS, ROOT)
    certificates = read_certificates(REPORTS / FOLDER)
    said = [coverage.coverage(subject, ROOT, coverage.read_reasons(REASONS)) for subject in found]
    reasons = {entry.system: entry.reasons for entry in said}
    text, linked = page(found, evidence, certificates, reasons)
    _write(REPORTS / "findings.md", text)
    _write(REPORTS / "arguments.md", arguments.page(json.loads(verdicts.read_text(encoding="utf-8"))))
    shutil.rmtree(REPORTS / TRACES, ignore_errors=True)
    (REPORTS / TRACES).mkdir()
    for name in linked:
        shutil.copyfile(charts / name, REPORTS / TRACES / name)
    _write(REPORTS / "mutation.md", mutants.page(MUTATION, SURVIVORS, ROOT))
    _write(REPORTS / "largest.md", largest.page(LARGEST, ROOT))
    _write(REPORTS / "explanations.md", explained.page(EXPLAINED, ROOT))
    _write(REPORTS / "any_number.md", any_number.page(REPORTS / FOLDER, FOLDER))
    _write(REPORTS / "choices.md", choices.page(found, choices.read_choices(CHOICES), ROOT))
    _write(REPORTS / "rules.md", coverage.page(said))
    maps.draw(REPORTS)
    readme = ROOT / "README.md"
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"README.md has no place for the table: {BEGIN} and {END}")
    _write(readme, f"{before}{BEGIN}\n{summary(found, evidence, certificates, reasons)}\n{END}{after}")


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
