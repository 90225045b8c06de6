"""The command: what to measure, and where the results go."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import cases, growth, limits, report, run_custody, run_peers, run_probe, startup
from benchmarks.conduct import Results, conduct
from benchmarks.cores import Cores
from benchmarks.machine import describe
from benchmarks.run_tlc import Tlc
from benchmarks.runner import Runner, ToolError
from benchmarks.targets import judge

REPORTS = cases.HERE.parents[1] / "reports"
LIMITED = "lifecycle(7)"
"""The case that is also run with too little memory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where all tools agree, 1 where they do not or one of them failed; a missed target is no failure."""
    options = _parser().parse_args(arguments)
    everything = cases.quick() if options.quick else cases.default()
    try:
        chosen = cases.chosen(everything, options.models)
    except ValueError as error:
        _parser().error(str(error))
    repeat: int = options.repeat or (1 if options.quick else 3)
    target: Path | None = options.reports or (None if options.quick or options.models else REPORTS)
    jar: Path | None = options.tlc
    runners: list[Runner] = [*run_custody.ALL, *run_probe.ALL]
    if not options.alone:
        runners += [*run_peers.ALL, *([Tlc(jar)] if jar is not None else [])]
    missing = {runner.name: reason for runner in runners if (reason := runner.missing()) is not None}
    run_custody.install()
    cores = Cores()
    machine = describe(cores)
    with tempfile.TemporaryDirectory(prefix="custody-bench.", dir=options.folder) as name:
        root = Path(name)
        there = [runner for runner in runners if runner.name not in missing]
        results = conduct(chosen, there, cores, root, repeat, options.limit, _say)
        results.notes += [f"{name}: {reason}" for name, reason in missing.items()]
        if jar is None and not options.alone:
            results.notes.append("TLC: its jar was not given (--tlc)")
        with cores.pinned(1):
            _rest(results, chosen, root, repeat, options.limit)
    judgements = judge(results)
    sys.stdout.write(report.text(results, judgements))
    if target is not None:
        target.mkdir(parents=True, exist_ok=True)
        (target / "benchmarks.md").write_text(report.markdown(results, judgements, machine), encoding="utf-8")
        (target / "benchmarks.json").write_text(report.document(results, judgements, machine), encoding="utf-8")
        (target / "growth.svg").write_text(growth.plot(results), encoding="utf-8")
        _say(f"written to {target}: benchmarks.md, benchmarks.json, growth.svg")
    return 1 if results.errors else 0


def _rest(results: Results, chosen: Sequence[cases.Case], root: Path, repeat: int, limit: float) -> None:
    """Start-up times, and the run that does not fit."""
    try:
        _say("start-up")
        results.startup = startup.measure(root / "start-up", repeat, limit)
        limited = next((case for case in chosen if case.name == LIMITED), None)
        if limited is not None:
            _say(f"{limited.name} with too little memory, and resumed")
            results.limited = limits.measure(limited, root / "limited", limit)
    except ToolError as error:
        results.errors.append(str(error))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description="Measure Custody, SPIN, rumur and TLC on the same models, one after another on one core.",
    )
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="families or cases, such as devices or 'german(4)'"
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, once each: in two minutes, to try the bench"
    )
    parser.add_argument(
        "--repeat", type=int, metavar="N", help="rounds (default: 3; with --quick 1); the least counts"
    )
    parser.add_argument("--limit", type=float, default=600.0, metavar="SECONDS", help="for each run (default: 600)")
    parser.add_argument("--alone", action="store_true", help="Custody only")
    parser.add_argument(
        "--tlc",
        type=Path,
        default=os.environ.get("TLA2TOOLS"),
        metavar="JAR",
        help="tla2tools.jar, or a folder of its classes (default: $TLA2TOOLS)",
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="for temporary files (default: the system's)")
    parser.add_argument(
        "--reports",
        type=Path,
        metavar="DIR",
        help="write the page, the JSON and the plot there (default: reports/, and nowhere with --quick or MODEL)",
    )
    return parser
