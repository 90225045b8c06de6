"""How many orbits there are, and that they add up to the states: the yardstick's were counted by others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from custody.language import instances, load
from custody.symmetry.arrangement import classify, practical
from custody.symmetry.detect import find
from custody.symmetry.orbits import Orbits
from custody.system.evaluate import enabled, failed_check, fire, initial_states
from custody.system.model import System
from support.small_systems import explore
from support.symmetric_systems import (
    FRIENDS,
    HOLDERS,
    QUEUE,
    TABLE,
    german,
    protocol,
    symmetric_systems,
    written,
)

SPEC = Path(__file__).parents[2] / "spec"


def count(system: System, orbits: Orbits) -> tuple[int, int, int]:
    """The reachable orbits, the states in them, and the transitions of these."""
    order = list(dict.fromkeys(map(orbits.representative, initial_states(system))))
    known = set(order)
    transitions = 0
    for state in order:
        for action in (system.actions[index] for index in enabled(system, state)):
            transitions += orbits.orbit_size(state)
            if failed_check(action, state) is None:
                after = orbits.representative(fire(action, state))
                if after not in known:
                    known.add(after)
                    order.append(after)
    return len(order), sum(map(orbits.orbit_size, order)), transitions


def adds_up(system: System) -> int:
    """The number of orbits, after it was seen that they make up the reachable states."""
    orbits, states, transitions = count(system, Orbits(system, find(system)))
    plain = explore(system)
    assert (states, transitions) == (len(plain.states), plain.transitions)
    return orbits


def test_the_yardstick_has_as_many_orbits_as_others_counted() -> None:
    system = protocol("lifecycle", N="3")
    symmetries = find(system)
    assert [role.name for role in symmetries.roles] == ["Device"]
    assert not symmetries.refused
    assert all(arrangement.simple for arrangement in classify(symmetries))
    assert count(system, Orbits(system, symmetries)) == (2_323, 10_657, 82_047)


# The system, how many roles are symmetric, and how many of these are simple.
KINDS: list[tuple[System, int, int]] = [
    (protocol("two_phase", N="3"), 1, 1),
    (protocol("transaction_commit", N="4"), 1, 1),
    (protocol("ticket_table", N="3"), 1, 1),
    (german(N="2"), 1, 1),
    (written(QUEUE, N="3"), 1, 1),
    (written(HOLDERS, P="2", B="2"), 2, 0),
    (written(FRIENDS, N="3"), 1, 0),
    (written(TABLE, D="2", P="2"), 2, 0),
]


@pytest.mark.parametrize(("system", "roles", "simple"), KINDS, ids=lambda it: getattr(it, "name", None))
def test_every_kind_adds_up(system: System, roles: int, simple: int) -> None:
    symmetries = find(system)
    assert len(symmetries.roles) == roles
    assert sum(arrangement.simple for arrangement in classify(symmetries)) == simple
    assert adds_up(system) < len(explore(system).states)


@settings(max_examples=40, deadline=None)
@given(symmetric_systems())
def test_random_symmetric_systems_add_up(system: System) -> None:
    assert [role.name for role in find(system).roles] == ["One"]
    if len(explore(system).states) <= 2_000:
        adds_up(system)


def test_what_names_an_instance_can_be_sorted_with_it() -> None:
    (arrangement,) = classify(find(german(N="3")))
    assert [len(pointer.values) for pointer in arrangement.pointers] == [3]
    (arrangement,) = classify(find(written(QUEUE, N="3")))
    assert len(arrangement.pointers) == 4


def test_two_roles_may_share_a_variable_that_names_one_of_either() -> None:
    system = instances(load(str(SPEC / "linux_6_12" / "udmabuf.custody")), {})[0]
    arrangements = classify(find(system))
    assert [(a.name, a.simple, len(a.pointers)) for a in arrangements] == [("Device", True, 1), ("Thread", True, 1)]


def test_a_role_with_too_many_permutations_is_refused() -> None:
    system = written(FRIENDS.replace("2..4", "2..9"), N="8")
    (refusal,) = practical(system, find(system)).refused
    assert refusal.role == "Person"
    assert "too many" in refusal.reason
    assert practical(system, find(system)).roles == ()
