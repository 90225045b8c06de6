"""From a picture to a file, whole or not at all; graphviz draws every format that is not text already."""

# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false, reportUnknownVariableType=false
from __future__ import annotations

import os
import tempfile
from pathlib import Path

import graphviz

from custody.present.draw.crossing import clearest

FORMATS = ("svg", "png", "pdf", "dot")


class NoGraphvizError(Exception):
    """graphviz's `dot` is not installed, or cannot draw this; the message says what to do."""


def render(dot: str, target: Path) -> None:
    """Writes the picture in the format of the target's ending.

    Raises NoGraphvizError where `dot` is needed and missing or fails, OSError when the file cannot be written.
    """
    kind = target.suffix.removeprefix(".")
    if kind == "dot":
        write(target, dot.encode())
        return
    try:
        picture: bytes = graphviz.Source(clearest(dot)).pipe(format=kind)
    except graphviz.ExecutableNotFound:
        hint = "install it (apt-get install graphviz), or name a .dot file (for a trace, a .svg file)"
        raise NoGraphvizError(f"graphviz's program 'dot' is not installed: {hint}") from None
    except graphviz.CalledProcessError as error:
        raise NoGraphvizError(f"graphviz could not draw this: {error}") from None
    write(target, picture)


def write(target: Path, data: bytes) -> None:
    """Writes the file so that others see all of it or what was there before; OSError when that is impossible."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
