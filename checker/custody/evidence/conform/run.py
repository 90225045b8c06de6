"""A contract and its world, compared as planned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from time import monotonic

from custody.evidence.conform.contract import Contract, by_first, claimed
from custody.evidence.conform.interleavings import Unexplained, Walked, scenarios
from custody.evidence.conform.interleavings import walk as interleave
from custody.evidence.conform.lockstep import Divergence, MakeWorld, Tally, follow, retell
from custody.evidence.conform.plan import PLANS, Plan, Settings
from custody.evidence.conform.result import (
    Answer,
    Comparison,
    History,
    Interleaved,
    Part,
    Toured,
    Wandered,
)
from custody.evidence.conform.tours import tours
from custody.evidence.conform.walks import available
from custody.evidence.conform.walks import walk as wander
from custody.evidence.conform.world import World
from custody.evidence.conform.worlds import world_of
from custody.system.finding import Limits
from custody.system.model import System

MakeSystem = Callable[[Settings], System]

WALKS = 40
"""How many walks hypothesis takes in each instance that is walked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to be done with one instance; `most` is how many states of its graph are looked at, if not all."""

    kind: str
    settings: Settings
    most: int | None = None

    def __str__(self) -> str:
        said = ", ".join(f"{name} = {value}" for name, value in self.settings.items())
        return f"{_WORDS[self.kind]} {said or 'the default instance'}"


_WORDS = {"tours": "touring", "interleavings": "interleaving", "walks": "walking through"}
KINDS = tuple(_WORDS)


def pieces(model: str, settings: Settings | None = None, kinds: Collection[str] = KINDS) -> tuple[Piece, ...]:
    """What is planned, or all of it with one instance. KeyError where nothing is planned for the model."""
    plan = PLANS[model]
    if settings:
        chosen = dict(settings)
        plan = Plan((chosen,), ((chosen, 3000),), (chosen,), plan.unclaimed)
    planned = (
        *(Piece("tours", toured) for toured in plan.toured),
        *(Piece("interleavings", interleaved, most) for interleaved, most in plan.interleaved),
        *(Piece("walks", walked) for walked in plan.walked),
    )
    return tuple(piece for piece in planned if piece.kind in kinds)


def perform(piece: Piece, model: str, make: MakeSystem, clock: Clock) -> Part:
    """Do it. Pieces need nothing of each other, so they can be done in any order, or at once."""
    world = world_of(model)
    contract = Contract(make(piece.settings), world)
    match piece.kind:
        case "tours":
            return _tour(contract, world, piece.settings, clock)
        case "interleavings":
            return _interleave(contract, world, piece.settings, piece.most, clock)
        case _:
            return _wander(contract, world, piece.settings, clock)


def compared(spec: str, model: str, parts: Sequence[Part]) -> Comparison:
    """What the parts found, together with what the implementation does not claim."""
    world, plan = world_of(model), PLANS[model]
    return Comparison(
        spec,
        model,
        tuple(parts),
        tuple(plan.unclaimed.items()),
        tuple(world.ghosts.items()),
        tuple(world.words.items()),
    )


class Clock:
    """The time that is left, for limits that are asked for one piece at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._begun = monotonic()

    @property
    def over(self) -> bool:
        return self._limits.timeout is not None and monotonic() - self._begun > self._limits.timeout

    def within(self, memory: int | None) -> Clock:
        """The same time, with so much memory, in bytes."""
        clock = copy(self)
        if memory is not None:
            clock._limits = replace(self._limits, max_memory=memory)
        return clock

    def limits(self, max_states: int | None = None) -> Limits:
        timeout = self._limits.timeout
        left = None if timeout is None else max(0.01, timeout - (monotonic() - self._begun))
        states = [most for most in (max_states, self._limits.max_states) if most is not None]
        return Limits(max_states=min(states, default=None), max_memory=self._limits.max_memory, timeout=left)


def _maker(world: type[World], contract: Contract) -> MakeWorld:
    parameters: Mapping[str, int | bool | str] = contract.parameters
    return lambda: world(parameters)


def _tour(contract: Contract, world: type[World], settings: Settings, clock: Clock) -> Part:
    chosen = tuple(settings.items())
    make = _maker(world, contract)
    graph = contract.graph(clock.limits())
    if graph.limit is not None:
        return Part("tours", chosen, Answer.INCONCLUSIVE, f"the graph was not finished: {graph.limit}")
    arcs, excuses = claimed(contract, graph, make().not_toured)
    ways = [(graph.states[first], tours(part, first)) for first, part in by_first(arcs, graph.initial)]
    tally = Tally()
    divergence: Divergence | None = None
    stopped = ""
    for first, path in ((first, path) for first, way in ways for path in way.paths):
        divergence = follow(contract, make, first, [arc.label for arc in path], tally)
        if divergence is not None:
            divergence = shortest(contract, make, divergence)
            break
        if clock.over:
            stopped = "the time was over"
            break
    toured = Toured(
        states=len(graph.states),
        transitions=graph.transitions,
        claimed=len(arcs),
        covered=len(tally.taken),
        tours=tally.paths,
        steps=tally.steps,
        exact=all(way.exact for _, way in ways),
        least=sum(way.least for _, way in ways),
        longest_call=tally.longest_call,
        excuses=excuses,
    )
    answer = Answer.DIVERGES if divergence else Answer.INCONCLUSIVE if stopped else Answer.CONFORMS
    return Part("tours", chosen, answer, stopped, toured=toured, divergence=divergence)


def shortest(contract: Contract, make: MakeWorld, divergence: Divergence) -> Divergence:
    """The same divergence on the shortest way to where it begins, if it is there too; retold for both sides."""
    way = _shortest_way(contract, divergence.first, divergence.path)
    if way is not None and len(way) < len(divergence.path):
        found = follow(contract, make, divergence.first, way, Tally())
        if found is not None:
            divergence = found
    return retell(contract, make, divergence)


def _shortest_way(contract: Contract, first: tuple[int, ...], path: tuple[int, ...]) -> tuple[int, ...] | None:
    """A shortest path to where the last step of `path` begins, and that step."""
    if not path:
        return None
    target = first
    for index in path[:-1]:
        following = contract.after(index, target)
        if following is None:
            return None
        target = following
    came: dict[tuple[int, ...], tuple[tuple[int, ...], int]] = {}
    queue, seen = [first], {first}
    for state in queue:
        if state == target:
            steps: list[int] = []
            while state in came:
                state, index = came[state]  # noqa: PLW2901
                steps.append(index)
            return (*reversed(steps), path[-1])
        for index in contract.enabled(state):
            after = contract.after(index, state)
            if after is not None and after not in seen:
                seen.add(after)
                came[after] = (state, index)
                queue.append(after)
    return None


def _interleave(contract: Contract, world: type[World], settings: Settings, most: int | None, clock: Clock) -> Part:
    chosen = tuple(settings.items())
    make = _maker(world, contract)
    graph = contract.graph(clock.limits(most))
    if not graph.states:
        return Part("interleavings", chosen, Answer.INCONCLUSIVE, f"the graph was not begun: {graph.limit}")
    walked = Walked()
    found: Unexplained | None = None
    arcs, _ = claimed(contract, graph, make().excused)
    for scenario in scenarios(contract, arcs, graph):
        found = interleave(contract, make, scenario, walked)
        if clock.over:
            walked.limit = walked.limit or "the time was over"
        if found is not None or walked.limit is not None:
            break
    interleaved = Interleaved(walked.scenarios, walked.interleavings, walked.moments)
    if found is not None:
        way = tuple(contract.steps[index] for index in found.scenario.path)
        history = History(way, found.events, found.message, found.differences)
        return Part("interleavings", chosen, Answer.DIVERGES, interleaved=interleaved, history=history)
    answer = Answer.CONFORMS if walked.limit is None else Answer.INCONCLUSIVE
    return Part("interleavings", chosen, answer, walked.limit or "", interleaved=interleaved)


def _wander(contract: Contract, world: type[World], settings: Settings, clock: Clock) -> Part:
    chosen = tuple(settings.items())
    if not available():
        reason = "hypothesis is not installed: pip install 'custody[conform]'"
        return Part("walks", chosen, Answer.INCONCLUSIVE, reason)
    if clock.over:
        return Part("walks", chosen, Answer.INCONCLUSIVE, "the time was over")
    make = _maker(world, contract)
    tally = Tally()
    divergence = wander(contract, make, WALKS, tally)
    wandered = Wandered(tally.paths, tally.steps, len(tally.taken))
    if divergence is not None:
        divergence = retell(contract, make, divergence)
    return Part(
        "walks",
        chosen,
        Answer.CONFORMS if divergence is None else Answer.DIVERGES,
        wandered=wandered,
        divergence=divergence,
    )
