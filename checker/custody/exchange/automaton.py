"""What one object sees of a contract: its behaviours projected to some events, as a minimal deterministic automaton.

The reachable graph is projected by taking every other step as silent, made deterministic by the subset construction
(Rabin and Scott 1959) and minimised by refining partitions (Moore 1956).  Every prefix of a behaviour is one, so all
states accept and a move that is missing is a violation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from custody.graph.build import ReachableGraph

MOST_SUBSETS = 4096
"""How many sets of states may be told apart before there is no automaton."""


class TooLargeError(Exception):
    """The projection has no automaton of a reasonable size."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """State 0 is the first one; `moves` has for each state its events with the states after them. `members` are the
    nodes of the graph that each state stands for."""

    moves: tuple[Mapping[str, int], ...]
    members: tuple[frozenset[int], ...]

    @property
    def events(self) -> tuple[str, ...]:
        """All events, in order of their names."""
        return tuple(sorted({event for moves in self.moves for event in moves}))

    def accepts(self, word: Sequence[str]) -> bool:
        """Whether the events can happen in this order, from the first state."""
        state = 0
        for event in word:
            if event not in self.moves[state]:
                return False
            state = self.moves[state][event]
        return True

    def renamed(self, names: Mapping[str, str]) -> Automaton:
        """The automaton with other names for its events, some of which may become one."""
        moves = tuple({names[event]: target for event, target in moves.items()} for moves in self.moves)
        return Automaton(moves, self.members)


def project(graph: ReachableGraph, events: Mapping[int, str]) -> Automaton:
    """The minimal automaton of what the graph shows of some actions; all others are silent.

    `events` names the event of each action that is seen.  Raises TooLargeError.
    """
    subsets, moves = _determine(graph, events)
    blocks = _minimise(moves)
    order: dict[int, int] = {}
    for block in _breadth_first(blocks, moves):
        order.setdefault(block, len(order))
    members: list[set[int]] = [set() for _ in order]
    merged: list[dict[str, int]] = [{} for _ in order]
    for state, block in enumerate(blocks):
        at = order[block]
        members[at] |= subsets[state]
        merged[at] = {event: order[blocks[target]] for event, target in sorted(moves[state].items())}
    return Automaton(tuple(merged), tuple(frozenset(found) for found in members))


def _determine(graph: ReachableGraph, events: Mapping[int, str]) -> tuple[list[frozenset[int]], list[dict[str, int]]]:
    silent: list[list[int]] = []
    shown: list[list[tuple[str, int]]] = []
    for outgoing in graph.moves:
        silent.append([target for action, target in outgoing if action not in events])
        shown.append([(events[action], target) for action, target in outgoing if action in events])
    subsets = [_closure(graph.initial, silent)]
    index = {subsets[0]: 0}
    found: list[dict[str, int]] = []
    while len(found) < len(subsets):
        targets: dict[str, set[int]] = {}
        for node in subsets[len(found)]:
            for event, target in shown[node]:
                targets.setdefault(event, set()).add(target)
        moves: dict[str, int] = {}
        for event in sorted(targets):
            subset = _closure(targets[event], silent)
            if subset not in index:
                if len(subsets) >= MOST_SUBSETS:
                    raise TooLargeError(f"more than {MOST_SUBSETS} states are needed to tell what may follow")
                index[subset] = len(subsets)
                subsets.append(subset)
            moves[event] = index[subset]
        found.append(moves)
    return subsets, found


def _closure(nodes: Iterable[int], silent: Sequence[Sequence[int]]) -> frozenset[int]:
    """The nodes and all that silent steps lead to."""
    seen = set(nodes)
    waiting = list(seen)
    while waiting:
        for target in silent[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)


def _minimise(moves: Sequence[Mapping[str, int]]) -> list[int]:
    """For each state the block of states that nothing tells apart from it."""
    blocks = [0] * len(moves)
    count = 1
    while True:
        keys = [
            (blocks[state], tuple((event, blocks[target]) for event, target in sorted(found.items())))
            for state, found in enumerate(moves)
        ]
        numbers: dict[object, int] = {}
        blocks = [numbers.setdefault(key, len(numbers)) for key in keys]
        if len(numbers) == count:
            return blocks
        count = len(numbers)


def _breadth_first(blocks: Sequence[int], moves: Sequence[Mapping[str, int]]) -> Iterable[int]:
    seen = {0}
    waiting = [0]
    for state in waiting:
        yield blocks[state]
        for event in sorted(moves[state]):
            target = moves[state][event]
            if target not in seen:
                seen.add(target)
                waiting.append(target)
