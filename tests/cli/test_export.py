"""`custody export`: what it writes, other tools accept and count alike; what it cannot write, it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from custody.cli import run
from custody.cli.export import FORMATS
from custody.explore.search import explore
from custody.language import instances, load
from support.peers import needs_rumur, needs_spin, run_rumur, run_spin

COUNTER = """\
model counter

param LIMIT = 3 in 1..9
param TWICE = false

instance small
    LIMIT = 2
instance large
    LIMIT = 5
    TWICE = true

state
    n: 0..9

action count_up
    when n < LIMIT
    n = n + 1
action back
    when n == LIMIT and TWICE
    n = 0

fair weak count_up

invariant stays_within
    n <= LIMIT
never gets_there
    n == LIMIT
eventually ends
    n == LIMIT
terminal n == LIMIT
"""
LIFECYCLE = Path(__file__).parent.parent / "protocols" / "lifecycle.custody"
LARGE = ("--set", "LIMIT=5", "--set", "TWICE=true")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counter.custody").write_text(COUNTER, encoding="utf-8")


def written(form: str, *arguments: str, spec: str = "counter.custody") -> str:
    assert run(["export", spec, "--to", form, "-o", "out.txt", *arguments]) == 0
    return Path("out.txt").read_text(encoding="utf-8")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said of a wrong request; nothing is written then."""
    assert run(["export", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert not Path("out.txt").exists()
    return captured.err


@needs_spin
@pytest.mark.parametrize("breadth_first", [True, False])
def test_spin_accepts_the_file_and_counts_the_same(breadth_first: bool) -> None:
    text = written("promela", "--set", "N=2", spec=str(LIFECYCLE))
    found = explore(instances(load(str(LIFECYCLE)), {"N": "2"})[0])
    count = run_spin(text, breadth_first)
    assert "SPIN counts 0 states, 1 transitions" in text
    assert (count.states, count.transitions - 1) == (found.states, found.transitions)


@needs_rumur
def test_rumur_accepts_the_file_and_counts_the_same() -> None:
    count = run_rumur(written("murphi", "--set", "N=2", spec=str(LIFECYCLE)))
    found = explore(instances(load(str(LIFECYCLE)), {"N": "2"})[0])
    assert (count.states, count.transitions) == (found.states, found.transitions)


@needs_spin
@needs_rumur
def test_a_property_is_checked_only_when_it_is_asked_for() -> None:
    for form, count in (("promela", run_spin), ("murphi", run_rumur)):
        assert count(written(form, *LARGE)).errors == 0
        assert count(written(form, *LARGE, "--property", "stays_within")).errors == 0
        assert count(written(form, *LARGE, "--property", "stays_within", "--property", "gets_there")).errors == 1


@needs_spin
@needs_rumur
@pytest.mark.parametrize(("form", "name"), [("promela", "my model.pml"), ("murphi", "my model.m")])
def test_the_commands_that_the_file_states_work_as_they_stand(form: str, name: str) -> None:
    assert run(["export", "counter.custody", "--to", form, "-o", name, *LARGE, "--property", "stays_within"]) == 0
    remark = Path(name).read_text(encoding="utf-8").replace("\\\n--", "")
    lines = re.findall(r"^(?:--|   )  ((?:\s*)(?:spin|cc|\./|rumur).*)$", remark, flags=re.MULTILINE)
    assert len(lines) == 3
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run([shell, "-ec", "\n".join(lines)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\b6 states", done.stdout)


@needs_spin
def test_the_trace_of_a_violation_can_be_replayed_as_the_file_says() -> None:
    assert (
        run(["export", "counter.custody", "--to", "promela", "-o", "it.pml", *LARGE, "--property", "gets_there"]) == 0
    )
    text = Path("it.pml").read_text(encoding="utf-8")
    replay = re.search(r"\./pan, then (spin .*it\.pml)$", text, flags=re.MULTILINE)
    assert replay is not None
    script = f"""
        spin -a -o1 -o2 -o3 it.pml
        cc -w -DSAFETY -DNOREDUCE -DBFS -o pan pan.c
        ./pan >pan.out
        {replay.group(1)}
    """
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, timeout=120)
    assert "v_n = 5" in done.stdout


def test_without_a_file_it_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "counter.custody", "--to", "promela", *LARGE]) == 0
    assert capsys.readouterr().out == written("promela", *LARGE).replace("out.txt", "FILE.pml")


HOW = {
    "promela": "cc -O",
    "murphi": "cc -O",
    "tla": "tlc2.TLC",
    "smv": "nuXmv -int",
    "smt2": "VMT",
    "dot": "custody draw",
}


@pytest.mark.parametrize(("form", "how"), HOW.items())
def test_the_remark_says_what_was_exported_and_how_to_run_it(form: str, how: str) -> None:
    text = written(form, *LARGE)
    for words in ("counter, from counter.custody", "LIMIT = 5", "TWICE = true", how, "out"):
        assert words in text


def test_every_format_is_tried() -> None:
    assert set(FORMATS) == {*HOW, "itf"}


def test_a_run_is_of_one_property(capsys: pytest.CaptureFixture[str]) -> None:
    text = written("itf", *LARGE, "--property", "gets_there")
    assert '"n": 5' in text
    Path("out.txt").unlink()
    error = refused(capsys, "counter.custody", *LARGE, "--to", "itf", "-o", "out.txt")
    assert "name it with --property" in error
    error = refused(capsys, "counter.custody", *LARGE, "--to", "itf", "-o", "out.txt", "--property", "stays_within")
    assert "holds, so there is no run to write" in error


def test_tlc_finds_its_configuration_beside_the_module() -> None:
    written("tla", *LARGE, "--property", "stays_within")
    assert Path("out.cfg").read_text(encoding="utf-8") == "SPECIFICATION Spec\nINVARIANT P_stays_within\n"


def test_several_instances_are_listed_with_what_chooses_each(capsys: pytest.CaptureFixture[str]) -> None:
    error = refused(capsys, "counter.custody", "--to", "promela", "-o", "out.txt")
    assert "counter.custody has 2 instances; choose one of them with" in error
    choices = re.findall(r"^  (--set .*)$", error, flags=re.MULTILINE)
    assert choices == ["--set LIMIT=2 --set TWICE=false", "--set LIMIT=5 --set TWICE=true"]
    for number, choice in zip((2, 5), choices, strict=True):
        assert f"LIMIT = {number}" in written("promela", *choice.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["counter.custody", "--to", "promola"], "there is no format 'promola'; did you mean promela?"),
        (["counter.custody", "--to", "xyz"], "there is no format 'xyz'; there are promela, murphi"),
        (["counter.custody"], "Missing option '--to'"),
        (["missing.custody", "--to", "murphi"], "there is no such file"),
        (["spec:udmabu", "--to", "murphi"], "did you mean spec:udmabuf"),
        (["counter.custody", "--to", "murphi", "--set", "LIMT=1"], "did you mean 'LIMIT'?"),
        (["counter.custody", "--to", "murphi", "--set", "LIMIT"], "'LIMIT' is not NAME=VALUE"),
        (
            ["counter.custody", "--to", "murphi", *LARGE, "--property", "stay_within"],
            "there is no property 'stay_within'; did you mean stays_within?",
        ),
        (["counter.custody", "--to", "murphi", *LARGE, "--property", "zzz"], "known: stays_within, gets_there"),
        (
            ["counter.custody", "--to", "promela", *LARGE, "--property", "ends"],
            "cannot export to promela: property 'ends', counter.custody:",
        ),
        (["counter.custody", "--to", "murphi", "-o", "no/out.txt", *LARGE], "there is no folder no"),
        (["counter.custody", "--to", "murphi", "-o", ".", *LARGE], "it is a folder"),
    ],
)
def test_a_wrong_request_is_2_and_says_what_to_do(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, *arguments)
