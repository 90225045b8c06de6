"""What would have prevented a failure: on a small driver, and on what was posted, against what corrected it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.cli import run
from custody.language import instances, load
from custody.properties.check import check
from custody.why.explain import explanations
from custody.why.result import Explanation

SPEC = Path(__file__).parents[2] / "spec"

DRIVER = """\
model driver
    "Two locks in two orders, and a note that may not be had."

role Thread[2] is user

object Note[1]
    text: bool

state
    a: mutex
    b: mutex
    done[Thread]: bool
    note: Note?

procedure first by Thread
    requires not done[self]
    lock a
    lock b
    done[self] = true
    unlock b
    unlock a
    return OK

procedure second by Thread
    requires not done[self]
    lock b
    lock a
    done[self] = true
    unlock a
    unlock b
    return OK

procedure write by Thread atomic
    requires note == none
    note = alloc Note
        or fails ENOMEM
            note = none
    note.text = true
    free note
    note = none
    return OK

terminal forall t: Thread . done[t]

deadlock_free every_call_returns of Thread
"""


def explained(file: Path, instance: str, *names: str) -> dict[str, Explanation]:
    program = load(str(file))
    system = next(one for one in instances(program, {}) if one.instance == instance)
    return explanations(program, check(system, file.name), {}, names or None)


def words(explanation: Explanation) -> list[str]:
    return [tried.repair.what for tried in explanation.repairs if tried.clean]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Explanation]:
    file = tmp_path_factory.mktemp("driver") / "driver.custody"
    file.write_text(DRIVER, encoding="utf-8")
    return explained(file, "")


def test_locks_in_one_order_repair_the_deadlock(driver: dict[str, Explanation]) -> None:
    found = driver["deadlock"]
    assert words(found) == ["`lock b` before `lock a`", "`lock a` before `lock b`"]
    assert all(set(tried.fixes) == {"deadlock", "every_call_returns"} for tried in found.repairs)
    assert found.mattered is not None
    # Both second locks are what it rests on; that both calls began only leads there.
    assert len(found.mattered.steps) == len(found.mattered.enabling) == 2
    assert found.passing is not None
    assert found.passing.shared == 3


def test_a_check_that_is_missing_is_found(driver: dict[str, Explanation]) -> None:
    found = driver["null_dereference(write)"]
    assert "`if note == none: return EINVAL` before `note.text = true`" in words(found)


def test_what_was_not_asked_for_is_known_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "driver.custody"
    file.write_text(DRIVER, encoding="utf-8")
    program = load(str(file))
    [system] = instances(program, {})
    found = explanations(program, check(system, file.name, properties=["deadlock"]), {})
    assert list(found) == ["deadlock"]
    assert words(found["deadlock"]) == ["`lock b` before `lock a`", "`lock a` before `lock b`"]
    assert all("every_call_returns" in tried.fixes for tried in found["deadlock"].repairs)


def test_the_command_says_it_and_the_json_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, data = tmp_path / "driver.custody", tmp_path / "driver.json"
    file.write_text(DRIVER, encoding="utf-8")
    assert run(["check", str(file), "--explain", "--json", str(data)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "why deadlock is violated it rests on steps 2, 4; steps 1, 3 only lead there" in said
    assert "would have prevented it: line 17, another order: `lock b` before `lock a`" in said
    properties = json.loads(data.read_text(encoding="utf-8"))["runs"][0]["properties"]
    found = {each["name"]: each["explanation"] for each in properties}
    assert found["unlock_not_held(first)"] is None
    assert found["deadlock"]["steps"] == [2, 4]
    assert found["deadlock"]["enabling"] == [1, 3]
    assert found["deadlock"]["passing"]["shared"] == 3
    assert found["deadlock"]["repairs"][0]["changes"] == [
        {"what": "`lock b` before `lock a`", "file": str(file), "line": 17}
    ]
    assert run(["check", str(file), "--json", str(data)]) == 1
    assert "explanation" not in json.loads(data.read_text(encoding="utf-8"))["runs"][0]["properties"][0]


def test_what_spoils_something_says_so(tmp_path: Path) -> None:
    file = tmp_path / "one.custody"
    text = """\
model one
role Thread[1] is user
state
    n: 0..3
    once: bool
procedure step by Thread atomic
    requires n < 2 and not once
    n = n + 1
    return OK
terminal n >= 1
invariant low
    n < 2
reachable two
    n == 2
"""
    file.write_text(text, encoding="utf-8")
    found = explained(file, "", "low")["low"]
    assert found.repairs == ()  # there is nothing to be had from the specification that helps
    file.write_text(
        text + "\nprocedure other by Thread atomic\n    requires n == 0\n    once = true\n    return OK\n"
    )
    found = explained(file, "", "low")["low"]
    assert [tried.unreachable for tried in found.repairs] == [("two",)]
    assert not any(tried.clean for tried in found.repairs)


# ---------------------------------------------------------------------- what was posted


def text(name: str) -> str:
    return (SPEC / name).read_text(encoding="utf-8")


def routine(source: str, name: str) -> str:
    """The text of one procedure."""
    _, _, rest = source.partition(f"procedure {name}(")
    return rest.partition("\nprocedure ")[0]


@pytest.fixture(scope="module")
def udmabuf() -> dict[str, Explanation]:
    file = SPEC / "as_posted" / "udmabuf.custody"
    names = ("assertion(dma_unmap_sg)", "failed_match(release_udmabuf)", "end_shows_the_newest")
    return explained(file, "write_only_buffer", *names)


def test_the_direction_of_udmabuf_is_the_corrected_one(udmabuf: dict[str, Explanation]) -> None:
    best = words(udmabuf["assertion(dma_unmap_sg)"])[0]
    assert best == "`bidirectional` for `dir` in `new = get_sg_table(dir)`"
    assert "get_sg_table(bidirectional)" in routine(text("udmabuf.custody"), "begin_cpu_udmabuf")


def test_the_sync_at_the_end_of_access_is_the_corrected_one(udmabuf: dict[str, Explanation]) -> None:
    best = words(udmabuf["end_shows_the_newest"])[0]
    assert best == "`dma_sync_sg_for_device` for `dma_sync_sg_for_cpu`"
    corrected = routine(text("udmabuf.custody"), "end_cpu_udmabuf").partition("return OK")[0]
    assert "_for_device(sg.table, dir)" in corrected
    assert "_for_cpu" not in corrected


def test_the_missing_check_of_udmabuf_is_the_corrected_one(udmabuf: dict[str, Explanation]) -> None:
    best = words(udmabuf["failed_match(release_udmabuf)"])[0]
    assert best.startswith("`if new == none: return sg_error` before `sg = ")
    corrected = routine(text("udmabuf.custody"), "begin_cpu_udmabuf")
    assert 0 < corrected.index("if new == none") < corrected.index("sg = table(new)")


def test_the_locks_of_the_core_are_the_corrected_ones() -> None:
    found = explained(SPEC / "as_posted" / "core.custody", "crossed_locks", "every_call_returns")
    best = words(found["every_call_returns"])[0]
    assert best == (
        "`unlock dmabuf.lock` before `ret = exp_attach(attach)`, and `lock dmabuf.lock` after it;"
        " `unlock dmabuf.lock` before `exp_detach(attach)`, and `lock dmabuf.lock` after it"
    )
    corrected = text("core.custody")
    attach = corrected.partition("procedure dma_buf_attach ")[2].partition("\nprocedure ")[0]
    detach = corrected.partition("procedure dma_buf_detach ")[2].partition("\nprocedure ")[0]
    assert 0 < attach.index("ret = exp_attach(attach)") < attach.index("lock dmabuf.lock")
    assert 0 < detach.index("unlock dmabuf.lock") < detach.index("exp_detach(attach)")


def test_the_order_of_buffers_is_the_corrected_one() -> None:
    found = explained(SPEC / "as_posted" / "kds.custody", "uninterruptible", "some_buffer_lies_idle")
    [best] = [tried for tried in found["some_buffer_lies_idle"].repairs if tried.clean]
    assert set(best.fixes) == {"some_buffer_lies_idle", "every_call_returns", "deadlock"}
    assert "number(other) < number(b)" in best.repair.what
    assert "before the next is taken" in best.repair.what
    corrected = text("kds_ordered.custody")
    assert "forall other: Buffer . claim[c, other] != nothing => number(other) < number(b)" in corrected
