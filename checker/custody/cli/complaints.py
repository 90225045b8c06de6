"""What is wrong with a specification, on stderr."""

from __future__ import annotations

import click

from custody.language.diagnostic import SpecError
from custody.present.diagnostics import render


def complain(error: SpecError) -> None:
    """Shows all that the error found, each with its place and its line."""
    for diagnostic in error.diagnostics:
        click.echo(render(diagnostic), err=True, nl=False)
