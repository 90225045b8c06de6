"""What everything that is measured has in common, and the desk it works at.

A runner is one way of running one tool: SPIN depth first is one, SPIN breadth first another.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.cases import Case
from benchmarks.measure import Ran, run
from benchmarks.samples import Counts, Ending, Sample, Search

PREPARING = 300.0
"""Seconds after which a compiler is taken to hang."""


class ToolError(Exception):
    """A tool did not do what it is for; the message is what it said."""


@dataclass(slots=True)
class Desk:
    """A case's folder, and what is known of the case so far.

    `counts` and `bits` (of a state) are Custody's; `exports` the texts of the model for other tools, by format.
    """

    case: Case
    root: Path
    limit: float
    counts: Counts | None = None
    bits: int | None = None
    exports: dict[str, str] = field(default_factory=dict[str, str])

    def folder(self, name: str) -> Path:
        """A folder for one runner, which it finds again in the next round."""
        folder = self.root / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        return folder


class Runner(Protocol):
    """One way of running one tool. Runners of one `group` give up together where one of them takes too long."""

    @property
    def name(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def cores(self) -> int | None:
        """How many cores it is given; None is all."""
        ...

    def missing(self) -> str | None:
        """What is not installed, in words."""
        ...

    def wants(self, desk: Desk) -> bool:
        """Whether it runs this case."""
        ...

    def prepare(self, desk: Desk) -> float | None:
        """Generate and compile, and say how long it took; None where there is nothing to prepare."""
        ...

    def search(self, desk: Desk) -> Sample:
        """Run it once."""
        ...


def absent(*commands: str) -> str | None:
    """Those of the commands that this machine has not, in words."""
    gone = [command for command in commands if shutil.which(command) is None]
    return f"not installed: {', '.join(gone)}" if gone else None


def prepared(folder: Path, commands: Sequence[Sequence[str]]) -> float:
    """Run the commands one after another; the seconds they took together. ToolError where one of them fails."""
    start = time.perf_counter()
    for command in commands:
        ran = run(command, folder, PREPARING)
        if ran.code != 0:
            raise ToolError(f"{' '.join(command)}: exit {ran.code}\n{last(ran)}")
    return time.perf_counter() - start


def finished(ran: Ran, counts: Counts | None) -> Sample:
    """The sample of a tool that does nothing but search: the search is the run as a whole."""
    search = Search(ran.wall, ran.cpu)
    return Sample(Ending.DONE, ran.wall, ran.cpu, ran.peak, ran.written, search, counts=counts)


def unfinished(ran: Ran, ending: Ending) -> Sample:
    """The sample of a run without a result."""
    ended = Ending.OVER if ran.over else ending
    return Sample(ended, ran.wall, ran.cpu, ran.peak, words=last(ran) if ended is Ending.FAILED else "")


def last(ran: Ran) -> str:
    """The end of what it said."""
    return (ran.out[-1000:] + ran.err[-1000:]).strip()
