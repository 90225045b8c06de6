"""`custody rules`: the table of the rules that specifications cite."""

from __future__ import annotations

import click

from custody.cli.codes import Code
from custody.present.catalogue import rules_table


@click.command(name="rules")
@click.option("--categories", is_flag=True, help="List what a change of a specification can mean instead.")
@click.option("--markdown", is_flag=True, help="With --categories: each of them in full, as a page.")
def command(categories: bool, markdown: bool) -> int:
    """List the rules of the dma-buf contract, a line each."""
    if markdown and not categories:
        raise click.UsageError("--markdown goes with --categories")
    if categories:
        from custody.present.categories import categories_page, categories_table

        click.echo(categories_page() if markdown else categories_table(), nl=False)
        return Code.PASSED
    click.echo(rules_table(), nl=False)
    return Code.PASSED
