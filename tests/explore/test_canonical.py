"""The written C keeps one state of each orbit, and counts what the orbits stand for."""

from __future__ import annotations

import itertools
from ctypes import CDLL
from math import comb
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from custody.explore.keys import network_of
from custody.explore.search import explore
from custody.language import each_instance, load
from custody.symmetry.detect import find
from custody.symmetry.images import fired_closed
from custody.symmetry.orbits import Orbits
from custody.system.finding import Limits
from custody.system.model import Form, State, System
from support.compiled_together import engine_library
from support.native import Native
from support.symmetric_systems import FRIENDS, HOLDERS, QUEUE, TABLE, german, protocol, symmetric_systems, written

SPEC = Path(__file__).parents[2] / "spec"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CDLL:
    return engine_library(tmp_path_factory.mktemp("engine"))


def agrees(system: System, compiled: CDLL, folder: Path, limit: int = 200_000) -> None:
    """The search by orbits counts what the plain search counts, and sees the same as early."""
    plain = explore(system, Limits(max_states=limit))
    if not plain.complete:
        return
    symmetries = find(system)
    found = Native(system, symmetries, folder, compiled).run()
    assert (found.states, found.transitions, found.depth) == (plain.states, plain.transitions, plain.depth)
    assert [n > 0 for n in fired_closed(found.fired, symmetries)] == [n > 0 for n in plain.fired]
    for name, layer in found.first.items():
        trace = plain.findings[name].trace
        last = system.property_named(name).form in (Form.STEP, Form.HAZARD)
        assert (None if layer is None else layer + last) == (None if trace is None else trace.length)


def anywhere(system: System, count: int) -> list[State]:
    """Some states, reachable or not."""
    dice = Random(7)
    return [tuple(dice.randint(v.domain.low, v.domain.high) for v in system.variables) for _ in range(count)]


@pytest.mark.parametrize(
    ("devices", "orbits", "states", "transitions"),
    [
        ("3", 2_323, 10_657, 82_047),
        ("4", 7_051, 98_817, 917_227),
        ("5", 18_415, 905_217, 9_844_711),
        ("6", 42_967, 8_208_385, 102_424_547),
    ],
)
def test_the_yardstick(
    devices: str, orbits: int, states: int, transitions: int, compiled: CDLL, tmp_path: Path
) -> None:
    system = protocol("lifecycle", N=devices)
    found = Native(system, find(system), tmp_path, compiled).run()
    assert (found.orbits, found.states, found.transitions) == (orbits, states, transitions)
    assert found.depth == 3 * int(devices) + 3


WIDE = """model wide
    "More than a word for each instance, and numbers that lie across the words."
param N = 3 in 2..5
role Device[N] is importer
state
    far[Device]: 0..2000000000
    id[Device]: 0..1000
    near[Device]: -1..1000000000
    on[Device]: bool
    where_[Device]: a | b | c
    newest: Device?
action set(d: Device) by d
    when not on[d] and near[d] == -1
    on[d] = true
    near[d] = if newest == none then 5 else 6
    newest = d
action move(d: Device) by d
    when on[d] and where_[d] != c
    where_[d] = if where_[d] == a then b else c
    far[d] = far[d] + 1
"""
MANY = """model many
    "More instances than a network sorts."
param N = 18 in 2..20
role Lamp[N] is hardware
state
    lit[Lamp]: bool
    newest: Lamp?
action light by Lamp
    when not lit[self]
    lit[self] = true
    newest = self
"""


def test_many_instances(compiled: CDLL, tmp_path: Path) -> None:
    system = written(MANY)
    found = Native(system, find(system), tmp_path, compiled).run()
    # The lamps that are lit, and which of these was the last.
    assert found.orbits == 19
    assert found.states == 1 + sum(comb(18, k) * k for k in range(1, 19))
    assert found.transitions == 18 + sum(comb(18, k) * k * (18 - k) for k in range(1, 18))


KINDS: list[System] = [
    protocol("two_phase", N="4"),
    protocol("transaction_commit", N="4"),
    protocol("ticket_table", N="4"),
    protocol("ticket", N="3"),
    german(N="3"),
    written(QUEUE, N="4"),
    written(HOLDERS, P="3", B="3"),
    written(FRIENDS, N="3"),
    written(TABLE, D="2", P="3"),
    written(WIDE, N="3"),
]


@pytest.mark.parametrize("system", KINDS, ids=lambda system: system.name)
def test_every_kind(system: System, compiled: CDLL, tmp_path: Path) -> None:
    agrees(system, compiled, tmp_path)


@pytest.mark.parametrize("system", KINDS, ids=lambda system: system.name)
def test_the_representative_is_the_one_that_is_defined(system: System, compiled: CDLL, tmp_path: Path) -> None:
    symmetries = find(system)
    orbits = Orbits(system, symmetries)
    native = Native(system, symmetries, tmp_path, compiled)
    states = anywhere(system, 200)
    assert native.canonical(states) == [orbits.representative(state) for state in states]


@pytest.mark.parametrize("name", ["coherency", "udmabuf", "dma_buf"])
def test_the_specifications(name: str, compiled: CDLL, tmp_path: Path) -> None:
    some = itertools.islice(each_instance(load(str(SPEC / f"{name}.custody")), {}), 3)
    for number, (_, system) in enumerate(some):
        folder = tmp_path / str(number)
        folder.mkdir()
        agrees(system, compiled, folder, limit=60_000)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(symmetric_systems())
def test_random_symmetric_systems(compiled: CDLL, tmp_path_factory: pytest.TempPathFactory, system: System) -> None:
    agrees(system, compiled, tmp_path_factory.mktemp("random"), limit=2_000)


def test_a_network_sorts() -> None:
    for count in range(1, 9):
        # What sorts all zeros and ones sorts everything.
        for values in itertools.product((0, 1), repeat=count):
            row = list(values)
            for a, b in network_of(count):
                row[a], row[b] = min(row[a], row[b]), max(row[a], row[b])
            assert row == sorted(values)
    assert [len(network_of(count)) for count in range(1, 9)] == [0, 1, 3, 5, 9, 12, 16, 19]
