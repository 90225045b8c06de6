"""Who waits for what, held by whom: the wait-for graph of a state, with its cycles named."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from dataclasses import dataclass

import networkx as nx

from custody.system.evaluate import evaluate
from custody.system.expression import TRUE
from custody.system.model import State, System


@dataclass(frozen=True, slots=True)
class Waiting:
    """One actor that cannot go on: what it waits for, and who holds that."""

    actor: str
    resource: str
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitGraph:
    """Everybody who waits in a state, and the circles in which they wait for each other."""

    waiting: tuple[Waiting, ...]
    cycles: tuple[tuple[str, ...], ...]


def wait_for(system: System, state: State) -> WaitGraph:
    """The waits of the actors that stand before a step and have no step that they could take."""
    blocked: dict[str, list[Waiting]] = {}
    free: set[str] = set()
    for action in system.actions:
        if action.control == TRUE or action.begins or not evaluate(action.control, state):
            continue
        if evaluate(action.guard, state):
            if not action.spontaneous:
                free.add(action.actor)
            continue
        for wait in action.waits:
            holders = tuple(actor for actor, holds in wait.holders if evaluate(holds, state))
            found = Waiting(action.actor, wait.resource, holders)
            known = blocked.setdefault(action.actor, [])
            if found not in known:
                known.append(found)
    waiting = tuple(entry for actor, entries in blocked.items() if actor not in free for entry in entries)
    digraph = nx.DiGraph()
    digraph.add_edges_from((entry.actor, holder) for entry in waiting for holder in entry.holders)
    cycles = [_from_first(cycle) for cycle in nx.simple_cycles(digraph)]
    return WaitGraph(waiting, tuple(sorted(cycles, key=lambda cycle: (len(cycle), cycle))))


def _from_first(cycle: list[str]) -> tuple[str, ...]:
    start = cycle.index(min(cycle))
    return tuple(cycle[start:] + cycle[:start])


def describe(system: System, state: State) -> str:
    """The waits of a state in one sentence; empty when nobody waits."""
    graph = wait_for(system, state)
    parts = [_sentence(entry) for entry in graph.waiting]
    if not parts:
        return ""
    text = "; ".join(parts)
    cycle = next((cycle for cycle in graph.cycles if len(cycle) > 1), None)
    if cycle is not None:
        text += f": a circle, {' -> '.join((*cycle, cycle[0]))}"
    return text


def _sentence(entry: Waiting) -> str:
    if entry.holders == (entry.actor,):
        return f"{entry.actor} waits for {entry.resource}, which it holds itself"
    if entry.holders:
        return f"{entry.actor} waits for {entry.resource} held by {' and '.join(entry.holders)}"
    return f"{entry.actor} waits for {entry.resource}, and nobody is left to bring that about"
