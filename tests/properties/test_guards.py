"""Questions about guards: each finds what it is about, with values that show it, and nothing in what is right."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings

from custody.cli import run
from custody.language import instances, load
from custody.properties.guards import ask, standing
from custody.symbolic.solver import Answer
from custody.symbolic.witness import witness
from custody.system.evaluate import evaluate
from custody.system.expression import Expr
from custody.system.model import System
from support.small_systems import systems

SPEC = Path(__file__).parents[2] / "spec"

LAMP = """\
model lamp
state
    n: 0..4
    lamp: off | on | blown = off
action press by user
    when lamp != blown
    either
        when {one}
        lamp = on
    or
        when {other}
        lamp = blown
action wait by user
    n = if n < 4 then n + 1 else 0
terminal lamp == blown
{more}
"""


def told(folder: Path, one: str, other: str, more: str = "reachable on\n    lamp == on") -> list[str]:
    file = folder / "lamp.custody"
    file.write_text(LAMP.format(one=one, other=other, more=more), encoding="utf-8")
    return [f"{n.code}: {n.message}" for n in standing(ask(system) for system in instances(load(str(file)), {}))]


def test_what_excludes_each_other_and_covers_all_is_fine(tmp_path: Path) -> None:
    assert told(tmp_path, "lamp == off", "lamp == on") == []


def test_an_overlap_has_values(tmp_path: Path) -> None:
    [found] = told(tmp_path, "lamp == off or n == 1", "lamp == on")
    assert found.startswith("guards-overlap: in press, `lamp == off or n == 1` and `lamp == on` can hold together, ")
    assert found.endswith("such as n = 1, lamp = on")


def test_a_gap_has_values(tmp_path: Path) -> None:
    [found] = told(tmp_path, "lamp == off and n > 0", "lamp == on")
    assert found.startswith(
        "guards-gap: in press, none of `lamp == off` and `n > 0`, `lamp == on` need hold, such as"
    )
    assert "n = 0" in found
    assert "lamp = off" in found


def test_what_one_condition_hides(tmp_path: Path) -> None:
    found = told(tmp_path, "n == 1", "n < 3")
    assert [each.partition(",")[0] for each in found] == ["guard-implied: in press", "guards-gap: in press"]
    assert "whenever `n == 1` holds, so does `n < 3`, such as n = 1" in found[0]


def test_what_can_never_be_taken(tmp_path: Path) -> None:
    found = told(tmp_path, "n > 3 and n < 2", "n <= 4")
    assert found == [
        "guard-dead: `press` can never be taken: no values satisfy `lamp != blown` and `n > 3` and `n < 2`"
    ]


def test_an_invariant_is_taken_for_granted(tmp_path: Path) -> None:
    more = "invariant small\n    n != 1"
    assert told(tmp_path, "lamp == off or n == 1", "lamp == on", more) == []
    expected = "invariant small\n    n != 1\nexpect violated\n    small"
    assert len(told(tmp_path, "lamp == off or n == 1", "lamp == on", expected)) == 1


def test_an_instance_in_which_it_can_be_taken_refutes_that_it_cannot(tmp_path: Path) -> None:
    text = LAMP.replace(
        "state", "param MOST = 1 in 1..3\ninstance few\n    MOST = 1\ninstance many\n    MOST = 3\nstate", 1
    )
    file = tmp_path / "lamp.custody"
    file.write_text(text.format(one="n < MOST and n > 1", other="n >= 0", more="reachable on\n    lamp == on"))
    few, many = (ask(system) for system in instances(load(str(file)), {}))
    assert "guard-dead" in [notice.code for notice in few.notices]
    assert "guard-dead" not in [notice.code for notice in standing([few, many])]


@settings(deadline=None, max_examples=60)
@given(systems())
def test_a_witness_is_one_and_none_means_none(system: System) -> None:
    domains = [variable.domain for variable in system.variables]
    every = list(product(*(range(domain.low, domain.high + 1) for domain in domains)))
    guards: list[Expr] = [action.guard for action in system.actions]
    for one, other in zip(guards, [*guards[1:], guards[0]], strict=True):
        found = witness([one, other], domains)
        holds = [state for state in every if evaluate(one, state) and evaluate(other, state)]
        assert found.answer is (Answer.YES if holds else Answer.NO)
        if found.answer is Answer.YES:
            assert any(all(state[index] == value for index, value in found.values) for state in holds)


ACCEPTED = {
    "begin_told": "an answer that was not given before fits no event: such a recording is to be refused",
    "end_told": "an answer that was not given before fits no event: such a recording is to be refused",
    "mmap_told": "an answer that was not given before fits no event: such a recording is to be refused",
    "end_returned": "a count of brackets that is full stays so, or goes down as far as it is known: both are tried",
}
"""What is warned of in `dma_buf_events` and is meant so, with the argument, by the action."""


@pytest.mark.parametrize("spec", ["dma_buf", "kds_ordered", "vb2", "dma_buf_events"])
def test_there_is_no_false_alarm(spec: str) -> None:
    file = str(SPEC / f"{spec}.custody")
    found = standing(ask(system) for system in instances(load(file), {}))
    accepted = ACCEPTED if spec == "dma_buf_events" else {}
    told = {notice.message.partition(",")[0].removeprefix("in ") for notice in found}
    assert told == set(accepted)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, data = tmp_path / "lamp.custody", tmp_path / "out.json"
    text = LAMP.format(one="lamp == off or n == 1", other="lamp == on", more="reachable on\n    lamp == on")
    file.write_text(text, encoding="utf-8")
    assert run(["lint", str(file), "--json", str(data)]) == 1
    assert "guards-overlap" in capsys.readouterr().out
    [spec] = json.loads(data.read_text(encoding="utf-8"))["specs"]
    assert [(each["code"], each["line"]) for each in spec["warnings"]] == [("guards-overlap", 5)]
    file.write_text(text.replace(" or n == 1", ""), encoding="utf-8")
    assert run(["lint", str(file)]) == 0
    assert run(["lint", str(tmp_path / "none.custody")]) == 2
    assert run(["explain", "guards-gap"]) == 0
