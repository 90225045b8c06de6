"""The page's text: the same bytes for the same result, and nothing of the verdicts lost or made up."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

from custody.cli import run
from custody.present.page.content import gather
from custody.present.report import Report, step_words, trace_steps
from support.reports import a_report


@pytest.fixture(scope="module", name="written")
def _written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folders = (tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two"))
    for folder in folders:
        assert run(["report", "spec:as_posted/ownership", "--set", "THREADS=1", "-o", str(folder)]) in (0, 1)
    return folders


def test_twice_the_same_bytes(written: tuple[Path, Path]) -> None:
    for name in ("index.html", "report.md", "report.json"):
        assert (written[0] / name).read_bytes() == (written[1] / name).read_bytes()


def test_the_data_says_what_the_report_says(written: tuple[Path, Path]) -> None:
    data = json.loads((written[0] / "report.json").read_text(encoding="utf-8"))
    page = (written[0] / "index.html").read_text(encoding="utf-8")
    markdown = (written[0] / "report.md").read_text(encoding="utf-8")
    assert data["runs"]
    for entry in data["runs"]:
        assert entry["seconds"] is None
        for subject in entry["properties"]:
            assert subject["name"] in page
            if not subject["implicit"]:
                assert subject["name"] in markdown
    assert "http" not in re.sub(r"http://www\.w3\.org/[0-9a-z/]*", "", page), "nothing is fetched from anywhere"


def test_the_runs_of_the_page_are_the_traces() -> None:
    report = a_report()
    content = gather(report)
    wanted: list[tuple[list[str], str]] = []
    for of_run, result in report.results():
        if result.finding.trace is not None:
            steps = trace_steps(of_run.system, result.finding.trace)
            wanted.append(([step_words(step.action) for step in steps], result.message))
    told = [([step["w"] for step in run.data["steps"]], run.data["message"]) for run in content.runs]
    assert sorted(told) == sorted(wanted)
    assert told


def test_every_verdict_is_in_some_cell() -> None:
    report = a_report()
    content = gather(report)
    assert (
        sum(content.totals[kind] for kind in ("failed", "open", "expected", "holds")) == content.totals["properties"]
    )
    shown = {row.subject.name for spec in content.specs for row in spec.rows}
    silent = {name for spec in content.specs for name in spec.silent}
    for _, result in report.results():
        assert result.subject.name in shown | silent


def test_an_empty_report_is_a_page_too(tmp_path: Path) -> None:
    assert run(["report", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "no specification that declares a property" in page
    assert gather(Report(())).totals["properties"] == 0


def test_the_packed_runs_can_be_read(written: tuple[Path, Path]) -> None:
    page = (written[0] / "index.html").read_text(encoding="utf-8")
    found = re.search(r'id="runs">([^<]*)<', page)
    assert found is not None
    runs = json.loads(gzip.decompress(base64.b64decode(found.group(1))))
    assert runs
    assert {"property", "steps", "first", "truth"} <= runs[0].keys()
