"""What is found symmetric is so, and what is not found is told why."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from custody.language import instances, load
from custody.symmetry.detect import Symmetries, Transposition, find
from custody.symmetry.permutation import permute
from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states
from custody.system.model import Form, State, System
from support.symmetric_systems import FRIENDS, HOLDERS, QUEUE, TABLE, german, protocol, symmetric_systems, written

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "spec").rglob("*.custody")), *sorted((ROOT / "tests" / "protocols").glob("*.custody"))]
_OF_STATES = (Form.INVARIANT, Form.REACHABLE, Form.EVENTUALLY, Form.LEADS_TO)


def walk(system: System, steps: int = 40) -> list[State]:
    """Some reachable states: those on a few random ways."""
    dice = Random(1)
    found: dict[State, None] = {}
    firsts = list(itertools.islice(initial_states(system), 4))
    for _ in range(3 if firsts else 0):
        state = dice.choice(firsts)
        for _ in range(steps):
            found[state] = None
            ways = [a for a in enabled(system, state) if failed_check(system.actions[a], state) is None]
            if not ways:
                break
            state = fire(system.actions[dice.choice(ways)], state)
    return list(found)


def assert_automorphism(system: System, exchange: Transposition, state: State) -> None:
    """The exchanged state has the exchanged steps, and the same is true of it."""
    image = permute(state, exchange.permutation)
    assert permute(image, exchange.permutation) == state
    assert {exchange.actions[a] for a in enabled(system, state)} == set(enabled(system, image))
    for index in enabled(system, state):
        one, other = system.actions[index], system.actions[exchange.actions[index]]
        broken, likewise = failed_check(one, state), failed_check(other, image)
        assert (broken and broken.property) == (likewise and likewise.property)
        assert one.spontaneous == other.spontaneous
        after = fire(one, state)
        if broken is None:
            assert permute(after, exchange.permutation) == fire(other, image)
            for subject in system.properties:
                if subject.form is Form.STEP:
                    then = fire(other, image)
                    assert evaluate(subject.expression, state, after) == evaluate(subject.expression, image, then)
    assert evaluate(system.terminal, state) == evaluate(system.terminal, image)
    premises = dict(exchange.premises)
    for subject in system.properties:
        if subject.form in _OF_STATES:
            for expression in (subject.expression, subject.goal):
                assert evaluate(expression, state) == evaluate(expression, image)
            for number, become in enumerate(premises[subject.name]):
                premise = subject.premises[number].expression
                assert evaluate(premise, state) == evaluate(subject.premises[become].expression, image)


def assert_symmetric(system: System, symmetries: Symmetries) -> None:
    for exchange in (t for role in symmetries.roles for t in role.transpositions):
        assert sorted(exchange.actions) == list(range(len(system.actions)))
        for state in itertools.islice(initial_states(system), 50):
            image = permute(state, exchange.permutation)
            assert evaluate(system.where, image)
            assert all(value in v.initial for value, v in zip(image, system.variables, strict=True))
        for state in walk(system):
            assert_automorphism(system, exchange, state)


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_exchanges_change_nothing_in_any_specification(file: Path) -> None:
    """In its first and last instance, which differ most; in all where CUSTODY_WIDE is set."""
    systems = instances(load(str(file)), {})
    for system in systems if "CUSTODY_WIDE" in os.environ else systems[:: max(1, len(systems) - 1)]:
        symmetries = find(system)
        assert_symmetric(system, symmetries)
        assert len(symmetries.roles) + len(symmetries.refused) == sum(len(names) > 1 for _, names in system.roles)


@pytest.mark.parametrize("system", [german(), *map(written, (QUEUE, HOLDERS, FRIENDS, TABLE))], ids=lambda s: s.name)
def test_exchanges_change_nothing_where_instances_name_others(system: System) -> None:
    symmetries = find(system)
    assert not symmetries.refused
    assert_symmetric(system, symmetries)


@settings(max_examples=60, deadline=None)
@given(symmetric_systems())
def test_exchanges_change_nothing_in_random_systems(system: System) -> None:
    assert_symmetric(system, find(system))


@pytest.mark.parametrize(
    ("system", "role", "reason"),
    [
        (protocol("philosophers"), "Philosopher", "has no counterpart of Philosopher.1"),
        (protocol("german"), "Cache", "'client' starts differently for Cache.0 and Cache.1"),
        (protocol("peterson_table"), "Process", "starts differently"),
    ],
    ids=lambda it: getattr(it, "name", None),
)
def test_what_is_not_symmetric_is_told_why(system: System, role: str, reason: str) -> None:
    symmetries = find(system)
    assert symmetries.roles == ()
    (refusal,) = symmetries.refused
    assert refusal.role == role
    assert reason in refusal.reason
    assert refusal.place.line > 1


def test_a_property_that_names_an_instance_matters_only_where_it_is_asked_for() -> None:
    system = written(
        FRIENDS.replace("forall p: Person . best[p] != p", "forall p: Person . number(p) == 0 => best[p] != p")
    )
    assert "property 'nobody_is_their_own_friend' differs" in find(system).refused[0].reason
    assert [role.name for role in find(system, ()).roles] == ["Person"]
