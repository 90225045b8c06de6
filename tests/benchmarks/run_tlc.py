"""TLC, where its jar is given, on models that somebody wrote for it by hand: Custody does not export to TLA+ yet."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import run
from benchmarks.runner import Desk, ToolError, absent, finished, unfinished
from benchmarks.samples import Counts, Ending, Sample

TLC = "TLC"


@dataclass(frozen=True, slots=True)
class Tlc:
    """TLC with one worker. Its search cannot be told from the start of its virtual machine: the run is the whole."""

    jar: Path
    name: str = TLC
    cores: int = 1

    @property
    def group(self) -> str:
        return self.name

    def missing(self) -> str | None:
        if not self.jar.exists():
            return f"there is no {self.jar}"
        return absent("java")

    def wants(self, desk: Desk) -> bool:
        return desk.case.peers and desk.case.tla is not None

    def prepare(self, desk: Desk) -> float | None:
        """TLC reads the model as it is; nothing is compiled."""
        model = desk.case.tla
        assert model is not None
        folder = desk.folder(self.name)
        shutil.copy(model.spec, folder)
        constants = [f"CONSTANT {name} = {value}" for name, value in desk.case.settings]
        lines = ["INIT Init", "NEXT Next", *constants, f"INVARIANT {model.invariant}"]
        (folder / f"{model.spec.stem}.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return None

    def search(self, desk: Desk) -> Sample:
        model = desk.case.tla
        assert model is not None
        machine = ("java", "-XX:+UseParallelGC", "-cp", str(self.jar.resolve()), "tlc2.TLC")
        command = (*machine, "-workers", "1", "-deadlock", "-nowarning", model.spec.name)
        ran = run(command, desk.folder(self.name), desk.limit)
        if ran.over or ran.code != 0:
            return unfinished(ran, Ending.FAILED)
        return finished(ran, tlc_counts(ran.out))


def tlc_counts(output: str) -> Counts:
    """The counts of the system: TLC counts the first state as a transition, and states along the depth."""
    found = re.search(r"^(\d+) states generated, (\d+) distinct states found, 0 states left", output, re.MULTILINE)
    depth = re.search(r"depth of the complete state graph search is (\d+)", output)
    if found is None or depth is None:
        raise ToolError(f"TLC did not search everything: {output[-1000:]}")
    return Counts(int(found.group(2)), int(found.group(1)) - 1, int(depth.group(1)) - 1)
