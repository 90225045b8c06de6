"""A mutant is caught by a property that holds of the specification, or it is said why it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.mutation.operators import mutants
from custody.mutation.trial import Bench, NothingToLoseError, Outcome, Trial
from custody.system.finding import Limits
from support.mutants import COUNTER, by_what, program


def trials(folder: Path, text: str = COUNTER, limits: Limits | None = None) -> dict[str, Trial]:
    of = program(folder, text)
    bench = Bench(of, "counter.custody", limits or Limits())
    return {what: bench.try_out(mutant) for what, mutant in by_what(list(mutants(of))).items()}


def test_real_mistakes_are_caught_and_by_what(tmp_path: Path) -> None:
    found = trials(tmp_path)
    caught = {what: trial.by for what, trial in found.items() if trial.outcome is Outcome.CAUGHT}
    assert caught["drop-lock: without lock guard"] == "both_count"
    assert caught["drop-unlock: without `unlock guard`"] in ("deadlock(Thread)", "lock_held_at_return(count_up)")
    assert caught["drop-free: without `free note`"] == "leak(Note)"
    assert "swap-sign: `seen - 1` for `seen + 1`" in caught
    assert caught["drop-assignment: without `total = seen + 1`"] == "both_count"


def test_what_no_property_asks_for_survives(tmp_path: Path) -> None:
    assert trials(tmp_path)["drop-assignment: without `note.written = true`"].outcome is Outcome.SURVIVED


def test_what_changes_no_step_is_the_same(tmp_path: Path) -> None:
    text = COUNTER.replace("    free note\n", "    atomic\n        total = total\n        free note\n")
    found = trials(tmp_path, text)
    assert found["drop-assignment: without `total = total`"].outcome is Outcome.SAME


WITH_A_WRONG_WAY = (
    COUNTER.replace(
        "param LOCKED = true\n",
        "param LOCKED = true\ninstance locked\n    LOCKED = true\ninstance torn\n    LOCKED = false\n",
    )
    .replace("    lock guard\n", "    if LOCKED\n        lock guard\n")
    .replace("    unlock guard\n", "    if LOCKED\n        unlock guard\n    else\n        done[self] = false\n")
    + "\nexpect violated\n    both_count when not LOCKED\n"
)


def test_a_mistake_in_what_is_known_to_be_wrong_says_nothing(tmp_path: Path) -> None:
    found = trials(tmp_path, WITH_A_WRONG_WAY)
    assert found["drop-assignment: without `done[self] = false`"].outcome is Outcome.SAME
    assert found["drop-lock: without lock guard"].by == "both_count"


def test_a_specification_that_is_always_expected_to_fail_is_not_tried(tmp_path: Path) -> None:
    with pytest.raises(NothingToLoseError, match="each instance"):
        trials(tmp_path, WITH_A_WRONG_WAY.replace("instance locked\n    LOCKED = true\n", ""))


def test_a_limit_is_no_verdict(tmp_path: Path) -> None:
    text = (
        COUNTER.replace("role Thread[2]", "role Thread[3]")
        .replace("total == 2", "total == 3")
        .replace("Note[2]", "Note[3]")
        .replace("total <= 2", "total <= 3")
    )
    of = program(tmp_path, text)
    bench = Bench(of, "counter.custody", Limits())
    bench.limits = Limits(max_states=3)
    harmless = by_what(list(mutants(of)))["drop-assignment: without `note.written = true`"]
    found = bench.try_out(harmless)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, "max-states 3")


def test_a_specification_that_fails_by_itself_is_not_tried(tmp_path: Path) -> None:
    with pytest.raises(NothingToLoseError):
        trials(tmp_path, COUNTER.replace("total == 2", "total == 1"))
