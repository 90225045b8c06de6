"""How long a user waits for what is small: `custody --version`, and a specification of ten thousand states."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import run
from benchmarks.run_custody import CUSTODY, with_cache
from benchmarks.runner import ToolError, last
from benchmarks.samples import least

VALUES = 10
COUNTERS = 4


@dataclass(frozen=True, slots=True)
class StartUp:
    """Seconds of a whole process, the least of several."""

    python: float
    version: float
    generated_cold: float
    generated: float


def measure(folder: Path, repeat: int, limit: float) -> StartUp:
    """The three commands in turn, `repeat` times. ToolError where one of them fails."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / "generated.custody"
    spec.write_text(generated(), encoding="utf-8")
    cache = folder / "cache"
    cache.mkdir()
    nothing: list[float] = []
    version: list[float] = []
    check = (*CUSTODY, "check", spec.name)
    cold = _seconds(check, folder, limit, cache)
    warm: list[float] = []
    for _ in range(max(3, repeat)):
        nothing.append(_seconds((sys.executable, "-c", "pass"), folder, limit, cache))
        version.append(_seconds((*CUSTODY, "--version"), folder, limit, cache))
        warm.append(_seconds(check, folder, limit, cache))
    return StartUp(least(nothing) or 0.0, least(version) or 0.0, cold, least(warm) or 0.0)


def _seconds(command: Sequence[str], folder: Path, limit: float, cache: Path) -> float:
    ran = run(command, folder, limit, with_cache(cache))
    if ran.code != 0:
        raise ToolError(f"{' '.join(command)}: exit {ran.code}\n{last(ran)}")
    return ran.wall


def generated() -> str:
    """A specification of 10^4 states that is as long as a driver's: an action for every value of every counter."""
    names = [f"stage_{number}" for number in range(COUNTERS)]
    lines = ["model generated", '    "Ten thousand states, and the text of a medium-sized driver."', "", "state"]
    lines += [f"    {name}: 0..{VALUES - 1}" for name in names]
    for name in names:
        for value in range(VALUES):
            following = (value + 1) % VALUES
            lines += ["", f"action {name}_from_{value} by user", f"    when {name} == {value}"]
            lines += [f"    {name} = {following}"]
    lines += ["", "invariant within", *(f"    {name} in 0..{VALUES - 1}" for name in names)]
    lines += ["", "reachable the_end", f"    {' and '.join(f'{name} == {VALUES - 1}' for name in names)}"]
    return "\n".join(lines) + "\n"
