"""What earlier runs made of specifications: reading one takes longer than most searches.

Kept are what `load` finds in a file, with everything that it looked at, and, by the content of all that and by the
settings, the systems.  Only what is right is kept: mistakes are found, and told, anew.  An entry of another Custody,
or of texts that have changed since, is never found; one that somebody else could have written is not used
(`custody.cache`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Final, TypeAlias

from custody.cache import Cache, digest
from custody.language.diagnostic import Diagnostic
from custody.language.library import Library, Sources
from custody.language.program import Program
from custody.system.model import System
from custody.system.transport import dump
from custody.system.transport import load as undump

ENTRIES: Final = Cache("read", ".kept", 64 << 20)

_SOURCES: Final = (".py", ".lark", ".toml")

_Read: TypeAlias = tuple[Sources, tuple[str, str, str, str, bool, tuple[Diagnostic, ...]]]


def load(path: str, roots: Sequence[Path] = ()) -> Program:
    """The same as `custody.language.load`, from what is kept where that can be."""
    library = Library(path, None, roots)
    key = digest("program", *_custody(), path, *library.folders(), library.text(path))
    known: _Read | None = _find(key)
    if known is not None:
        sources, fields = known
        if library.knows(sources):
            return Program(*fields, library)
    from custody.language.elaborate import load_from

    program = load_from(library)
    fields = (program.name, program.file, program.doc, program.kind, program.has_properties, program.warnings)
    _keep(key, (library.sources(), fields))
    return program


def instances(program: Program, settings: Mapping[str, str]) -> tuple[System, ...]:
    """The same as `custody.language.instances`, from what is kept where that can be."""
    library = program.library
    sources = library.sources()
    key = digest(
        "systems", *_custody(), program.file, *library.folders(), repr(sources), repr(sorted(settings.items()))
    )
    known: tuple[System, ...] | None = _find(key) if library.is_all else None
    if known is not None:
        return known
    from custody.language.elaborate import instances

    systems = instances(program, settings)
    if library.is_all and library.sources() == sources:
        _keep(key, systems)
    return systems


def _find(key: str) -> Any:
    """What was kept; None where there is nothing, or nothing can be kept here."""
    with suppress(OSError):
        data = ENTRIES.read(key)
        if data is not None:
            return undump(BytesIO(data))
    return None


def _keep(key: str, thing: object) -> None:
    with suppress(OSError):
        ENTRIES.write(key, dump(thing))


@cache
def _custody() -> tuple[str, ...]:
    """What tells this Custody, and the Python that runs it, from every other."""
    parts = find_spec("lark")
    files = [Path(parts.origin)] if parts is not None and parts.origin is not None else []
    package = Path(__file__).resolve().parent.parent
    for room in ("language", "system", "rules"):
        files += sorted(path for path in (package / room).rglob("*") if path.suffix in _SOURCES)
    states = [(file, file.stat()) for file in files]
    return (sys.version, *(f"{file} {state.st_size} {state.st_mtime_ns}" for file, state in states))
