"""The cheapest and the dearest way through a graph, compared with trying every way."""

from __future__ import annotations

import random

import pytest

from custody.graph.build import ReachableGraph
from custody.graph.costs import Extremes, extremes
from custody.system.model import State


def graph(edges: dict[tuple[int, int], int], nodes: int) -> ReachableGraph:
    moves = tuple(tuple((0, after) for before, after in edges if before == node) for node in range(nodes))
    return ReachableGraph(states=[(node,) for node in range(nodes)], initial=[0], moves=list(moves))


def costs(edges: dict[tuple[int, int], int], nodes: int, goal: int) -> Extremes | None:
    def cost(before: State, after: State) -> int:
        return edges[before[0], after[0]]

    return extremes(graph(edges, nodes), cost, lambda state: state == (goal,))


def every_way(edges: dict[tuple[int, int], int], node: int, goal: int) -> list[int]:
    """The cost of every way that ends when it gets to the goal, which no edge leaves here."""
    if node == goal:
        return [0]
    return [
        weight + rest
        for (before, after), weight in edges.items()
        if before == node
        for rest in every_way(edges, after, goal)
    ]


def test_all_ways_of_random_graphs_without_cycles() -> None:
    for seed in range(60):
        chance = random.Random(seed)
        nodes = chance.randint(2, 8)
        edges = {
            (one, other): chance.randint(0, 4)
            for one in range(nodes)
            for other in range(one + 1, nodes)
            if chance.random() < 0.5
        }
        ways = every_way(edges, 0, nodes - 1)
        found = costs(edges, nodes, nodes - 1)
        assert found == (Extremes(min(ways), max(ways)) if ways else None)


def test_a_cycle_that_costs_has_no_bound_and_one_that_is_free_has() -> None:
    assert costs({(0, 1): 1, (1, 0): 1, (1, 2): 5}, 3, 2) == Extremes(6, None)
    assert costs({(0, 1): 0, (1, 0): 0, (1, 2): 5, (0, 2): 7}, 3, 2) == Extremes(5, 7)


def test_a_cycle_that_does_not_lead_to_the_goal_does_not_count() -> None:
    assert costs({(0, 1): 1, (1, 1): 3, (0, 2): 5}, 3, 2) == Extremes(5, 5)


def test_nothing_costs_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        costs({(0, 1): -1}, 2, 1)
