"""What representatives say of all: actions that fire and premises that hold."""

from __future__ import annotations

from hypothesis import given, settings

from custody.explore.search import explore
from custody.symmetry.detect import find
from custody.symmetry.images import fired_closed, premises_closed
from custody.symmetry.orbits import Orbits
from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states
from custody.system.finding import Limits
from custody.system.model import System
from support.symmetric_systems import protocol, symmetric_systems


def agrees(system: System) -> None:
    """The search by orbits says of every action and every premise what the plain search says."""
    plain = explore(system, Limits(max_states=2_000))
    if not plain.complete:
        return
    symmetries = find(system)
    orbits = Orbits(system, symmetries)
    order = list(dict.fromkeys(map(orbits.representative, initial_states(system))))
    known = set(order)
    fired = [0] * len(system.actions)
    premises = {p.name: [False] * len(p.premises) for p in system.properties if p.premises}
    for state in order:
        for subject in system.properties:
            for number, premise in enumerate(subject.premises):
                premises[subject.name][number] |= bool(evaluate(premise.expression, state))
        for index in enabled(system, state):
            fired[index] += 1
            if failed_check(system.actions[index], state) is None:
                after = orbits.representative(fire(system.actions[index], state))
                if after not in known:
                    known.add(after)
                    order.append(after)
    assert [count > 0 for count in fired_closed(fired, symmetries)] == [count > 0 for count in plain.fired]
    assert premises_closed(premises, symmetries) == plain.premises


def test_actions_and_premises_of_a_protocol() -> None:
    agrees(protocol("two_phase", N="3"))


@settings(max_examples=40, deadline=None)
@given(symmetric_systems())
def test_actions_and_premises_of_random_systems(system: System) -> None:
    agrees(system)


def test_images_of_images_count() -> None:
    symmetries = find(protocol("transaction_commit", N="4"))
    steps = len(symmetries.roles[0].transpositions[0].actions)
    closed = fired_closed([1, *(0 for _ in range(steps - 1))], symmetries)
    assert sum(closed) == 4
