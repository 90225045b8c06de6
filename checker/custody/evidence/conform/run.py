"""A contract and its world, compared as planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import monotonic

from custody.evidence.conform.contract import Contract, claimed
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
Progress = Callable[[str], None]

WALKS = 40
"""How many walks hypothesis takes in each instance that is walked."""


def compare(
    spec: str,
    model: str,
    make: MakeSystem,
    settings: Settings | None = None,
    limits: Limits | None = None,
    progress: Progress = lambda _: None,
    kinds: tuple[str, ...] = ("tours", "interleavings", "walks"),
) -> Comparison:
    """Compare as planned, or one instance with `settings`. KeyError where there is no world for the model."""
    world = world_of(model)
    plan = PLANS[model]
    if settings:
        chosen = _only(settings)
        plan = Plan((chosen,), ((chosen, 3000),), (chosen,), plan.unclaimed)
    clock = _Clock(limits or Limits())
    parts = tuple(_parts(plan, world, make, clock, progress, kinds))
    return Comparison(
        spec, model, parts, tuple(plan.unclaimed.items()), tuple(world.ghosts.items()), tuple(world.words.items())
    )


def _only(settings: Settings) -> Settings:
    return dict(settings)


class _Clock:
    """The time that is left, for limits that are asked for one part at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._begun = monotonic()

    @property
    def over(self) -> bool:
        return self._limits.timeout is not None and monotonic() - self._begun > self._limits.timeout

    def limits(self, max_states: int | None = None) -> Limits:
        timeout = self._limits.timeout
        left = None if timeout is None else max(0.01, timeout - (monotonic() - self._begun))
        states = [most for most in (max_states, self._limits.max_states) if most is not None]
        return Limits(max_states=min(states, default=None), max_memory=self._limits.max_memory, timeout=left)


def _parts(
    plan: Plan, world: type[World], make: MakeSystem, clock: _Clock, progress: Progress, kinds: tuple[str, ...]
) -> Iterator[Part]:
    if "tours" in kinds:
        for settings in plan.toured:
            progress(_words("touring", settings))
            yield _tour(Contract(make(settings), world), world, settings, clock)
    if "interleavings" in kinds:
        for settings, most in plan.interleaved:
            progress(_words("interleaving", settings))
            yield _interleave(Contract(make(settings), world), world, settings, most, clock)
    if "walks" in kinds:
        for settings in plan.walked:
            progress(_words("walking through", settings))
            yield _wander(Contract(make(settings), world), world, settings, clock)


def _words(what: str, settings: Settings) -> str:
    return f"{what} {', '.join(f'{name} = {value}' for name, value in settings.items()) or 'the default instance'}"


def _maker(world: type[World], contract: Contract) -> MakeWorld:
    parameters: Mapping[str, int | bool | str] = contract.parameters
    return lambda: world(parameters)


def _tour(contract: Contract, world: type[World], settings: Settings, clock: _Clock) -> Part:
    chosen = tuple(settings.items())
    make = _maker(world, contract)
    graph = contract.graph(clock.limits())
    if graph.limit is not None:
        return Part("tours", chosen, Answer.INCONCLUSIVE, f"the graph was not finished: {graph.limit}")
    arcs, excuses = claimed(contract, graph, make().excused)
    first = graph.initial[0]
    way = tours(arcs, first)
    tally = Tally()
    divergence: Divergence | None = None
    stopped = ""
    for path in way.paths:
        divergence = follow(contract, make, graph.states[first], [arc.label for arc in path], tally)
        if divergence is not None:
            divergence = shortest(contract, make, graph.states[first], divergence)
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
        exact=way.exact,
        least=way.least,
        longest_call=tally.longest_call,
        excuses=excuses,
    )
    answer = Answer.DIVERGES if divergence else Answer.INCONCLUSIVE if stopped else Answer.CONFORMS
    return Part("tours", chosen, answer, stopped, toured=toured, divergence=divergence)


def shortest(contract: Contract, make: MakeWorld, first: tuple[int, ...], divergence: Divergence) -> Divergence:
    """The same divergence on the shortest way to where it begins, if it is there too; retold for both sides."""
    way = _shortest_way(contract, first, divergence.path)
    if way is not None and len(way) < len(divergence.path):
        found = follow(contract, make, first, way, Tally())
        if found is not None:
            divergence = found
    return retell(contract, make, first, divergence)


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


def _interleave(contract: Contract, world: type[World], settings: Settings, most: int, clock: _Clock) -> Part:
    chosen = tuple(settings.items())
    make = _maker(world, contract)
    graph = contract.graph(clock.limits(most))
    if not graph.states:
        return Part("interleavings", chosen, Answer.INCONCLUSIVE, f"the graph was not begun: {graph.limit}")
    first = graph.states[graph.initial[0]]
    walked = Walked()
    found: Unexplained | None = None
    arcs, _ = claimed(contract, graph, make().excused)
    for scenario in scenarios(contract, arcs, graph):
        found = interleave(contract, make, first, scenario, walked)
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


def _wander(contract: Contract, world: type[World], settings: Settings, clock: _Clock) -> Part:
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
        first = next(iter(contract.graph(Limits(max_states=1)).states))
        divergence = retell(contract, make, first, divergence)
    return Part(
        "walks",
        chosen,
        Answer.CONFORMS if divergence is None else Answer.DIVERGES,
        wandered=wandered,
        divergence=divergence,
    )
