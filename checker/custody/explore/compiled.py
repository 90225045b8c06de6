"""The search by the C engine: the same answers as the plain search, at a hundred times the speed.

The system is written as C (`emit`), compiled (`compiler`) and run by the engine (`native`).  What was first seen in
which layer comes from there; the steps that a trace needs are found by going back one layer at a time (`trace`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from custody.explore.budget import Budget, LimitReachedError
from custody.explore.calls import OverLimitError
from custody.explore.checkpoint import Checkpoint, DamagedError
from custody.explore.native import DiskError, Engine, Model, Status
from custody.explore.resting import AT_ONCE
from custody.explore.search import ENGINE, INTERRUPTED, stopped
from custody.explore.task import Code, Task
from custody.explore.trace import Goal, Stuck, shortest_traces
from custody.explore.unfolded import after_of, unfolded_traces
from custody.explore.whole import settle
from custody.symmetry.frames import Frames
from custody.symmetry.images import fired_closed, premises_closed
from custody.system.evaluate import initial_states
from custody.system.finding import Exploration, Finding, Limits, Means, ProgressHook, Trace, Verdict
from custody.system.model import Form, Property

_ROUND = 0.1
"""Seconds between two looks at the keyboard, the clock and the memory."""
_UNNOTICED = 0.01
"""Seconds that a search goes on for before it is worth a directory on the disk."""
_RESIDENT_WORDS = 1 << 20
"""Words of states that stay in memory; the table has them as well, and what is to be expanded is read in order."""
_FEW = 16
_WORTH_KEEPING = 1.0
"""Seconds of search from which on a checkpoint is kept."""


def search(
    task: Task,
    code: Code,
    limits: Limits,
    progress: ProgressHook | None = None,
    means: Means | None = None,
    *,
    until_seen: bool = False,
) -> Exploration:
    """Searches all reachable states and settles every property of the task.

    With `until_seen`, which is for watches alone, only until each was seen once.
    """
    return _Search(task, code, means or Means(), until_seen=until_seen).run(limits, progress)


@dataclass(slots=True)
class _Ended:
    """How far it went: the limit that ended it; for properties of progress who gets stuck, and where; liveness."""

    limit: str | None = None
    stuck: dict[str, Stuck] = field(default_factory=dict[str, Stuck])
    followed: dict[str, Finding] = field(default_factory=dict[str, Finding])


class _Search:
    def __init__(self, task: Task, code: Code, means: Means, *, until_seen: bool) -> None:
        self._until_seen = until_seen
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
                by_orbits=task.by_orbits,
            ) as engine,
        ):
            ended = _Ended()
            try:
                if checkpoint.is_resumed:
                    checkpoint.begin(engine, _RESIDENT_WORDS // task.layout.words)
                    checkpoint.restore(engine)
                else:
                    engine.seed(self._first_states())
                self._explore(engine, budget, checkpoint)
                ended.stuck = self._stuck(engine, budget)
                ended.followed = self._followed(engine, budget)
                checkpoint.discard()
            except LimitReachedError as reached:
                ended.limit = reached.limit
            except DiskError as error:
                ended.limit = str(error)
            except KeyboardInterrupt:
                ended.limit = INTERRUPTED
            notes = self._keep(engine, checkpoint, budget) if ended.limit and not self._until_seen else []
            if resume and not checkpoint.is_resumed:
                notes.append(f"there was no checkpoint of {self._system.name} to go on from; the search began anew")
            return self._result(engine, ended, budget, tuple(notes))

    def _explore(self, engine: Engine, budget: Budget, checkpoint: Checkpoint) -> None:
        """Until every state has been expanded, or every watch was seen; LimitReachedError where that cannot be."""
        seconds = _UNNOTICED
        while not self._until_seen or None in engine.seen.first:
            status = engine.run(budget.round(seconds), budget.max_states, budget.allowed_bytes)
            if status is Status.DONE:
                return
            if status is Status.MAX_STATES:
                raise LimitReachedError(f"max-states {budget.max_states}")
            if status is Status.MAX_MEMORY:
                raise LimitReachedError(budget.memory_limit)
            counts = engine.counts
            budget.require(counts.bytes)
            checkpoint.begin(engine, _RESIDENT_WORDS // self._task.layout.words)
            seconds = _ROUND
            if checkpoint.is_due and not self._until_seen:
                checkpoint.save(engine)
            if budget.is_time_to_show:
                layers = [engine.layer_size(layer) for layer in range(counts.layers)]
                budget.show(counts.states, sum(engine.seen.fired), layers, counts.frontier, counts.bytes)

    def _first_states(self) -> list[int]:
        task = self._task
        states = list(initial_states(self._system))
        if task.by_orbits and len(states) <= _FEW:
            # One or two are not worth waiting for the compiler.
            frames = Frames(self._system, task.symmetries)
            return [task.layout.pack(frames.representative(state)) for state in states]
        packed = [task.layout.pack(state) for state in states]
        return self._steps().canonical(task.layout, packed) if task.by_orbits else packed

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

    def _stuck(self, engine: Engine, budget: Budget) -> dict[str, Stuck]:
        """For each violated property of progress who gets stuck first, and where."""
        first: list[tuple[int, int, dict[int, list[str]]]] = []
        resting = self._task.resting
        for begin in range(0, len(resting), AT_ONCE):
            some = resting[begin : begin + AT_ONCE]
            # A step that breaks a check ends its actor's call: that is a hazard, reported as such, and not a wait.
            ends = [
                sum(1 << bit for bit, entry in enumerate(some) if entry.actor == action.actor)
                for action in self._system.actions
            ]
            with engine.reach(self._steps(), begin, len(some), ends) as reach:
                budget.require(engine.counts.bytes + reach.bytes)
                while reach.run(_ROUND) is not Status.DONE:
                    budget.require(engine.counts.bytes + reach.bytes)
                layers = reach.first()
                for orbit in sorted({entry.orbit for entry in some}):
                    marks = [k for k, entry in enumerate(some) if entry.orbit == orbit]
                    least = min((layer for k in marks if (layer := layers[k]) is not None), default=None)
                    if least is None:
                        continue
                    names: dict[int, list[str]] = {}
                    for k in marks:
                        for state in reach.missing(least, k):
                            names.setdefault(state, []).append(some[k].actor)
                    first.append((least, orbit, names))
        found: dict[str, Stuck] = {}
        for layer, orbit, names in sorted(first, key=lambda entry: entry[:2]):
            stuck = Stuck(resting[orbit].actor, Goal(layer, states=list(names)), names)
            found.setdefault(resting[orbit].property, stuck)
        return found

    # ------------------------------------------------------------------ what must happen at last

    def _followed(self, engine: Engine, budget: Budget) -> dict[str, Finding]:
        """Findings for liveness, from the graph of the whole search."""
        task = self._task
        if not task.followed or not engine.counts.states:
            return {}
        used = engine.counts.bytes
        left = max(1, budget.allowed_bytes - used)
        try:
            return settle(
                self._system,
                engine,
                self._code.engine(),
                self._steps(),
                task.wanted,
                task.followed,
                len(task.resting),
                lambda: budget.require(used),
                left,
            )
        except OverLimitError:
            raise LimitReachedError(budget.memory_limit) from None

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
                goals[p.name] = Goal(layer + 1, steps=[(s.before, s.action, after_of(s)) for s in seen])
            else:
                goals[p.name] = Goal(layer, states=[s.before for s in seen])
        return goals

    def _traces(
        self, engine: Engine, goals: dict[str, Goal], stuck: dict[str, Stuck]
    ) -> dict[str, tuple[Trace, str | None]]:
        """For each goal a trace, and who is stuck at its end."""

        def into(layer: int, wanted: Collection[int]) -> Iterable[tuple[int, int, int]]:
            found = engine.into(self._steps(), layer, list(wanted))
            return [(step.before, step.action, step.after) for step in found]

        goals = goals | {name: entry.goal for name, entry in stuck.items()}
        if self._task.by_orbits and goals:
            return unfolded_traces(self._task, self._steps(), into, goals, stuck)
        traces = shortest_traces(self._system, self._task.layout, into, goals)
        return {name: (trace, stuck[name].actor if name in stuck else None) for name, trace in traces.items()}

    def _result(self, engine: Engine, ended: _Ended, budget: Budget, notes: tuple[str, ...]) -> Exploration:
        task, seen, counts, limit = self._task, engine.seen, engine.counts, ended.limit
        traces = self._traces(engine, self._goals(engine, seen.first), ended.stuck)
        held: dict[str, list[bool]] = {p.name: [False] * len(p.premises) for p in task.wanted if p.premises}
        for premise, was_true in zip(self._watches.premises, seen.held, strict=True):
            held[premise.property][premise.number] = was_true
        unknown = stopped(limit) if limit else None if counts.states else "the system has no first state"
        findings: dict[str, Finding] = {}
        for p in task.wanted:
            trace, subject = traces.get(p.name, (None, None))
            findings[p.name] = ended.followed.get(p.name) or _finding(p, trace, subject, unknown)
        found = Exploration(
            engine=ENGINE,
            findings=findings,
            complete=limit is None,
            limit=limit,
            fired=fired_closed(seen.fired, task.symmetries),
            premises=premises_closed(held, task.symmetries),
            seconds=budget.seconds,
            peak_bytes=budget.peak_bytes,
            notes=notes,
            asymmetric=tuple((refusal.role, refusal.reason) for refusal in task.symmetries.refused),
        )
        if task.reduced:
            return replace(found, explored=counts.states)
        return replace(
            found,
            states=counts.orbit_states if task.by_orbits else counts.states,
            transitions=counts.orbit_transitions if task.by_orbits else sum(seen.fired),
            depth=max(0, counts.layers - 1),
            orbits=counts.states if task.by_orbits else None,
        )


def _finding(p: Property, trace: Trace | None, subject: str | None, unknown: str | None) -> Finding:
    """`unknown` says why what was not found may still be there."""
    wanted = p.form is Form.REACHABLE
    if trace is not None:
        return Finding(p.name, Verdict.HOLDS if wanted else Verdict.VIOLATED, trace, subject=subject)
    if unknown is not None:
        return Finding(p.name, Verdict.INCONCLUSIVE, reason=unknown)
    return Finding(p.name, Verdict.VIOLATED if wanted else Verdict.HOLDS)
