"""Why what is violated is: explanations that belong to a page, made with it or kept from a longer run.

What was kept is of the specification that it was made of, and of no other: the fingerprint tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeAlias, cast

from custody.language.fingerprint import fingerprint
from custody.language.program import Program
from custody.present.report import Report
from custody.present.why import sentences


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one violation, in the instance of that name, whose trace has `length` steps.

    `rests` are the steps (from 1) that the violation rests on, `leads` those that only lead there; None where steps
    are not told apart.
    """

    instance: str
    length: int
    sentences: tuple[str, ...]
    rests: tuple[int, ...] | None
    leads: tuple[int, ...]


Explained: TypeAlias = Mapping[tuple[str, str], Said]
"""By the specification, as it was asked for, and the property."""


def made_with(report: Report) -> dict[tuple[str, str], Said]:
    """What the run explained itself."""
    found: dict[tuple[str, str], Said] = {}
    for position, explanations in report.explanations.items():
        run = report.runs[position]
        for name, explanation in explanations.items():
            trace, what = explanation.result.finding.trace, explanation.mattered
            found[run.spec, name] = Said(
                run.system.instance,
                0 if trace is None else trace.length,
                tuple(sentences(run.system, explanation)),
                None if what is None else tuple(step + 1 for step in what.steps),
                () if what is None else tuple(step + 1 for step in what.enabling),
            )
    return found


def kept(text: str, programs: Mapping[str, Program]) -> tuple[dict[tuple[str, str], Said], list[str]]:
    """What a file such as reports/explanations.json says of these specifications, and those that it has an earlier
    version of. ValueError where it is no such file."""
    document: Any = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("these are no explanations")
    entries = cast(dict[str, Any], document)
    found: dict[tuple[str, str], Said] = {}
    outdated: list[str] = []
    try:
        for spec, program in programs.items():
            for entry in _entries(entries, spec):
                if entry["fingerprint"] != fingerprint(program):
                    outdated.append(spec)
                    continue
                for each in cast(list[dict[str, Any]], entry["explanations"]):
                    found[spec, each["property"]] = _said(each)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"these are no explanations: {error!r}") from None
    return found, outdated


def _entries(document: Mapping[str, Any], spec: str) -> Iterator[dict[str, Any]]:
    """What is kept under this path, seen from wherever the file was made."""
    bundled = spec.removeprefix("spec:")
    parts = PurePath(spec if bundled == spec else f"spec/{bundled}.custody").parts
    for name, entry in document.items():
        known = PurePath(name).parts
        if parts[-len(known) :] == known:
            yield entry


def _said(each: Mapping[str, Any]) -> Said:
    steps, leads = each["steps"], each["enabling"]
    return Said(
        str(each["instance"]),
        int(each["length"]),
        tuple(map(str, each["said"])),
        None if steps is None else tuple(map(int, steps)),
        tuple(map(int, leads or ())),
    )
