"""Shortest traces without stored parents.

Going back one layer at a time, the layer before is expanded again and the steps are kept that lead to a state of
interest; one such pass serves all violated properties.  On what is left, every path is a shortest one, and
dynamic programming picks one with the fewest changes of actor; ties go to the lowest numbered actions, so the
result does not depend on anything but the system.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from custody.explore.generate import BROKEN, Successors
from custody.explore.layout import Layout
from custody.system.finding import Trace
from custody.system.model import System


@dataclass(slots=True)
class Goal:
    """Where the shortest traces of a property end, all of `length` steps: in states, or with certain steps.

    A step is its state, its action and the state after it, or BROKEN less the number of the check that failed.
    """

    length: int
    states: list[int] = field(default_factory=list[int])
    steps: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])

    @property
    def ends(self) -> set[int]:
        """The states that paths must lead to, after `depth` steps."""
        return set(self.states) if self.states else {state for state, _, _ in self.steps}

    @property
    def depth(self) -> int:
        return self.length if self.states else self.length - 1


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where `actor` can never rest, as early as there is such a state.

    `names` gives for each of the goal's states what stuck actors are called there: it and, where states stand for
    their orbits, those that it can be exchanged with.
    """

    actor: str
    goal: Goal
    names: Mapping[int, Collection[str]]


Into: TypeAlias = Callable[[int, Collection[int]], Iterable[tuple[int, int, int]]]
"""The steps from a layer, by its number, into some states: state before, action, state after."""

Edges: TypeAlias = dict[int, list[tuple[int, int]]]
"""For a state the steps that lead to it: state before and action."""


def stepping(layers: Sequence[Sequence[int]], successors: Successors) -> Into:
    """Looks through all steps of a layer."""

    def into(layer: int, wanted: Collection[int]) -> Iterable[tuple[int, int, int]]:
        for state in layers[layer]:
            for action, after in successors(state):
                if after in wanted:
                    yield state, action, after

    return into


def shortest_traces(
    system: System,
    layout: Layout,
    into: Into,
    goals: Mapping[str, Goal],
) -> dict[str, Trace]:
    """For each goal a shortest trace with the fewest changes of actor."""
    if not goals:
        return {}
    edges = edges_into(into, goals)
    return {name: best(system, layout, edges, goal) for name, goal in goals.items()}


def edges_into(steps_into: Into, goals: Mapping[str, Goal]) -> list[Edges]:
    """For each layer the steps into those of its states that lie on some shortest path to a goal."""
    deepest = max(goal.depth for goal in goals.values())
    ends: list[set[int]] = [set() for _ in range(deepest + 1)]
    for goal in goals.values():
        ends[goal.depth] |= goal.ends
    into: list[Edges] = [{} for _ in range(deepest + 1)]
    for depth in range(deepest, 0, -1):
        wanted = ends[depth]
        if not wanted:
            continue
        edges = into[depth]
        for state, action, after in steps_into(depth - 1, wanted):
            edges.setdefault(after, []).append((state, action))
            ends[depth - 1].add(state)
    return into


def states_on_the_way(into: list[Edges], goal: Goal) -> list[set[int]]:
    """For each layer its states from which the goal can be reached in time."""
    needed: list[set[int]] = [set() for _ in range(goal.depth + 1)]
    needed[goal.depth] = goal.ends
    for depth in range(goal.depth, 0, -1):
        for state in needed[depth]:
            needed[depth - 1].update(before for before, _ in into[depth][state])
    return needed


def best(system: System, layout: Layout, into: list[Edges], goal: Goal) -> Trace:
    """Of all ways to the goal one with the fewest changes of actor.

    Dynamic programming from the first layer on, over the states from which the goal can be reached: for each state
    and last actor the fewest changes of actor on the way there, and the best step into it.
    """
    needed = states_on_the_way(into, goal)
    actors = [action.actor for action in system.actions]
    # cost[state][actor] = (changes, action, state before, actor before)
    costs: list[dict[int, dict[str, tuple[int, int, int, str]]]] = []
    costs.append({state: {"": (0, -1, -1, "")} for state in sorted(needed[0])})
    for depth in range(1, goal.depth + 1):
        here: dict[int, dict[str, tuple[int, int, int, str]]] = {}
        for state in sorted(needed[depth]):
            options: dict[str, tuple[int, int, int, str]] = {}
            for before, action in into[depth][state]:
                actor = actors[action]
                for last, (changes, *_rest) in costs[depth - 1][before].items():
                    option = (changes + (last not in ("", actor)), action, before, last)
                    if actor not in options or option < options[actor]:
                        options[actor] = option
            here[state] = options
        costs.append(here)
    return _read_off(layout, costs, goal, actors)


def _read_off(
    layout: Layout,
    costs: list[dict[int, dict[str, tuple[int, int, int, str]]]],
    goal: Goal,
    actors: list[str],
) -> Trace:
    final = costs[goal.depth]
    candidates: list[tuple[int, int, int, str, int]] = []
    if goal.states:
        for state in goal.ends:
            candidates += [(cost[0], -1, state, last, 0) for last, cost in final[state].items()]
    for state, action, after in goal.steps:
        for last, cost in final[state].items():
            changed = last not in ("", actors[action])
            candidates.append((cost[0] + changed, action, state, last, after))
    _, last_action, state, last, end = min(candidates)
    actions: list[int] = [] if last_action < 0 else [last_action]
    states: list[int] = [] if last_action < 0 or end < 0 else [end]
    # Both are found from the end to the beginning.
    for depth in range(goal.depth, -1, -1):
        states.append(state)
        _, action, before, previous = costs[depth][state][last]
        if depth:
            actions.append(action)
            state, last = before, previous
    broken = BROKEN - end if last_action >= 0 and end < 0 else None
    return Trace(tuple(layout.unpack(s) for s in reversed(states)), tuple(reversed(actions)), broken)
