"""`custody lsp`: the language server, for editors."""

from __future__ import annotations

import click

from custody.cli.codes import Code


@click.command(name="lsp")
def command() -> int:
    """Serve the language server protocol on standard input and output, until the editor ends it.

    Needs pygls (pip install 'custody[lsp]'). Editors start this themselves.
    """
    try:
        from custody.editor.server import make
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        message = "the language server needs pygls: pip install 'custody[lsp]'"
        raise click.UsageError(message) from None
    make().start_io()
    return Code.PASSED
