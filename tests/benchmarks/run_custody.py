"""Custody itself: as a user calls it, cold and warm, and its search alone, with two threads and by orbits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import HERE, Case
from benchmarks.measure import Ran, run
from benchmarks.runner import Desk, ToolError, last, unfinished
from benchmarks.samples import Counts, Ending, Sample, Search

CUSTODY = (sys.executable, "-m", "custody")
INSIDE = (sys.executable, "-m", "benchmarks.inside")
RESULT = "result.json"
INCONCLUSIVE = 3

SEARCH = "custody"
THREADS = "custody 2 threads"
SYMMETRY = "custody orbits"
WARM = "custody warm"
COLD = "custody cold"
COLD_FREE = "custody cold, all cores"
START = "custody start"

PATHS = (HERE.parents[1] / "checker", HERE.parent)
"""Where children find Custody and the bench."""


@dataclass(frozen=True, slots=True)
class Called:
    """`custody check` as a user calls it: the whole process. `cold` begins with an empty cache every time."""

    name: str
    cold: bool = False
    cores: int | None = 1

    @property
    def group(self) -> str:
        return SEARCH

    def missing(self) -> str | None:
        return None

    def wants(self, desk: Desk) -> bool:
        return desk.case.plain

    def prepare(self, desk: Desk) -> float | None:
        """Nothing: the cold run tells what compiling costs."""
        return None

    def search(self, desk: Desk) -> Sample:
        folder, cache = desk.folder(self.name), desk.folder("cache")
        if self.cold:
            cache = desk.folder("cold cache")
            shutil.rmtree(cache)
            cache.mkdir()
        ran = run((*_check(desk.case), "--json", RESULT), folder, desk.limit, with_cache(cache))
        sample = sampled(ran, folder / RESULT, desk.case.wanted)
        if self.cold and not any(desk.folder("cache").iterdir()):
            # What was compiled just now need not be compiled again for the warm runs.
            shutil.copytree(cache, desk.folder("cache"), dirs_exist_ok=True)
        return sample


@dataclass(frozen=True, slots=True)
class Started:
    """`custody check` that stops at its first state: what a run costs that does not search."""

    name: str = START
    cores: int | None = 1

    @property
    def group(self) -> str:
        return SEARCH

    def missing(self) -> str | None:
        return None

    def wants(self, desk: Desk) -> bool:
        return desk.case.plain

    def prepare(self, desk: Desk) -> float | None:
        return None

    def search(self, desk: Desk) -> Sample:
        command = (*_check(desk.case), "--max-states", "1")
        ran = run(command, desk.folder(self.name), desk.limit, with_cache(desk.folder("cache")))
        if ran.over or ran.code != INCONCLUSIVE:
            return unfinished(ran, Ending.FAILED)
        return Sample(Ending.DONE, ran.wall, ran.cpu, ran.peak, ran.written)


@dataclass(frozen=True, slots=True)
class Searched:
    """The search alone, timed inside a process that has everything compiled and loaded (`inside`)."""

    name: str
    cores: int = 1
    symmetry: bool = False

    @property
    def group(self) -> str:
        return self.name if self.symmetry else SEARCH

    def missing(self) -> str | None:
        return None

    def wants(self, desk: Desk) -> bool:
        return desk.case.symmetry if self.symmetry else desk.case.plain

    def prepare(self, desk: Desk) -> float | None:
        return None

    def search(self, desk: Desk) -> Sample:
        case = desk.case
        request = {
            "spec": str(case.spec),
            "settings": {name: str(value) for name, value in case.settings},
            "wanted": case.wanted,
            "threads": self.cores,
            "symmetry": self.symmetry,
        }
        command = (*INSIDE, json.dumps(request))
        ran = run(command, desk.folder(self.name), desk.limit, with_cache(desk.folder("cache")))
        return timed(ran)


ALL = (
    Called(COLD, cold=True),
    Called(COLD_FREE, cold=True, cores=None),
    Called(WARM),
    Started(),
    Searched(SEARCH),
    Searched(THREADS, cores=2),
    Searched(SYMMETRY, symmetry=True),
)


def _check(case: Case) -> tuple[str, ...]:
    return (*CUSTODY, "check", str(case.spec), *case.options, "--property", case.wanted, "--no-symmetry")


def install() -> None:
    """Makes what is made when Custody is installed, as the peers are compiled when they are: bytecode, the parser's
    tables, the engine.  In a process of its own: what this one has is in the peaks of all that it starts."""
    program = (
        "import compileall, sys; from custody.made import make; make(); compileall.compile_dir(sys.argv[1], quiet=1)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(path) for path in PATHS)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", program, str(PATHS[0])], env=environment, check=True)


def with_cache(cache: Path) -> Mapping[str, str]:
    """The environment, with the user's cache elsewhere, no colours, and this repository's Custody."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "XDG_CACHE_HOME": str(cache),
        "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join(str(path) for path in PATHS),
    }


def export(case: Case, form: str, folder: Path) -> str:
    """The text of the case for another tool. A property that is violated stays out: nobody is to stop there."""
    wanted = ("--property", case.wanted) if case.trace is None else ()
    command = (*CUSTODY, "export", str(case.spec), "--to", form, *case.options, *wanted)
    ran = run(command, folder, 300, with_cache(folder))
    if ran.code != 0:
        raise ToolError(f"custody export {case.spec.name} --to {form}: exit {ran.code}\n{last(ran)}")
    return ran.out


def sampled(ran: Ran, file: Path, wanted: str) -> Sample:
    """What a run says of itself in its JSON, with what the system says of its process."""
    if ran.over or ran.code not in (0, 1) or not file.exists():
        return unfinished(ran, Ending.STOPPED if ran.code == INCONCLUSIVE else Ending.FAILED)
    try:
        seconds, counts, verdict, trace = parsed(json.loads(file.read_text(encoding="utf-8")), wanted)
    except (KeyError, IndexError, StopIteration, ValueError) as error:
        raise ToolError(f"the result of custody check is not as documented: {error!r}") from None
    finally:
        file.unlink()
    return Sample(
        *(Ending.DONE, ran.wall, ran.cpu, ran.peak, ran.written),
        told=seconds,
        counts=counts,
        verdict=verdict,
        trace=trace,
    )


def parsed(document: dict[str, Any], wanted: str) -> tuple[float, Counts, str, int | None]:
    """Seconds of the search by its own account, counts, verdict, length of the trace."""
    found = document["runs"][0]
    told = next(entry for entry in found["properties"] if entry["name"] == wanted)
    trace: int | None = None if told["trace"] is None else len(told["trace"]["steps"])
    counts = Counts(found["states"], found["transitions"], found["depth"])
    return float(found["seconds"]), counts, told["verdict"], trace


def timed(ran: Ran) -> Sample:
    """What `inside` printed. ToolError where it is something else."""
    if ran.over or ran.code != 0:
        return unfinished(ran, Ending.FAILED)
    try:
        told = json.loads(ran.out)
        if not told["complete"]:
            return unfinished(ran, Ending.STOPPED)
        return Sample(
            *(Ending.DONE, ran.wall, ran.cpu, ran.peak, ran.written),
            Search(told["wall"], told["cpu"]),
            counts=Counts(told["states"], told["transitions"], told["depth"]),
            orbits=told["orbits"],
            verdict=told["verdict"],
            trace=told["trace"],
            bits=told["bits"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ToolError(f"the timed search did not print its result: {error!r}\n{last(ran)}") from None
