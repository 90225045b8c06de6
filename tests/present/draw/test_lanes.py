"""A chart shows who holds each lock that is taken, and where the data is fresh as soon as data moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.language import instances, load
from custody.present.draw.chart import chart, read_by
from custody.present.draw.lanes import MOST_VALUES, About, Lane, is_fresh, lanes
from custody.present.draw.table import Table, lay_out
from custody.properties.check import check
from custody.system.model import System
from support.drawn import overlapping

SPEC = Path(__file__).parents[3] / "spec"

LOCKS = """model locks

role Thread[2] is user

state
    one: mutex
    two: rwlock
    never: mutex
    a: 0..1
    b: 0..1
    c: 0..1
    d: 0..1
    e: 0..1
    f: 0..1
    g: 0..1
    readers: 0..2

procedure work by Thread
    lock one
    a = 1
    b = 1
    c = 1
    d = 1
    e = 1
    f = 1
    g = 1
    unlock one
    lock two for read
    readers = readers + 1
    unlock two

procedure rest by Thread
    lock never
    unlock never

never all_of_it
    a + b + c + d + e + f + g == 7 and readers == 2
"""

CACHES = """model caches

role Thread[1] is user

state
    memory_fresh: bool = true
    line: invalid | clean | dirty
    line_fresh: bool
    copy: direct | copy_fresh | copy_stale
    still: invalid | clean
    still_fresh: bool
    done: bool

action fill by user
    when line == invalid
    line = clean
    line_fresh = memory_fresh

action write by user
    when line == clean
    line = dirty
    memory_fresh = false

action look by user
    when line == dirty
    done = true

never seen
    done and memory_fresh == false and copy == direct
"""


def drawn(tmp_path: Path, text: str, name: str) -> tuple[System, tuple[Lane, ...], Table]:
    file = tmp_path / "drawn.custody"
    file.write_text(text)
    system = instances(load(str(file)), {})[0]
    result = check(system, "drawn", properties=(name,)).properties[0]
    trace = result.finding.trace
    assert trace is not None
    return system, lanes(system, trace, read_by(system, result.subject, trace)), chart(system, result)


def test_each_lock_that_is_held_has_a_lane_that_says_by_whom(tmp_path: Path) -> None:
    _, found, table = drawn(tmp_path, LOCKS, "all_of_it")
    locks = {lane.name: lane for lane in found if lane.about is About.LOCK}
    assert list(locks) == ["one", "two"], "the lock that nobody takes in this run has no lane"
    assert set(locks["one"].shown) == {"free", "Thread.0", "Thread.1"}
    assert any(value.endswith("(reading)") for value in locks["two"].shown)
    heads = [cell.texts[0] for cell in table.cells if cell.row == 0]
    assert heads[1:5] == ["Thread.0", "Thread.1", "one", "two"]


def test_beside_many_locks_there_are_fewer_other_values_and_none_is_lost(tmp_path: Path) -> None:
    _, found, table = drawn(tmp_path, LOCKS, "all_of_it")
    values = [lane.name for lane in found if lane.about is About.VALUE]
    assert values == ["a", "b", "c"][: MOST_VALUES - 2]
    said = " ".join(text for cell in table.cells for text in cell.texts)
    for name in ("d", "e", "f", "g", "readers"):
        assert f"{name}: 0 → 1" in said
    assert "one:" not in said and "two" not in [text.partition(":")[0] for text in said.split("; ")]
    assert not overlapping(lay_out(table).boxes)


def test_a_place_of_data_says_what_is_there_and_whether_it_is_fresh(tmp_path: Path) -> None:
    _, found, _ = drawn(tmp_path, CACHES, "seen")
    data = {lane.name: lane.shown for lane in found if lane.about is About.DATA}
    assert data == {
        "memory": ("fresh", "fresh", "stale", "stale"),
        "line": ("invalid", "clean, fresh", "dirty, fresh", "dirty, fresh"),
    }, "the memory and the line move; what stays empty is left out"
    assert [lane.name for lane in found if lane.about is About.VALUE] == ["done"]


@pytest.mark.parametrize(
    ("value", "fresh"), [("fresh", True), ("dirty, stale", False), ("copy_fresh", True), ("invalid", None)]
)
def test_freshness_is_read_off_the_words(value: str, fresh: bool | None) -> None:
    assert is_fresh(value) is fresh


def test_the_real_contract_of_owners_shows_memory_and_cache() -> None:
    system = instances(load(str(SPEC / "as_posted" / "ownership.custody")), {})[0]
    result = check(system, "ownership", properties=("no_stale_cpu_read",)).properties[0]
    heads = [cell.texts[0] for cell in chart(system, result).cells if cell.row == 0]
    assert {"memory", "line"} <= set(heads)
    assert not {"memory_fresh", "line_fresh"} & set(heads)
