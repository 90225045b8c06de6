"""What is worth a warning and stops nothing."""

from __future__ import annotations

from custody.language import load

TEXT = """model m

param USED = 2 in 1..3
param IDLE = 2 in 1..3
    "IDLE is only spoken of."

state
    x: 0..USED

invariant small    # IDLE
    x <= USED
"""


def test_a_parameter_that_changes_nothing_is_named() -> None:
    warnings = load("m.custody", TEXT).warnings
    assert [(d.code, d.place.line, d.message) for d in warnings] == [
        ("unused-parameter", 4, "the parameter 'IDLE' changes nothing")
    ]
