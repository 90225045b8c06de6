"""From the paths of a command line to programs: files, folders of files, and the bundled specifications.

A folder means every specification in it that declares a property; modules that other files use are left out.
Every complaint is collected, so that one unreadable file does not keep the others from being looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from custody.cli.complaints import meant
from custody.language import Diagnostic, Program, SpecError
from custody.language.kept import load
from custody.language.library import SUFFIX, bundled
from custody.system.place import Place

BUNDLED = "spec:"
"""What begins the name of a specification that comes with Custody."""

DEFAULT = "spec"
"""The folder that is meant when no path is given."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A specification to be checked, by the name that reports use for it."""

    name: str
    program: Program


def load_all(paths: Sequence[str]) -> tuple[list[Spec], list[Diagnostic]]:
    """The specifications that the paths mean, in order and each once, and the complaints about the others."""
    specs: dict[Path, Spec] = {}
    errors: list[Diagnostic] = []
    for given in paths or [_default()]:
        named = _resolve(given)
        if isinstance(named, Diagnostic):
            errors.append(named)
            continue
        found: dict[Path, Spec] = {}
        broken: list[Diagnostic] = []
        for name, file in _files(given, named):
            try:
                program = load(str(file))
            except SpecError as error:
                broken += error.diagnostics
            else:
                if program.has_properties:
                    found[file.resolve()] = Spec(name, program)
        if not found and not broken:
            broken = [_nothing_to_check(given, named)]
        errors += broken
        specs.update({file: spec for file, spec in found.items() if file not in specs})
    return list(specs.values()), list(dict.fromkeys(errors))


def load_one(given: str) -> Spec:
    """The one specification that a path means; SpecError with what is wrong with it."""
    named = _resolve(given)
    if isinstance(named, Diagnostic):
        raise SpecError([named])
    return Spec(given, load(str(named)))


def locate(given: str) -> str:
    """The file that a path means, `spec:NAME` included; SpecError when there is no such bundled specification."""
    named = _resolve(given)
    if isinstance(named, Diagnostic):
        raise SpecError([named])
    return str(named)


def _nothing_to_check(given: str, path: Path) -> Diagnostic:
    if path.is_dir():
        return _complaint(given, "no-spec", "this folder has no specification that declares a property")
    return _complaint(given, "no-property", "this specification declares no property to check")


def _default() -> str:
    if not Path(DEFAULT).is_dir():
        raise click.UsageError(f"name a specification or a folder (there is no folder '{DEFAULT}' here)")
    return DEFAULT


def _resolve(given: str) -> Path | Diagnostic:
    """The file or folder that the user means; `load` complains about files that do not exist."""
    if not given.startswith(BUNDLED):
        return Path(given)
    root, name = bundled(), given.removeprefix(BUNDLED)
    for candidate in (root / f"{name}{SUFFIX}", root / name):
        if candidate.exists() and root.resolve() in (candidate.resolve(), *candidate.resolve().parents):
            return candidate
    names = sorted(str(file.relative_to(root).with_suffix("")) for file in root.rglob(f"*{SUFFIX}"))
    return _complaint(given, "no-bundled-spec", "no bundled specification has this name", meant(name, names, BUNDLED))


def _files(given: str, path: Path) -> Iterator[tuple[str, Path]]:
    """Each file with the name that reports use: the path as given, extended below a folder."""
    if not path.is_dir():
        yield given, path
        return
    for file in sorted(path.rglob(f"*{SUFFIX}")):
        below = file.relative_to(path)
        hidden = any(part.startswith(".") for part in below.parts)
        if not hidden and file.is_file():
            name = f"{given}{below.with_suffix('')}" if given == BUNDLED else str(Path(given) / below)
            yield name, file


def _complaint(file: str, code: str, message: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic(Place(file, 0), code, message, hint)
