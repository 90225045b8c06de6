"""The results as a page of Markdown, as lines for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.conduct import Measured, Results
from benchmarks.tables import Grid, grids
from benchmarks.targets import Judgement

AGREED = "All tools agree on states, transitions and, where they tell it, depth; every verdict and trace is right."


def text(results: Results, judgements: Sequence[Judgement]) -> str:
    """The tables in columns, one after another."""
    parts = [plain(grid) for grid in grids(results, judgements)]
    ends = [*results.notes, *(results.errors or [AGREED])]
    return "\n\n".join([*parts, "\n".join(ends)]) + "\n"


def plain(grid: Grid) -> str:
    """One table in columns; those without any figure are left out."""
    kept = [
        index
        for index in range(len(grid.heads))
        if not grid.rows or any(row[index] not in ("", "-") for row in grid.rows)
    ]
    rows = [[row[index] for index in kept] for row in (grid.heads, *grid.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(kept))]
    lines = [
        "  ".join(
            word.ljust(width) if index < grid.texts else word.rjust(width)
            for index, word, width in zip(kept, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([grid.title, "", *lines])


def markdown(results: Results, judgements: Sequence[Judgement], machine: Mapping[str, str]) -> str:
    """The report as a page."""
    lines = [
        "# Benchmarks",
        "",
        "Made by `python tests/benchmarks`; not edited by hand. What is measured, and how, is",
    ]
    lines += ["explained in [`tests/benchmarks/README.md`](../tests/benchmarks/README.md).", ""]
    lines += [f"* {name}: {value}" for name, value in machine.items()]
    lines += ["", "![Time and memory against the number of states](growth.svg)"]
    for grid in grids(results, judgements):
        lines += ["", f"## {grid.title}", "", grid.remark, ""]
        lines += ["| " + " | ".join(grid.heads) + " |"]
        lines += ["|" + "|".join("---" if index < grid.texts else "--:" for index in range(len(grid.heads))) + "|"]
        lines += ["| " + " | ".join(row) + " |" for row in grid.rows]
    if results.notes:
        lines += ["", "## Left out", "", *(f"* {note}" for note in results.notes)]
    lines += ["", "## Agreement", "", *(f"* {error}" for error in results.errors or [AGREED])]
    return "\n".join(lines) + "\n"


def document(results: Results, judgements: Sequence[Judgement], machine: Mapping[str, str]) -> str:
    """Every sample, as JSON."""
    content: dict[str, Any] = {
        "version": 1,
        "machine": dict(machine),
        "targets": [asdict(one) for one in judgements],
        "cases": [_case(measured) for measured in results.cases],
        "startup": None if results.startup is None else asdict(results.startup),
        "limited": None if results.limited is None else asdict(results.limited),
        "notes": results.notes,
        "errors": results.errors,
    }
    return json.dumps(content, indent=1) + "\n"


def _case(measured: Measured) -> dict[str, Any]:
    counts = measured.counts
    return {
        "name": measured.case.name,
        "settings": dict(measured.case.settings),
        "property": measured.case.wanted,
        "bits": measured.bits,
        "counts": None if counts is None else asdict(counts),
        "tools": {
            name: {
                "search_cpu": series.search,
                "search_wall": series.search_wall,
                "whole": series.whole,
                "cold": series.cold if series.compiles else None,
                "peak_bytes": series.peak,
                "compiles": series.compiles,
                "runs": [asdict(run) for run in series.runs],
            }
            for name, series in measured.series.items()
        },
    }
