"""What is wrong with a specification, on stderr."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import IO, Any

import click

from custody.cli.codes import Code
from custody.language.diagnostic import Diagnostic, LimitError
from custody.present.diagnostics import render


def complain(found: Iterable[Diagnostic]) -> None:
    """Shows all that was found, each with its place and its line."""
    for diagnostic in found:
        click.echo(render(diagnostic), err=True, nl=False)


def meant(name: str, known: Sequence[str], prefix: str = "") -> str:
    """Which of those that are known, behind the prefix, may have been meant; or else all of them."""
    near = difflib.get_close_matches(name, known, n=3)
    return (
        f"did you mean {' or '.join(prefix + one for one in near)}?"
        if near
        else f"known: {', '.join(known) or 'none'}"
    )


class TooLargeError(click.ClickException):
    """A specification that a limit keeps from being unfolded: the command has no answer."""

    exit_code = Code.INCONCLUSIVE

    def __init__(self, error: LimitError) -> None:
        super().__init__(str(error))
        self._diagnostic = Diagnostic(error.place, "too-large", error.reason)

    def show(self, file: IO[Any] | None = None) -> None:
        """As any complaint about a specification."""
        complain([self._diagnostic])
