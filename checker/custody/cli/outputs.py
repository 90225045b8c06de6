"""Where results go: the human report to one stream, each machine format to its own file or to stdout.

The k-th `-o` belongs to the k-th `--format`; `--json FILE` is `--format json -o FILE`.  Machine output on stdout
moves the human report to stderr; it never takes its place.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from custody.present.formats import RUN_FORMATS, Format

_Function = TypeVar("_Function", bound=Callable[..., Any])

STDOUT = "-"
PIPE_WIDTH = 100
"""Columns of a report that no terminal shows."""


@dataclass(frozen=True, slots=True)
class Output:
    """One machine document and where it goes (`-` is stdout)."""

    format: Format
    file: str


def reporting(function: _Function) -> _Function:
    """Give a click command `--json`, `--format` and `-o`; it receives `json_files`, `formats`, `files`."""
    return with_formats(function, RUN_FORMATS)


def with_formats(function: _Function, choices: Sequence[Format]) -> _Function:
    """The same, with these formats to choose from."""
    for option in reversed(_options(choices)):
        function = option(function)
    return function


def _options(choices: Sequence[Format]) -> tuple[Callable[[Any], Any], ...]:
    return (
        click.option(
            "--json", "json_files", multiple=True, metavar="FILE", help="Write the result as JSON; - is stdout."
        ),
        click.option(
            "--format",
            "formats",
            multiple=True,
            type=click.Choice([choice.value for choice in choices]),
            help="A further form of the result, for the -o that follows, or stdout. Repeatable.",
        ),
        click.option("-o", "files", multiple=True, metavar="FILE", help="The file for a --format. Repeatable."),
    )


def paired(json_files: Sequence[str], formats: Sequence[str], files: Sequence[str]) -> tuple[Output, ...]:
    """The outputs asked for; UsageError when they do not pair up or cannot be written."""
    if len(files) > len(formats):
        raise click.UsageError("-o needs a --format before it")
    outputs = [Output(Format.JSON, file) for file in json_files]
    for number, name in enumerate(formats):
        output = Output(Format(name), files[number] if number < len(files) else STDOUT)
        if output != Output(Format.TEXT, STDOUT):  # that is the human report itself
            outputs.append(output)
    for output in outputs:
        _require_writable(output.file)
        if sum(other.file == output.file for other in outputs) > 1:
            where = "stdout" if output.file == STDOUT else output.file
            raise click.UsageError(f"two outputs would be written to {where}; give each --format its own -o")
    return tuple(outputs)


def _require_writable(file: str) -> None:
    if file == STDOUT:
        return
    path = Path(file)
    if path.is_dir():
        raise click.UsageError(f"cannot write {file}: it is a folder")
    if not path.parent.is_dir():
        raise click.UsageError(f"cannot write {file}: there is no folder {path.parent}")


def human_stream(outputs: Sequence[Output]) -> TextIO:
    """Where the human report goes."""
    return sys.stderr if any(output.file == STDOUT for output in outputs) else sys.stdout


def colours(stream: TextIO) -> bool:
    """Whether `stream` is a terminal whose user did not ask for plain text."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """The number of columns of `stream`: the terminal's, or a fixed number."""
    return max(40, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns) if stream.isatty() else PIPE_WIDTH


def write(output: Output, text: str) -> None:
    """Write one document; UsageError when the file cannot be written."""
    if output.file == STDOUT:
        sys.stdout.write(text)
        return
    try:
        Path(output.file).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"cannot write {output.file}: {error.strerror}") from None
