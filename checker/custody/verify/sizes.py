"""The sizes at which what is to hold for any number is laid beside the specification itself."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from custody.system.model import System
from custody.verify.proof import RefusedError

LARGEST = 3
"""So many members of a role are looked at."""


def vectors(roles: int) -> list[tuple[int, ...]]:
    """The sizes of so many roles that are looked at: up to three members of one, fewer of more at once."""
    return [v for v in itertools.product(range(1, LARGEST + 1), repeat=roles) if sum(v) - roles < LARGEST]


def sized(system: System, roles: Mapping[str, str], vector: tuple[int, ...]) -> System:
    """The system, in which each role has so many members as its parameter was set to."""
    if [len(dict(system.roles).get(role, ())) for role in roles] != list(vector):
        raise RefusedError("sizes", f"{', '.join(roles.values())} are not the sizes of {', '.join(roles)}")
    return system
