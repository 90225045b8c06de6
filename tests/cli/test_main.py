"""The command as a whole: it starts fast, and ends in the code that its result has, whatever happens."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from custody import __version__, cli
from custody.cli.codes import Code, heaviest
from custody.properties.fault import DisagreementError

HEAVY = ("rich", "networkx", "lark", "z3", "graphviz", "custody.language", "custody.properties")


def script(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"]])
def test_asking_for_help_imports_nothing_heavy(arguments: list[str]) -> None:
    done = script(
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        f"from custody.cli import run; code = run({arguments!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"custody, version {__version__}\n"


def test_every_command_of_the_table_exists_and_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    overview = capsys.readouterr().out
    for name in cli.COMMANDS:
        assert f"  {name} " in overview
        assert cli.run([name, "-h"]) == 0
        assert capsys.readouterr().out.startswith(f"Usage: custody {name} ")


@pytest.mark.parametrize("arguments", [["chekc"], ["--no-such"], ["explain"], ["explain", "DB-CPU-99"]])
def test_a_wrong_request_is_2_and_says_what_is_wrong(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error: " in captured.err
    assert "Traceback" not in captured.err


def test_a_command_that_may_have_been_meant_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["chekc"]) == 2
    assert "there is no command 'chekc'; did you mean 'check'?" in capsys.readouterr().err


LARGE = """model large
role D[40]
state
    a[D, D, D, D]: bool
action go by D
    a[self, self, self, self] = true
invariant never_set
    forall d: D . not a[d, d, d, d]
"""


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["prove"], ["lint"], ["draw", "-o", "x.svg"], ["simulate", "--line"], ["export", "--to", "smv"]],
)
def test_a_model_that_is_too_large_is_inconclusive_wherever_it_is_asked_about(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("large.custody").write_text(LARGE, encoding="utf-8")
    assert cli.run([arguments[0], "large.custody", *arguments[1:]]) == 3
    assert "large.custody:4:5: error: the model has more than 20000 variables" in capsys.readouterr().err


class TestWhateverHappens:
    @staticmethod
    def ending(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
        def fail() -> int:
            raise error

        command = click.Command("fails", callback=fail)

        def get_command(*_arguments: object) -> click.Command:
            return command

        monkeypatch.setattr(cli.Commands, "get_command", get_command)
        return cli.run(["fails"])

    @staticmethod
    def attachment(error: str) -> str:
        return Path(error.split("attaching ")[1].split(" and the", maxsplit=1)[0]).read_text(encoding="utf-8")

    @pytest.fixture(autouse=True)
    def faults_are_saved_here(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def test_an_interruption_is_130(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.ending(monkeypatch, KeyboardInterrupt()) == 130
        assert capsys.readouterr().err.strip() == "custody: interrupted"

    def test_an_unexpected_exception_is_70_with_a_file_to_attach(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.ending(monkeypatch, ZeroDivisionError("division by zero")) == 70
        error = capsys.readouterr().err
        assert "internal fault: ZeroDivisionError: division by zero" in error
        assert "Traceback" not in error
        assert "Please report it, attaching" in error
        assert "ZeroDivisionError" in self.attachment(error)

    def test_a_contradiction_is_70_and_its_report_is_in_the_file(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.ending(monkeypatch, DisagreementError("they differ", "how to reproduce it")) == 70
        error = capsys.readouterr().err
        assert "they differ" in error
        assert "how to reproduce it" in self.attachment(error)

    def test_a_reader_that_leaves_is_no_success(self) -> None:
        done = script(
            f"import os, sys; sys.path[:0] = {sys.path!r}\n"
            "read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
            "from custody.cli import run; sys.exit(run(['rules']))"
        )
        assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize(
    ("met", "code"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 3], 3),
        ([3, 1, 0], 1),
        ([1, 2, 3], 2),
        ([0, 1, 70, 2], 70),
    ],
)
def test_the_heaviest_code_wins(met: list[int], code: int) -> None:
    assert heaviest(map(Code, met)) == code
