"""The contract's side: its graph, and for each state what an observer of the implementation should see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.evidence.conform.step import Manner, Step, steps_of
from custody.evidence.conform.tours import Arc
from custody.evidence.conform.world import World
from custody.graph.build import ReachableGraph, reachable
from custody.graph.machine import Machine
from custody.system.display import show
from custody.system.evaluate import evaluate
from custody.system.expression import Op
from custody.system.finding import Limits
from custody.system.model import State, System


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be seen of a state: the shared variables, who is in a call, who may go on, what the core is due."""

    values: Mapping[str, str]
    busy: frozenset[str]
    runnable: frozenset[str]
    due: frozenset[str]


@dataclass(frozen=True, slots=True)
class Excuse:
    """Steps of the contract that the implementation does not claim to take, and why."""

    name: str
    reason: str
    steps: int


class Contract:
    """A system with its steps, and the eyes to look at its states with."""

    def __init__(self, system: System, world: type[World]) -> None:
        self.system = system
        self.steps = steps_of(system)
        self.parameters = dict(system.parameters)
        self._unprompted = frozenset(world.unprompted)
        self._calls = frozenset(world.calls)
        ghosts = world.ghosts
        self._views = [
            view for view in system.views if view.actor is None and view.name.partition("[")[0] not in ghosts
        ]
        self._guards = [Machine(action.guard) for action in system.actions]
        self._effects = [[(e.variable, Machine(e.value)) for e in action.effects] for action in system.actions]
        self._checks = [[Machine(check.condition) for check in action.checks] for action in system.actions]
        self._at: dict[str, tuple[int, int]] = {}
        for index, variable in enumerate(system.variables):
            if variable.control and variable.name.endswith(".at") and variable.domain.labels:
                self._at[variable.name.removesuffix(".at")] = (index, variable.domain.labels.index("idle"))
        self._answers = [
            Machine(action.answer.value) if action.ends and action.answer is not None else None
            for action in system.actions
        ]
        self._quick = _by_value(system)
        self._sights: dict[State, Sight] = {}
        self._enabled: dict[State, list[int]] = {}
        self._after: dict[tuple[State, int], tuple[State | None]] = {}

    def graph(self, limits: Limits) -> ReachableGraph:
        return reachable(self.system, limits)

    def enabled(self, state: State) -> list[int]:
        """The steps that are possible in the state; remembered."""
        known = self._enabled.get(state)
        if known is None:
            guards = self._guards
            likely = (
                index
                for variable, by_value in self._quick.items()
                for index in by_value.get(state[variable] if variable >= 0 else 0, ())
            )
            known = self._enabled[state] = sorted(index for index in likely if guards[index](state))
        return known

    def answer(self, index: int, state: State) -> str | None:
        """What the call returns that the step ends, taken from the state: `OK`, or an errno. None where it does not
        end one, or returns nothing."""
        machine, answer = self._answers[index], self.system.actions[index].answer
        if machine is None or answer is None or answer.domain.labels is None:
            return None
        return answer.domain.labels[machine(state)]

    def keeps_duties(self, index: int, state: State) -> bool:
        """Whether who calls breaks no duty of his: what he owes, not what the call may answer."""
        return all(evaluate(clause.expression, state) for clause in self.system.actions[index].clauses if clause.duty)

    def after(self, index: int, state: State) -> State | None:
        """The state after the step; None where the step breaks one of the contract's own checks. Remembered."""
        known = self._after.get((state, index))
        if known is None:
            known = self._after[state, index] = (self._fire(index, state),)
        return known[0]

    def _fire(self, index: int, state: State) -> State | None:
        if not all(check(state) for check in self._checks[index]):
            return None
        values = list(state)
        for variable, value in self._effects[index]:
            values[variable] = value(state)
        return tuple(values)

    def sight(self, state: State) -> Sight:
        """What can be seen of the state; remembered."""
        known = self._sights.get(state)
        if known is None:
            known = self._sights[state] = self._look(state)
        return known

    def _look(self, state: State) -> Sight:
        busy = frozenset(actor for actor, (index, idle) in self._at.items() if state[index] != idle)
        runnable: set[str] = set()
        due: set[str] = set()
        for index in self.enabled(state):
            step = self.steps[index]
            if step.manner is Manner.WITHIN and step.outcome != "timeout":
                runnable.add(step.actor)
            if step.name in self._unprompted:
                due.add(step.name)
        return Sight(
            {view.name: show(view.shape, state) for view in self._views}, busy, frozenset(runnable), frozenset(due)
        )

    def called(self, index: int) -> bool:
        """Whether the step is somebody's call, and not what hardware or core do, or what a client only thinks."""
        return self.steps[index].name in self._calls

    def location(self, actor: str, state: State) -> str:
        """Where the actor stands in the contract's text."""
        index, idle = self._at.get(actor, (-1, -1))
        labels = None if index < 0 else self.system.variables[index].domain.labels
        return "" if labels is None or state[index] == idle else labels[state[index]]

    def places(self, actor: str) -> int:
        """How many places the actor can stand at."""
        index, _ = self._at.get(actor, (-1, -1))
        return 1 if index < 0 else self.system.variables[index].domain.size


def _by_value(system: System) -> dict[int, dict[int, list[int]]]:
    """The actions by a value that a variable has to have for them; variable -1, with value 0, for the others."""
    found: dict[int, dict[int, list[int]]] = {}
    for index, action in enumerate(system.actions):
        parts = action.guard.args if action.guard.op is Op.AND else (action.guard,)
        asked = (
            (part.args[0].value, part.args[1].value)
            for part in parts
            if part.op is Op.EQ and part.args[0].op is Op.READ and part.args[1].is_constant
        )
        variable, value = next(asked, (-1, 0))
        found.setdefault(variable, {}).setdefault(value, []).append(index)
    return found


def claimed(
    contract: Contract,
    graph: ReachableGraph,
    excused: Callable[[Step, Mapping[str, str], Mapping[str, str]], str | None],
) -> tuple[list[Arc], tuple[Excuse, ...]]:
    """The graph's steps that the implementation claims to take, and what it does not claim, with the arguments.

    Of what can only be reached by steps that are not claimed nothing is claimed.
    """
    arcs: list[Arc] = []
    reasons: Counter[tuple[str, str]] = Counter()
    seen = set(graph.initial)
    queue = list(graph.initial)
    for node in queue:
        if node >= len(graph.moves):
            continue  # the graph ends before it
        before = contract.sight(graph.states[node]).values
        for action, target in graph.moves[node]:
            step = contract.steps[action]
            reason = excused(step, before, contract.sight(graph.states[target]).values)
            if reason is not None:
                reasons[step.name, reason] += 1
                continue
            arcs.append(Arc(node, action, target))
            if target not in seen:
                seen.add(target)
                queue.append(target)
    for node, action, _ in graph.broken:
        if node in seen:
            reasons[contract.steps[action].name, "breaks a check of the contract's own there"] += 1
    beyond = graph.transitions - len(arcs) - sum(reasons.values())
    excuses = [Excuse(name, reason, steps) for (name, reason), steps in sorted(reasons.items())]
    if beyond:
        excuses.append(Excuse("(any)", "can be reached by steps of this list only", beyond))
    return arcs, tuple(excuses)


def by_first(arcs: Sequence[Arc], initial: Sequence[int]) -> Iterator[tuple[int, list[Arc]]]:
    """For each state where it can begin: the arcs that can be reached from there, if some of them not from earlier
    ones."""
    out: dict[int, list[Arc]] = {}
    for arc in arcs:
        out.setdefault(arc.source, []).append(arc)
    met: set[int] = set()
    for first in initial:
        seen, queue = {first}, [first]
        for node in queue:
            for arc in out.get(node, ()):
                if arc.target not in seen:
                    seen.add(arc.target)
                    queue.append(arc.target)
        if first == initial[0] or not seen <= met:
            yield first, [arc for arc in arcs if arc.source in seen]
        met |= seen
