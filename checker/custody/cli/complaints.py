"""What is wrong with a specification, on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import click

from custody.cli.codes import Code
from custody.language.diagnostic import Diagnostic, LimitError
from custody.present.diagnostics import render


def complain(found: Iterable[Diagnostic]) -> None:
    """Shows all that was found, each with its place and its line."""
    for diagnostic in found:
        click.echo(render(diagnostic), err=True, nl=False)


class TooLargeError(click.ClickException):
    """A specification that a limit keeps from being unfolded: the command has no answer."""

    exit_code = Code.INCONCLUSIVE

    def __init__(self, error: LimitError) -> None:
        super().__init__(str(error))
        self._diagnostic = Diagnostic(error.place, "too-large", error.reason)

    def show(self, file: IO[Any] | None = None) -> None:
        """As any complaint about a specification."""
        complain([self._diagnostic])
