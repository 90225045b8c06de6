"""The search by the C engine: the same answers as the plain search, at a hundred times the speed.

The system is written as C (`emit`), compiled (`compiler`) and run by the engine (`native`).  What was first seen in
which layer comes from there; the steps that a trace needs are found by going back one layer at a time (`trace`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from custody.explore.budget import Budget, LimitReachedError
from custody.explore.checkpoint import Checkpoint, DamagedError
from custody.explore.compiler import Build, Source
from custody.explore.emit import source
from custody.explore.generate import BROKEN
from custody.explore.layout import Layout
from custody.explore.native import (
    ENGINE_FILES,
    FOLDER,
    HEADERS,
    DiskError,
    Engine,
    Expand,
    Model,
    Status,
    Step,
    load_engine,
    load_model,
)
from custody.explore.search import ENGINE, INTERRUPTED
from custody.explore.trace import Goal, shortest_traces
from custody.explore.watches import Watches
from custody.system.evaluate import initial_states
from custody.system.finding import Exploration, Finding, Limits, Means, ProgressHook, Trace, Verdict
from custody.system.model import LIVENESS, Form, Property, System

_ROUND = 0.1
"""Seconds between two looks at the keyboard, the clock and the memory."""
_AT_ONCE = 8
"""Actors whose rest is looked for together."""
_RESIDENT_WORDS = 1 << 20
"""Words of states that stay in memory; the table has them as well, and what is to be expanded is read in order."""
_WORTH_KEEPING = 1.0
"""Seconds of search from which on a checkpoint is kept."""
_QUICKLY_COMPILED = ("-O1", "-DCUSTODY_STEPS")


@dataclass(frozen=True, slots=True)
class Task:
    """A system written as C, and what its numbers mean: watch k, premise k, mark k (an actor that rests)."""

    system: System
    wanted: tuple[Property, ...]
    layout: Layout
    watches: Watches
    resting: tuple[tuple[str, str], ...]
    text: str

    @classmethod
    def of(cls, system: System, properties: Collection[str] | None = None) -> Task:
        """For the named properties, or all. OverflowError when the system does not fit the words of C."""
        wanted = tuple(p for p in system.properties if properties is None or p.name in properties)
        resting = [(p.name, *rest) for p in wanted if p.form is Form.PROGRESS for rest in p.resting]
        layout, watches = Layout(system.variables), Watches.of(wanted)
        text = source(system, layout, watches, [condition for _, _, condition in resting])
        return cls(system, wanted, layout, watches, tuple((name, actor) for name, actor, _ in resting), text)


class Code(Protocol):
    """A task compiled, or being compiled. `CompilerError` where that fails."""

    def engine(self) -> ctypes.CDLL: ...
    def expand(self) -> Expand: ...
    def model(self) -> Model: ...


class CompiledCode:
    """Compiles from the moment that it is made; `CompilerError` without a compiler."""

    def __init__(self, task: Task) -> None:
        texts = {"model.h": _engine_source().texts["model.h"], "model.c": task.text}
        self._marks = len(task.resting)
        self._engine = Build(_engine_source())
        self._expand = Build(Source(texts))
        self._steps = Build(Source(texts, _QUICKLY_COMPILED))

    @property
    def is_ready(self) -> bool:
        """Whether nothing that a search needs at once has still to be compiled."""
        return self._engine.is_ready and self._expand.is_ready

    def stop(self) -> None:
        """Ends what is still being compiled."""
        for build in (self._engine, self._expand, self._steps):
            build.stop()

    def engine(self) -> ctypes.CDLL:
        return load_engine(self._engine.path())

    def expand(self) -> Expand:
        return Expand(load_model(self._expand.path()))

    def model(self) -> Model:
        return Model(load_model(self._steps.path()), self._marks)


def search(
    task: Task, code: Code, limits: Limits, progress: ProgressHook | None = None, means: Means | None = None
) -> Exploration:
    """Searches all reachable states; liveness is not decided here."""
    return _Search(task, code, means or Means()).run(limits, progress)


class _Search:
    def __init__(self, task: Task, code: Code, means: Means) -> None:
        self._task = task
        self._system = task.system
        self._watches = task.watches
        self._code = code
        self._means = means
        self._model: Model | None = None

    def run(self, limits: Limits, progress: ProgressHook | None) -> Exploration:
        """The whole of it; from the beginning, too, where a checkpoint turns out to be damaged."""
        budget = Budget(limits, progress)
        if not self._means.resume:
            return self._go(budget, resume=False)
        try:
            return self._go(budget, resume=True)
        except DamagedError:
            found = self._go(budget, resume=False)
            note = f"the checkpoint of {self._system.name} was damaged; the search began anew"
            return replace(found, notes=(note, *found.notes))

    def _go(self, budget: Budget, *, resume: bool) -> Exploration:
        task = self._task
        with (
            Checkpoint(task.text, resume=resume) as checkpoint,
            Engine(
                self._code.engine(),
                self._code.expand(),
                task.layout,
                len(self._system.actions),
                len(self._watches.properties),
                len(self._watches.premises),
                checkpoint.threads or self._means.threads,
                checkpoint.folder,
                _RESIDENT_WORDS // task.layout.words,
            ) as engine,
        ):
            limit: str | None = None
            stuck: dict[str, tuple[str, Goal]] = {}
            try:
                if checkpoint.is_resumed:
                    checkpoint.restore(engine)
                else:
                    engine.seed([task.layout.pack(state) for state in initial_states(self._system)])
                _search(engine, budget, checkpoint)
                stuck = self._stuck(engine, budget)
                checkpoint.discard()
            except LimitReachedError as reached:
                limit = reached.limit
            except DiskError as error:
                limit = str(error)
            except KeyboardInterrupt:
                limit = INTERRUPTED
            notes = self._keep(engine, checkpoint, budget) if limit else []
            if resume and not checkpoint.is_resumed:
                notes.append(f"there was no checkpoint of {self._system.name} to go on from; the search began anew")
            return self._result(engine, limit, stuck, budget, tuple(notes))

    def _keep(self, engine: Engine, checkpoint: Checkpoint, budget: Budget) -> list[str]:
        """What can be gone on from later, where that is worth it; returns what there is to say of it."""
        if budget.seconds < _WORTH_KEEPING and not checkpoint.is_resumed:
            return []
        try:
            checkpoint.save(engine)
        except DiskError as error:
            return [f"the search cannot be resumed: {error}"]
        return ["where the search stands was kept; the same command with --resume goes on from there"]

    # ------------------------------------------------------------------ who can never rest

    def _stuck(self, engine: Engine, budget: Budget) -> dict[str, tuple[str, Goal]]:
        """For each violated property of progress the actor that gets stuck first, and the states where it is."""
        first: list[tuple[int, int, Goal]] = []
        actors = self._task.resting
        for begin in range(0, len(actors), _AT_ONCE):
            some = actors[begin : begin + _AT_ONCE]
            # A step that breaks a check ends its actor's call: that is a hazard, reported as such, and not a wait.
            ends = [
                sum(1 << bit for bit, (_, actor) in enumerate(some) if actor == action.actor)
                for action in self._system.actions
            ]
            with engine.reach(self._steps(), begin, len(some), ends) as reach:
                budget.require(engine.counts.bytes + reach.bytes)
                while reach.run(_ROUND) is not Status.DONE:
                    budget.require(engine.counts.bytes + reach.bytes)
                for mark, layer in enumerate(reach.first()[: len(some)]):
                    if layer is not None:
                        first.append((layer, begin + mark, Goal(layer, reach.missing(layer, mark))))
        found: dict[str, tuple[str, Goal]] = {}
        for _, number, goal in sorted(first, key=lambda entry: entry[:2]):
            name, actor = actors[number]
            found.setdefault(name, (actor, goal))
        return found

    # ------------------------------------------------------------------ the result

    def _steps(self) -> Model:
        if self._model is None:
            self._model = self._code.model()
        return self._model

    def _goals(self, engine: Engine, first: Sequence[int | None]) -> dict[str, Goal]:
        goals: dict[str, Goal] = {}
        for number, (p, layer) in enumerate(zip(self._watches.properties, first, strict=True)):
            if layer is None:
                continue
            of_steps = self._watches.is_of_steps(number)
            seen = engine.find(self._steps(), layer, number, of_steps=of_steps)
            if of_steps:
                goals[p.name] = Goal(layer + 1, steps=[(s.before, s.action, _after(s)) for s in seen])
            else:
                goals[p.name] = Goal(layer, states=[s.before for s in seen])
        return goals

    def _result(
        self,
        engine: Engine,
        limit: str | None,
        stuck: dict[str, tuple[str, Goal]],
        budget: Budget,
        notes: tuple[str, ...],
    ) -> Exploration:
        seen, counts = engine.seen, engine.counts
        goals = self._goals(engine, seen.first) | {name: goal for name, (_, goal) in stuck.items()}

        def into(layer: int, wanted: Collection[int]) -> Iterable[tuple[int, int, int]]:
            found = engine.into(self._steps(), layer, list(wanted))
            return [(step.before, step.action, step.after) for step in found]

        traces = shortest_traces(self._system, self._task.layout, into, goals)
        held: dict[str, list[bool]] = {p.name: [False] * len(p.premises) for p in self._task.wanted if p.premises}
        for premise, was_true in zip(self._watches.premises, seen.held, strict=True):
            held[premise.property][premise.number] = was_true
        unknown = f"stopped at {limit}" if limit else None if counts.states else "the system has no first state"
        findings = {
            p.name: _finding(p, traces.get(p.name), stuck.get(p.name, (None,))[0], unknown) for p in self._task.wanted
        }
        return Exploration(
            engine=ENGINE,
            findings=findings,
            complete=limit is None,
            states=counts.states,
            transitions=sum(seen.fired),
            depth=max(0, counts.layers - 1),
            limit=limit,
            fired=seen.fired,
            premises={name: tuple(values) for name, values in held.items()},
            seconds=budget.seconds,
            peak_bytes=budget.peak_bytes,
            notes=notes,
        )


def _search(engine: Engine, budget: Budget, checkpoint: Checkpoint) -> None:
    """Until every reachable state has been expanded; LimitReachedError where that cannot be."""
    while True:
        status = engine.run(budget.round(_ROUND), budget.max_states, budget.allowed_bytes)
        counts = engine.counts
        if status is Status.DONE:
            return
        if status is Status.MAX_STATES:
            raise LimitReachedError(f"max-states {budget.max_states}")
        if status is Status.MAX_MEMORY:
            raise LimitReachedError(budget.memory_limit)
        budget.require(counts.bytes)
        if checkpoint.is_due:
            checkpoint.save(engine)
        if budget.is_time_to_show:
            budget.show(counts.states, sum(engine.seen.fired), counts.layers - 1, counts.frontier, counts.bytes)


def _after(step: Step) -> int:
    return step.after if step.broken is None else BROKEN - step.broken


def _finding(p: Property, trace: Trace | None, subject: str | None, unknown: str | None) -> Finding:
    """`unknown` says why what was not found may still be there."""
    wanted = p.form is Form.REACHABLE
    if trace is not None:
        return Finding(p.name, Verdict.HOLDS if wanted else Verdict.VIOLATED, trace, subject=subject)
    if unknown is not None or p.form in LIVENESS:
        return Finding(p.name, Verdict.INCONCLUSIVE, reason=unknown or "liveness is checked on the graph")
    return Finding(p.name, Verdict.VIOLATED if wanted else Verdict.HOLDS)


@cache
def _engine_source() -> Source:
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in (*HEADERS, *ENGINE_FILES)}
    return Source(texts)
