"""`custody trace`: exit codes, the report, the machine form and the chart."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from custody.cli import run
from support.recorded import FOLDER, text_of

SPEC = "spec:dma_buf_events"


def file_of(name: str) -> str:
    return str(FOLDER / f"{name}.trace")


def written(folder: Path, text: str) -> str:
    file = folder / "changed.trace"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_clean_recording_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", SPEC, file_of("udmabuf__import_roundtrip")]) == 0
    out = capsys.readouterr().out
    assert "conforms (35 events, 1 buffer)" in out
    assert "not visible in this recording, and inferred: " in out
    assert "ignored events: " in out


def test_misuse_is_told_with_rule_and_line_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    files = [file_of("udmabuf__cpu_bracketed"), file_of("udmabuf__unbalanced_end")]
    assert run(["trace", SPEC, *files]) == 1
    out = capsys.readouterr().out
    assert "misuse by user, line 18: END without START [DB-CPU-01, DB-CPU-11]" in out
    assert "udmabuf_end_cpu: (end_cpu_udmabuf+0x4/0x50)" in out


def test_a_line_that_cannot_be_explained_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = re.sub(r"( unmap: .*)dir=0", r"\1dir=2", text_of("system-heap__import_roundtrip"))
    chart = tmp_path / "chart.svg"
    data = tmp_path / "data.json"
    assert run(["trace", SPEC, written(tmp_path, text), "--chart", str(chart), "--json", str(data)]) == 1
    out = capsys.readouterr().out
    assert "line 43 cannot be explained: a table is unmapped in another direction than it was mapped" in out
    assert "[DB-MAP-03]" in out.replace("\n      ", " ").replace("DB- MAP", "DB-MAP")
    assert "uses[k, dir] > 0 fails" in out.replace("\n", " ").replace("  ", "")
    assert "would fit with dir = bidirectional" in out
    assert "possible there: " in out
    assert "✗" in out
    found = json.loads(data.read_text(encoding="utf-8"))
    (recording,) = found["recordings"]
    violation = recording["buffers"][0]["violation"]
    assert (found["version"], recording["verdict"], violation["line"]) == (1, "violates", 43)
    assert violation["rules"] == ["DB-MAP-03"]
    assert violation["candidates"][0]["failed"][0]["expression"] == "uses[k, dir] > 0"
    assert "wrong" in "".join(ElementTree.fromstring(chart.read_bytes()).itertext())


def test_a_recording_without_a_beginning_is_inconclusive(tmp_path: Path) -> None:
    lines = text_of("udmabuf__import_roundtrip").splitlines(True)
    assert run(["trace", SPEC, written(tmp_path, "".join(lines[32:]))]) == 3


def test_machine_output_on_stdout_does_not_replace_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", SPEC, file_of("udmabuf__cpu_bracketed"), "--json", "-", "--coverage"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert "conforms" in captured.err
    assert "coverage: " in captured.err
    assert "begin_returned" in found["coverage"]["seen"]
    assert "cpu_writes" in found["coverage"]["never"]


def test_the_same_twice_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["trace", SPEC, file_of("udmabuf__invalid_arguments"), "--json", "-"]
    assert run(arguments) == 1
    first = capsys.readouterr()
    assert run(arguments) == 1
    assert capsys.readouterr() == first


def test_another_recording_may_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    original = file_of("udmabuf__import_roundtrip")
    text = "".join(line for line in text_of("udmabuf__import_roundtrip").splitlines(True) if " put: " not in line)
    assert run(["trace", SPEC, written(tmp_path, text), "--against", original]) == 0
    assert "equivalent: " in capsys.readouterr().out
    lines = text_of("udmabuf__import_roundtrip").splitlines(True)
    assert run(["trace", SPEC, written(tmp_path, "".join(lines[:30])), "--against", original]) == 1
    assert "not equivalent" in capsys.readouterr().out.replace("\n  ", " ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([SPEC, "missing.trace"], "missing.trace: cannot be read"),
        ([SPEC, str(FOLDER / "README.md")], "neither ftrace's text nor one JSON object a line"),
        (["spec:dma_buf", file_of("udmabuf__cpu_bracketed")], "says nothing about recordings"),
        (["spec:dma_bu", file_of("udmabuf__cpu_bracketed")], "did you mean"),
        ([SPEC], "Missing argument"),
        ([SPEC, file_of("udmabuf__cpu_bracketed"), "--chart", "x.png"], "must end in .svg"),
        ([SPEC, file_of("udmabuf__cpu_bracketed"), "--set", "TASK=1"], "did you mean 'TASKS'"),
        ([SPEC, file_of("udmabuf__cpu_bracketed"), "--against", "missing.trace"], "cannot be read"),
    ],
)
def test_a_wrong_request(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", *arguments]) == 2
    assert words in capsys.readouterr().err
