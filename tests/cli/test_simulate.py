"""`custody simulate` from scripts, pipes and at random: what it prints and what it exits with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TEXT = """model counter

state
    n: 0..3

action up by user
    when n < 3
    n = n + 1
action down by user
    when n > 0
    n = n - 1

never three
    n == 3
"""


@pytest.fixture(name="spec")
def _spec(tmp_path: Path) -> str:
    file = tmp_path / "counter.custody"
    file.write_text(TEXT, encoding="utf-8")
    return str(file)


def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "custody", "simulate", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=120, check=False)


def test_a_pipe_gives_a_command_a_line(spec: str) -> None:
    done = run(spec, typed="up\nstep up\nstate\nquit\nstate\n")
    assert done.returncode == 2, "a command that makes no sense shows in the exit code"
    assert "there is no command 'up'" in done.stderr
    assert done.stdout.splitlines()[-1] == "n: 1"


def test_a_script_ends_where_a_command_fails(spec: str, tmp_path: Path) -> None:
    script = tmp_path / "play"
    script.write_text("# three times up\nfind n == 3\nproperties\n", encoding="utf-8")
    done = run(spec, "--script", str(script))
    assert done.returncode == 0, done.stderr
    assert "violated: three" in done.stdout
    script.write_text("step 9\nstate\n", encoding="utf-8")
    done = run(spec, "--script", str(script))
    assert (done.returncode, done.stdout) == (2, "")


def test_random_runs_repeat_by_their_seed(spec: str) -> None:
    first, again = run(spec, "--random", "200", "--seed", "7"), run(spec, "--random", "200", "--seed", "7")
    assert first.stdout == again.stdout
    assert first.returncode == 1, "two hundred steps come to three"
    assert "stopped: a property is violated" in first.stdout
    assert run(spec, "--random", "2").returncode == 0


def test_what_cannot_be_played(spec: str, tmp_path: Path) -> None:
    for arguments in ([spec, "--instance", "2"], [str(tmp_path / "nothing.custody")], [spec, "--set", "N=2"]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()


def test_plays_a_run_from_a_file(spec: str, tmp_path: Path) -> None:
    file = tmp_path / "three.itf.json"
    command = [sys.executable, "-m", "custody", "export", spec, "--to", "itf", "--property", "three", "-o", str(file)]
    subprocess.run(command, check=True, timeout=120)
    done = run(spec, "--load", str(file), typed="forward 3\n")
    assert done.returncode == 0, done.stderr
    assert "violated: three" in done.stdout
    file.write_text("{}", encoding="utf-8")
    done = run(spec, "--load", str(file))
    assert "an object with a list" in done.stderr


def test_a_run_of_a_check_is_loaded_and_branched_off(spec: str, tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.json"
    check = [sys.executable, "-m", "custody", "check", spec, "--json", str(verdicts)]
    assert subprocess.run(check, capture_output=True, timeout=120, check=False).returncode == 1
    script = tmp_path / "play"
    script.write_text(f"load {verdicts} three\nforward 3\nproperties\nback\nstep down\nhistory\n", encoding="utf-8")
    done = run(spec, "--script", str(script))
    assert done.returncode == 0, done.stderr
    assert "three: 3 steps" in done.stdout
    assert "violated: three" in done.stdout
    assert [line.split()[-1] for line in done.stdout.splitlines()[-3:]] == ["up", "up", "down"]
    done = run(spec, "--load", str(verdicts), typed="forward 9\nproperties\n")
    assert "violated: three" in done.stdout


@pytest.mark.parametrize(
    ("text", "asked", "complaint"),
    [
        ("{", "", "this is no JSON"),
        ('{"runs": 3}', "", "not what `custody check --json` writes"),
        ('{"runs": []}', "", "has no run of counter"),
        ('{"states": []}', "", "there is no state in it"),
    ],
)
def test_a_file_without_a_run_is_complained_of(
    spec: str, tmp_path: Path, text: str, asked: str, complaint: str
) -> None:
    file = tmp_path / "run.json"
    file.write_text(text, encoding="utf-8")
    done = run(spec, typed=f"load {file} {asked}\n")
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_the_specification_no_longer_has_names_the_step(spec: str, tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.json"
    check = [sys.executable, "-m", "custody", "check", spec, "--json", str(verdicts)]
    subprocess.run(check, capture_output=True, timeout=120, check=False)
    Path(spec).write_text(TEXT.replace("when n < 3", "when n < 2"), encoding="utf-8")
    done = run(spec, typed=f"load {verdicts}\n")
    assert done.returncode == 2
    assert "step 3 cannot be taken" in done.stderr


MANY = """model many

role Box[6]

state
    n[Box]: 0..5

action up by Box
    when n[self] < 5
    n[self] = n[self] + 1

action down by Box
    when n[self] > 0
    n[self] = n[self] - 1
"""


def test_what_is_far_away_is_found_and_what_is_nowhere_is_said_to_be(tmp_path: Path) -> None:
    file = tmp_path / "many.custody"
    file.write_text(MANY, encoding="utf-8")
    done = run(str(file), typed="step Box.3 up\nfind forall b: Box . n[b] == 5\nfind forall b: Box . n[b] > 5\n")
    assert "29 steps from here" in done.stdout
    assert "no state that can be reached from here is like that" in done.stderr
