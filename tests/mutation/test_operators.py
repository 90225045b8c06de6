"""Each operator makes its mistake everywhere it can be made, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from custody.language import SpecError, instances
from custody.mutation.operators import OPERATORS, mutants
from support.mutants import COUNTER, all_mutants, program


def test_every_kind_of_step_is_mistaken(tmp_path: Path) -> None:
    found = all_mutants(tmp_path)
    for expected in (
        "drop-lock: without lock guard",
        "drop-unlock: without `unlock guard`",
        "drop-free: without `free note`",
        "drop-assignment: without `total = seen + 1`",
        "swap-sign: `seen - 1` for `seen + 1`",
        "reorder: `seen = total` before `lock guard`",
        "reorder: `total = seen + 1` before `seen = total`",
    ):
        assert expected in found


def test_what_is_asked_of_callers_and_of_the_environment_stays(tmp_path: Path) -> None:
    found = all_mutants(tmp_path)
    assert not [what for what in found if "done[self]`" in what or "total > 0" in what or "too many" in what]


def test_what_parameters_decide_stays(tmp_path: Path) -> None:
    text = COUNTER.replace("    lock guard\n", "    if LOCKED and total < 4\n        skip\n    lock guard\n")
    found = all_mutants(tmp_path, text)
    assert "drop-guard: without `total < 4` in `LOCKED and total < 4`" in found
    assert "drop-guard: without `LOCKED` in `LOCKED and total < 4`" not in found


def test_a_mutant_differs_from_its_specification_and_leaves_it_alone(tmp_path: Path) -> None:
    original = program(tmp_path)
    before = instances(original, {})[0]
    different = 0
    for mutant in mutants(original):
        try:
            different += instances(mutant.program, {})[0].actions != before.actions
        except SpecError:
            different += 1
    assert different > 10
    assert instances(original, {})[0].actions == before.actions


def test_keys_are_unique_and_survive_moving_lines(tmp_path: Path) -> None:
    keys = [mutant.key for mutant in mutants(program(tmp_path))]
    assert len(keys) == len(set(keys))
    assert all(key.split(":")[2] in OPERATORS for key in keys)
    moved = program(tmp_path, COUNTER.replace("state\n", "# A comment.\n\nstate\n"))
    assert [mutant.key for mutant in mutants(moved)] == keys


def test_steps_of_one_action_have_no_order(tmp_path: Path) -> None:
    text = COUNTER.replace("    guard: mutex\n", "    guard: mutex\n    low: bool\n    high: bool\n")
    text = text.replace("terminal", "action both\n    low = high\n    high = low\n\nterminal")
    assert not [what for what in all_mutants(tmp_path, text) if what.startswith("reorder") and "high" in what]
    in_order = text.replace(
        "    low = high\n    high = low\n", "    atomic\n        low = high\n        high = low\n"
    )
    assert "reorder: `high = low` before `low = high`" in all_mutants(tmp_path, in_order)


def test_a_lock_is_left_out_with_what_its_ways_out_do_with_it(tmp_path: Path) -> None:
    text = COUNTER.replace("    lock guard\n", "    lock guard\n        or interrupted\n            lock guard\n")
    found = all_mutants(tmp_path, text)["drop-lock: without lock guard"]
    (system,) = instances(found.program, {})
    assert not [
        action for action in system.actions if "lock guard" in action.label and "left out" not in action.label
    ]
