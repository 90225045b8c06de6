"""Measures what takes too long for every commit, and keeps it in `reports/` beside fingerprints of what was measured.

    PYTHONPATH=.ci .venv/bin/python -m findings.measure engines|largest|mutation|explanations [SPEC...]

CUSTODY_MEASURE_SECONDS=N stops trying mistakes after N seconds; those that were tried are spread evenly all the same.

What is measured of which specification is in `measured.toml`; explained are the defects of what was posted. `.ci/run`
makes the pages from it, and says which entries are of a specification that has changed since.
"""

from __future__ import annotations

import json
import os
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

from custody.language import load
from custody.language.elaborate import instances, sized
from custody.language.fingerprint import fingerprint
from custody.language.program import Program
from custody.mutation.operators import Mutant, mutants, spread
from custody.mutation.report import Tried, spec_document
from custody.mutation.trial import Bench, Trial
from custody.present.machine import run_document
from custody.present.why import explanation_document, sentences
from custody.properties.check import check
from custody.properties.engines import ENGINES, Engine, EngineChoice, searching
from custody.system.finding import Exploration, Limits, Means, ProgressHook, Verdict
from custody.system.model import System
from custody.why.explain import QUICK, USUAL, explanations
from findings.paths import ENGINE_ANSWERS, EXPLAINED, LARGEST, MEASURED, MUTATION, ROOT, SURVIVORS

MIB = 1 << 20
OWN_LIMITS: Mapping[EngineChoice, Limits] = {
    EngineChoice.EXPLICIT: Limits(timeout=600, max_memory=6144 * MIB),
    EngineChoice.NETWORKX: Limits(timeout=120, max_states=400_000),
    EngineChoice.Z3: Limits(timeout=60),
}
"""How long each engine may take for one instance."""

LADDER_LIMITS = Limits(timeout=300, max_memory=4096 * MIB)
MUTANT_LIMITS = Limits(timeout=300, max_states=1_000_000)
MUTANT_GROWTH = 2
"""A mutant may have so many times the states of what it was made of, if that is more than the limit."""
WHOLE_LIMITS = Limits(timeout=1200)
"""For the specification by itself, which has to pass."""


class Wanted(TypedDict, total=False):
    modules: list[str]
    sample: int
    engines: list[str]
    ladder: list[str]


def wanted() -> dict[str, Wanted]:
    """The table of what is measured, by specification."""
    return cast(dict[str, Wanted], tomllib.loads(MEASURED.read_text(encoding="utf-8")))


def posted() -> dict[str, Wanted]:
    """The specifications of code as it was posted: they have defects."""
    return {str(file.relative_to(ROOT)): Wanted() for file in sorted((ROOT / "spec" / "as_posted").glob("*.custody"))}


def engines(spec: str, plan: Wanted, program: Program) -> dict[str, Any]:
    """What every engine answers for each setting; a fault where two contradict each other."""
    runs: list[dict[str, Any]] = []
    for settings in plan["engines"]:
        system = sized(program, _settings(settings), {})
        run = check(system, spec, EngineChoice.ALL, Limits(), engines=_limited())
        found = run_document(run)
        for entry in found["properties"]:
            entry["trace"] = entry["trace"] and {"steps": [None] * len(entry["trace"]["steps"])}
        kept = {name: found[name] for name in ("spec", "model", "parameters", "states", "transitions", "depth")}
        told = ("name", "form", "rules", "implicit", "verdict", "engines", "trace")
        kept["instance"] = settings
        kept["properties"] = [{name: entry[name] for name in told} for entry in found["properties"]]
        runs.append(kept)
        _say(f"{spec}, {settings}: {found['states']} states, {_answers(found)}")
    return {"runs": runs}


def _answers(found: Mapping[str, Any]) -> str:
    counts: dict[str, int] = {}
    for entry in found["properties"]:
        for engine, verdict in entry["engines"].items():
            counts[engine] = counts.get(engine, 0) + (verdict != "inconclusive")
    return ", ".join(f"{engine} settles {count}" for engine, count in counts.items())


def _limited() -> Mapping[EngineChoice, Engine]:
    def within(choice: EngineChoice) -> Engine:
        def run(
            system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None
        ) -> Exploration:
            return ENGINES[choice](system, OWN_LIMITS[choice], properties, progress)

        return run

    return {choice: within(choice) for choice in ENGINES}


def largest(spec: str, plan: Wanted, program: Program) -> dict[str, Any]:
    """The growing instances, as far as the explorer comes within its limits."""
    rungs: list[dict[str, Any]] = []
    for settings in plan["ladder"]:
        system = sized(program, _settings(settings), {})
        run = check(system, spec, EngineChoice.EXPLICIT, LADDER_LIMITS)
        (found, *_) = run.explorations
        rungs.append(
            {
                "settings": settings,
                "complete": found.complete,
                "states": found.states,
                "transitions": found.transitions,
                "depth": found.depth,
                "limit": found.limit,
                "passes": run.passes,
            }
        )
        _say(f"{spec}, {settings}: {found.states} states, {found.limit or 'complete'}")
        if not found.complete:
            break
    return {"rungs": rungs}


def mutation(spec: str, plan: Wanted, program: Program) -> dict[str, Any]:
    """Mistakes and what catches them."""
    known: dict[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))
    found = list(mutants(program, plan.get("modules", ())))
    bench = Bench(program, spec, WHOLE_LIMITS)
    bench.limits, bench.growth = MUTANT_LIMITS, MUTANT_GROWTH
    trials = _tried(bench, spread(found, plan.get("sample")))
    tried = Tried(spec, fingerprint(program), len(found), trials, known)
    _say(f"{spec}: {tried.caught} of {tried.counted} caught, {len(tried.unexplained)} to be explained")
    return spec_document(tried)


def _tried(bench: Bench, chosen: Sequence[Mutant]) -> tuple[Trial, ...]:
    """As many as there is time for, in an order of which every beginning is spread evenly; at least one."""
    ends = time.monotonic() + float(os.environ.get("CUSTODY_MEASURE_SECONDS", "inf"))
    trials: dict[int, Trial] = {}
    for index in scattered(len(chosen)):
        if trials and time.monotonic() > ends:
            break
        trials[index] = bench.try_out(chosen[index])
    return tuple(trials[index] for index in sorted(trials))


def scattered(count: int) -> list[int]:
    """All numbers below `count`: in van der Corput's order, each next one where the gaps are widest."""
    bits = max(count - 1, 0).bit_length()
    reversed_bits = (int(f"{index:0{bits}b}"[::-1], 2) if bits else index for index in range(1 << bits))
    return [index for index in reversed_bits if index < count]


def explained(spec: str, plan: Wanted, program: Program) -> dict[str, Any]:
    """Each violation in the smallest instance that has it: what matters, the nearest passing run, repairs."""
    del plan
    effort, most = (QUICK, 1) if Path(spec).stem in LARGE else (USUAL, TRIES)
    engines = searching(Means(symmetry=True))
    runs = [
        check(system, spec, EngineChoice.EXPLICIT, WHOLE_LIMITS, engines=engines) for system in instances(program, {})
    ]
    runs.sort(key=lambda run: run.counted.states or 0 if run.counted else 0)
    found: dict[str, dict[str, Any]] = {}
    tries: dict[str, int] = {}
    for run in runs:
        names = [r.subject.name for r in run.properties if r.finding.verdict is Verdict.VIOLATED]
        # Where nothing repairs it cleanly, perhaps another instance has fewer defects at once.
        fresh = [name for name in names if tries.get(name, 0) < most and not _is_clean(found.get(name))]
        for name, explanation in explanations(program, run, {}, fresh, effort).items() if fresh else ():
            tries[name] = tries.get(name, 0) + 1
            entry = explanation_document(run.system, explanation)
            entry["passing"] = entry["passing"] and {**entry["passing"], "steps": len(entry["passing"]["steps"])}
            said = list(sentences(run.system, explanation))
            trace = explanation.result.finding.trace
            length = trace.length if trace is not None else 0
            entry = {"property": name, "instance": run.system.instance, "length": length, "said": said, **entry}
            _say(f"{spec}, {run.system.instance}, {name}: {len(entry['repairs'])} repairs of {entry['tried']}")
            if name not in found or _is_clean(entry):
                found[name] = entry
    return {"explanations": [found[name] for name in sorted(found)]}


TRIES = 2
"""In how many instances a failure is explained until something repairs it and spoils nothing."""


LARGE = ("gntdev", "heap_helpers")
"""Of these a change takes so long to check that fewer are tried, in one instance."""


def _is_clean(entry: Mapping[str, Any] | None) -> bool:
    return entry is not None and any(repair["clean"] for repair in entry["repairs"])


MEASURES: Mapping[str, tuple[Callable[[str, Wanted, Program], dict[str, Any]], Path]] = {
    "engines": (engines, ENGINE_ANSWERS),
    "largest": (largest, LARGEST),
    "mutation": (mutation, MUTATION),
    "explanations": (explained, EXPLAINED),
}


def _settings(text: str) -> dict[str, str]:
    return dict(cast(tuple[str, str], tuple(part.split("=", 1))) for part in text.split())


def _say(text: str) -> None:
    print(text, flush=True)


def main(what: str, specs: Sequence[str]) -> None:
    """Measure, and keep each entry in its file as soon as it is there."""
    os.chdir(ROOT)
    measure, file = MEASURES[what]
    plans = posted() if what == "explanations" else wanted()
    for spec, plan in plans.items():
        if specs and spec not in specs:
            continue
        program = load(spec)
        entry = {"fingerprint": fingerprint(program), **measure(spec, plan, program)}
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        kept[spec] = entry
        text = json.dumps(dict(sorted(kept.items())), indent=1) + "\n"
        file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
