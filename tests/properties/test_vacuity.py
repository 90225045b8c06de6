"""Warnings come from finished searches only, and only where no instance of a declaration ever mattered."""

from __future__ import annotations

from dataclasses import replace

from custody.properties.check import check
from custody.properties.result import Notice
from custody.properties.vacuity import ACTION_NEVER_FIRES, PREMISE_NEVER_TRUE, judge, standing
from custody.system.expression import TRUE
from custody.system.finding import Exploration, Limits
from custody.system.model import Property, System
from support.lamps import NO_RELIGHT, NO_SHORT, lamp, search


def notices(system: System, subjects: list[Property], found: Exploration) -> tuple[Notice, ...]:
    return judge(system, subjects, [found])[0]


def test_idle_actions_and_premises_are_told_in_the_order_of_the_text() -> None:
    system = lamp(NO_RELIGHT)
    found = search(system, Limits(), ("no_relight",))
    assert [(notice.code, notice.message, notice.place.line) for notice in notices(system, [NO_RELIGHT], found)] == [
        (ACTION_NEVER_FIRES, "`melt` with the outcome `fails EIO` never happens", 13),
        (PREMISE_NEVER_TRUE, "`no_relight` says nothing: `false` is never true", 52),
    ]


def test_one_instance_that_fires_speaks_for_all() -> None:
    system = lamp()
    twin = replace(system.actions[2], guard=system.actions[0].guard, actor="User.1")
    system = replace(system, actions=(*system.actions, twin))
    assert notices(system, [], search(system, Limits(), ())) == ()


def test_one_binding_whose_premise_is_true_speaks_for_all() -> None:
    always, never = NO_RELIGHT.premises
    subject = replace(NO_RELIGHT, premises=(always, replace(never, text=always.text, place=always.place)))
    system = lamp(subject)
    found = search(system, Limits(), ("no_relight",))
    assert [notice.code for notice in notices(system, [subject], found)] == [ACTION_NEVER_FIRES]


def test_an_unfinished_search_knows_nothing() -> None:
    system = lamp(NO_RELIGHT)
    assert notices(system, [NO_RELIGHT], search(system, Limits(max_states=1), ("no_relight",))) == ()


def melting() -> System:
    """The lamp with a step that never happens made one that does."""
    system = lamp(NO_SHORT)
    idle = next(action for action in system.actions if action.label == "melt")
    return replace(system, actions=tuple(replace(a, guard=TRUE) if a is idle else a for a in system.actions))


def test_another_run_of_the_file_refutes_a_warning() -> None:
    idle, busy = check(lamp(NO_SHORT), "lamp.custody"), check(melting(), "lamp.custody")
    assert [notice.code for notice in idle.notices] == [ACTION_NEVER_FIRES]
    assert busy.notices == ()
    assert standing([idle, busy]) == {"lamp.custody": ()}
    assert standing([idle, idle]) == {"lamp.custody": idle.notices}


def test_a_run_of_another_file_refutes_nothing() -> None:
    idle, busy = check(lamp(NO_SHORT), "lamp.custody"), check(melting(), "other.custody")
    assert standing([idle, busy]) == {"lamp.custody": idle.notices, "other.custody": ()}


def test_a_run_without_the_step_refutes_nothing() -> None:
    system = lamp(NO_SHORT)
    without = replace(system, actions=tuple(action for action in system.actions if action.label != "melt"))
    idle, silent = check(system, "lamp.custody"), check(without, "lamp.custody")
    assert silent.notices == ()
    assert standing([idle, silent]) == {"lamp.custody": idle.notices}
