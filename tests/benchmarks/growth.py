"""What the plot shows: time and memory against the number of states, over the sizes of one family."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.cases import GROWTH
from benchmarks.conduct import Measured, Results
from benchmarks.run_custody import COLD, SEARCH, SYMMETRY, WARM
from benchmarks.run_peers import RUMUR, SPIN_BFS, SPIN_DFS
from benchmarks.run_tlc import TLC
from benchmarks.samples import least
from benchmarks.svg import Line, Panel, drawing
from benchmarks.targets import spin

MEBIBYTE = 1 << 20
LEAST_SECONDS = 1e-4
"""What takes less is drawn as this: clocks tell no more."""

Figure = Callable[[Measured], float | None]


def plot(results: Results) -> str:
    """The drawing as SVG."""
    family = [measured for measured in results.cases if measured.case.family == GROWTH and measured.case.plain]
    across = f"states of {GROWTH}(N), N = {_sizes(family)}"
    time = (
        _line("Custody", 0, family, lambda measured: measured.of(SEARCH).search),
        _line("Custody, by orbits", 2, family, lambda measured: measured.of(SYMMETRY).search),
        _line("Custody, cold", 0, family, lambda measured: measured.of(COLD).whole, dashed=True),
        _line("SPIN", 1, family, spin),
        _line("rumur", 3, family, lambda measured: measured.of(RUMUR).search),
        _line("TLC", 4, family, lambda measured: measured.of(TLC).search),
    )
    memory = (
        _line("Custody", 0, family, lambda measured: _mebibytes(measured.of(WARM).peak)),
        _line("Custody, by orbits", 2, family, lambda measured: _mebibytes(measured.of(SYMMETRY).peak)),
        _line("SPIN", 1, family, _spin_memory),
        _line("rumur", 3, family, lambda measured: _mebibytes(measured.of(RUMUR).peak)),
        _line("TLC", 4, family, lambda measured: _mebibytes(measured.of(TLC).peak)),
    )
    panels = (
        Panel("Seconds of the search, one thread (cold: text to verdict)", across, "seconds", time),
        Panel("Memory of the whole process", across, "MiB", memory),
    )
    return drawing(f"Time and memory against the number of states of {GROWTH}(N)", panels)


def _line(name: str, style: int, family: Sequence[Measured], figure: Figure, *, dashed: bool = False) -> Line:
    points: list[tuple[float, float]] = []
    for measured in family:
        value = figure(measured)
        if value is not None and measured.counts is not None:
            points.append((float(measured.counts.states), max(value, LEAST_SECONDS)))
    return Line(name, style, tuple(sorted(points)), dashed)


def _spin_memory(measured: Measured) -> float | None:
    """SPIN's order that takes less."""
    return least((_mebibytes(measured.of(SPIN_DFS).peak), _mebibytes(measured.of(SPIN_BFS).peak)))


def _mebibytes(size: float | None) -> float | None:
    return None if size is None else size / MEBIBYTE


def _sizes(family: Sequence[Measured]) -> str:
    sizes = sorted(measured.case.sizes[0] for measured in family if measured.counts is not None)
    return f"{sizes[0]} to {sizes[-1]}" if sizes else "none"
