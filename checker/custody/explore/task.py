"""What the C engine is to do: a system as C, what the numbers in there mean, and the libraries made of it."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from custody.explore import edges, whole
from custody.explore.ample import Candidate
from custody.explore.compiler import Build, Source
from custody.explore.emit import source
from custody.explore.engine_library import library, texts
from custody.explore.layout import Layout
from custody.explore.native import Expand, Model, load_engine, load_model
from custody.explore.resting import Resting, looked_at_together, resting_marks
from custody.explore.watches import Watches
from custody.symmetry.arrangement import practical
from custody.symmetry.detect import NO_SYMMETRIES, Symmetries, find
from custody.system.expression import Expr
from custody.system.model import Property, System

_QUICKLY: Final = ("-O1",)
"""More costs twice the time to compile, and the straight code of models gains nothing by it."""

_HASTILY: Final = ("-O0",)
"""A quarter of the time to compile, and five times that to search: for small searches of which there are many."""


@dataclass(frozen=True, slots=True)
class Task:
    """A system written as C. Watches and premises are numbered by `watches`; of the marks, those of `resting` are
    first and those of `followed` behind them.  Where it is `reduced`, the search leaves out steps."""

    system: System
    wanted: tuple[Property, ...]
    layout: Layout
    watches: Watches
    resting: tuple[Resting, ...]
    followed: tuple[Expr, ...]
    symmetries: Symmetries
    reduced: bool
    text: str

    @classmethod
    def of(
        cls,
        system: System,
        properties: Collection[str] | None = None,
        symmetries: Symmetries = NO_SYMMETRIES,
        candidates: Sequence[Candidate] = (),
    ) -> Task:
        """For the named properties, or all; `symmetries` must be `usable` for them, and `candidates` made for both.

        OverflowError when the system does not fit the words of C.
        """
        wanted = tuple(p for p in system.properties if properties is None or p.name in properties)
        resting, turned = resting_marks(wanted, symmetries)
        followed = tuple(whole.marks(wanted))
        layout, watches = Layout(system.variables), Watches.of(wanted)
        marks = [*(entry.condition for entry in resting), *followed]
        behind = range(len(resting), len(marks))
        images = [[[*some, *behind] for some in role] for role in turned]
        text = source(system, layout, watches, marks, symmetries, images, candidates)
        reduced = bool(candidates)
        return cls(system, wanted, layout, watches, resting, followed, symmetries, reduced, text)

    @property
    def marks(self) -> int:
        """How many there are."""
        return len(self.resting) + len(self.followed)

    @property
    def by_orbits(self) -> bool:
        """Whether states stand for their orbits."""
        return bool(self.symmetries.roles)


def usable(system: System, properties: Collection[str]) -> Symmetries:
    """The symmetries that lose nothing of what is asked, which must not be liveness: promises about runs are made to
    single instances."""
    wanted = [p for p in system.properties if p.name in properties]
    return looked_at_together(wanted, practical(system, find(system, properties)))


class Code(Protocol):
    """A task compiled, or being compiled. `CompilerError` where that fails."""

    def engine(self) -> ctypes.CDLL: ...
    def expand(self) -> Expand: ...
    def model(self) -> Model: ...


class CompiledCode:
    """Compiles from the moment that it is made, `hastily` for a small search; `CompilerError` without a compiler."""

    def __init__(self, task: Task, hastily: bool = False) -> None:
        self._texts = {"model.h": texts(False)["model.h"], "model.c": task.text}
        self._task = task
        self._engine = library(with_graphs=bool(task.followed))
        self._options = _HASTILY if hastily else _QUICKLY
        self._expand = Build(Source(self._texts, self._options))
        self._steps: Build | None = None

    def stop(self) -> None:
        """Ends what is still being compiled for this task alone."""
        self._expand.stop()
        if self._steps is not None:
            self._steps.stop()

    def engine(self) -> ctypes.CDLL:
        """With the analyses of graphs, where these are asked for."""
        loaded = load_engine(self._engine.path())
        return edges.prepared(loaded) if self._task.followed else loaded

    def expand(self) -> Expand:
        """What is needed afterwards is compiled while the search goes on."""
        expand = Expand(load_model(self._expand.path()))
        if self._options is _QUICKLY:
            self._begin_steps()
        return expand

    def model(self) -> Model:
        steps = self._begin_steps()
        return Model(load_model(steps.path()), self._task.marks, by_orbits=self._task.by_orbits)

    def _begin_steps(self) -> Build:
        if self._steps is None:
            self._steps = Build(Source(self._texts, (*self._options, "-DCUSTODY_STEPS")))
        return self._steps
