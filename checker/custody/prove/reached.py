"""All reachable states of a system, in columns, and what follows from having them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.explore.generate import Successors, flags, successors
from custody.explore.layout import Layout
from custody.prove.diagram import levels, packed
from custody.system.evaluate import initial_states
from custody.system.finding import Stopwatch
from custody.system.model import Property, System


class TooManyError(Exception):
    """There are more states than may be looked at, or there is no time to."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The reachable states, packed, in ascending order of their values."""

    system: System
    layout: Layout
    states: tuple[int, ...]
    step: Successors

    @classmethod
    def of(cls, system: System, most: int, seconds: float) -> Reached:
        """TooManyError when there are more than `most`, or when it takes longer."""
        clock, layout = Stopwatch(), Layout(system.variables)
        step = successors(system, layout).successors
        seen = dict.fromkeys(layout.pack(state) for state in initial_states(system))
        frontier = list(seen)
        while frontier:
            if len(seen) > most or clock.seconds > seconds:
                raise TooManyError
            following: list[int] = []
            for state in frontier:
                for _, after in step(state):
                    if after >= 0 and after not in seen:
                        seen[after] = None
                        following.append(after)
            frontier = following
        rows = list(zip(*(_column(seen, slot.shift, slot.width) for slot in layout.slots), seen, strict=True))
        rows.sort()
        return cls(system, layout, tuple(row[-1] for row in rows), step)

    def columns(self) -> list[Sequence[int]]:
        """For each variable its value less its lowest one, in each state; as bytes where they fit."""
        found: list[Sequence[int]] = []
        for slot, variable in zip(self.layout.slots, self.system.variables, strict=True):
            column = _column(self.states, slot.shift, slot.width)
            found.append(bytes(column) if variable.domain.size <= 256 else column)
        return found

    def proof(self, properties: Sequence[Property], ranked: Sequence[Property]) -> dict[str, object]:
        """The set as a proof of `properties`, with ranks for those that are about coming to rest."""
        lows = [variable.domain.low for variable in self.system.variables]
        columns = [[offset + low for offset in column] for column, low in zip(self.columns(), lows, strict=True)]
        rows = list(zip(*columns, strict=True))
        return {
            "kind": "reachable-set",
            "properties": [p.name for p in (*properties, *ranked)],
            "levels": packed(levels(rows, len(lows))),
            "ranks": self._ranks(ranked),
        }

    def _ranks(self, properties: Sequence[Property]) -> dict[str, dict[str, str]]:
        if not properties:
            return {}
        index = {state: number for number, state in enumerate(self.states)}
        before = [list[int]() for _ in self.states]
        ends: defaultdict[str, list[int]] = defaultdict(list[int])
        for number, state in enumerate(self.states):
            for action, after in self.step(state):
                if after >= 0:
                    before[index[after]].append(number)
                else:
                    ends[self.system.actions[action].actor].append(number)
        actors = [(p.name, actor, rests) for p in properties for actor, rests in p.resting]
        rests = flags([expression for _, _, expression in actors], self.layout)
        resting = [rests(state) for state in self.states]
        found: dict[str, dict[str, str]] = {p.name: {} for p in properties}
        for bit, (name, actor, _) in enumerate(actors):
            first = [number for number, held in enumerate(resting) if held >> bit & 1]
            found[name][actor] = packed(_distances(first, ends[actor], before))
        return found


def _distances(goals: list[int], nearly: list[int], before: list[list[int]]) -> list[int]:
    """How many steps it takes from each state to a goal; those of `nearly` are one step away."""
    rank = [-1] * len(before)
    layer = goals
    for state in layer:
        rank[state] = 0
    distance = 0
    while layer or (distance == 0 and nearly):
        distance += 1
        reached: Iterator[int] = (earlier for state in layer for earlier in before[state])
        following = [*reached, *(nearly if distance == 1 else [])]
        layer = list[int]()
        for state in following:
            if rank[state] < 0:
                rank[state] = distance
                layer.append(state)
    return rank


def _column(states: dict[int, None] | tuple[int, ...], shift: int, width: int) -> list[int]:
    mask = (1 << width) - 1
    return [state >> shift & mask for state in states]
