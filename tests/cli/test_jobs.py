"""`custody check --jobs`: what is said does not depend on how many instances are checked at once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import custody.cli.session
from custody.cli import run
from custody.cli.runs import NO_MEMORY

COUNTERS = """\
model counters

param LIMIT = 3 in 1..9
param STEP = 1 in 1..3

state
    n: 0..12

action up
    when n < LIMIT
    n = n + STEP
action never
    when n > 11 and LIMIT == 9
    n = 0

terminal n >= LIMIT

invariant stays_within
    n <= LIMIT
invariant stays_below
    n < 4
expect violated
    stays_below

instance small
    LIMIT = 2
instance medium
    LIMIT = 5
instance large
    LIMIT = 8
instance wide
    LIMIT = 8
    STEP = 3
"""
LONG = """\
model long

param SIZE = 40000000 in 1..40000000

state
    a: 0..SIZE = 0
    b: 0..SIZE = 0

action left
    a = (a + 1) % (SIZE + 1)
action right
    b = (b + 1) % (SIZE + 1)

invariant within
    a <= SIZE

instance one
    SIZE = 40000000
instance two
    SIZE = 30000000
instance three
    SIZE = 20000000
"""


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.custody").write_text(COUNTERS, encoding="utf-8")
    (tmp_path / "b.custody").write_text(COUNTERS.replace("counters", "others"), encoding="utf-8")
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str, dict[str, Any]]:
    code = run(["check", *arguments, "--json", "result.json"])
    captured = capsys.readouterr()
    document = json.loads(Path("result.json").read_text(encoding="utf-8"))
    for found in document["runs"]:
        found["seconds"] = found["peak_bytes"] = 0
    return code, re.sub(r"[0-9.]+ s,", "", captured.out), captured.err, document


@pytest.mark.usefixtures("specs")
class TestSame:
    def test_everything_is_the_same_with_more_at_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        one = checked(capsys, "a.custody", "b.custody", "--jobs", "1")
        assert one[0] == 1
        assert len(one[3]["runs"]) == 8
        for jobs in ("2", "3", "20"):
            assert checked(capsys, "a.custody", "b.custody", "--jobs", jobs) == one

    @pytest.mark.parametrize("code", ["fault", "memory"])
    def test_what_goes_wrong_is_told_as_well(
        self, code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sound = custody.cli.session.check

        def check(system: Any, *rest: Any) -> Any:
            if dict(system.parameters)["LIMIT"] == 5:
                raise MemoryError if code == "memory" else RuntimeError("oops")
            return sound(system, *rest)

        monkeypatch.setattr(custody.cli.session, "check", check)
        exit_code, out, err, document = checked(capsys, "a.custody", "--jobs", "3")
        assert exit_code == (70 if code == "fault" else 1)
        assert len(document["runs"]) == 3
        assert ("internal fault while checking a.custody" in err) == (code == "fault")
        assert (NO_MEMORY in err) == (code == "memory")
        assert out.endswith("1 error\n")

    def test_a_process_that_is_lost_is_no_success(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sound = custody.cli.session.check

        def check(system: Any, *rest: Any) -> Any:
            if dict(system.parameters)["LIMIT"] == 5:
                os.kill(os.getpid(), signal.SIGTERM)
            return sound(system, *rest)

        monkeypatch.setattr(custody.cli.session, "check", check)
        exit_code, _, err, document = checked(capsys, "a.custody", "--jobs", "3")
        assert exit_code == 70
        assert "SIGTERM" in err
        assert [error["code"] for error in document["errors"]] == ["internal-fault"]

    def test_a_process_that_is_killed_even_alone_is_inconclusive(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sound = custody.cli.session.check

        def check(system: Any, *rest: Any) -> Any:
            if dict(system.parameters)["LIMIT"] == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return sound(system, *rest)

        monkeypatch.setattr(custody.cli.session, "check", check)
        arguments = ("a.custody", "--jobs", "2", "--property", "stays_below")
        exit_code, _, err, document = checked(capsys, *arguments)
        assert exit_code == 3
        assert "was killed" in err
        assert len(document["runs"]) == 3


def test_an_interrupt_tells_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "long.custody").write_text(LONG, encoding="utf-8")
    command = [sys.executable, "-m", "custody", "check", "long.custody", "--jobs", "2", "--json", "result.json"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        # As soon as both search: what they know so far is on disk then.
        runs = tmp_path / "cache" / "custody" / "runs"
        for _ in range(600):
            if runs.is_dir() and len(list(runs.iterdir())) == 2:
                break
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.count("custody: interrupted") == 1
    assert out.count("inconclusive  within") == 2
    document = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert [found["parameters"]["SIZE"] for found in document["runs"]] == [40_000_000, 30_000_000]
    assert all(found["limit"] == "interrupted" and found["states"] > 2_000 for found in document["runs"])
