"""`custody check` from the command line to the exit code, with a plain engine in place of the real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import custody.cli.session
from custody.cli import run
from custody.properties.check import check
from custody.properties.engines import Engine, EngineChoice
from custody.properties.fault import DisagreementError
from custody.properties.result import RunResult
from custody.system.finding import Limits, ProgressHook
from custody.system.model import System
from support.lamps import search

GOOD = """\
model counter

param LIMIT = 3 in 1..5

state
    n: 0..5

action up
    when n < LIMIT
    n = n + 1

terminal n == LIMIT

invariant stays_within
    n <= LIMIT
"""
BAD = GOOD + "invariant stays_below\n    n < LIMIT\n"
KNOWN_BAD = BAD + "expect violated\n    stays_below in 3\n"
MENDED = GOOD + "invariant stays_below\n    n <= LIMIT\nexpect violated\n    stays_below\n"
MODULE = "module sizes\n\nconst SIZE = 3\n"
BROKEN = "model broken\n\nstate\n    a: boool\n\nnever wrong\n    aa\n"


@pytest.fixture(autouse=True)
def plain_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engines = dict.fromkeys(set(EngineChoice) - {EngineChoice.ALL}, search)

    def checked(
        system: System,
        spec: str,
        engine: EngineChoice,
        limits: Limits,
        properties: Sequence[str],
        progress: ProgressHook | None,
        _engines: Mapping[EngineChoice, Engine],
    ) -> RunResult:
        return check(system, spec, engine, limits, properties, progress, engines)

    monkeypatch.setattr(custody.cli.session, "check", checked)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    texts = {
        "good": GOOD,
        "bad": BAD,
        "known_bad": KNOWN_BAD,
        "mended": MENDED,
        "broken": BROKEN,
        "empty": "",
        "sizes": MODULE,
        "tree/sub/deep": GOOD,
        "tree/module": MODULE,
        "tree/.hidden/bad": BAD,
        "modules/sizes": MODULE,
    }
    for name, text in texts.items():
        file = tmp_path / f"{name}.custody"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "binary.custody").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nothing").mkdir()
    return tmp_path


@pytest.mark.usefixtures("files")
class TestExitCode:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            ("good.custody", 0),
            ("bad.custody", 1),
            ("known_bad.custody", 0),
            ("mended.custody", 1),
            ("broken.custody", 2),
            ("good.custody --max-states 1", 3),
            ("bad.custody --max-states 4", 1),
            ("known_bad.custody --max-states 1", 3),
            ("good.custody bad.custody", 1),
            ("good.custody bad.custody broken.custody", 2),
            ("good.custody --set LIMIT=5", 0),
            ("bad.custody --property stays_within", 0),
            ("good.custody --engine all", 0),
            ("good.custody --threads 4 --no-symmetry --max-memory 100 --timeout 60", 0),
            ("good.custody bad.custody --reduce", 1),
        ],
    )
    def test_it_is_what_was_found(self, arguments: str, code: int) -> None:
        assert run(["check", *arguments.split()]) == code

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["empty.custody"], "empty.custody:1:1: error: the file declares nothing"),
            (["nothing"], "nothing: error: this folder has no specification that declares a property"),
            (["modules"], "modules: error: this folder has no specification that declares a property"),
            (["sizes.custody"], "sizes.custody: error: this specification declares no property to check"),
            (["absent.custody"], "absent.custody:1:1: error: there is no such file"),
            (["god.custody"], "did you mean good.custody?"),
            (["binary.custody"], "binary.custody:1:1: error: the text is not UTF-8"),
            (["good.custody", "--property", "stay_within"], "there is no property 'stay_within'"),
            (["good.custody", "--set", "LIMIT=9"], "parameter 'LIMIT' cannot be 9"),
            (["good.custody", "--set", "LIMITS=3"], "there is no parameter 'LIMITS'"),
            (["good.custody", "--set", "LIMIT"], "'LIMIT' is not NAME=VALUE"),
            (["good.custody", "--set", "LIMIT=1", "--set", "LIMIT=2"], "'LIMIT' is set twice"),
            (["good.custody", "--timeout", "nan"], "a positive number of seconds"),
            (["good.custody", "--max-states", "0"], "--max-states"),
            (["good.custody", "--engine", "magic"], "--engine"),
            (["good.custody", "--format", "xml"], "--format"),
            (["good.custody", "--json", "no/folder/x.json"], "there is no folder no/folder"),
            (["spec:no_such"], "spec:no_such: error: no bundled specification has this name"),
            (["spec:../pyproject"], "no bundled specification has this name"),
            ([], "name a specification or a folder"),
        ],
    )
    def test_a_wrong_request_is_2_with_a_clear_line(
        self, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", *arguments]) == 2
        captured = capsys.readouterr()
        assert complaint in captured.err
        assert captured.out == ""
        assert "Traceback" not in captured.err

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["nothing"], "this folder has no specification that declares a property"),
            (["god.custody"], "did you mean good.custody?"),
            (["good.custody", "--property", "stay_within"], "did you mean stays_within?"),
            (["good.custody", "--set", "LIMIT=9"], "parameter 'LIMIT' cannot be 9"),
        ],
    )
    def test_prove_complains_as_check_does(
        self, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for command in ("check", "prove"):
            assert run([command, *arguments]) == 2
            captured = capsys.readouterr()
            assert complaint in captured.err
            assert captured.out == ""


@pytest.mark.usefixtures("files")
class TestReport:
    def test_several_errors_are_told_in_one_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        run(["check", "broken.custody", "good.custody"])
        captured = capsys.readouterr()
        assert (
            "broken.custody:4:8: error: unknown type 'boool' [name]\n      a: boool\n         ^^^^^" in captured.err
        )
        assert "unknown name 'aa'" in captured.err
        assert "good.custody: counter, LIMIT = 3\n" in captured.out
        assert captured.out.endswith("; 2 errors\n")

    def test_a_folder_means_what_declares_a_property(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", "tree", "tree/sub/deep.custody"]) == 0
        assert capsys.readouterr().out.count("LIMIT = 3") == 1

    def test_a_module_named_itself_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", "tree", "tree/module.custody"]) == 2
        assert "tree/module.custody: error: this specification declares no property" in capsys.readouterr().err

    def test_without_a_path_the_folder_spec_is_meant(self, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (files / "tree").rename(files / "spec")
        assert run(["check"]) == 0
        assert "spec/sub/deep.custody: counter" in capsys.readouterr().out

    def test_machine_output_on_stdout_moves_the_report_to_stderr(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", "bad.custody", "--json", "-"]) == 1
        captured = capsys.readouterr()
        assert [found["verdict"] for found in json.loads(captured.out)["runs"]] == ["violated"]
        assert "violated  stays_below" in captured.err

    def test_files_get_their_format_and_stdout_the_report(
        self, files: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ["--format", "ktap", "-o", "a.tap", "--format", "junit", "-o", "a.xml", "--json", "a.json"]
        assert run(["check", "bad.custody", "broken.custody", *arguments]) == 2
        assert "violated  stays_below" in capsys.readouterr().out
        assert (files / "a.tap").read_text(encoding="utf-8").startswith("KTAP version 1\n1..3\n")
        assert (files / "a.xml").read_text(encoding="utf-8").startswith("<?xml ")
        document = json.loads((files / "a.json").read_text(encoding="utf-8"))
        assert [error["code"] for error in document["errors"]] == ["name", "name"]

    def test_a_pipe_gets_no_colours(self, capsys: pytest.CaptureFixture[str]) -> None:
        run(["check", "bad.custody"])
        assert "\x1b" not in capsys.readouterr().out

    def test_threads_change_no_answer(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", "good.custody", "--threads", "2"]) == 0
        assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("files")
class TestFault:
    @pytest.mark.parametrize("error", [DisagreementError("they differ"), RuntimeError("oops")])
    def test_a_fault_is_70_and_the_other_specifications_are_still_checked(
        self, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sound = custody.cli.session.check

        def check_or_fail(system: System, spec: str, *rest: object) -> RunResult:
            if spec == "bad.custody":
                raise error
            return sound(system, spec, *rest)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(custody.cli.session, "check", check_or_fail)
        assert run(["check", "bad.custody", "good.custody", "--json", "a.json"]) == 70
        captured = capsys.readouterr()
        assert "internal fault while checking bad.custody" in captured.err
        assert "holds  stays_within" in captured.out
        assert captured.out.endswith("; 1 error\n")
        document = json.loads(Path("a.json").read_text(encoding="utf-8"))
        assert [found["code"] for found in document["errors"]] == ["internal-fault"]

    def test_too_little_memory_is_inconclusive(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_arguments: object) -> RunResult:
            raise MemoryError

        monkeypatch.setattr(custody.cli.session, "check", fail)
        assert run(["check", "good.custody"]) == 3
        assert "--max-memory" in capsys.readouterr().err


def test_charts_are_drawn_of_what_is_violated(files: Path, tmp_path: Path) -> None:
    assert run(["check", str(files / "good.custody"), "--charts", str(tmp_path / "none")]) == 0
    assert list((tmp_path / "none").iterdir()) == []
    assert run(["check", str(files / "known_bad.custody"), "--charts", str(tmp_path / "one")]) == 0
    (chart,) = (tmp_path / "one").iterdir()
    assert chart.name.endswith("known_bad-stays_below.svg")
    assert "n &lt; LIMIT" in chart.read_text(encoding="utf-8")


def test_charts_need_a_folder_that_can_be_made(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(files / "good.custody"), "--charts", str(files / "good.custody")]) == 2
    assert "cannot draw into" in capsys.readouterr().err
