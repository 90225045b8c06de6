"""Formats and files pair up; nothing is written that was not asked for, and nothing twice to one place."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from custody.cli.outputs import Output, colours, human_stream, paired, write
from custody.present.formats import Format


def test_formats_pair_with_files_in_order(tmp_path: Path) -> None:
    one, two, three = (str(tmp_path / name) for name in ("one", "two", "three"))
    assert paired([three], ["junit", "ktap"], [one, two]) == (
        Output(Format.JSON, three),
        Output(Format.JUNIT, one),
        Output(Format.KTAP, two),
    )


def test_a_format_without_a_file_goes_to_stdout_and_the_report_to_stderr() -> None:
    outputs = paired([], ["ktap"], [])
    assert outputs == (Output(Format.KTAP, "-"),)
    assert human_stream(outputs) is sys.stderr
    assert human_stream(()) is sys.stdout


def test_text_on_stdout_is_the_report_itself() -> None:
    assert paired([], ["text"], []) == ()


@pytest.mark.parametrize(
    ("json_files", "formats", "files", "complaint"),
    [
        ([], [], ["a"], "-o needs a --format"),
        (["-"], ["ktap"], [], "two outputs would be written to stdout"),
        (["a"], ["ktap"], ["a"], "two outputs would be written to a"),
        (["."], [], [], "it is a folder"),
        (["no/such/folder/a"], [], [], "there is no folder no/such/folder"),
    ],
)
def test_what_cannot_work_is_said_before_the_search(
    json_files: list[str], formats: list[str], files: list[str], complaint: str
) -> None:
    with pytest.raises(click.UsageError, match=complaint):
        paired(json_files, formats, files)


def test_a_file_that_cannot_be_written_is_a_wrong_request(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="cannot write"):
        write(Output(Format.JSON, str(tmp_path / ("x" * 300))), "text")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "no_color", "term", "coloured"),
    [
        (Terminal(), "", "xterm", True),
        (Terminal(), "1", "xterm", False),
        (Terminal(), "", "dumb", False),
        (io.StringIO(), "", "xterm", False),
    ],
)
def test_colours_are_for_terminals_whose_user_wants_them(
    stream: io.StringIO, no_color: str, term: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", term)
    assert colours(stream) is coloured
