"""The specifications that come with Custody, exported: SPIN and rumur count what Custody counts.

One instance of each, the smallest by its actions and variables; by default of a few specifications, of all where
CUSTODY_PEERS is set: that takes a quarter of an hour, most of it in the compilers of the others.
"""

from __future__ import annotations

import functools
import os

import pytest

from custody.exchange import murphi, promela
from custody.explore.choose import explore
from custody.language import instances, load
from custody.language.library import bundled
from custody.system.finding import Exploration
from custody.system.model import System
from support.peers import needs_rumur, needs_spin, run_rumur, run_spin

QUICK = ("ownership", "vb2_streaming", "as_posted/ownership")


def names() -> list[str]:
    found = sorted(str(file.relative_to(bundled()).with_suffix("")) for file in bundled().rglob("*.custody"))
    return [name for name in found if os.environ.get("CUSTODY_PEERS") or name in QUICK]


@functools.cache
def searched(name: str) -> tuple[System, Exploration]:
    program = load(str(bundled() / f"{name}.custody"))
    if not program.has_properties:
        pytest.skip("a module")
    system = min(instances(program, {}), key=lambda system: (len(system.actions), len(system.variables)))
    found = explore(system, properties=[])
    assert found.complete
    return system, found


@needs_spin
@pytest.mark.parametrize("name", names())
def test_spin_counts_the_same(name: str) -> None:
    system, found = searched(name)
    extra = promela.overhead(system)
    count = run_spin(promela.export(system))
    assert count.depth is not None
    assert (count.states - extra.states, count.transitions - extra.transitions, count.depth - extra.depth) == (
        found.states,
        found.transitions,
        found.depth,
    )


@needs_rumur
@pytest.mark.parametrize("name", names())
def test_rumur_counts_the_same(name: str) -> None:
    system, found = searched(name)
    count = run_rumur(murphi.export(system))
    assert (count.states, count.transitions) == (found.states, found.transitions)
