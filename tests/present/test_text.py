"""The report for people, byte for byte where its layout matters."""

from __future__ import annotations

import re
from dataclasses import replace

from custody.language.diagnostic import Diagnostic
from custody.present.report import Report
from custody.present.text import Page, render, render_run, render_total
from custody.properties.check import check
from custody.properties.engines import EngineChoice
from custody.system.finding import Limits, Trace
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_DEADLOCK, NO_RELIGHT, NO_SHORT, at, expecting, lamp, search
from support.reports import run_of

FULL = """\
given/lamp.custody: lamp, WATTS = 60, DIMMED = false
  3 states, 2 transitions, depth 2, 0.25 s, engine explicit

  violated  never_blown [DB-CPU-05], coherency, line 20
    The fuse survives.
    DB-CPU-05: Begin hands the memory to the CPU (sync for CPU) and end hands it to the devices
    (sync for device), never the other way round.
    `lamp != blown` is false for t = Thread.0, where lamp is blown
       #  actor   step                                 line  changes
       0          start
       1  User.0  press(finger: thumb): switch on      10    lamp: off → on
    >  2  User.0  press(finger: thumb): blow the fuse  11    lamp: on → blown

  holds  can_shine   lamp == on (reached in 1 step)
  holds  no_relight  lamp == on => lamp' != off
  never happens: no_short

  warning: lamp.custody:13:1: `melt` with the outcome `fails EIO` never happens [action-never-fires]
  warning: lamp.custody:52:1: `no_relight` says nothing: `false` is never true [premise-never-true]

1 run, 4 properties: 1 failed, 3 hold
"""


def test_a_violation_is_told_in_full_and_the_rest_in_short() -> None:
    text = render(Report((run_of(lamp(NEVER_BLOWN, CAN_SHINE, NO_SHORT, NO_RELIGHT)),)), Page())
    assert text == FULL


def test_the_text_is_the_same_every_time() -> None:
    report = Report((run_of(lamp(NEVER_BLOWN, CAN_SHINE)),))
    assert render(report, Page()) == render(report, Page())


def test_traces_and_sentences_fit_the_page() -> None:
    text = render_run(run_of(lamp(NEVER_BLOWN, NO_SHORT, shorts=True)), Page(width=50))
    assert max(len(line) for line in text.splitlines() if line.startswith("    ")) <= 50


def test_colour_changes_nothing_but_colour() -> None:
    run = run_of(lamp(NEVER_BLOWN, CAN_SHINE))
    coloured = render_run(run, Page(colour=True))
    assert "\x1b[" in coloured
    plain = "".join(line.rstrip() + "\n" for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines())
    assert plain == render_run(run, Page())


def test_brackets_in_names_are_no_markup() -> None:
    system = lamp(replace(NEVER_BLOWN, doc="See [bold] and [/] and :smile:."))
    assert "See [bold] and [/] and :smile:." in render_run(run_of(system), Page())


class TestExpected:
    def test_the_argument_for_an_expectation_stands_with_its_violation(self) -> None:
        subject = expecting(NEVER_BLOWN, violated=True, length=2)
        assert subject.expected is not None
        argued = replace(subject, expected=replace(subject.expected, doc="Two presses\n    are two."))
        assert "    expected: Two presses are two.\n" in render_run(run_of(lamp(argued)), Page())

    def test_an_expected_violation_is_shown_as_such(self) -> None:
        text = render(Report((run_of(lamp(expecting(NEVER_BLOWN, violated=True, length=2))),)), Page())
        assert "  violated, as expected  never_blown" in text
        assert "blow the fuse" in text
        assert text.endswith("1 run, 1 property: 1 violated as expected\n")

    def test_a_wrong_length_says_both(self) -> None:
        text = render_run(run_of(lamp(expecting(NEVER_BLOWN, violated=True, length=5))), Page())
        assert "violated in 2 steps, expected 5" in text

    def test_what_holds_against_expectation_says_so(self) -> None:
        text = render(Report((run_of(lamp(expecting(NO_DEADLOCK, violated=True))),)), Page())
        assert "holds, expected violated  deadlock" in text
        assert text.endswith(": 1 failed\n")


def test_with_all_engines_it_says_what_each_settles() -> None:
    system = lamp(NEVER_BLOWN, CAN_SHINE)
    engines = {choice: search for choice in EngineChoice if choice is not EngineChoice.ALL}
    run = check(system, "lamp.custody", EngineChoice.ALL, engines=engines)
    assert f"  {', '.join(['explicit settles 2 of 2'] * 3)}; no two disagree\n" in render_run(run, Page())


def test_a_limit_is_named_and_counts_as_inconclusive() -> None:
    run = run_of(lamp(NO_DEADLOCK), Limits(max_states=1))
    text = render(Report((run,)), Page())
    assert "explicit stopped at a limit, 1 states" in text
    assert "inconclusive  deadlock" in text
    assert text.endswith("1 run, 1 property: 1 inconclusive\n")


def test_a_hazard_shows_what_the_last_step_breaks() -> None:
    text = render_run(run_of(lamp(NO_SHORT, shorts=True)), Page())
    assert "User.0, in `press`: the lamp is pressed after it is blown, where lamp is blown" in text
    assert ">  3  User.0  press(finger: thumb): press again" in text


def test_a_free_first_value_is_part_of_the_trace() -> None:
    text = render_run(run_of(lamp(NEVER_BLOWN, start=(1, 2))), Page())
    start = next(line for line in text.splitlines() if " start " in line)
    assert start.split() == ["0", "start", "lamp:", "blown"]


def test_a_lasso_marks_what_repeats() -> None:
    run = run_of(lamp(NEVER_BLOWN))
    result = run.properties[0]
    looping = Trace(((0,), (1,), (0,), (1,)), (0, 1, 0), loop_at=1)
    finding = replace(result.finding, trace=looping)
    text = render_run(replace(run, properties=(replace(result, finding=finding),)), Page())
    assert text.count("↻") == 2
    assert "Steps 2 to 3 repeat for ever." in text


def test_steps_of_other_files_say_which() -> None:
    system = lamp(NEVER_BLOWN)
    elsewhere = replace(system.actions[0], place=replace(at(7), file="lib/cache.custody"))
    system = replace(system, actions=(elsewhere, *system.actions[1:]))
    assert "cache.custody:7" in render_run(run_of(system), Page())


class TestTotal:
    def test_nothing_checked_is_no_success(self) -> None:
        assert render_total(Report(()), Page()) == "0 runs, 0 properties\n"

    def test_errors_are_counted(self) -> None:
        report = Report((run_of(lamp(CAN_SHINE)),), (Diagnostic(at(1), "syntax", "what?"),))
        assert render_total(report, Page()) == "1 run, 1 property: 1 holds; 1 error\n"
