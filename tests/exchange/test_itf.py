"""Runs out as ITF and in again: the same run, and nothing else is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from custody.exchange import itf
from custody.exchange.names import identifiers
from custody.properties.check import check
from custody.properties.engines import EngineChoice
from custody.properties.replay import replay
from custody.system.finding import Trace
from custody.system.model import System
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_SHORT, lamp, search

SYSTEM = lamp(NEVER_BLOWN, CAN_SHINE)
SHORTS = lamp(NEVER_BLOWN, NO_SHORT, shorts=True)


def trace_of(system: System, name: str) -> Trace:
    found = check(system, "lamp", properties=(name,), engines={EngineChoice.EXPLICIT: search}).properties[0]
    assert found.finding.trace is not None
    return found.finding.trace


@pytest.mark.parametrize(("system", "name"), [(SYSTEM, "never_blown"), (SYSTEM, "can_shine"), (SHORTS, "no_short")])
def test_out_and_in_again(system: System, name: str) -> None:
    run = check(system, "lamp", properties=(name,), engines={EngineChoice.EXPLICIT: search}).properties[0]
    trace = trace_of(system, name)
    again = itf.read(system, itf.write(system, trace, "a run"))
    assert again == trace
    replay(system, run.subject, run.finding)


def document() -> dict[str, Any]:
    return json.loads(itf.write(SYSTEM, trace_of(SYSTEM, "never_blown"), "a run"))


def test_it_is_what_the_format_asks_for() -> None:
    found = document()
    assert found["#meta"]["format"] == "ITF"
    assert found["vars"] == [variable.name for variable in SYSTEM.variables]
    for index, state in enumerate(found["states"]):
        assert state["#meta"]["index"] == index
        assert set(state) == {"#meta", *found["vars"]}


def test_a_run_by_another_tool_has_no_steps_and_names_of_an_export() -> None:
    found = document()
    exported = identifiers("v_", found["vars"])
    labels = {"off": 0, "on": 1, "blown": 2}
    states = [
        {new: labels.get(state[old], state[old]) for old, new in zip(found["vars"], exported, strict=True)}
        for state in found["states"]
    ]
    trace = itf.read(SYSTEM, json.dumps({"vars": list(exported), "states": states}))
    assert trace.states == trace_of(SYSTEM, "never_blown").states


def spoiled(change: str) -> str:
    found = document()
    match change:
        case "order":
            found["states"].reverse()
        case "value":
            found["states"][1]["lamp"] = "purple"
        case "missing":
            del found["states"][0]["lamp"]
        case "jump":
            del found["states"][1]
        case "empty":
            found["states"] = []
        case "loop":
            found["loop"] = 0
        case "state":
            found["states"][0] = 3
        case _:
            return change
    return json.dumps(found)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("order", "state 0 is no first state"),
        ("value", 'lamp cannot be "purple"'),
        ("missing", "does not say what lamp is"),
        ("jump", "nothing that can happen changes lamp from off to blown"),
        ("empty", "no state in it"),
        ("loop", "does not return to state 0"),
        ("state", "state 0 is no object"),
        ("[1]", "an object with a list"),
        ("{", "no JSON"),
    ],
)
def test_what_is_no_run_is_refused(change: str, complaint: str) -> None:
    with pytest.raises(itf.TraceError, match=complaint):
        itf.read(SYSTEM, spoiled(change))
