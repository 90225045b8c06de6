"""Tours take every step, from the first state on, and no set of tours is cheaper where they say so."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from custody.evidence.conform import tours as room
from custody.evidence.conform.tours import ANEW, Arc, tours


def _random_graph(seed: int, nodes: int, extra: int) -> list[Arc]:
    """Every node can be reached from node 0."""
    chance = random.Random(seed)
    arcs = [Arc(chance.randrange(node), 0, node) for node in range(1, nodes)]
    arcs += [Arc(chance.randrange(nodes), label, chance.randrange(nodes)) for label in range(1, extra + 1)]
    return arcs


def _require_tours(arcs: list[Arc], paths: tuple[tuple[Arc, ...], ...]) -> None:
    for path in paths:
        assert path[0].source == 0
        assert all(one.target == other.source for one, other in pairwise(path))
    assert {arc for path in paths for arc in path} == set(arcs)


@pytest.mark.parametrize("seed", range(30))
def test_every_step_is_taken(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    arcs = _random_graph(seed, 2 + seed, 3 * seed)
    exact = tours(arcs, 0)
    _require_tours(arcs, exact.paths)
    monkeypatch.setattr(room, "EXACT", 0)
    greedy = tours(arcs, 0)
    _require_tours(arcs, greedy.paths)
    assert exact.exact and not greedy.exact
    assert greedy.least <= exact.cost <= greedy.cost


def _cheapest(arcs: list[Arc], most: int) -> int:
    """By trying everything: the least cost of paths from 0 that take all arcs."""
    best = most
    queue = [(ANEW, 0, frozenset[Arc]())]
    known: dict[tuple[int, frozenset[Arc]], int] = {}
    while queue:
        queue.sort(key=lambda entry: -entry[0])
        cost, node, done = queue.pop()
        if len(done) == len(arcs):
            return cost
        if cost >= best or known.get((node, done), most) <= cost:
            continue
        known[node, done] = cost
        queue.append((cost + ANEW, 0, done))
        queue += [(cost + 1, arc.target, done | {arc}) for arc in arcs if arc.source == node]
    return best


@pytest.mark.parametrize("seed", range(12))
def test_exact_tours_are_the_cheapest_there_are(seed: int) -> None:
    arcs = list(dict.fromkeys(_random_graph(seed, 3 + seed % 3, 4)))
    assert tours(arcs, 0).cost == _cheapest(arcs, 1000)


def test_nothing_to_tour() -> None:
    assert tours([], 0).paths == ()
