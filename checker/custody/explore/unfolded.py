"""Traces of a search that saw one state of each orbit: the ways that a path through orbits stands for.

What lies on a shortest way to a goal is known of the representatives.  So from the real first states on, the real
steps are taken that lead to orbits on the way, and of the runs that this makes the best one is chosen as always.
Where these would be too many, the one run is given that a best path through orbits stands for: it is as short.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from custody.explore.generate import BROKEN
from custody.explore.native import Model, Step, Stepper
from custody.explore.task import Task
from custody.explore.trace import Edges, Goal, Into, Stuck, best, edges_into, states_on_the_way
from custody.symmetry.frames import Frames, real_run
from custody.system.evaluate import initial_states
from custody.system.finding import Trace

MOST_STATES: Final = 100_000
"""Real states that are looked at for one trace."""


def unfolded_traces(
    task: Task, model: Model, into: Into, goals: Mapping[str, Goal], stuck: Mapping[str, Stuck]
) -> dict[str, tuple[Trace, str | None]]:
    """For each goal, of representatives and their steps, a shortest run, and who is stuck at its end."""
    if not goals:
        return {}
    edges = edges_into(into, goals)
    unfolding = _Unfolding(task, model)
    frames = Frames(task.system, task.symmetries)
    found: dict[str, tuple[Trace, str | None]] = {}
    for name, goal in goals.items():
        # A state and the one that stands for it may not have the same steps left out.
        unfolded = None if task.reduced else unfolding.unfold(name, edges, goal)
        who = stuck.get(name)
        if unfolded is not None:
            real, ends = unfolded
            if who is not None:
                ends.states = [state for state in ends.states if _is_stuck(task, frames, who, state)]
            found[name] = best(task.system, task.layout, real, ends), who and who.actor
            continue
        path = best(task.system, task.layout, edges, goal)
        run, frame = real_run(task.system, frames, path)
        subject = None
        if who is not None:
            subject = frame.name(next(iter(who.names[task.layout.pack(path.states[-1])])))
        found[name] = run, subject
    return found


def _is_stuck(task: Task, frames: Frames, who: Stuck, packed: int) -> bool:
    """Whether the actor itself is stuck in a real state, and not only one that it can be exchanged with."""
    state = task.layout.unpack(packed)
    representative = task.layout.pack(frames.representative(state))
    return frames.name_in(state, who.actor) in who.names[representative]


class _Unfolding:
    def __init__(self, task: Task, model: Model) -> None:
        self._task = task
        self._model = model
        self._stepper = Stepper(model, task.layout, len(task.system.actions), len(task.watches.properties))
        self._numbers = {p.name: number for number, p in enumerate(task.watches.properties)}

    def unfold(self, name: str, edges: list[Edges], goal: Goal) -> tuple[list[Edges], Goal] | None:
        """The real steps on the way and the real goal; None where there are too many."""
        needed = states_on_the_way(edges, goal)
        first = [self._task.layout.pack(state) for state in initial_states(self._task.system)]
        layer = self._among(first, needed[0])
        real: list[Edges] = [{}]
        looked_at = 0
        for depth in range(1, goal.depth + 1):
            looked_at += len(layer)
            if looked_at > MOST_STATES:
                return None
            steps = [step for state in layer for step, _ in self._stepper.steps(state) if step.broken is None]
            wanted = set(self._among([step.after for step in steps], needed[depth]))
            here: Edges = {}
            for step in steps:
                if step.after in wanted:
                    here.setdefault(step.after, []).append((step.before, step.action))
            real.append(here)
            layer = list(here)
        if goal.states:
            return real, Goal(goal.length, states=layer)
        bit = 1 << self._numbers[name]
        steps = [step for state in layer for step, sees in self._stepper.steps(state) if sees & bit]
        return real, Goal(goal.length, steps=[(step.before, step.action, after_of(step)) for step in steps])

    def _among(self, states: Collection[int], representatives: Collection[int]) -> list[int]:
        """The states, each once, whose representatives are among those given."""
        once = list(dict.fromkeys(states))
        orbits = self._model.canonical(self._task.layout, once)
        return [state for state, orbit in zip(once, orbits, strict=True) if orbit in representatives]


def after_of(step: Step) -> int:
    """The state after the step as a goal has it."""
    return step.after if step.broken is None else BROKEN - step.broken
