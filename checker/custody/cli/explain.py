"""`custody explain`: one rule, kind of property or warning in full."""

from __future__ import annotations

import difflib

import click

from custody.cli.codes import Code
from custody.present.catalogue import entry, names


@click.command(name="explain")
@click.argument("name", metavar="ID")
def command(name: str) -> int:
    """Explain ID: a rule such as DB-CPU-05, a kind of property, the code of a warning, or a category of change."""

    text = entry(name)
    if text is None:
        near = difflib.get_close_matches(name.upper(), names(), n=3) or difflib.get_close_matches(
            name.lower(), names()
        )
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `custody rules` lists the rules"
        raise click.UsageError(f"nothing is called '{name}'{hint}")
    click.echo(text, nl=False)
    return Code.PASSED
