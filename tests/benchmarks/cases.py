"""What is measured: the models, their sizes, and who runs them.

Knows no tool and measures nothing.  Counts that are known beforehand, by arithmetic or from the literature, stand
here, so that all tools agreeing on a wrong number would be noticed too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.samples import Counts

HERE = Path(__file__).resolve().parent
PROTOCOLS = HERE.parent / "protocols"
MODELS = HERE / "models"

GROWTH = "lifecycle"
"""The family whose growth is drawn, from its smallest size to its largest."""

ORBITS = {3: 2_323, 4: 7_051, 5: 18_415, 6: 42_967, 7: 91_807}
"""The orbits of lifecycle(N), which are known."""


@dataclass(frozen=True, slots=True)
class Tla:
    """The same model in TLA+, and what its invariant is called there; its constants are named as the settings."""

    spec: Path
    invariant: str


@dataclass(frozen=True, slots=True)
class Case:
    """One model of one size.

    `wanted` is the property that is checked; `trace` the length of the shortest trace to its violation, None where it
    holds.  `peers` says whether other tools run the case as well, `symmetry` whether Custody also runs it by orbits,
    `plain` whether by states.  `tla` is the same model for TLC.
    """

    family: str
    sizes: tuple[int, ...]
    spec: Path
    settings: tuple[tuple[str, int], ...]
    wanted: str
    counts: Counts | None = None
    peers: bool = True
    symmetry: bool = False
    plain: bool = True
    trace: int | None = None
    tla: Tla | None = None

    @property
    def name(self) -> str:
        return f"{self.family}({','.join(map(str, self.sizes))})"

    @property
    def options(self) -> tuple[str, ...]:
        """What to tell `custody` so that it takes this size."""
        return tuple(word for name, value in self.settings for word in ("--set", f"{name}={value}"))


def default() -> tuple[Case, ...]:
    """Everything, in the order in which it is run: what is cheap first, the sizes of a family in order."""
    return (
        *(_lifecycle(size, peers=size <= 6) for size in (2, 3, 4, 5, 6, 7)),
        _lifecycle(10, peers=False, plain=False),
        *(_devices(size) for size in (3, 4, 5)),
        *(_kds(*sizes) for sizes in ((2, 3), (3, 3))),
        *(_peterson(size) for size in (4, 5)),
        *(_german(size, peers=size <= 4) for size in (3, 4, 5)),
        *(_grid(size, peers=size <= 6) for size in (3, 4, 5, 6, 7)),
        _grid(7, 1_000),
        _grid(7, 10_000),
        _grid(7, 10_000_000),
        _grid(8, peers=False),
        _counter(10_000),
    )


def quick() -> tuple[Case, ...]:
    """Sizes that even an interpreted search ends soon: to try the bench, not to judge anything."""
    return (
        *(_lifecycle(size) for size in (2, 3, 4)),
        *(_devices(size) for size in (2, 3)),
        _kds(2, 3),
        *(_peterson(size) for size in (3, 4)),
        *(_german(size) for size in (2, 3)),
        *(_grid(size) for size in (3, 4, 5)),
        _grid(4, 10_000),
        _grid(4, 10_000_000),
        _counter(1_000),
    )


def chosen(cases: Sequence[Case], names: Collection[str]) -> tuple[Case, ...]:
    """The cases of these families or of these full names, such as `devices` or `devices(4)`; without names, all.

    ValueError, with what there is, for a name that nothing has.
    """
    for name in names:
        if not any(name in (case.family, case.name) for case in cases):
            families = ", ".join(dict.fromkeys(case.family for case in cases))
            raise ValueError(f"there is no model '{name}'; there are {families}, each also with its size in brackets")
    return tuple(case for case in cases if not names or case.family in names or case.name in names)


def _lifecycle(size: int, *, peers: bool = True, plain: bool = True) -> Case:
    known = {
        3: Counts(10_657, 82_047, 12),
        4: Counts(98_817, 917_227, 15),
        5: Counts(905_217, 9_844_711, 18),
        6: Counts(8_208_385, 102_424_547, 21),
        7: Counts(73_793_537, 1_039_597_535, 24),
    }
    return Case(
        "lifecycle",
        (size,),
        PROTOCOLS / "lifecycle.custody",
        (("N", size),),
        "one_dirty_view",
        known.get(size),
        peers=peers,
        symmetry=size >= 3,
        plain=plain,
        tla=Tla(MODELS / "lifecycle.tla", "OneDirtyView"),
    )


def _devices(size: int) -> Case:
    return Case("devices", (size,), MODELS / "devices.custody", (("N", size),), "one_dirty_cache")


def _kds(processes: int, buffers: int) -> Case:
    settings = (("P", processes), ("B", buffers))
    return Case("kds", (processes, buffers), MODELS / "kds.custody", settings, "exclusive_is_alone")


def _peterson(size: int) -> Case:
    known = {3: Counts(705, 1_725, 21), 4: Counts(14_844, 44_120, 36), 5: Counts(344_805, 1_205_325, 54)}
    spec = PROTOCOLS / "peterson_table.custody"
    return Case("peterson", (size,), spec, (("N", size),), "one_inside", known[size])


def _german(size: int, *, peers: bool = True) -> Case:
    known = {2: Counts(1_497, 3_972, 18), 3: Counts(28_593, 114_804, 26)}
    spec = PROTOCOLS / "german.custody"
    return Case("german", (size,), spec, (("N", size),), "coherence", known.get(size), peers=peers)


_GRIDS = {1: "grid", 1_000: "broad", 10_000: "wide", 10_000_000: "wider"}
"""What they are called, by how far the values on an axis are from each other: one word, two, three, four."""


def _grid(axes: int, stride: int = 1, *, peers: bool = True) -> Case:
    """Ten values on each axis, so 10^axes states."""
    steps = 9
    return Case(
        _GRIDS[stride],
        (axes,),
        MODELS / "grid.custody",
        (("AXES", axes), ("STEPS", steps), ("STRIDE", stride)),
        "within_the_grid",
        Counts((steps + 1) ** axes, axes * steps * (steps + 1) ** (axes - 1), axes * steps),
        peers=peers and stride == 1,
    )


def _counter(limit: int) -> Case:
    """Ten positions of the dial times the values; the last value is as far away as the limit says."""
    states = 10 * (limit + 1)
    counts = Counts(states, 2 * states, limit + 9)
    return Case("counter", (limit,), MODELS / "counter.custody", (("LIMIT", limit),), "full", counts, trace=limit)
