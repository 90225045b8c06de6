"""`python tests/benchmarks/encoded.py`: the same bounded search in each encoding, on the families of proofs.

How many steps deep each comes in the same processor time goes into the table of `reports/encodings.md`, from which
the encodings of `custody.symbolic` are chosen.  That two encodings find different things is a fault of one, and ends
it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from proofs import FAMILIES, ROOT, Family
from record import noted

HERE = Path(__file__).resolve().parent
RECORD, PAGE = ROOT / "reports/encodings.json", ROOT / "reports/encodings.md"

ENCODINGS = (
    "one-hot booleans, SAT",
    "binary booleans, SAT",
    "bit-vectors, QF_FD",
    "bit-vectors, QF_BV",
    "bit-vectors, default",
    "integers, QF_LIA",
)
DEEPEST = 60


def depth(family: Family, encoding: str, seconds: float) -> dict[str, Any]:
    """How many steps after which nothing was found, or after how many something was."""
    given = {**dict(family.others), family.parameter: str(family.sizes[0])}
    settings = [f"{name}={value}" for name, value in given.items()]
    command = [sys.executable, str(HERE / "unrolled.py"), encoding, str(seconds), str(ROOT / family.file), *settings]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # It is ended by the limit on its time, unless it comes to an end or z3 gives up.
    if done.returncode > 0 and "z3 gave up" not in done.stderr:
        raise RuntimeError(done.stderr)
    steps = [line.split() for line in done.stdout.splitlines()]
    met = next((int(words[1]) for words in steps if words[0] == "met"), None)
    if met is not None:
        return {"met": met}
    return {"depth": max((int(words[1]) for words in steps if words[0] == "not"), default=-1)}


def require_agreement(name: str, found: dict[str, dict[str, Any]]) -> None:
    """RuntimeError where one found something at a depth where another did not."""
    met = {entry["met"] for entry in found.values() if "met" in entry}
    deepest = max((entry["depth"] for entry in found.values() if "depth" in entry), default=-1)
    if len(met) > 1 or (met and deepest >= min(met)):
        raise RuntimeError(f"{name}: the encodings do not agree: {found}")


def page(record: dict[str, Any]) -> str:
    """The table, in Markdown."""
    families: dict[str, Any] = record["families"]
    total = {encoding: steps(record, encoding) for encoding in ENCODINGS}
    best = {
        encoding: sum(
            _steps(entry[encoding]) == max(map(_steps, (entry[each] for each in ENCODINGS)))
            for entry in families.values()
        )
        for encoding in ENCODINGS
    }
    lines = [
        "# Encodings",
        "",
        "Made by `python tests/benchmarks/encoded.py`; not edited by hand. The same bounded search, for anything"
        f" that a property of states forbids, in {record['seconds']:g} processor seconds: after how many steps"
        f" nothing was found, {DEEPEST} being the most that was asked for; *met* where a bug was. Each family has its"
        " smallest size.",
        "",
        f"| model | {' | '.join(ENCODINGS)} |",
        f"|---|{'---|' * len(ENCODINGS)}",
    ]
    for name, entry in families.items():
        cells = [f"met {e['met']}" if "met" in (e := entry[encoding]) else str(e["depth"]) for encoding in ENCODINGS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append(f"| **steps in all** | {' | '.join(f'{total[encoding]:,}' for encoding in ENCODINGS)} |")
    lines.append(f"| **deepest of all in** | {' | '.join(str(best[encoding]) for encoding in ENCODINGS)} |")
    return "\n".join(lines) + "\n"


def steps(record: dict[str, Any], encoding: str) -> int:
    """How many steps it got in all families together."""
    return sum(_steps(entry[encoding]) for entry in record["families"].values())


def _steps(entry: dict[str, Any]) -> int:
    return int(entry.get("met", entry.get("depth", 0)))


def main() -> None:
    """Measure, write the record after each family, and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", help="names of models; all when none is given")
    parser.add_argument("--seconds", type=float, help="of processor time, for each", default=3.0)
    arguments = parser.parse_args()
    for family in FAMILIES:
        if arguments.families and family.name not in arguments.families:
            continue
        found = {encoding: depth(family, encoding, arguments.seconds) for encoding in ENCODINGS}
        require_agreement(family.name, found)
        print(family.name, found, flush=True)
        PAGE.write_text(page(_noted(family, found, arguments.seconds)), encoding="utf-8")


def _noted(family: Family, found: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The record with this in it."""

    def change(record: dict[str, Any]) -> dict[str, Any]:
        known = record.get("families", {}) | {family.name: found}
        ordered = {each.name: known[each.name] for each in FAMILIES if each.name in known}
        return {"seconds": seconds, "families": ordered}

    return noted(RECORD, change)


if __name__ == "__main__":
    main()
