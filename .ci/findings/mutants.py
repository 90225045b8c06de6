"""The page about mistakes: the share that the properties of each corrected specification catch, and the others."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from custody.mutation.operators import OPERATORS
from custody.mutation.report import share
from findings.evidence import measured_of

HEADS = (
    "specification", "mistakes", "tried", "caught", "not caught", "share", "change nothing", "refused", "unknown",
    "measured of",
)  # fmt: skip


def page(file: Path, survivors: Path, root: Path) -> str:
    """The whole page, from `reports/mutation.json` and the explanations."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known: dict[str, str] = tomllib.loads(survivors.read_text(encoding="utf-8"))
    lines = [
        "# Which mistakes the properties catch",
        "",
        "Made by `.ci/run` from `mutation.json`, which `python -m findings.measure mutation` measures (with",
        "`PYTHONPATH=.ci`); a specification that is not listed was not measured. One mistake at a time is made in",
        "the steps of a specification (`custody mutate`), and every instance that is as it should be is asked; a",
        "mistake that changes no step of any reachable state of these counts neither way. Where not all mistakes",
        "were tried, those that were are spread evenly.",
        "",
        f"| {' | '.join(HEADS)} |",
        f"|{'---|' * len(HEADS)}",
        *(_line(spec, entry, root) for spec, entry in kept.items()),
    ]
    for spec, entry in kept.items():
        lines += ["", f"## {spec}", "", *_survivors(entry, known)]
    lines += ["", "## The mistakes", "", *(f"* `{name}`: {what}" for name, what in OPERATORS.items())]
    return "\n".join(lines) + "\n"


def _line(spec: str, entry: Mapping[str, Any], root: Path) -> str:
    found = entry["outcomes"]
    counted = found["caught"] + found["survived"]
    cells = (
        spec,
        entry["mutants"],
        entry["tried"],
        found["caught"],
        found["survived"],
        share(found["caught"], counted),
        found["same"],
        found["refused"],
        found["unknown"],
        measured_of(root / spec, entry["fingerprint"]),
    )
    return f"| {' | '.join(map(str, cells))} |"


def _survivors(entry: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[str]:
    yield "| not caught | in | why |"
    yield "|---|---|---|"
    for trial in entry["not_caught"]:
        if trial["outcome"] == "survived":
            why = known.get(trial["key"], "**not explained**")
            what = trial["what"].replace("|", chr(92) + "|")
            yield f"| {what} | {trial['routine']}, line {trial['line']} | {why} |"
