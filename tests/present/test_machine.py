"""The JSON keeps its promises: the schema of version 1, the same bytes for the same results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from custody.language.diagnostic import Diagnostic
from custody.present.machine import document, render
from custody.present.report import Report
from custody.system.finding import Limits
from custody.system.model import System
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_DEADLOCK, NO_RELIGHT, NO_SHORT, at, expecting, lamp
from support.readers import complaints
from support.reports import run_of

SCHEMA = Path(__file__).with_name("result-v1.schema.json")

SYSTEMS = {
    "violated": lamp(NEVER_BLOWN, CAN_SHINE, NO_SHORT, NO_DEADLOCK, NO_RELIGHT),
    "hazard": lamp(NEVER_BLOWN, NO_SHORT, shorts=True),
    "expected": lamp(expecting(NEVER_BLOWN, violated=True, length=2), expecting(NO_DEADLOCK, violated=False)),
    "empty": lamp(),
}


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS.keys())
@pytest.mark.parametrize("limits", [Limits(), Limits(max_states=1)], ids=["all", "limited"])
def test_every_result_fits_the_schema(system: System, limits: Limits) -> None:
    report = Report((run_of(system, limits),), (Diagnostic(at(3), "syntax", "what?", "nothing"),))
    assert complaints(json.loads(render(report)), SCHEMA) == []


def test_the_schema_is_not_toothless() -> None:
    found = document(Report((run_of(SYSTEMS["violated"]),)))
    found["runs"][0]["verdict"] = "fine"
    del found["runs"][0]["properties"][0]["trace"]
    found["runs"][0]["properties"][0]["failed"][0]["line"] = True
    assert len(complaints(found, SCHEMA)) == 3


def test_the_bytes_are_the_same_every_time() -> None:
    assert render(Report((run_of(SYSTEMS["hazard"]),))) == render(Report((run_of(SYSTEMS["hazard"]),)))


def test_a_violation_has_its_trace_and_what_failed() -> None:
    found = document(Report((run_of(SYSTEMS["violated"]),)))["runs"][0]
    blown = found["properties"][0]
    assert (found["spec"], found["model"], found["verdict"]) == ("given/lamp.custody", "lamp", "violated")
    assert found["parameters"] == {"WATTS": 60, "DIMMED": False}
    assert blown["failed"] == [
        {"expression": "lamp != blown", "bindings": {"t": "Thread.0"}, "file": "lamp.custody", "line": 22}
    ]
    assert blown["trace"]["initial"] == {"lamp": "off"}
    assert [step["changes"] for step in blown["trace"]["steps"]] == [
        {"lamp": ["off", "on"]},
        {"lamp": ["on", "blown"]},
    ]
    assert [step["line"] for step in blown["trace"]["steps"]] == [10, 11]


def test_the_step_that_breaks_a_check_says_so() -> None:
    steps = document(Report((run_of(SYSTEMS["hazard"]),)))["runs"][0]["properties"][1]["trace"]["steps"]
    assert [step["breaks"] for step in steps] == [None, None, "the lamp is pressed after it is blown"]
    assert steps[-1]["changes"] == {}


def test_names_of_files_that_are_no_unicode_do_not_break_it() -> None:
    run = replace(run_of(SYSTEMS["empty"]), spec="odd\udcff.custody")
    assert json.loads(render(Report((run,))).encode("utf-8"))["runs"][0]["spec"] == "odd\udcff.custody"
