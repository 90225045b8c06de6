"""From a specification's text to the report, with the real language and the real engines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from custody.cli import run
from support.readers import complaints

SCHEMA = Path(__file__).parent.parent / "present" / "result-v1.schema.json"

LOST_UPDATE = """\
model lost_update

role Thread[2] is user

state
    counter: 0..2
    done[Thread]: bool

procedure increment by Thread
    requires not done[self]
    local seen: 0..2
    seen = counter
    counter = seen + 1
    atomic
        done[self] = true
    return OK

terminal forall t: Thread . done[t]

invariant both_count [DB-REF-01]
    "Both increments count."
    (forall t: Thread . done[t]) => counter == 2

reachable one_counts
    counter == 1
"""
CROSSED_LOCKS = """\
model crossed_locks

role Reader
role Writer

state
    m: mutex
    n: mutex

process read by Reader
    loop
        lock m
        lock n
        unlock n
        unlock m

process write by Writer
    loop
        lock n
        lock m
        unlock m
        unlock n

never impossible
    held(m) and not held(m)
"""
TRAFFIC = """\
model traffic

role Car[2] is user

state
    at[Car]: away | waiting | inside = away

action come by Car
    when at[self] == away
    at[self] = waiting
action enter by Car
    when at[self] == waiting and forall c: Car . at[c] != inside
    at[self] = inside
action leave by Car
    when at[self] == inside
    at[self] = away

fair FAIRNESS Car

leads_to gets_in
    for c: Car
    at[c] == waiting ~> at[c] == inside
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checked(text: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the only run of the JSON, which always fits its schema."""
    Path("it.custody").write_text(text, encoding="utf-8")
    code = run(["check", "it.custody", "--json", "out.json", *arguments])
    document = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert complaints(document, SCHEMA) == []
    return code, document["runs"][0]


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in found["properties"]}


@pytest.mark.parametrize("engine", ["explicit", "networkx", "z3", "all"])
def test_every_engine_finds_the_lost_update_by_the_shortest_way(engine: str) -> None:
    code, found = checked(LOST_UPDATE, "--engine", engine, "--property", "both_count", "--property", "one_counts")
    lost, counts = by_name(found)["both_count"], by_name(found)["one_counts"]
    assert code == 1
    assert (found["engine"], lost["verdict"], lost["kind"], lost["rule"]) == (
        engine,
        "violated",
        "lifetime",
        "DB-REF-01",
    )
    assert len(lost["trace"]["steps"]) == 8
    assert lost["message"].startswith("`counter == 2` is false, where counter is 1")
    assert (counts["verdict"], len(counts["trace"]["steps"])) == ("holds", 3)


def test_a_deadlock_names_its_circle(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = checked(CROSSED_LOCKS)
    deadlock = by_name(found)["deadlock"]
    assert code == 1
    assert deadlock["verdict"] == "violated"
    for words in ("Reader waits for mutex `n` held by Writer", "Reader -> Writer -> Reader"):
        assert words in deadlock["message"]
    assert "violated  deadlock" in capsys.readouterr().out


@pytest.mark.parametrize(("fairness", "verdict"), [("weak", "violated"), ("strong", "holds")])
def test_liveness_depends_on_the_fairness_that_is_promised(fairness: str, verdict: str) -> None:
    code, found = checked(TRAFFIC.replace("FAIRNESS", fairness))
    assert code == (1 if verdict == "violated" else 0)
    for name in ("gets_in[Car.0]", "gets_in[Car.1]"):
        entry = by_name(found)[name]
        assert (entry["verdict"], entry["engine"]) == (verdict, "networkx")
        assert (entry["trace"] is not None and entry["trace"]["loop_at"] is not None) is (verdict == "violated")


def test_a_limit_is_3_and_says_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = checked(LOST_UPDATE, "--max-states", "3")
    assert code == 3
    assert found["verdict"] == "inconclusive"
    assert 0 < found["states"] <= 10
    assert "stopped at a limit" in capsys.readouterr().out


def test_the_module_is_the_command() -> None:
    script = (
        f"import sys, runpy; sys.path[:0] = {sys.path!r}; sys.argv = ['custody', '--version']\n"
        "runpy.run_module('custody', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("custody, version ")
