"""The reachable graph up to exchanging interchangeable instances: one node stands for each orbit of its states.

An orbit is stood for by its first state.  Of its steps, those that an exchange which leaves that state alone makes of
each other are one.  What is asked of steps, such as whether one breaks a property, is asked of a step as it is, so
each keeps the state that it really leads to beside the one that stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from custody.graph.build import ReachableGraph
from custody.symmetry.detect import SymmetricRole, find
from custody.symmetry.images import leaders
from custody.symmetry.permutation import Permutation, compose, permute
from custody.system.model import State, System


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a state, by action: to the state `after`, for which `target` stands."""

    action: int
    after: int
    target: int

    @property
    def is_plain(self) -> bool:
        """Whether it leads to that state itself, and not only to one that exchanges make of it."""
        return self.after == self.target


@dataclass(frozen=True, slots=True)
class FoldedGraph:
    """`stands_for` has for each state of `graph` the one that stands for its orbit; `kept` are these, in order;
    `steps` and `broken` (action and check of steps that lead nowhere) are theirs. `roles` have been folded by."""

    graph: ReachableGraph
    roles: tuple[str, ...]
    stands_for: tuple[int, ...]
    kept: tuple[int, ...]
    initial: frozenset[int]
    steps: dict[int, tuple[Step, ...]]
    broken: dict[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class _Exchange:
    """Two instances change places: what becomes of states, and of actions by number."""

    states: Permutation
    actions: tuple[int, ...]

    def after(self, other: _Exchange) -> _Exchange:
        return _Exchange(compose(other.states, self.states), tuple(self.actions[action] for action in other.actions))


def folded(system: System, graph: ReachableGraph) -> FoldedGraph:
    """The graph, which must be whole, up to the symmetries that all properties of the system have."""
    roles = find(system).roles
    exchanges = [exchange for role in roles for exchange in _exchanges(role)]
    stands_for = _orbits(graph, [exchange.states for exchange in exchanges])
    kept = tuple(state for state, first in enumerate(stands_for) if first == state)
    broken: dict[int, list[tuple[int, int]]] = {}
    for state, action, check in graph.broken:
        broken.setdefault(state, []).append((action, check))
    steps: dict[int, tuple[Step, ...]] = {}
    ends: dict[int, tuple[tuple[int, int], ...]] = {}
    for state in kept:
        quiet = [exchange.actions for exchange in exchanges if _leaves(exchange.states, graph.states[state])]
        leader_of = leaders(len(system.actions), quiet)
        alike: dict[int, Step] = {}
        for action, after in graph.moves[state]:
            step = Step(action, after, stands_for[after])
            # Of steps that are alike, one to the very state that stands for the orbit is the plainest.
            if leader_of[action] not in alike or (step.is_plain and not alike[leader_of[action]].is_plain):
                alike[leader_of[action]] = step
        steps[state] = tuple(sorted(alike.values(), key=lambda step: step.action))
        failing = {leader_of[a]: (a, check) for a, check in reversed(broken.get(state, ()))}
        if failing:
            ends[state] = tuple(sorted(failing.values()))
    initial = frozenset(stands_for[state] for state in graph.initial)
    return FoldedGraph(graph, tuple(role.name for role in roles), tuple(stands_for), kept, initial, steps, ends)


def _orbits(graph: ReachableGraph, exchanges: Sequence[Permutation]) -> list[int]:
    """For each state the first one that exchanges make of it."""
    if not exchanges:
        return list(range(len(graph.states)))
    number = {state: at for at, state in enumerate(graph.states)}
    leader_of = leaders(len(number), ([number[permute(s, one)] for s in graph.states] for one in exchanges))
    first: dict[int, int] = {}
    for state, leader in enumerate(leader_of):
        first.setdefault(leader, state)
    return [first[leader] for leader in leader_of]


def _exchanges(role: SymmetricRole) -> Iterator[_Exchange]:
    """Each two instances of a role, not only neighbours: of those that are alike these make all there is."""
    neighbours = [_Exchange(t.permutation, t.actions) for t in role.transpositions]
    for first in range(len(neighbours)):
        yield neighbours[first]
        yield from _further(neighbours[first], neighbours[first + 1 :])


def _further(exchange: _Exchange, beyond: Iterable[_Exchange]) -> Iterator[_Exchange]:
    for neighbour in beyond:
        exchange = neighbour.after(exchange).after(neighbour)
        yield exchange


def _leaves(exchange: Permutation, state: State) -> bool:
    return permute(state, exchange) == state
