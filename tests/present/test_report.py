"""What every format says of a step and of a property."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.present.report import statement, step_words
from support.lamps import CAN_SHINE, NEVER_BLOWN, lamp

PRESS = lamp().actions[0]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("", "press(finger: thumb)"),
        ("press", "press(finger: thumb)"),
        ("press(thumb)", "press(finger: thumb)"),
        ("calls press(thumb)", "calls press(finger: thumb)"),
        ("lamp = on", "press(finger: thumb): lamp = on"),
    ],
)
def test_a_step_does_not_say_the_same_twice(label: str, words: str) -> None:
    assert step_words(replace(PRESS, label=label)) == words


def test_a_step_names_its_outcome_and_no_empty_brackets() -> None:
    assert step_words(replace(PRESS, label="", arguments=(), outcome="fails ENOMEM")) == "press (fails ENOMEM)"


def test_what_is_forbidden_is_said_so() -> None:
    forbids = replace(NEVER_BLOWN, text="lamp == blown", conjuncts=(NEVER_BLOWN.conjuncts[0],))
    forbids = replace(forbids, conjuncts=(replace(forbids.conjuncts[0], text="not (lamp == blown)"),))
    assert statement(forbids) == "never lamp == blown"
    assert statement(CAN_SHINE) == "lamp == on"
