"""`custody fmt`: specifications in the one layout."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from custody.cli.codes import Code
from custody.cli.complaints import complain
from custody.language.diagnostic import SpecError
from custody.language.layout import layout
from custody.language.library import SUFFIX, read
from custody.language.parse import parse

STDIN = "-"


@click.command(name="fmt")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Change nothing; name what is laid out otherwise, and exit with 1.")
@click.option("--diff", "differences", is_flag=True, help="Change nothing; show what would change.")
def command(paths: tuple[str, ...], check: bool, differences: bool) -> int:
    """Lay out specifications: four columns a level, one space where spaces belong, comments where they were.

    PATH is a file or a folder (default: the folder spec); - reads from the standard input and writes to the output.
    Text that does not parse is left as it is, with its errors and exit code 2.
    """
    broken = changed = False
    for name in _files(paths or ("spec",)):
        try:
            text = sys.stdin.read() if name == STDIN else read(name)
            laid_out = _laid_out(name, text)
        except SpecError as error:
            complain(error.diagnostics)
            broken = True
            continue
        changed |= laid_out != text
        if differences:
            _show(name, text, laid_out)
        elif check:
            if laid_out != text:
                click.echo(f"{name}: not in the layout; run custody fmt")
        elif name == STDIN:
            click.echo(laid_out, nl=False)
        elif laid_out != text:
            _write(name, laid_out)
            click.echo(f"{name}: laid out")
    if broken:
        return Code.WRONG_REQUEST
    return Code.VIOLATED if changed and (check or differences) else Code.PASSED


def _laid_out(name: str, text: str) -> str:
    _, problems = parse(name, text)
    if problems:
        raise SpecError(problems)
    return layout(text)


def _files(paths: Sequence[str]) -> Iterator[str]:
    for given in paths:
        path = Path(given)
        if given != STDIN and path.is_dir():
            found = sorted(str(file) for file in path.rglob(f"*{SUFFIX}") if file.is_file())
            if not found:
                raise click.UsageError(f"there is no specification in {given}")
            yield from found
        else:
            yield given


def _show(name: str, old: str, new: str) -> None:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"{name}", f"{name} (laid out)"
    )
    click.echo("".join(lines), nl=False)


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"cannot write {name}: {error.strerror}") from None
