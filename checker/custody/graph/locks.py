"""The order in which locks are taken: an edge from each lock that an actor holds to the one that it asks for.

A cycle in it is an order that two actors can take the other way round.  It is a deadlock only where both can do so at
once, which the search decides; the cycle shows why, and where to look when it is not yet one.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from dataclasses import dataclass

import networkx as nx

from custody.graph.build import ReachableGraph
from custody.graph.machine import Machine
from custody.system.display import variables
from custody.system.expression import reads
from custody.system.model import Action, System


@dataclass(frozen=True, slots=True)
class Order:
    """`held` was held by the actor of the actions when it came to ask for `wanted`; actions by their number."""

    held: str
    wanted: str
    actions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LockOrder:
    """All locks that are ever asked for, the orders in which that happens, and the cycles among these."""

    locks: tuple[str, ...]
    orders: tuple[Order, ...]
    cycles: tuple[tuple[str, ...], ...]
    complete: bool


@dataclass(slots=True)
class _Taking:
    """An action that asks for a lock: when its actor stands before it, and which lock that is."""

    action: int
    lock: str
    before: Machine


def lock_order(system: System, graph: ReachableGraph) -> LockOrder:
    """The order of the locks over all reachable states."""
    takings: list[_Taking] = []
    held: dict[str, dict[str, Machine]] = {}
    for number, action in enumerate(system.actions):
        for wait in action.waits:
            if not wait.holders:
                continue
            lock = _lock(system, action)
            if lock is None:
                lock = wait.resource
            takings.append(_Taking(number, lock, Machine(action.control)))
            for actor, holds in wait.holders:
                held.setdefault(actor, {})[lock] = Machine(holds)
    found: dict[tuple[str, str], set[int]] = {}
    for state in graph.states:
        for taking in takings:
            if not taking.before(state):
                continue
            actor = system.actions[taking.action].actor
            for lock, holds in held.get(actor, {}).items():
                if lock != taking.lock and holds(state):
                    found.setdefault((lock, taking.lock), set()).add(taking.action)
    orders = tuple(Order(one, other, tuple(sorted(actions))) for (one, other), actions in sorted(found.items()))
    digraph = nx.DiGraph()
    digraph.add_edges_from((order.held, order.wanted) for order in orders)
    cycles = sorted(
        (_from_first(cycle) for cycle in nx.simple_cycles(digraph)), key=lambda cycle: (len(cycle), cycle)
    )
    locks = tuple(dict.fromkeys(taking.lock for taking in takings))
    return LockOrder(locks, orders, tuple(cycles), graph.limit is None)


def _lock(system: System, action: Action) -> str | None:
    """The declared name of the lock, where the action asks for a single one: of an array, its element."""
    asked = {variable for wait in action.waits for _, holds in wait.holders for variable in reads(holds)}
    names = {view.name for view in system.views if not view.hidden and asked and asked <= set(variables(view.shape))}
    return names.pop() if len(names) == 1 else None


def _from_first(cycle: list[str]) -> tuple[str, ...]:
    start = cycle.index(min(cycle))
    return tuple(cycle[start:] + cycle[:start])
