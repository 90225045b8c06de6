"""Every interleaving of small scenarios, the implementation first: whatever it does, the contract has to allow it.

A scenario is a state of the contract in which two or three actors may each begin a call.  Their calls are run in
every order in which they can change over; histories that meet again, with the implementation and all its tasks at the
same points, and the same contract states possible, go on as one.

Where the contract has the steps of a call, it is asked after each of them; the contract states that explain what was
seen are kept as a set.  Where a call is one action of the contract, what is seen in between is nobody's business, but
when all have returned it has to be what the actions give in one order or another: linearizability (Herlihy and Wing
1990).  Progress is looked at too: nobody is stuck where the contract lets him go on, and no call takes for ever.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from custody.evidence.conform.contract import Contract, Sight
from custody.evidence.conform.lockstep import Difference, MakeWorld, attempt, differences, look_at
from custody.evidence.conform.lockstep import begin as begin_in
from custody.evidence.conform.step import Manner, Step
from custody.evidence.conform.tours import Arc
from custody.evidence.conform.world import World
from custody.graph.build import ReachableGraph
from custody.system.model import State

MOST = 20_000
"""The most different moments of a scenario; beyond it there is no verdict."""

STUTTER = 3
"""How many steps of the contract one step of the implementation may be."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A way to a state of the contract, and the calls that begin there."""

    first: State
    path: tuple[int, ...]
    state: State
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: an actor began the call, went on with it, or met its time-out."""

    actor: str
    kind: str
    call: int = -1

    def show(self) -> str:
        return f"{self.actor} {self.kind}"


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A history of the implementation that the contract does not allow."""

    scenario: Scenario
    events: tuple[Event, ...]
    message: str
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class Walked:
    """What was walked in all; `interleavings` counts the histories, `moments` those that differ."""

    scenarios: int = 0
    interleavings: int = 0
    moments: int = 0
    limit: str | None = None


@dataclass(slots=True)
class _Moment:
    events: tuple[Event, ...]
    explained: frozenset[State]
    possible: list[Event]
    following: list[int] = field(default_factory=list[int])


def scenarios(
    contract: Contract, arcs: Sequence[Arc], graph: ReachableGraph, per_choice: int = 2
) -> Iterator[Scenario]:
    """For each choice of two calls, or three, that can begin in one state: a few such states, from near to far.

    The states are those that the `arcs` of the graph lead to.  Where some caller breaks a duty in whatever order the
    calls are made, the contract says nothing of what follows: that is no choice.
    """
    moves: dict[int, list[Arc]] = {}
    for arc in arcs:
        moves.setdefault(arc.source, []).append(arc)
    choices: dict[tuple[tuple[str, str], ...], list[tuple[int, tuple[int, ...]]]] = {}
    for node in sorted(moves):
        state = graph.states[node]
        if contract.sight(state).busy:
            continue
        begin: dict[tuple[str, str], int] = {}
        for index in (arc.label for arc in moves[node]):
            step = contract.steps[index]
            if step.manner is not Manner.WITHIN and step.outcome is None and contract.called(index):
                begin.setdefault((step.actor, step.name), index)
        for size in (2, 3):
            for chosen in itertools.combinations(sorted(begin), size):
                calls = tuple(begin[key] for key in chosen)
                if len({actor for actor, _ in chosen}) == size and _is_proper(contract, state, calls):
                    choices.setdefault(chosen, []).append((node, calls))
    parents = _parents(moves, graph.initial)
    for chosen in sorted(choices):
        found = choices[chosen]
        wanted = per_choice if len(chosen) == 2 else 1
        for position in sorted({round(k * (len(found) - 1) / max(1, wanted - 1)) for k in range(wanted)}):
            node, calls = found[position]
            root, way = _way(parents, node)
            yield Scenario(graph.states[root], way, graph.states[node], calls)


def _is_proper(contract: Contract, state: State, calls: Sequence[int]) -> bool:
    """Whether in some order, each call succeeding where it can, every caller keeps his duties."""
    return any(_keep_duties(contract, state, order) for order in itertools.permutations(calls))


def _keep_duties(contract: Contract, state: State, order: Sequence[int]) -> bool:
    for call in order:
        if not contract.keeps_duties(call, state):
            return False
        following = contract.after(call, state) if call in contract.enabled(state) else None
        if following is None:
            return True  # it fails, or waits, and that is the callee's matter
        state = following
    return True


def _parents(moves: Mapping[int, Sequence[Arc]], initial: Sequence[int]) -> dict[int, tuple[int, int]]:
    parents: dict[int, tuple[int, int]] = {}
    queue, seen = list(initial), set(initial)
    for node in queue:
        for arc in moves.get(node, ()):
            if arc.target not in seen:
                seen.add(arc.target)
                parents[arc.target] = (node, arc.label)
                queue.append(arc.target)
    return parents


def _way(parents: dict[int, tuple[int, int]], node: int) -> tuple[int, tuple[int, ...]]:
    """A shortest way to the node, and the first node where it begins."""
    path: list[int] = []
    while node in parents:
        node, action = parents[node]
        path.append(action)
    return node, tuple(reversed(path))


def walk(contract: Contract, make: MakeWorld, scenario: Scenario, walked: Walked) -> Unexplained | None:
    """Walk every interleaving of the scenario; what the contract does not allow, if there is anything."""
    walked.scenarios += 1
    steps = [contract.steps[index] for index in scenario.calls]
    atomic = all(step.manner is Manner.WHOLE for step in steps)
    bound = 3 * sum(contract.places(step.actor) for step in steps) + 60
    begin = [Event(contract.steps[index].actor, "begins", index) for index in scenario.calls]
    moments = [_Moment((), frozenset({scenario.state}), begin)]
    known: dict[object, int] = {}
    queue = deque([0])
    while queue:
        number = queue.popleft()
        for event in moments[number].possible:
            if event.kind == "begins" and not atomic and not _allowed(contract, event, moments[number].explained):
                continue
            events = (*moments[number].events, event)
            if len(events) > bound:
                return Unexplained(scenario, events, f"no end after {bound} steps", ())
            world = begin_in(contract, make, scenario.first)
            try:
                parted = _replay(contract, world, scenario, events)
                if parted is not None:
                    return Unexplained(scenario, events, parted, ())
                explained, missing = _explain(contract, world, moments[number].explained, event, atomic)
                if atomic and all(not world.busy(step.actor) and step.actor in world.results for step in steps):
                    missing = _linearize(contract, world, scenario)
                if missing is not None:
                    return Unexplained(
                        scenario, events, f"the contract has no explanation for {event.show()}", missing
                    )
                key = (explained, _fingerprint(world))
                possible = _possible(world, begin, events)
                if atomic and not possible and world.scheduler.unfinished():
                    return Unexplained(scenario, events, _stuck(world), ())
            finally:
                world.end()
            target = known.get(key)
            if target is None:
                target = known[key] = len(moments)
                moments.append(_Moment(events, explained, possible))
                queue.append(target)
            moments[number].following.append(target)
        if len(moments) > MOST:
            walked.limit = f"{MOST} different moments of a scenario"
            return None
    walked.moments += len(moments)
    walked.interleavings += _histories(moments)
    return None


def _stuck(world: World) -> str:
    """Who waits for ever, and for what: what is one action of the contract comes to its end."""
    tasks = world.scheduler.tasks
    return "they wait for ever: " + ", ".join(f"{who}: {tasks[who].label}" for who in world.scheduler.unfinished())


def _allowed(contract: Contract, event: Event, states: frozenset[State]) -> bool:
    """Whether a client may begin the call now: others may have taken away what it needs."""
    return any(event.call in contract.enabled(state) for state in states)


def _possible(world: World, begin: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    begun = {event.actor for event in events}
    found = [event for event in begin if event.actor not in begun]
    for actor in world.scheduler.unfinished():
        task = world.scheduler.tasks[actor]
        if task.ready():
            found.append(Event(actor, "goes on"))
        elif task.timed:
            found.append(Event(actor, "times out"))
    return found


def _replay(contract: Contract, world: World, scenario: Scenario, events: Sequence[Event]) -> str | None:
    """Bring the world to where the events lead; a sentence where one of them went wrong."""
    state = scenario.first
    for index in scenario.path:
        following = contract.after(index, state)
        assert following is not None
        world.perform(contract.steps[index], contract.sight(following).values)
        state = following
    world.results.clear()
    for event in events:
        step = contract.steps[event.call] if event.call >= 0 else contract.steps[scenario.calls[0]]
        failed = attempt(lambda event=event, step=step: _do(world, event, step), step)
        if failed is not None:
            return failed[1]
    return None


def _do(world: World, event: Event, step: Step) -> None:
    match event.kind:
        case "begins":
            world.begin(step)
        case "goes on":
            world.advance(event.actor)
        case _:
            world.expire(event.actor)


def _explain(
    contract: Contract, world: World, before: frozenset[State], event: Event, atomic: bool
) -> tuple[frozenset[State], tuple[Difference, ...] | None]:
    """The contract states that fit after the event, and what differs from the nearest where none does."""
    if atomic:
        return before, None
    layer = before
    candidates: list[State] = []
    returned = None if world.busy(event.actor) else world.results.get(event.actor)
    for depth in range(STUTTER + 1):
        following: set[State] = set()
        for state in layer:
            for index in contract.enabled(state):
                step = contract.steps[index]
                told = contract.answer(index, state)
                if step.actor == event.actor and _fits(step, event, depth) and told in (None, returned):
                    after = contract.after(index, state)
                    if after is not None:
                        following.add(after)
        if not following:
            break
        candidates = sorted(following)
        fitting = frozenset(state for state in candidates if not differences(contract.sight(state), world))
        if fitting:
            return fitting, None
        layer = frozenset(following)
    stayed = frozenset(state for state in before if not differences(contract.sight(state), world))
    if stayed:
        return stayed, None
    nearest = min(candidates or sorted(before), key=lambda state: len(differences(contract.sight(state), world)))
    return frozenset(), differences(contract.sight(nearest), world)


def _fits(step: Step, event: Event, depth: int) -> bool:
    if event.kind == "begins" and depth == 0:
        return step.index == event.call
    return step.manner is Manner.WITHIN and (event.kind == "times out") >= (step.outcome == "timeout")


def _linearize(contract: Contract, world: World, scenario: Scenario) -> tuple[Difference, ...] | None:
    """None where the actions in one order or another give what was seen; else what differs from the nearest.

    An order in which some caller breaks a duty may give anything.
    """
    nearest: tuple[Difference, ...] | None = None
    for order in itertools.permutations(scenario.calls):
        for final in _in_order(contract, world, scenario.state, order):
            found = differences(_without_calls(contract.sight(final)), world)
            if not found:
                return None
            if nearest is None or len(found) < len(nearest):
                nearest = found
    if not all(_keep_duties(contract, scenario.state, order) for order in itertools.permutations(scenario.calls)):
        return None  # the callers raced each other to it, and the contract says nothing of what they got
    return nearest if nearest is not None else (Difference("order", "none is allowed", "all have returned"),)


def _without_calls(sight: Sight) -> Sight:
    return Sight(sight.values, frozenset(), frozenset(), sight.due)


def _in_order(contract: Contract, world: World, state: State, order: Sequence[int]) -> Iterator[State]:
    """Where the actions lead in this order, each with the outcome that its call had."""
    if not order:
        yield state
        return
    wanted = contract.steps[order[0]]
    for index in contract.enabled(state):
        step = contract.steps[index]
        same = (step.actor, step.name, step.arguments) == (wanted.actor, wanted.name, wanted.arguments)
        if same and (step.failure or "OK") == world.results.get(step.actor):
            after = contract.after(index, state)
            if after is not None:
                yield from _in_order(contract, world, after, order[1:])


def _fingerprint(world: World) -> object:
    tasks = tuple(
        (actor, task.label, task.slices if not task.finished else -1)
        for actor, task in sorted(world.scheduler.tasks.items())
    )
    return tuple(sorted(look_at(world).items())), tasks, tuple(sorted(world.results.items()))


def _histories(moments: Sequence[_Moment]) -> int:
    """How many ways there are through the moments, which come after those that lead to them in length of history."""
    ways: dict[int, int] = {}
    for number in sorted(range(len(moments)), key=lambda n: -len(moments[n].events)):
        following = moments[number].following
        ways[number] = sum(ways.get(target, 1) for target in following) if following else 1
    return ways[0]
