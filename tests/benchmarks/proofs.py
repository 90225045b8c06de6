"""`python tests/benchmarks/proofs.py`: how far each way of proving gets, on twenty families of growing models.

Each family is proved at growing sizes, by the portfolio, by bounded search with plain k-induction, and by Spacer
alone, each within a number of seconds; the table has the largest size that was settled, and how long that took.
Times are of the wall clock, on whatever else the machine does: read them side by side.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[0:1] = [str(ROOT / "tests"), str(ROOT / "checker")]

from custody.language import instances, load  # noqa: E402
from custody.language.diagnostic import SpecError  # noqa: E402
from custody.prove.portfolio import METHODS, Portfolio  # noqa: E402
from custody.system.finding import Limits, Stopwatch, Verdict  # noqa: E402
from custody.system.model import SAFETY, System  # noqa: E402

WAYS = {"portfolio": METHODS, "bounded and k-induction": ("bounded",), "Spacer": ("spacer",)}


@dataclass(frozen=True, slots=True)
class Family:
    """A specification with the parameter that grows, and the sizes, the last being what bounded search cannot do."""

    file: str
    parameter: str
    sizes: tuple[int, ...]
    others: tuple[tuple[str, str], ...] = ()


FAMILIES = (
    Family("tests/protocols/lifecycle.custody", "N", (2, 4, 6, 8, 10)),
    Family("tests/protocols/philosophers.custody", "N", (3, 5, 8), (("POLITE", "true"),)),
    Family("tests/protocols/german.custody", "N", (2, 3, 4)),
    Family("tests/protocols/ticket.custody", "N", (2, 3, 5)),
    Family("tests/protocols/peterson.custody", "N", (2, 3, 4)),
    Family("tests/protocols/two_phase.custody", "N", (2, 3, 5)),
    Family("tests/protocols/transaction_commit.custody", "N", (2, 4, 6)),
    Family("tests/benchmarks/models/devices.custody", "N", (2, 4, 6, 8)),
    Family("tests/benchmarks/models/kds.custody", "P", (2, 3)),
    Family("tests/benchmarks/models/counter.custody", "LIMIT", (10, 100, 1000)),
    Family("tests/benchmarks/models/proofs/rw_lock.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/token_ring.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/references.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/msi.custody", "N", (3, 6, 10)),
    Family("tests/benchmarks/models/proofs/semaphore.custody", "N", (3, 6, 12, 16)),
    Family("tests/benchmarks/models/proofs/safe_counter.custody", "LIMIT", (10, 30, 300)),
    Family("spec/dma_buf.custody", "DEVICES", (1, 2, 3)),
    Family("spec/ownership.custody", "DEVICES", (1, 2, 3)),
    Family("spec/udmabuf.custody", "DEVICES", (1, 2), (("THREADS", "1"),)),
    Family("spec/kds_ordered.custody", "CONSUMERS", (2, 3)),
)


def settled(system: System, methods: tuple[str, ...], seconds: float) -> float | None:
    """How long it took to settle every safety property, None when it was not done in time."""
    clock = Stopwatch()
    names = tuple(p.name for p in system.properties if p.form in SAFETY)
    found = Portfolio(methods)(system, Limits(timeout=seconds), names)
    done = all(finding.verdict is not Verdict.INCONCLUSIVE for finding in found.findings.values())
    return clock.seconds if done else None


def row(family: Family, seconds: float) -> str:
    """A line of the table: for each way the largest size, of which there are more, and the seconds."""
    cells = [Path(family.file).stem, f"{family.parameter} = {', '.join(map(str, family.sizes))}"]
    for methods in WAYS.values():
        best = "none"
        for size in family.sizes:
            try:
                system = instances(
                    load(str(ROOT / family.file)), {family.parameter: str(size), **dict(family.others)}
                )
            except SpecError as error:
                raise SystemExit(f"{family.file}: {error}") from None
            took = settled(system[0], methods, seconds)
            if took is None:
                break
            best = f"{size} in {took:.1f} s"
        cells.append(best)
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", help="names of models; all when none is given")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each size and way")
    arguments = parser.parse_args()
    print("| model | sizes |", " | ".join(WAYS), "|")
    print("|---|---|" + "---|" * len(WAYS))
    for family in FAMILIES:
        if not arguments.families or Path(family.file).stem in arguments.families:
            print(row(family, arguments.seconds), flush=True)


if __name__ == "__main__":
    main()
