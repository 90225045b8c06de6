"""The seven targets, and whether what was measured meets them.

A target is met where every case that it speaks of meets it, and open where nothing was measured that it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.cases import GROWTH, ORBITS
from benchmarks.conduct import Measured, Results
from benchmarks.run_custody import COLD, INCONCLUSIVE, SEARCH, START, SYMMETRY, THREADS, WARM
from benchmarks.run_peers import RUMUR, SPIN_BFS, SPIN_DFS
from benchmarks.run_probe import HUGE, PLAIN
from benchmarks.samples import difference, least, ratio

HALF_A_MILLION = 500_000
HUNDRED_THOUSAND = 100_000
MILLION = 1_000_000
TEN_MILLION = 10_000_000
HUNDRED_MILLION = 100_000_000
EVER_SO_MANY = 10**18
GIBIBYTE = 1 << 30


class Met(StrEnum):
    """What became of a target."""

    YES = "met"
    NO = "missed"
    OPEN = "not measured"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One part of a target: what is asked, what became of it, and the figure that decided."""

    number: int
    asked: str
    met: Met
    figure: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What one case contributes, None where it was not measured."""

    case: str
    value: float | None


def judge(results: Results) -> list[Judgement]:
    """All parts of all targets, in order."""
    return [
        *_speed(results.cases),
        *_memory(results.cases),
        *_threads(results),
        _bare(results.cases),
        *_symmetry(results.cases),
        *_size(results),
        *_startup(results),
    ]


def at_least(number: int, asked: str, bound: float, figures: Iterable[Figure]) -> Judgement:
    """Met where no figure is below the bound; the least one decides."""
    there = [(figure.value, figure.case) for figure in figures if figure.value is not None]
    if not there:
        return Judgement(number, asked, Met.OPEN, "")
    value, case = min(there)
    return Judgement(number, asked, Met.YES if value >= bound else Met.NO, f"{value:.3g} in {case}")


def at_most(number: int, asked: str, bound: float, figures: Iterable[Figure]) -> Judgement:
    """Met where no figure is above the bound; the largest one decides."""
    there = [(figure.value, figure.case) for figure in figures if figure.value is not None]
    if not there:
        return Judgement(number, asked, Met.OPEN, "")
    value, case = max(there)
    return Judgement(number, asked, Met.YES if value <= bound else Met.NO, f"{value:.3g} in {case}")


def flat(number: int, asked: str, truth: bool | None, figure: str = "") -> Judgement:
    """A target without a bound."""
    return Judgement(number, asked, Met.OPEN if truth is None else Met.YES if truth else Met.NO, figure)


def spin(measured: Measured) -> float | None:
    """The search of SPIN's better order."""
    return least((measured.of(SPIN_DFS).search, measured.of(SPIN_BFS).search))


def spin_cold(measured: Measured) -> float | None:
    """SPIN from the model's text to the verdict, in its better order."""
    return least((measured.of(SPIN_DFS).cold, measured.of(SPIN_BFS).cold))


def bare_loop(measured: Measured) -> float | None:
    """The bare loop, with small pages or huge ones, whichever is faster."""
    return least((measured.of(PLAIN).search, measured.of(HUGE).search))


def less_start(measured: Measured) -> float | None:
    """The processor's seconds of `custody check`, less those of one that stops at its first state."""
    return difference(measured.of(WARM).whole_cpu, measured.of(START).whole_cpu)


def whole_bytes(measured: Measured) -> float | None:
    """Bytes a state of Custody's whole process, interpreter included."""
    return ratio(measured.of(WARM).peak, None if measured.counts is None else measured.counts.states)


def net_bytes(measured: Measured) -> float | None:
    """Bytes a state of what the search adds to a process that stops at its first state."""
    added = difference(measured.of(WARM).peak, measured.of(START).peak)
    return ratio(added, None if measured.counts is None else measured.counts.states)


def _between(cases: Sequence[Measured], low: int, high: int = EVER_SO_MANY) -> list[Measured]:
    """The cases with so many states that Custody searched without reduction; a bug's trace makes no yardstick."""
    return [
        measured
        for measured in cases
        if measured.case.plain
        and measured.case.trace is None
        and measured.counts is not None
        and low <= measured.counts.states < high
    ]


def _figures(cases: Sequence[Measured], peer: str | None) -> list[Figure]:
    found: list[Figure] = []
    for measured in cases:
        slower = spin(measured) if peer is None else measured.of(peer).search
        found.append(Figure(measured.case.name, ratio(slower, measured.of(SEARCH).search)))
    return found


def _speed(cases: Sequence[Measured]) -> list[Judgement]:
    large, small = _between(cases, HALF_A_MILLION), _between(cases, 1_000, HALF_A_MILLION)
    cold = [
        Figure(measured.case.name, ratio(spin_cold(measured), measured.of(COLD).whole))
        for measured in _between(cases, HUNDRED_THOUSAND)
    ]
    return [
        at_least(1, "search, from 500,000 states on: 10 times SPIN's better order", 10, _figures(large, None)),
        at_least(1, "search, from 500,000 states on: 15 times rumur", 15, _figures(large, RUMUR)),
        at_least(1, "search, fewer states: 3 times SPIN's better order", 3, _figures(small, None)),
        at_least(1, "text to verdict, cold, from 100,000 states on: 5 times `spin -a; cc; ./pan`", 5, cold),
    ]


def _memory(cases: Sequence[Measured]) -> list[Judgement]:
    large = [measured for measured in _between(cases, TEN_MILLION) if measured.bits is not None]
    found: list[Judgement] = []
    for low, high, bound in ((-1, 64, 12), (64, 128, 20)):
        some = [measured for measured in large if low < (measured.bits or 0) <= high]
        asked = f"from 10^7 states on, of up to {high} bits: {bound} bytes a state"
        found.append(
            at_most(2, f"{asked}, whole process", bound, [Figure(m.case.name, whole_bytes(m)) for m in some])
        )
        found.append(at_most(2, f"{asked}, less a start", bound, [Figure(m.case.name, net_bytes(m)) for m in some]))
    wide = [measured for measured in large if (measured.bits or 0) > 128]
    told = ", ".join(f"{whole_bytes(m) or 0:.3g} bytes a state in {m.case.name}" for m in wide)
    return [*found, flat(2, "from 10^7 states on: wider ones work", bool(wide) or None, told)]


def _threads(results: Results) -> list[Judgement]:
    large = _between(results.cases, MILLION)
    figures = [
        Figure(measured.case.name, ratio(measured.of(SEARCH).search_wall, measured.of(THREADS).search_wall))
        for measured in large
    ]
    both = [measured for measured in results.cases if measured.of(THREADS).done]
    wrong = [error for error in results.errors if THREADS in error]
    return [
        at_least(3, "two threads, from 10^6 states on: 1.7 times one", 1.7, figures),
        flat(
            3,
            "two threads: same counts, verdicts, lengths of traces",
            not wrong if both else None,
            "; ".join(wrong) or f"{len(both)} models",
        ),
    ]


def _bare(cases: Sequence[Measured]) -> Judgement:
    figures = [
        Figure(measured.case.name, ratio(measured.of(SEARCH).search, bare_loop(measured)))
        for measured in _between(cases, MILLION)
    ]
    return at_most(4, "from 10^6 states on, a transition: at most 1.5 look-ups of the bare loop", 1.5, figures)


def _symmetry(cases: Sequence[Measured]) -> list[Judgement]:
    family = [measured for measured in cases if measured.case.family == GROWTH]
    orbits = {
        measured.case.sizes[0]: next((run.orbits for run in measured.of(SYMMETRY).done), None)
        for measured in family
        if measured.case.sizes[0] in ORBITS and measured.of(SYMMETRY).done
    }
    faster = [
        Figure(measured.case.name, ratio(measured.of(SEARCH).search, measured.of(SYMMETRY).search))
        for measured in family
        if measured.case.plain and measured.case.sizes[0] >= 4
    ]
    ten = [Figure(m.case.name, m.of(SYMMETRY).whole) for m in family if m.case.sizes[0] == 10]
    told = ", ".join(f"N = {size}: {'none' if found is None else found}" for size, found in orbits.items())
    exact = all(ORBITS[size] == found for size, found in orbits.items())
    return [
        flat(5, "lifecycle(N): one state stored for each orbit", exact if orbits else None, told),
        at_least(5, "lifecycle(N) with reduction: faster than without from N = 4 on", 1, faster),
        at_most(5, "lifecycle(10) with reduction: the whole process in ten seconds", 10, ten),
    ]


def _size(results: Results) -> list[Judgement]:
    huge = [measured for measured in _between(results.cases, HUNDRED_MILLION) if measured.of(WARM).runs]
    fits = [
        Figure(measured.case.name, None if peak is None else peak / GIBIBYTE)
        for measured in huge
        for peak in [measured.of(WARM).peak]
    ]
    limited = results.limited
    told = "" if limited is None else f"exit code {limited.code} after {limited.seconds:.3g} s in {limited.case}"
    early = "a run that would not fit ends with exit code 3"
    resumes = "and leaves a checkpoint that `--resume` continues"
    finished = at_most(6, "10^8 states: 24 GiB", 24, fits)
    if huge and finished.met is Met.OPEN:
        finished = flat(6, finished.asked, False, "did not finish")
    return [
        finished,
        flat(6, early, None if limited is None else limited.code == INCONCLUSIVE, told),
        flat(6, resumes, None if limited is None else limited.resumed),
    ]


def _startup(results: Results) -> list[Judgement]:
    version = "`custody --version`: twice `python -c pass` and 50 ms"
    check = "10^4 states, warm cache, whole process: half a second"
    times = results.startup
    if times is None:
        return [flat(7, version, None), flat(7, check, None)]
    allowed = 2 * times.python + 0.05
    told = f"{1000 * times.version:.0f} ms, {1000 * allowed:.0f} ms allowed"
    return [
        flat(7, version, times.version <= allowed, told),
        flat(7, check, times.generated < 0.5, f"{times.generated:.3g} s"),
    ]
