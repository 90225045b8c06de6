"""`--reduce` from the command line to the JSON: nothing that was not counted passes for a count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.cli import run

SPEC = """model locally
    "Steps of one's own between two that concern everybody."
param N = 5 in 2..5
role Thread[N] is user
state
    one[Thread]: 0..1
    done[Thread]: bool
    total: 0..5
procedure work by Thread
    requires not done[self]
    one[self] = 1
    total = total + 1
    one[self] = 0
    done[self] = true
invariant bounded
    total <= N
reachable everybody
    total == N
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "locally.custody"
    path.write_text(SPEC, encoding="utf-8")
    return path


def result(*options: str) -> dict[str, Any]:
    """The one run, as JSON."""
    assert run(["check", "locally.custody", "--json", "out.json", *options]) == 0
    (found,) = json.loads(Path("out.json").read_text(encoding="utf-8"))["runs"]
    return found


@pytest.mark.usefixtures("spec")
def test_what_was_left_out_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    whole = result()
    assert (whole["reduced"], whole["explored"]) == (False, None)
    capsys.readouterr()
    reduced = result("--reduce")
    assert reduced["reduced"] is True
    assert 0 < reduced["explored"] < whole["states"]
    assert [reduced[name] for name in ("states", "transitions", "depth", "orbits")] == [None] * 4
    assert reduced["complete"] is True
    messages = {p["name"]: p.pop("message") for p in reduced["properties"]}
    assert messages["bounded"] == f"in every reachable state; {reduced['explored']:,} states sufficed to tell"
    for p in whole["properties"]:
        del p["message"]
    assert reduced["properties"] == whole["properties"]
    assert reduced["warnings"] == whole["warnings"]
    assert f"reduced to {reduced['explored']:,} states, " in capsys.readouterr().out


@pytest.mark.usefixtures("spec")
def test_a_small_model_is_searched_in_full() -> None:
    whole = result("--set", "N=2", "--reduce")
    assert (whole["reduced"], whole["explored"]) == (False, None)
    assert whole["states"] == result("--set", "N=2")["states"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (
            "eventually somebody\n    total > 0\nexpect violated\n    somebody\n",
            "'somebody' asks what happens in the end",
        ),
        (
            "never both\n    exists t: Thread . one[t] == 0 and done[t]\nexpect violated\n    both\n",
            "no step is nobody else's",
        ),
    ],
)
def test_why_nothing_is_left_out_is_told(
    spec: Path, capsys: pytest.CaptureFixture[str], more: str, reason: str
) -> None:
    spec.write_text(SPEC + more, encoding="utf-8")
    assert result("--reduce")["reduced"] is False
    assert f"note: --reduce left out nothing of locally: {reason}" in capsys.readouterr().err
