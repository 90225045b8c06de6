"""The truth of properties along a trace agrees with the plain evaluator, place by place."""

from __future__ import annotations

from pathlib import Path

from custody.language import instances, load
from custody.properties.check import check
from custody.properties.replay import steps
from custody.properties.truth import Truth
from custody.system.evaluate import evaluate
from custody.system.model import Form

TEXT = """model light

state
    lamp: off | on | blown = off
    presses: 0..3

action press by user
    when presses < 3
    presses = presses + 1
    lamp = if lamp == off then on else blown

never burns_out
    lamp == blown
transition one_at_a_time
    presses == old(presses) + 1
reachable comes_on
    lamp == on
terminal presses == 3
"""


def test_agrees_with_the_evaluator(tmp_path: Path) -> None:
    file = tmp_path / "light.custody"
    file.write_text(TEXT, encoding="utf-8")
    system = instances(load(str(file)), {})[0]
    run = check(system, "light")
    trace = next(result.finding.trace for result in run.properties if result.subject.name == "burns_out")
    assert trace is not None
    told = {subject.name: text for subject, text in Truth(system).along(trace)}
    assert told["burns_out"] == "110"
    assert told["comes_on"] == "010"
    assert told["one_at_a_time"] == "-11"
    for subject, text in Truth(system).along(trace):
        if subject.form is Form.STEP:
            pairs = [(before, after) for before, _, after in steps(trace)]
            assert text[1:] == "".join(str(evaluate(subject.expression, old, new)) for old, new in pairs)
        else:
            assert text == "".join(str(evaluate(subject.expression, state)) for state in trace.states)
