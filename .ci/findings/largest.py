"""The page about growing instances: how large a one the explorer finishes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from findings.evidence import measured_of

HEADS = ("specification", "settings", "states", "transitions", "depth", "every property as expected", "measured of")


def page(file: Path, root: Path) -> str:
    """The whole page, from `reports/largest.json`."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    lines = [
        "# How far the explorer comes",
        "",
        "Made by `.ci/run` from `largest.json`, which `python -m findings.measure largest` measures (with",
        "`PYTHONPATH=.ci`); a specification that is not listed was not measured. Each was made larger step by step,",
        "up to what `measured.toml` says or until a limit of five minutes or 4 GiB: such a line says how far it came",
        "and at which limit it stopped, and says nothing of the rest.",
        "",
        f"| {' | '.join(HEADS)} |",
        f"|{'---|' * len(HEADS)}",
    ]
    for spec, entry in kept.items():
        lines += _lines(spec, entry, measured_of(root / spec, entry["fingerprint"]))
    return "\n".join(lines) + "\n"


def _lines(spec: str, entry: Mapping[str, Any], measured: str) -> Iterator[str]:
    for rung in entry["rungs"]:
        outcome = ("yes" if rung["passes"] else "**no**") if rung["complete"] else f"unknown: {rung['limit']}"
        numbers = (f"{rung['states']:,}", f"{rung['transitions']:,}", str(rung["depth"]))
        yield f"| {' | '.join((spec, rung['settings'], *numbers, outcome, measured))} |"
