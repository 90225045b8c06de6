"""The lock-order graph as a map: an arrow from a lock that is held to the one asked for, cycles marked."""

from __future__ import annotations

from itertools import pairwise

from custody.graph.build import reachable
from custody.graph.locks import LockOrder, Order, lock_order
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong
from custody.present.draw.marks import place_of
from custody.system.finding import Limits
from custody.system.model import System

MOST_STATES = 100_000
"""How many states are looked at; the picture says so where there are more."""


def locks_map(system: System, name: str) -> Map:
    """The map of the system's locks; one that says so where it has none."""
    order = lock_order(system, reachable(system, Limits(max_states=MOST_STATES)))
    around = {edge for cycle in order.cycles for edge in pairwise((*cycle, cycle[0]))}
    inside = {lock for cycle in order.cycles for lock in cycle}
    nodes = tuple(
        Node(
            lock,
            (lock,),
            f"{lock} is asked for",
            wrong=Wrong.SOMETIMES if lock in inside else Wrong.NOTHING,
        )
        for lock in order.locks
    )
    edges = tuple(_edge(system, found, wrong=(found.held, found.wanted) in around) for found in order.orders)
    missing = "" if order.locks else "no lock is ever waited for"
    if not order.complete:
        missing = f"only the first {MOST_STATES:,} states were looked at"
    return Map(f"{system.name}: the order of locks", _about(name, order), nodes, edges, missing, "in a cycle")


def _about(name: str, order: LockOrder) -> str:
    if not order.cycles:
        return f"{name}: an arrow leads from a lock that is held to the one asked for; there is no cycle"
    cycle = " → ".join((*order.cycles[0], order.cycles[0][0]))
    more = f", and {len(order.cycles) - 1} more" if len(order.cycles) > 1 else ""
    return f"{name}: an arrow leads from a lock that is held to the one asked for; a cycle: {cycle}{more}"


def _edge(system: System, order: Order, *, wrong: bool) -> Edge:
    ways: dict[tuple[str, str], Way] = {}
    for index in order.actions:
        action = system.actions[index]
        place = place_of(action)
        line = f"{action.actor}: {action.name}, line {action.place.line}"
        ways.setdefault(
            (line, place), Way((line,), action.side or "", f"{action.actor}: {action.label} at {place}", action.place)
        )
    return Edge(order.held, order.wanted, tuple(ways.values()), wrong=wrong)
