"""Models against a contract: what is allowed, what is not, who is to blame, and that verdicts replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.language import SpecError, instances, load
from custody.properties.check import check
from custody.properties.engines import EngineChoice
from custody.properties.fault import ReplayError
from custody.properties.replay import replay
from custody.properties.result import PropertyResult
from custody.system.finding import Finding, Limits, Trace, Verdict
from custody.system.model import System

CONTRACT = """\
contract door

role Guest[2] is user

state
    open: bool
    inside[Guest]: bool

action unlock by exporter
    either
        open = true
    or fails EBUSY

action enter(g: Guest) by g
    requires not inside[g] [DB-ATT-01]
    when open
    either
        inside[g] = true
    or fails EAGAIN

action leave(g: Guest) by g
    requires inside[g]
    inside[g] = false

action drift by hardware spontaneous
    when open
    open = false

terminal true
invariant nothing
    true
"""
MODEL = """\
model hall implements door

role Guest[2] is user

state
    opened: bool
    guest: Guest?
    again: 0..1

implementation as exporter
    open_up is unlock
    visit is enter(self)
    visit fails EAGAIN is enter(self) fails EAGAIN
    go is leave(self)

action open_up by exporter
    when not opened
    opened = true

procedure visit by Guest
    requires opened and guest != self
    local mine: bool = false
    if guest == none
        mine = true
    if mine
        atomic
            if guest != none
                return EAGAIN
            guest = self
        return OK
    return EAGAIN

procedure go by Guest atomic
    requires guest == self
    guest = none
    return OK

terminal true
"""


def system(tmp_path: Path, replaced: dict[str, str] | None = None, contract: dict[str, str] | None = None) -> System:
    """The model, with texts in it and in the contract replaced."""
    model, text = MODEL, CONTRACT
    for old, new in (replaced or {}).items():
        assert model.count(old) == 1, old
        model = model.replace(old, new)
    for old, new in (contract or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (tmp_path / "door.custody").write_text(text, encoding="utf-8")
    (tmp_path / "hall.custody").write_text(model, encoding="utf-8")
    [found] = instances(load(str(tmp_path / "hall.custody")), {})
    return found


def settled(found: System, limits: Limits | None = None) -> PropertyResult:
    """What is said of the property `implements`."""
    [result] = check(found, found.file, limits=limits, properties=["implements"]).properties
    return result


DRIFT = {"    when open\n    open = false\n": "    when false\n    open = false\n"}


def test_holds(tmp_path: Path) -> None:
    result = settled(system(tmp_path))
    assert result.finding.verdict is Verdict.HOLDS
    assert "allowed by door" in result.message


def test_an_answer_that_the_contract_does_not_have(tmp_path: Path) -> None:
    result = settled(system(tmp_path, contract={"    or fails EAGAIN\n": "    or fails ENOMEM\n"}))
    assert result.finding.verdict is Verdict.VIOLATED
    assert "`enter(Guest." in result.message
    assert "fails EAGAIN" in result.message
    # It opens; one guest calls and enters; a second call looks and returns.
    assert result.finding.trace is not None
    assert result.finding.trace.actions


def test_a_call_that_the_contract_forbids_names_the_clause(tmp_path: Path) -> None:
    early = {
        "    when not opened\n    opened = true\n": "    opened = true\n",
        "opened: bool\n": "opened: bool = true\n",
    }
    result = settled(system(tmp_path, early))
    assert result.finding.verdict is Verdict.VIOLATED
    assert "`open` is false" in result.message
    assert [part.text for part in result.failed] == ["open"]


def test_hardware_of_the_contract_may_act_at_any_moment(tmp_path: Path) -> None:
    # With the drift the door may be open or not, which permits entering all the same.
    assert settled(system(tmp_path, contract=DRIFT)).finding.verdict is Verdict.HOLDS


def test_a_duty_of_somebody_else_ends_the_run(tmp_path: Path) -> None:
    twice = {"requires opened and guest != self": "requires opened", "if guest == none": "if guest in {none, self}",
             "            if guest != none\n": "            if guest not in {none, self}\n"}  # fmt: skip
    result = settled(system(tmp_path, twice))
    assert result.finding.verdict is Verdict.HOLDS
    assert "not followed where others broke their duties: enter(Guest.0), enter(Guest.1)" in result.message


def test_a_duty_of_its_own_does_not(tmp_path: Path) -> None:
    twice = {"requires opened and guest != self": "requires opened", "if guest == none": "if guest in {none, self}",
             "            if guest != none\n": "            if guest not in {none, self}\n",
             "implementation as exporter": "implementation"}  # fmt: skip
    result = settled(system(tmp_path, twice))
    assert result.finding.verdict is Verdict.VIOLATED
    assert "`not inside[g]` [DB-ATT-01] is false" in result.message


def test_an_answer_without_a_line(tmp_path: Path) -> None:
    result = settled(system(tmp_path, {"    visit fails EAGAIN is enter(self) fails EAGAIN\n": ""}))
    assert result.finding.verdict is Verdict.VIOLATED
    assert "does not say what it is in door when it fails EAGAIN" in result.message


def test_limits_are_no_success(tmp_path: Path) -> None:
    result = settled(system(tmp_path), Limits(max_states=3))
    assert result.finding.verdict is Verdict.INCONCLUSIVE
    assert "max-states 3" in result.message


def test_a_false_claim_does_not_replay(tmp_path: Path) -> None:
    found = system(tmp_path)
    subject = found.property_named("implements")
    first = tuple(variable.initial[0] for variable in found.variables)
    index = next(i for i, action in enumerate(found.actions) if action.name == "open_up")
    after = list(first)
    after[next(i for i, v in enumerate(found.variables) if v.name == "opened")] = 1
    claim = Finding("implements", Verdict.VIOLATED, Trace((first, tuple(after)), (index,)))
    with pytest.raises(ReplayError, match="the contract allows the run"):
        replay(found, subject, claim)


def test_every_engine_choice_settles_it(tmp_path: Path) -> None:
    run = check(system(tmp_path), "hall.custody", EngineChoice.ALL)
    assert {r.subject.name for r in run.properties} >= {"implements", "deadlock"}
    assert run.passes


def test_a_contract_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "hall.custody"
    path.write_text(MODEL.replace("implements door", "implements dor"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        instances(load(str(path)), {})
    assert caught.value.diagnostics[0].message == "there is no module 'dor'"


def test_an_expected_violation(tmp_path: Path) -> None:
    model = MODEL + "\nexpect violated\n    implements\n"
    (tmp_path / "door.custody").write_text(CONTRACT.replace("or fails EAGAIN", "or fails ENOMEM"), encoding="utf-8")
    (tmp_path / "hall.custody").write_text(model, encoding="utf-8")
    [found] = instances(load(str(tmp_path / "hall.custody")), {})
    assert settled(found).as_expected
