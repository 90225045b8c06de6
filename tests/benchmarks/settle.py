"""Settles the safety properties of one system in one way, and prints how: what `proofs.py` runs and measures.

The arguments are the specification's file, the ways of the portfolio with commas between them, a number of seconds,
and parameters as NAME=VALUE.
"""

from __future__ import annotations

import json
import sys

from custody.language import instances, load
from custody.prove.portfolio import Portfolio
from custody.system.finding import Limits, Verdict
from custody.system.model import SAFETY


def main() -> None:
    """Prints an object of JSON: whether everything was settled, which ways did, and what is violated."""
    file, methods, seconds, *settings = sys.argv[1:]
    given = dict(setting.split("=", 1) for setting in settings)
    (system, *_) = instances(load(file), given)
    names = tuple(p.name for p in system.properties if p.form in SAFETY)
    portfolio = Portfolio(tuple(methods.split(",")))
    found = portfolio(system, Limits(timeout=float(seconds)), names).findings
    done = all(finding.verdict is not Verdict.INCONCLUSIVE for finding in found.values())
    by = sorted({str(entry["found_by"]) for entry in portfolio.proofs.entries})
    violated = sorted(name for name, finding in found.items() if finding.verdict is Verdict.VIOLATED)
    print(json.dumps({"settled": done, "by": by, "violated": violated}))


if __name__ == "__main__":
    main()
