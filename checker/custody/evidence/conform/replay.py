"""A divergence that was written down, followed again on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from custody.evidence.conform.contract import Contract
from custody.evidence.conform.lockstep import Divergence, Tally, follow, retell
from custody.evidence.conform.worlds import world_of
from custody.system.evaluate import initial_states
from custody.system.model import State, System


class NotAPathError(ValueError):
    """What was written down is no path through the contract."""


def replay(system: System, steps: Sequence[Mapping[str, Any]]) -> Divergence | None:
    """Follow the steps of a divergence in the result JSON; the divergence that is there now, or None.

    NotAPathError where the contract has no such steps.
    """
    world = world_of(system.name)
    contract = Contract(system, world)
    parameters = dict(system.parameters)
    fault: NotAPathError | None = None
    followed = False
    for first in initial_states(system):
        try:
            path = _path(contract, first, steps)
        except NotAPathError as error:
            fault = fault or error
            continue
        followed = True
        found = follow(contract, lambda: world(parameters), first, path, Tally())
        if found is not None:
            return retell(contract, lambda: world(parameters), found)
    if fault is not None and not followed:
        raise fault
    return None


def _path(contract: Contract, state: State, steps: Sequence[Mapping[str, Any]]) -> list[int]:
    path: list[int] = []
    for number, wanted in enumerate(steps, 1):
        index = _find(contract, contract.enabled(state), wanted)
        following = None if index is None else contract.after(index, state)
        if index is None or following is None:
            raise NotAPathError(f"step {number} ({wanted.get('label')}) is none that the contract has there")
        path.append(index)
        state = following
    return path


def _find(contract: Contract, enabled: Sequence[int], wanted: Mapping[str, Any]) -> int | None:
    for index in enabled:
        step = contract.steps[index]
        known = (step.actor, step.name, step.label, dict(step.arguments), step.outcome, step.variant)
        names = ("actor", "action", "label", "arguments", "outcome", "variant")
        if known == tuple(wanted.get(name) for name in names):
            return index
    return None
