"""`python tests/benchmarks/certified.py`: what a certificate of each corrected specification takes.

It is of two devices and two threads, where the specification has both.

Each is proved as `custody prove` does it, until it has used the processor time of two cores for a minute.  How much
it took, and which properties of safety have no certificate then, goes into the table of `reports/certified.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from record import noted
from spent import spent

from custody.language import instances, load
from custody.language.diagnostic import SpecError
from custody.system.model import SAFETY, System

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD, PAGE = ROOT / "reports/certified.json", ROOT / "reports/certified.md"
SIZES = {"DEVICES": "2", "THREADS": "2", "CONSUMERS": "2"}
"""What is set, where a specification has it and allows it."""


def specifications(names: list[str]) -> Iterator[tuple[Path, dict[str, str], System]]:
    """The models and contracts of `spec/` with their settings; a module is none, and has no instance."""
    for file in sorted([*(ROOT / "spec").glob("*.custody"), *(ROOT / "spec").glob("*/*_corrected.custody")]):
        if names and file.stem not in names:
            continue
        text = file.read_text(encoding="utf-8")
        if not text.startswith(("model ", "contract ")):
            continue
        given = {name: value for name, value in SIZES.items() if f"\nparam {name} " in text}
        for wanted in (given, {name: value for name, value in given.items() if name != "THREADS"}):
            try:
                yield file, wanted, instances(load(str(file)), wanted)[0]
            except SpecError:
                continue
            break


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="names of specifications; all when none is given")
    parser.add_argument("--seconds", type=float, default=120.0, help="of processor time, for each")
    arguments = parser.parse_args()
    for file, given, system in specifications(arguments.names):
        names = [p.name for p in system.properties if p.form in SAFETY]
        # Of several instances that these settings leave, the first is meant: it is set as it is declared.
        settings = {**{name: _text(value) for name, value in system.parameters}, **given}
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable,
                "-m",
                "custody",
                "prove",
                str(file),
                "--certificates",
                folder,
                "--timeout",
                "3600",
            ]
            for name, value in settings.items():
                command += ["--set", f"{name}={value}"]
            for name in names:
                command += ["--property", name]
            found = spent(command, arguments.seconds)
            certified = {
                name
                for made in Path(folder).glob("*.json")
                for proof in json.loads(made.read_text(encoding="utf-8"))["proofs"]
                for name in proof["properties"]
            }
        missing = [name for name in names if name not in certified]
        shown = ", ".join(f"{name} = {value}" for name, value in given.items())
        entry: dict[str, Any] = {"sizes": shown, "missing": missing, "seconds": round(found.seconds, 1)}
        print(file.stem, entry, flush=True)
        PAGE.write_text(page(_noted(file.stem, entry)), encoding="utf-8")


def _noted(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The record with this in it."""
    return noted(RECORD, lambda known: dict(sorted({**known, name: entry}.items())))


def page(record: dict[str, Any]) -> str:
    """The table, in Markdown."""
    lines = [
        "# What certificates take",
        "",
        "Made by `python tests/benchmarks/certified.py`; not edited by hand. The processor seconds, of all processes"
        " together, until `custody prove` has a certificate for every property of safety, at two devices and two"
        " threads where the specification has them, of the first instance that it declares.",
        "",
        "| specification | sizes | without a certificate | seconds |",
        "|---|---|---|---|",
    ]
    for name, entry in record.items():
        cells = (name, entry["sizes"], ", ".join(entry["missing"]) or "none", entry["seconds"])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    slowest = max(record, key=lambda name: record[name]["seconds"])
    lines += [
        "",
        f"{slowest} takes longest, {record[slowest]['seconds']:.1f} s for one certificate of all its properties."
        " Two cores have 120 such seconds in a minute.",
    ]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
