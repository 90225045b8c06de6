"""The page's text: the same bytes for the same result, and nothing of the verdicts lost or made up."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from custody.cli import run
from custody.language import load
from custody.language.fingerprint import fingerprint
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


COUNTER = """model counter

role Thread[2] is user

state
    total: 0..4
    done[Thread]: bool

procedure increment by Thread
    requires not done[self]
    local seen: 0..4
    seen = total
    total = seen + 1
    done[self] = true

invariant both_count
    (forall t: Thread . done[t]) => total == 2

expect violated
    both_count
"""


@pytest.fixture(scope="module", name="explained")
def _explained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A specification, and the folder with its page, whose violation was explained with it."""
    spec = tmp_path_factory.mktemp("counter") / "counter.custody"
    spec.write_text(COUNTER)
    assert run(["report", str(spec), "--explain", "--no-maps", "-o", str(spec.parent / "page")]) == 0
    return spec, spec.parent / "page"


def test_an_explanation_stands_with_the_property_and_with_the_run(explained: tuple[Path, Path]) -> None:
    page = (explained[1] / "index.html").read_text(encoding="utf-8")
    assert "1 violations are explained" in page and "would have prevented it" in page
    assert "Why both_count is violated" in (explained[1] / "report.md").read_text(encoding="utf-8")
    [shown] = runs_of(page)
    assert any(sentence.startswith("it rests on step") for sentence in shown["why"])
    assert shown["rests"] and set(shown["rests"]) <= set(range(1, len(shown["steps"]) + 1))
    assert not set(shown["rests"]) & set(shown["leads"])


def test_kept_explanations_are_shown_where_they_are_of_this_text(
    explained: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, file = explained[0], tmp_path / "kept.json"
    entry = {
        "property": "both_count",
        "instance": "",
        "length": 6,
        "said": ["it rests on the weather"],
        "steps": [2],
        "enabling": None,
    }
    document = {"counter.custody": {"fingerprint": fingerprint(load(str(spec))), "explanations": [entry]}}
    file.write_text(json.dumps(document))
    arguments = ["report", str(spec), "--no-maps", "--explained", str(file), "-o", str(tmp_path / "page")]
    assert run(arguments) == 0
    page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert "it rests on the weather" in page
    spec.write_text(COUNTER.replace("total == 2", "total >= 2"))
    assert run(arguments) == 0
    assert "an earlier version" in capsys.readouterr().err
    assert "weather" not in (tmp_path / "page" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["no JSON", "[1, 2]", '{"counter.custody": {"fingerprint": 1}, "x": 2}'])
def test_what_is_no_file_of_explanations_is_refused(
    explained: tuple[Path, Path], tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.json"
    file.write_text(text)
    arguments = ["report", str(explained[0]), "--no-maps", "--explained", str(file), "-o", str(tmp_path / "page")]
    assert run(arguments) == (0 if "fingerprint" in text else 2)
    assert str(file) in capsys.readouterr().err


def runs_of(page: str) -> list[dict[str, Any]]:
    packed = re.search(r'id="runs">([^<]*)<', page)
    assert packed is not None
    return json.loads(gzip.decompress(base64.b64decode(packed[1])))
