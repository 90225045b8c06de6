"""What to say when Custody itself is wrong: a short apology, and a file with everything that is worth attaching."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from pathlib import Path

import click

from custody import __version__
from custody.properties.fault import InternalError


def tell(error: Exception, doing: str = "") -> None:
    """Say on stderr what happened and which file to attach to a report of it."""
    click.echo(told(error, doing), err=True)


def told(error: Exception, doing: str = "") -> str:
    """What to say of it; the file is written."""
    saved = _save(_report(error, doing))
    what = str(error) if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
    attach = f"{saved} and the specification" if saved is not None else "this output and the specification"
    return (
        f"custody: internal fault{f' while checking {doing}' if doing else ''}: {what}\n"
        f"This is a fault of Custody, not of your specification. Please report it, attaching {attach}."
    )


def _report(error: Exception, doing: str) -> str:
    parts = [
        f"custody {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"command line: {sys.argv}",
        f"while checking: {doing or 'nothing yet'}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    if isinstance(error, InternalError):
        parts.append(error.report)
    return "\n".join(parts) + "\n"


def _save(text: str) -> Path | None:
    """The file that the text was written to; None, after printing it, when no file can be written."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="custody-fault-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(text)
            return Path(file.name)
    except OSError:
        click.echo(text, err=True)
        return None
