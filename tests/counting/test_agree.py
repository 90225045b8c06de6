"""Counters say what the specification says: state by state at small sizes, orbit by orbit at larger ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from custody.counting.agree import agree
from custody.counting.counted import Counted, counted
from custody.counting.problem import NotCountableError
from custody.explore.choose import explore
from custody.language import load
from custody.language.elaborate import beyond
from custody.prove.any_number import Sizes
from custody.system.finding import Limits

ROOT = Path(__file__).parents[2]
LIFECYCLE = ROOT / "tests/protocols/lifecycle.custody"


def sizes(path: Path, **settings: str) -> Sizes:
    return partial(beyond, load(str(path)), settings)


def counters(at: Sizes, **roles: str) -> Counted:
    """Of the named roles, each with the parameter that is its size."""
    base = dict.fromkeys(roles.values(), 3)
    every = [base, *({**base, parameter: 4} for parameter in roles.values())]
    systems = [(at(values), {role: values[parameter] for role, parameter in roles.items()}) for values in every]
    return counted(systems, list(roles))


def test_lifecycle_has_the_published_orbits() -> None:
    at = sizes(LIFECYCLE)
    system = counters(at, Device="N")
    published = {3: 2_323, 4: 7_051, 5: 18_415}
    found = {size: explore(system.at({"Device": size}), Limits(), None).states for size in published}
    assert found == published


@pytest.mark.parametrize("size", [1, 2, 3])
def test_lifecycle_is_counted_exactly(size: int) -> None:
    at = sizes(LIFECYCLE)
    found = agree(at({"N": size}), counters(at, Device="N"), 10_000)
    assert found.complaint is None
    assert found.complete


@pytest.mark.parametrize(("devices", "threads"), [(1, 1), (2, 1), (1, 2)])
def test_the_core_contract_is_counted_exactly(devices: int, threads: int) -> None:
    at = sizes(ROOT / "spec/dma_buf.custody", COHERENT="false")
    system = counters(at, Device="DEVICES", Thread="THREADS")
    found = agree(at({"DEVICES": devices, "THREADS": threads}), system, 10_000)
    assert found.complaint is None
    assert found.complete


def test_a_difference_is_told(tmp_path: Path) -> None:
    file = tmp_path / "other.custody"
    text = LIFECYCLE.read_text(encoding="utf-8")
    file.write_text(text.replace("when s[d] == attached and ref > 0", "when s[d] == attached"), encoding="utf-8")
    other = sizes(file)({"N": 2})
    # Nothing that can be reached differs: a reference is held by whoever is attached.
    assert agree(other, counters(sizes(LIFECYCLE), Device="N"), 10_000).complaint is None
    file.write_text(text.replace("when mapped(d) and v[d] == stale", "when mapped(d)"), encoding="utf-8")
    told = agree(sizes(file)({"N": 2}), counters(sizes(LIFECYCLE), Device="N"), 10_000).complaint
    assert told is not None
    assert "differ" in told


RELATED = """
model related
param N = 2 in 1..4
role Device[N] is importer
state
    waits[Device]: Device?
action wait(d: Device, e: Device) by d
    when waits[d] == none
    waits[d] = e
invariant nobody_waits_for_himself
    forall d: Device . waits[d] != d
"""


def test_a_relation_of_two_instances_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "related.custody"
    file.write_text(RELATED, encoding="utf-8")
    with pytest.raises(NotCountableError, match="relation between two") as refused:
        counters(sizes(file), Device="N")
    assert refused.value.place.line == 6


NOTES = """
model notes
    "Each device keeps a note of its own while it is attached."

param N = 2 in 1..4

role Device[N] is importer

object Note[Device]
    about: Device?
    read: bool

state
    note[Device]: Note?
    told: bool

procedure attach by Device
    requires note[self] == none
    local new: Note? = none
    new = alloc Note
        or fails ENOMEM
            return ENOMEM
    new.about = self
    note[self] = new
    return OK

action read_it by Device
    when idle(self) and note[self] != none
    note[self].read = true
    told = note[self].read

procedure detach by Device
    requires note[self] != none
    free note[self]
    note[self] = none
    return OK

invariant about_its_own
    forall d: Device . idle(d) and note[d] != none => note[d].about == d
invariant apart
    forall d: Device . note[d] != none => count(e: Device . note[e] == note[d]) == 1
"""


@pytest.mark.parametrize("size", [1, 2, 3])
def test_objects_of_their_own_are_counted_exactly(tmp_path: Path, size: int) -> None:
    file = tmp_path / "notes.custody"
    file.write_text(NOTES, encoding="utf-8")
    at = sizes(file)
    found = agree(at({"N": size}), counters(at, Device="N"), 10_000)
    assert found.complaint is None
    assert found.complete
    assert found.looked_at >= found.states > size


def test_what_is_anothers_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.custody"
    given = "\naction give by Device\n    choose d: Device\n    note[d] = note[self]\n"
    file.write_text(NOTES + given, encoding="utf-8")
    with pytest.raises(NotCountableError, match="may hold what is another's"):
        counters(sizes(file), Device="N")
