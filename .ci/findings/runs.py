"""What `custody check spec --json` said, and which specifications belong together.

A specification below `as_posted/` is code as somebody sent it.  Its correction has the same name in the folder above,
or one that begins with it: `as_posted/kds.custody` is corrected by `kds_ordered.custody` and others.
A specification in any other folder stands for a version of the kernel and for itself: `linux_6_12/udmabuf.custody`
is corrected, where that is called for, by `linux_6_12/udmabuf_corrected.custody`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

POSTED = "as_posted"
CORRECTED = "_corrected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One property in one run. `engines` says what each that was asked answers."""

    name: str
    form: str
    rules: tuple[str, ...]
    implicit: bool
    verdict: str
    steps: int | None
    engines: Mapping[str, str]

    @property
    def hazard(self) -> str:
        """The kind of an implicit property: `leak` of `leak(Buffer)`."""
        return self.name.partition("(")[0]

    @property
    def subjects(self) -> tuple[str, ...]:
        """What a table lists it under: the rules that it states, or the hazard that it is."""
        return self.rules or ((self.hazard,) if self.implicit else ())


@dataclass(frozen=True, slots=True)
class Run:
    """One instance of one specification."""

    spec: str
    model: str
    instance: str
    parameters: Mapping[str, Any]
    states: int | None
    verdicts: tuple[Verdict, ...]

    @property
    def title(self) -> str:
        """The instance by its name, or by its parameters where it has none."""
        return self.instance or ", ".join(f"{name} = {_shown(value)}" for name, value in self.parameters.items())


@dataclass(frozen=True, slots=True)
class Subject:
    """A system of the table: the code as posted, if it was, and the specifications that correct it."""

    name: str
    posted: tuple[Run, ...]
    corrected: tuple[Run, ...]


def read_runs(file: Path) -> tuple[Run, ...]:
    """The runs of a result in JSON, in its order."""
    return tuple(run_of(run) for run in json.loads(file.read_text(encoding="utf-8"))["runs"])


def run_of(run: Mapping[str, Any]) -> Run:
    """One run of a result in JSON."""
    return Run(
        spec=run["spec"],
        model=run["model"],
        instance=run.get("instance", ""),
        parameters=run["parameters"],
        states=run["states"],
        verdicts=tuple(
            Verdict(
                name=entry["name"],
                form=entry["form"],
                rules=tuple(entry["rules"]),
                implicit=entry["implicit"],
                verdict=entry["verdict"],
                steps=None if entry["trace"] is None else len(entry["trace"]["steps"]),
                engines=entry["engines"],
            )
            for entry in run["properties"]
        ),
    )


def subjects(runs: Iterable[Run]) -> tuple[Subject, ...]:
    """The systems in the order of their names; what was posted first where the names are equal."""
    by_spec: dict[str, list[Run]] = {}
    for run in runs:
        by_spec.setdefault(run.spec, []).append(run)
    posted = {PurePath(spec).stem: spec for spec in by_spec if PurePath(spec).parent.name == POSTED}
    corrections: dict[str, list[str]] = {}
    found: list[Subject] = []
    for spec, of_spec in by_spec.items():
        path = PurePath(spec)
        if path.parent.name == POSTED:
            continue
        if path.parent.name != "spec":
            if not path.stem.endswith(CORRECTED):
                fixed = str(path.with_stem(path.stem + CORRECTED))
                name = f"{path.parent.name}/{path.stem}"
                found.append(Subject(name, tuple(of_spec), tuple(by_spec.get(fixed, ()))))
            continue
        owner = _owner(path.stem, posted)
        corrections.setdefault(owner or path.stem, []).append(spec)
    for name in sorted({*corrections, *posted}):
        fixed_runs = tuple(run for spec in corrections.get(name, ()) for run in by_spec[spec])
        found.append(Subject(name, tuple(by_spec[posted[name]]) if name in posted else (), fixed_runs))
    return tuple(sorted(found, key=lambda subject: ("/" in subject.name, subject.name)))


def _owner(stem: str, posted: Iterable[str]) -> str | None:
    """The posted specification with the longest name that this one begins with."""
    fitting = [name for name in posted if stem == name or stem.startswith(f"{name}_")]
    return max(fitting, key=len, default=None)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
