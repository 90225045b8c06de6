"""`python tests/benchmarks/proofs.py`: how far each way of proving gets, on twenty families of growing models.

Each family is settled at growing sizes, by the portfolio, by bounded search with plain k-induction, and by Spacer
alone, until a way has used its processor time for a size; what was reached goes into `reports/proofs.json`, and from
there into the table of `reports/proofs.md`.  Names of models measure these only, and leave the rest as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record import noted
from spent import spent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RECORD, PAGE = ROOT / "reports/proofs.json", ROOT / "reports/proofs.md"

WAYS = {
    "portfolio": "ic3,set,bounded,lasso,spacer",
    "bounded search and k-induction": "bounded",
    "Spacer alone": "spacer",
}
OURS, PLAIN, SPACER = WAYS
PATIENCE = 30
"""A way may take so many times its processor time on the clock, if others want the processors, too."""


@dataclass(frozen=True, slots=True)
class Family:
    """A specification with the parameter that grows, the sizes that are tried, and what else is set."""

    file: str
    parameter: str
    sizes: tuple[int, ...]
    others: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What the table calls it."""
        return Path(self.file).stem


FAMILIES = (
    Family("tests/protocols/lifecycle.custody", "N", (2, 4, 6, 8, 10)),
    Family("tests/protocols/philosophers.custody", "N", (3, 5, 8), (("POLITE", "true"),)),
    Family("tests/protocols/german.custody", "N", (2, 3, 4)),
    Family("tests/protocols/ticket.custody", "N", (2, 3, 4, 5)),
    Family("tests/protocols/peterson.custody", "N", (2, 3, 4)),
    Family("tests/protocols/two_phase.custody", "N", (3, 5, 8, 12, 16)),
    Family("tests/benchmarks/models/devices.custody", "N", (2, 3, 4, 6)),
    Family("tests/benchmarks/models/kds.custody", "P", (2, 3)),
    Family("tests/benchmarks/models/counter.custody", "LIMIT", (10, 100, 1000)),
    Family("tests/benchmarks/models/proofs/rw_lock.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/token_ring.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/references.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/msi.custody", "N", (3, 6, 10)),
    Family("tests/benchmarks/models/proofs/odometer.custody", "DIGITS", (1, 2, 3, 4)),
    Family("spec/dma_buf.custody", "DEVICES", (1, 2, 3)),
    Family("spec/ownership.custody", "DEVICES", (1, 2, 3)),
    Family("spec/udmabuf.custody", "DEVICES", (1, 2), (("THREADS", "1"),)),
    Family("spec/kds_ordered.custody", "CONSUMERS", (2, 3)),
    Family("spec/kds_multiple.custody", "CONSUMERS", (2, 3)),
    Family("spec/core.custody", "DEVICES", (1, 2, 3)),
)


def reached(family: Family, way: str, seconds: float) -> dict[str, Any]:
    """The largest size that was settled in this way, with its processor seconds and what settled it."""
    best: dict[str, Any] = {}
    for size in family.sizes:
        given = {**dict(family.others), family.parameter: str(size)}
        command = [
            sys.executable,
            str(HERE / "settle.py"),
            str(ROOT / family.file),
            WAYS[way],
            str(PATIENCE * seconds),
        ]
        found = spent([*command, *(f"{name}={value}" for name, value in given.items())], seconds)
        told = {"settled": False} if found.said is None else json.loads(found.said)
        if not told["settled"]:
            return {**best, "stopped_at": size}
        best = {"size": size, "seconds": round(found.seconds, 1), "by": told["by"]}
        if told["violated"]:
            best["violated"] = told["violated"]
    return best


def solved(entry: dict[str, Any]) -> bool:
    """Whether the portfolio settles a size at which bounded search with k-induction stops."""
    return entry[OURS].get("size", 0) > entry[PLAIN].get("size", 0) and "stopped_at" in entry[PLAIN]


def page(record: dict[str, Any]) -> str:
    """The table, in Markdown."""
    families: dict[str, Any] = record["families"]
    count = sum(map(solved, families.values()))
    lines = [
        "# How far each way of proving gets",
        "",
        "Made by `python tests/benchmarks/proofs.py`; not edited by hand. For each family of models the largest size"
        " at which every safety property was settled, with the processor seconds that all processes took for it"
        f" together, of {record['seconds']:g} that they had; a way stops at the first size that it does not settle"
        " in these. *Bounded search and k-induction* is what `custody check --engine z3` does; the portfolio runs IC3"
        " over a SAT solver, exhaustive search, bounded search and Spacer side by side, and they share the time.",
        "",
        f"**The portfolio settles {count} of {len(families)} families at a size where bounded search and k-induction"
        " stop.**",
        "",
        f"| model | sizes | {' | '.join(WAYS)} | settled by |",
        f"|---|---|{'---|' * len(WAYS)}---|",
    ]
    for name, entry in families.items():
        cells = [_cell(entry[way]) for way in WAYS]
        by = ", ".join(entry[OURS].get("by", ()))
        if "violated" in entry[OURS]:
            by += f": {', '.join(entry[OURS]['violated'])} violated"
        lines.append(f"| {name} | {entry['sizes']} | {' | '.join(cells)} | {by} |")
    return "\n".join(lines) + "\n"


def _cell(found: dict[str, Any]) -> str:
    stopped = f", not {found['stopped_at']}" if "stopped_at" in found else ""
    return f"{found['size']} in {found['seconds']:.1f} s{stopped}" if "size" in found else f"none{stopped}"


def main() -> None:
    """Measure, write the record after each family, and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", help="names of models; all when none is given")
    parser.add_argument("--way", action="append", choices=tuple(WAYS), help="this way only; repeatable")
    parser.add_argument("--seconds", type=float, help="of processor time, for each size and way", default=20.0)
    arguments = parser.parse_args()
    for family in FAMILIES:
        if arguments.families and family.name not in arguments.families:
            continue
        for way in arguments.way or WAYS:
            found = reached(family, way, arguments.seconds)
            print(family.name, way, found, flush=True)
            record = _noted(family, way, found, arguments.seconds)
            if all(len(entry) == 1 + len(WAYS) for entry in record["families"].values()):
                PAGE.write_text(page(record), encoding="utf-8")


def _noted(family: Family, way: str, found: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The record with this in it."""

    def change(record: dict[str, Any]) -> dict[str, Any]:
        known = record.get("families", {})
        entry = known.setdefault(family.name, {})
        entry |= {"sizes": f"{family.parameter} = {', '.join(map(str, family.sizes))}", way: found}
        ordered = {
            each.name: {key: known[each.name][key] for key in ("sizes", *WAYS) if key in known[each.name]}
            for each in FAMILIES
            if each.name in known
        }
        return {"seconds": seconds, "families": ordered}

    return noted(RECORD, change)


if __name__ == "__main__":
    main()
