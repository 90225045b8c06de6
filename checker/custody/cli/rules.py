"""`custody rules`: the table of the rules that specifications cite."""

from __future__ import annotations

import click

from custody.cli.codes import Code
from custody.present.catalogue import rules_table


@click.command(name="rules")
def command() -> int:
    """List the rules of the dma-buf contract, a line each."""

    click.echo(rules_table(), nl=False)
    return Code.PASSED
