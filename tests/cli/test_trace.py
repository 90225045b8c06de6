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
