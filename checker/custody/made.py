"""What is the same for everybody and takes long to make, made when Custody is installed instead of at its first use:
the parser's tables and the C engine.

Everything is named by all that it depends on.  Where something else is installed now, another processor, another
compiler, it is not found, and made again in the user's cache; without any of it everything works.  It is as much to
be trusted as the program text beside it.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "made"


def find(name: str) -> Path | None:
    """The file of that name, if it was made."""
    path = FOLDER / name
    return path if path.is_file() else None


def make() -> bool:
    """Makes everything anew, as far as that can be; whether there is C among it, which is for this machine."""
    from custody.explore import engine_library
    from custody.explore.compiler import CompilerError, Source, compile_to
    from custody.language import parse

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    parse.write_tables(FOLDER)
    with suppress(CompilerError, OSError):
        for with_graphs in (False, True):
            compile_to(FOLDER, Source(engine_library.texts(with_graphs)))
        return True
    return False
