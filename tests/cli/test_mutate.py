"""`custody mutate` tells what is not caught, and exits with 1 until somebody explains it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.cli import run
from support.mutants import COUNTER


@pytest.fixture
def spec(tmp_path: Path) -> str:
    file = tmp_path / "counter.custody"
    file.write_text(COUNTER, encoding="utf-8")
    return str(file)


def test_what_is_not_caught_has_to_be_explained(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result.json"
    assert run(["mutate", spec, "--json", str(result)]) == 1
    out = capsys.readouterr().out
    assert "not caught" in out and "no explanation for counter:count_up:drop-assignment" in out
    (entry,) = json.loads(result.read_text(encoding="utf-8"))["specs"]
    survivors = [t["key"] for t in entry["not_caught"] if t["outcome"] == "survived"]
    assert survivors and entry["outcomes"]["caught"] + len(entry["not_caught"]) == entry["tried"] == entry["mutants"]
    why = tmp_path / "why.toml"
    why.write_text("".join(f'"{key}" = "Nobody asks for it."\n' for key in survivors), encoding="utf-8")
    assert run(["mutate", spec, "--explanations", str(why)]) == 0
    assert "Nobody asks for it." in capsys.readouterr().out


def test_only_what_is_asked_for_is_tried(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mutate", spec, "--operator", "drop-lock"]) == 0
    assert "1 of 1 mistakes are caught, 100%" in capsys.readouterr().out
    assert run(["mutate", spec, "--sample", "1", "--operator", "drop-free", "--operator", "drop-lock"]) == 0
    assert "1 tried of 2;" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["not toml", None])
def test_explanations_that_cannot_be_read_are_a_wrong_request(content: str | None, spec: str, tmp_path: Path) -> None:
    file = tmp_path / "why.toml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert run(["mutate", spec, "--explanations", str(file)]) == 2
