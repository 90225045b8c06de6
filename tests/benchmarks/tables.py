"""The results as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.conduct import Measured, Results
from benchmarks.run_custody import COLD, COLD_FREE, SEARCH, START, SYMMETRY, THREADS, WARM
from benchmarks.run_peers import RUMUR, SPIN_BFS, SPIN_DFS
from benchmarks.run_probe import HUGE, PLAIN
from benchmarks.run_tlc import TLC
from benchmarks.samples import Ending, Series, least, ratio
from benchmarks.targets import Judgement, bare_loop, less_start, net_bytes, spin, spin_cold, whole_bytes

NOTHING = "-"
COMPILED = (SPIN_DFS, SPIN_BFS, RUMUR)
PEERS = (*COMPILED, TLC)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. The first `texts` columns are words, the others numbers."""

    title: str
    remark: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1


def grids(results: Results, judgements: Sequence[Judgement]) -> list[Grid]:
    """All tables, the most telling first."""
    return [
        _targets(judgements),
        _search(results.cases),
        _whole(results.cases),
        _memory(results.cases),
        _further(results.cases),
        *_startup(results),
    ]


def _targets(judgements: Iterable[Judgement]) -> Grid:
    rows = tuple((str(one.number), one.asked, one.met.value, one.figure or NOTHING) for one in judgements)
    remark = "The figure is that of the worst case."
    return Grid("Targets", remark, ("target", "what is asked", "", "figure"), rows, 4)


def _search(cases: Sequence[Measured]) -> Grid:
    rows: list[tuple[str, ...]] = []
    for measured in cases:
        custody, counts = measured.of(SEARCH), measured.counts
        if counts is None or not measured.case.plain:
            continue
        rate = ratio(counts.transitions, custody.search)
        net, best = less_start(measured), spin(measured)
        rows.append(
            (
                measured.case.name,
                f"{counts.states:,}",
                f"{counts.transitions:,}",
                NOTHING if rate is None else f"{rate / 1e6:.3g}",
                _seconds(custody),
                *(_seconds(measured.of(name)) for name in PEERS),
                *(_times(ratio(slower, custody.search)) for slower in (best, measured.of(RUMUR).search)),
                _number(net),
                *(_times(ratio(slower, net)) for slower in (best, measured.of(RUMUR).search)),
            )
        )
    heads = (
        *("model", "states", "transitions", "10^6 transitions/s", "Custody", *PEERS, "SPIN : C", "rumur : C"),
        *("C, process less start", "SPIN : it", "rumur : it"),
    )
    remark = (
        "Seconds of the processor for the search alone, one thread on one core, no reduction, compiling"
        " excluded on both sides. Of Custody: timed inside a process that has its C compiled and loaded, from"
        " the first state to the verdict, the shortest of five where that is below 50 ms, and, in the last"
        " three columns, the whole of `custody check` with a full cache less one that stops at its first"
        " state. Of the others: the compiled search as a whole; of TLC the whole run, virtual machine"
        " included. SPIN : C takes the better of SPIN's two orders."
    )
    return Grid("Search", remark, heads, tuple(rows))


def _whole(cases: Sequence[Measured]) -> Grid:
    rows: list[tuple[str, ...]] = []
    for measured in cases:
        warm, cold, free = measured.of(WARM), measured.of(COLD), measured.of(COLD_FREE)
        if not (warm.runs or cold.runs):
            continue
        slowest = spin_cold(measured)
        rows.append(
            (
                measured.case.name,
                *(
                    _number(each)
                    for each in (measured.of(START).whole, warm.told, warm.whole, cold.whole, free.whole)
                ),
                *(_number(least(measured.of(name).compiles)) for name in COMPILED),
                *(_number(measured.of(name).cold) for name in COMPILED),
                *(_times(ratio(slower, cold.whole)) for slower in (slowest, measured.of(RUMUR).cold)),
                _times(ratio(slowest, free.whole)),
            )
        )
    heads = (
        *("model", "C start", "C search, as it says", "C warm", "C cold", "C cold, all cores"),
        *(f"{name} compiling" for name in COMPILED),
        *(f"{name} all" for name in COMPILED),
        *("SPIN : C cold", "rumur : C cold", "SPIN : C cold, all cores"),
    )
    remark = (
        "Seconds by the clock from the model's text to the verdict. Of Custody the whole process, with a full and"
        " with an empty cache; the start is a run that stops at its first state. Of the others generating,"
        " compiling and running what Custody exported; the export itself is not counted. On one core unless it"
        " says all."
    )
    return Grid("Whole process", remark, heads, tuple(rows))


def _memory(cases: Sequence[Measured]) -> Grid:
    rows: list[tuple[str, ...]] = []
    for measured in cases:
        counts, warm = measured.counts, measured.of(WARM)
        if counts is None or not warm.done:
            continue
        peaks = [measured.of(name).peak for name in PEERS]
        rows.append(
            (
                measured.case.name,
                f"{counts.states:,}",
                NOTHING if measured.bits is None else str(measured.bits),
                *(_mebibytes(measured.of(name).peak) for name in (START, WARM)),
                _number(net_bytes(measured)),
                _number(whole_bytes(measured)),
                _number(ratio(warm.written, counts.states)),
                *(_mebibytes(peak) for peak in peaks),
                *(_number(ratio(peak, counts.states)) for peak in peaks),
            )
        )
    heads = (
        *("model", "states", "bits", "C start, MiB", "C, MiB", "C less start, B/state", "C, B/state"),
        "C on disk, B/state",
        *(f"{name}, MiB" for name in PEERS),
        *(f"{name}, B/state" for name in PEERS),
    )
    remark = (
        "The largest resident memory of the whole process, interpreter, program and stack included, and for"
        " Custody also less that of a run that stops at its first state. Long searches of Custody keep states in"
        " files as well: what was written there is not in its memory."
    )
    return Grid("Memory", remark, heads, tuple(rows))


def _further(cases: Sequence[Measured]) -> Grid:
    rows: list[tuple[str, ...]] = []
    for measured in cases:
        one, counts = measured.of(SEARCH), measured.counts
        two, reduced = measured.of(THREADS), measured.of(SYMMETRY)
        if not (two.runs or reduced.runs):
            continue
        transitions = None if counts is None else counts.transitions
        nanoseconds = [
            None if each is None else each * 1e9
            for each in (ratio(measured.of(name).search, transitions) for name in (SEARCH, PLAIN, HUGE))
        ]
        orbits = next((run.orbits for run in reduced.done), None)
        rows.append(
            (
                measured.case.name,
                _number(one.search_wall),
                _number(two.search_wall),
                _times(ratio(one.search_wall, two.search_wall)),
                *(_number(each) for each in nanoseconds),
                _times(ratio(one.search, bare_loop(measured))),
                NOTHING if orbits is None else f"{orbits:,}",
                _times(ratio(None if counts is None else counts.states, orbits)),
                _seconds(reduced),
                _times(ratio(one.search, reduced.search)),
                _number(reduced.whole),
                _mebibytes(reduced.peak),
            )
        )
    heads = (
        *("model", "1 thread", "2 threads", "1 : 2", "ns a transition", PLAIN, HUGE, "C : loop"),
        *("orbits", "states : orbits", "by orbits", "all : by orbits", "by orbits, process", "MiB"),
    )
    remark = (
        "Threads: seconds of the search by the clock. The machine's limit: nanoseconds of the processor a"
        " transition, against a loop of as many prefetched look-ups in a table of states / 0.8 slots as wide as a"
        " state's, with small and with huge pages; the faster one counts. Symmetry: orbits instead of states,"
        " seconds of the processor for the search, and the whole process with a full cache."
    )
    return Grid("Threads, the machine's limit, symmetry", remark, heads, tuple(rows))


def _startup(results: Results) -> list[Grid]:
    times = results.startup
    if times is None:
        return []
    rows = (
        ("python -c pass", f"{1000 * times.python:.0f}"),
        ("custody --version", f"{1000 * times.version:.0f}"),
        ("a generated specification of 10^4 states, cold", f"{1000 * times.generated_cold:.0f}"),
        ("the same, warm", f"{1000 * times.generated:.0f}"),
    )
    return [Grid("Start-up", "Milliseconds of the whole process.", ("what", "ms"), rows)]


def _seconds(series: Series) -> str:
    """The search, or why there is none."""
    short = {Ending.OVER: "over", Ending.STOPPED: "stopped", Ending.FAILED: "failed"}
    if series.search is not None:
        return _number(series.search)
    return NOTHING if series.ending is None else short.get(series.ending, NOTHING)


def _number(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _mebibytes(size: float | None) -> str:
    return NOTHING if size is None else f"{size / (1 << 20):,.0f}"


def _times(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}x" if value >= 100 else f"{value:.2g}x"
