"""SPIN and rumur on what Custody exports, searching everything: no reduction, no hash compaction."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, field

from benchmarks.machine import physical_bytes
from benchmarks.measure import run
from benchmarks.run_custody import export
from benchmarks.runner import Desk, ToolError, absent, finished, prepared, unfinished
from benchmarks.samples import Counts, Ending, Sample, hash_bits

SPIN_DFS = "SPIN DFS"
SPIN_BFS = "SPIN BFS"
RUMUR = "rumur"
STACK = 100_000
"""The first depth that a depth-first search is given; eight times more whenever it was too small."""


@dataclass(frozen=True, slots=True)
class Spin:
    """SPIN, with a hash table of one slot a state, which is as good as it gets."""

    name: str
    breadth_first: bool
    depths: dict[str, int] = field(default_factory=dict[str, int])
    cores: int = 1

    @property
    def group(self) -> str:
        return self.name

    def missing(self) -> str | None:
        return absent("spin", "cc")

    def wants(self, desk: Desk) -> bool:
        return desk.case.peers

    def prepare(self, desk: Desk) -> float | None:
        folder = desk.folder(self.name)
        (folder / "model.pml").write_text(_text(desk, "promela"), encoding="utf-8")
        order = ("-DBFS",) if self.breadth_first else ()
        return prepared(
            folder,
            (
                ("spin", "-a", "-o1", "-o2", "-o3", "model.pml"),
                ("cc", "-w", "-O2", "-DSAFETY", "-DNOREDUCE", *order, *_memory(), "-o", "pan", "pan.c"),
            ),
        )

    def search(self, desk: Desk) -> Sample:
        table = f"-w{hash_bits(desk.counts.states if desk.counts else None)}"
        while True:
            depth = self.depths.setdefault(desk.case.name, STACK)
            ran = run(("./pan", "-c0", f"-m{depth}", table), desk.folder(self.name), desk.limit)
            if ran.over or not spin_wants_a_deeper_stack(ran.out):
                break
            self.depths[desk.case.name] = 8 * depth
        full = spin_had_no_memory(ran.out)
        if ran.over or ran.code != 0 or full:
            return unfinished(ran, Ending.STOPPED if full else Ending.FAILED)
        return finished(ran, spin_counts(ran.out, _text(desk, "promela"), self.breadth_first))


@dataclass(frozen=True, slots=True)
class Rumur:
    """rumur with one thread."""

    name: str = RUMUR
    cores: int = 1

    @property
    def group(self) -> str:
        return self.name

    def missing(self) -> str | None:
        return absent("rumur", "cc")

    def wants(self, desk: Desk) -> bool:
        return desk.case.peers

    def prepare(self, desk: Desk) -> float | None:
        folder = desk.folder(self.name)
        (folder / "model.m").write_text(_text(desk, "murphi"), encoding="utf-8")
        wide = ("-mcx16",) if platform.machine().lower() in ("x86_64", "amd64") else ()
        search = ("--deadlock-detection", "off", "--symmetry-reduction", "off", "--threads", "1")
        output = ("--output-format", "machine-readable", "--output", "model.c", "model.m")
        return prepared(
            folder,
            (
                ("rumur", *search, "--value-type", "int32_t", *output),
                ("cc", "-w", "-O3", *wide, "-o", "model", "model.c", "-lpthread"),
            ),
        )

    def search(self, desk: Desk) -> Sample:
        ran = run(("./model",), desk.folder(self.name), desk.limit)
        if ran.over or ran.code != 0:
            return unfinished(ran, Ending.FAILED)
        return finished(ran, rumur_counts(ran.out))


ALL = (Spin(SPIN_DFS, False), Spin(SPIN_BFS, True), Rumur())


def _memory() -> tuple[str, ...]:
    """SPIN takes no more than 2 GiB unless it is told to: it may have three quarters of the machine."""
    memory = physical_bytes()
    return () if memory is None else (f"-DMEMLIM={(memory >> 20) * 3 // 4}",)


def _text(desk: Desk, form: str) -> str:
    if form not in desk.exports:
        desk.exports[form] = export(desk.case, form, desk.folder("export"))
    return desk.exports[form]


def spin_wants_a_deeper_stack(output: str) -> bool:
    """Whether the search went no further somewhere because its stack was full."""
    return "max search depth too small" in output


def spin_had_no_memory(output: str) -> bool:
    """Whether it ended because its memory did."""
    return "out of memory" in output or "MEMLIM bound" in output


def spin_counts(output: str, model: str, breadth_first: bool) -> Counts:
    """The counts of the system: SPIN's without what the model's first remark says SPIN counts beyond."""
    beyond = re.search(
        r"SPIN counts (\d+) states, (\d+) transitions\s+and (\d+) steps of depth", " ".join(model[:4000].split("\n"))
    )
    if beyond is None:
        raise ToolError("the exported model does not say what SPIN counts beyond it")
    if "Search not completed" in output or "errors: 0" not in output:
        raise ToolError(f"SPIN did not search everything: {output[-1000:]}")
    states, transitions, depth = (int(number) for number in beyond.groups())
    stored = _number(r"(\d+) states, stored", output)
    # Its sum of the two is printed with eight digits only.
    taken = stored + _number(r"(\d+) states, matched", output)
    return Counts(
        stored - states,
        taken - transitions,
        _number(r"depth reached (\d+)", output) - depth if breadth_first else None,
    )


def rumur_counts(output: str) -> Counts:
    """The counts in rumur's own summary."""
    return Counts(
        _number(r'<summary [^>]*states="(\d+)"', output), _number(r'<summary [^>]*rules_fired="(\d+)"', output)
    )


def _number(pattern: str, output: str) -> int:
    found = re.search(pattern, output)
    if found is None:
        raise ToolError(f"no {pattern!r} in: {output[-1000:]}")
    return int(found.group(1))
