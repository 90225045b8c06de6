"""Partial deadlock: an actor that began something and can never finish it, however the others run.

An actor is stuck in a state from which no reachable state lets it rest (AG EF resting fails).  Whether rest can
still be reached is passed backwards over the steps until nothing changes.  Steps are computed again rather than
stored: going through the layers from the deepest to the first, most states are settled in one or two rounds.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.explore.generate import Flags, Successors, flags
from custody.explore.layout import Layout
from custody.explore.trace import Goal
from custody.system.model import Property, System


def stuck_actors(
    system: System,
    properties: Sequence[Property],
    layers: Sequence[Sequence[int]],
    successors: Successors,
    layout: Layout,
) -> dict[str, tuple[str, Goal]]:
    """For each violated property the actor that gets stuck first, and the states where it is."""
    actors = [(p.name, actor, resting) for p in properties for actor, resting in p.resting]
    if not actors:
        return {}
    resting = flags([condition for _, _, condition in actors], layout)
    # A step that breaks a check ends its actor's call: that is a hazard, reported as such, and not a wait.
    ends = [
        sum(1 << bit for bit, (_, actor, _) in enumerate(actors) if actor == action.actor)
        for action in system.actions
    ]
    can_rest = _who_can_rest(resting, ends, (1 << len(actors)) - 1, layers, successors)
    found: dict[str, tuple[str, Goal]] = {}
    for depth, layer in enumerate(layers):
        for bit, (name, actor, _) in enumerate(actors):
            if name in found and (found[name][1].length < depth or found[name][0] != actor):
                continue
            stuck = [state for state in layer if not can_rest[state] >> bit & 1]
            if stuck:
                found[name] = (actor, Goal(depth, stuck))
    return found


def _who_can_rest(
    resting: Flags,
    ends: Sequence[int],
    everybody: int,
    layers: Sequence[Sequence[int]],
    successors: Successors,
) -> dict[int, int]:
    """For each state a bit for each actor that rests there or in some state that can be reached from it."""
    can_rest: dict[int, int] = {}
    for layer in layers:
        for state in layer:
            can_rest[state] = resting(state)
    open_ = [state for layer in reversed(layers) for state in layer if can_rest[state] != everybody]
    changed = True
    while changed:
        changed = False
        still_open: list[int] = []
        for state in open_:
            mine = can_rest[state]
            for action, after in successors(state):
                mine |= can_rest[after] if after >= 0 else ends[action]
            if mine != can_rest[state]:
                can_rest[state] = mine
                changed = True
            if mine != everybody:
                still_open.append(state)
        open_ = still_open
    return can_rest
