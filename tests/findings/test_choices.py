"""Every contested rule can be chosen, or it is said why not; and a choice shows what it costs."""

from __future__ import annotations

from findings.choices import contested, read_choices, unknown, ways_out
from findings.paths import CHOICES
from findings.runs import Run, Verdict
from support.declared import declared_subjects


def verdict(name: str, said: str, steps: int | None = None) -> Verdict:
    return Verdict(name, "leads_to", (), False, said, steps, {})


RUNS = (
    Run("spec/kds_x.custody", "kds_x", "with", {"REVOKE": True}, 10, (verdict("every_wait_ends", "holds"),)),
    Run(
        "spec/kds_x.custody", "kds_x", "without", {"REVOKE": False}, 12, (verdict("every_wait_ends", "violated", 9),)
    ),
)


def test_choices_name_what_there_is_and_every_contested_rule() -> None:
    assert unknown(read_choices(CHOICES), declared_subjects().values()) == []


def test_a_choice_shows_the_states_and_what_is_lost() -> None:
    lines = list(contested({"parameters": ["kds_x:REVOKE"]}, (), RUNS))
    assert "| kds_x: REVOKE = true | with | 10 | none |" in lines
    assert "| kds_x: REVOKE = false | without | 12 | every_wait_ends |" in lines


def test_ways_out_are_compared_by_what_happens() -> None:
    lines = list(ways_out(RUNS))
    assert "| kds_x | with | not asked | not asked | none | not asked | 10 |" in lines
    assert "| kds_x | without | not asked | not asked | **yes**, in 9 steps | not asked | 12 |" in lines
