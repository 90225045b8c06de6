"""Warnings come from finished searches only, and only where no instance of a declaration ever mattered."""

from __future__ import annotations

from dataclasses import replace

from custody.properties.vacuity import ACTION_NEVER_FIRES, PREMISE_NEVER_TRUE, notices
from custody.system.finding import Limits
from support.lamps import NO_RELIGHT, lamp, search


def test_idle_actions_and_premises_are_told_in_the_order_of_the_text() -> None:
    system = lamp(NO_RELIGHT)
    found = search(system, Limits(), ("no_relight",))
    assert [
        (notice.code, notice.message, notice.place.line) for notice in notices(system, [NO_RELIGHT], [found])
    ] == [
        (ACTION_NEVER_FIRES, "`melt` in `press` with the outcome `fails EIO` never happens", 13),
        (PREMISE_NEVER_TRUE, "`no_relight` says nothing: `false` is never true", 52),
    ]


def test_one_instance_that_fires_speaks_for_all() -> None:
    system = lamp()
    twin = replace(system.actions[2], guard=system.actions[0].guard, actor="User.1")
    system = replace(system, actions=(*system.actions, twin))
    assert notices(system, [], [search(system, Limits(), ())]) == ()


def test_one_binding_whose_premise_is_true_speaks_for_all() -> None:
    always, never = NO_RELIGHT.premises
    subject = replace(NO_RELIGHT, premises=(always, replace(never, text=always.text, place=always.place)))
    system = lamp(subject)
    found = search(system, Limits(), ("no_relight",))
    assert [notice.code for notice in notices(system, [subject], [found])] == [ACTION_NEVER_FIRES]


def test_an_unfinished_search_knows_nothing() -> None:
    system = lamp(NO_RELIGHT)
    assert notices(system, [NO_RELIGHT], [search(system, Limits(max_states=1), ("no_relight",))]) == ()
