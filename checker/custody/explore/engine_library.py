"""The engine's own library, which every system is searched with: compiled once, ahead of need.

Its compilation may begin before there is a system, while a specification is being read, and is brought to its end
even where nobody needed it after all: the next run finds it.
"""

from __future__ import annotations

import atexit
from contextlib import suppress
from functools import cache
from pathlib import Path

from custody.explore.compiler import LIBRARIES, Build, CompilerError, Source
from custody.explore.native import ENGINE_FILES, FOLDER, HEADERS


@cache
def texts(with_graphs: bool) -> dict[str, str]:
    """The engine's sources by their names."""
    paths = [FOLDER / name for name in (*HEADERS, *ENGINE_FILES)]
    if with_graphs:
        # Only now: most runs never ask for it, and begin sooner without it.
        from custody.explore import edges

        paths += [*edges.HEADERS, *edges.SOURCES]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def begin(*, with_graphs: bool = False) -> None:
    """Begins to compile the engine, if it is not there; nothing happens where that cannot be."""
    with suppress(CompilerError, OSError):
        build = library(with_graphs=with_graphs)
        if not build.is_ready:
            atexit.register(_finish, build)


def finish(*, with_graphs: bool) -> None:
    """Waits for what was begun, and for the analyses of graphs as well."""
    if with_graphs:
        begin(with_graphs=True)
    for build in _begun.values():
        _finish(build)


def library(*, with_graphs: bool) -> Build:
    """The engine, with or without the analyses of graphs; `CompilerError` without a compiler."""
    key = (LIBRARIES.folder(), with_graphs)
    if key not in _begun:
        _begun[key] = Build(Source(texts(with_graphs)))
    return _begun[key]


_begun: dict[tuple[Path, bool], Build] = {}


def _finish(build: Build) -> None:
    with suppress(CompilerError, OSError):
        build.path()
