"""Lock-step against beliefs: what both settle they settle alike, and the plainest oracle of all agrees."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from custody.change.compare import paired
from custody.change.lockstep import Compared, compare_in_step
from custody.change.product import Comparison, Direction, compare
from custody.language import load
from custody.observe.label import SAME, Labels, Names, Seen, renamed, stepwise
from custody.observe.observer import Alphabet, Observer
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.finding import Limits
from custody.system.model import State, System
from support.edited_systems import pair_of
from support.pairs import CALL, CHOICE, PAIRS, STEPS

SEEDS = int(os.environ.get("CUSTODY_FUZZ", "1500")) // 50
TRACED = 3
"""How long the sequences of labels are that are compared one by one."""
QUICK = [
    *(edit for edit in PAIRS if edit.spec in (CALL, STEPS, CHOICE)),
    *[edit for edit in PAIRS if edit.spec == "dma_buf"][::4],
]


def in_step(old: System, new: System, names: Names, most: int | None = None) -> Compared | None:
    return compare_in_step(old, new, names, Limits(max_states=most, timeout=60))


def by_beliefs(old: System, new: System, names: Names) -> Comparison:
    split = stepwise(old) | stepwise(new, names)
    alphabet = Alphabet()
    return compare(Observer(old, alphabet, SAME, split), Observer(new, alphabet, names, split), time.monotonic() + 5)


def agree(compared: Compared | None, exact: Comparison, said: str = "") -> None:
    """All that was found is there; and it is all there is, where nothing is unsettled."""
    if compared is None:
        return
    found = {witness.difference.sort for witness in compared.witnesses}
    wanted = {difference.sort for difference in exact.differences}
    assert found <= wanted, said
    if not compared.unsettled:
        assert found == wanted, said


def test_agrees_on_known_changes(tmp_path: Path) -> None:
    """And settles most of them: lock-step is worth nothing if it leaves everything open."""
    settled = 0
    for number, edit in enumerate(QUICK):
        folder = tmp_path / str(number)
        folder.mkdir()
        old, new = (load(str(path)) for path in edit.write(folder))
        one, other = next(iter(paired(old, new, edit.chosen).pairs.values()))
        names = renamed(other, one)
        compared = in_step(one, other, names)
        agree(compared, by_beliefs(one, other, names), edit.name)
        settled += compared is not None and not compared.unsettled
    assert settled >= 0.8 * len(QUICK)


@settings(max_examples=SEEDS, deadline=None)
@example(467013)  # a step that is gone with either of its answers
@given(st.integers(0, 2**32))
def test_agrees_on_random_edits(seed: int) -> None:
    old, new = pair_of(seed)
    exact = by_beliefs(old, new, SAME)
    assume(exact.limit is None)
    compared = in_step(old, new, SAME)
    agree(compared, exact)
    only_old, only_new = _only(old, new)
    gone = any(d.direction is Direction.GONE and len(d.path) < TRACED for d in exact.differences)
    added = any(d.direction is Direction.ADDED and len(d.path) < TRACED for d in exact.differences)
    assert (gone, added) == (only_old, only_new)


@settings(max_examples=SEEDS, deadline=None)
@given(st.integers(0, 2**32))
def test_the_other_way_round_is_the_reverse(seed: int) -> None:
    old, new = pair_of(seed)
    forth, back = by_beliefs(old, new, SAME), by_beliefs(new, old, SAME)
    # Systems of a few states can have more beliefs than fit a machine.
    assume(forth.limit is None and back.limit is None)
    turned = {Direction.GONE: Direction.ADDED, Direction.ADDED: Direction.GONE}
    assert {d.sort for d in forth.differences} == {(turned[d.direction], *d.sort[1:]) for d in back.differences}


@pytest.mark.parametrize("seed", range(3))
def test_z3_goes_on_where_there_are_too_many_states(seed: int) -> None:
    """With room for one pair of states z3 has to find, or to exclude, all the rest."""
    pairs = [pair for number in range(200) if (pair := pair_of(1000 * seed + number))[0] != pair[1]]
    used = 0
    for old, new in pairs[:3]:
        exact = by_beliefs(old, new, SAME)
        compared = in_step(old, new, SAME, most=1)
        agree(compared, exact)
        used += compared is not None and compared.by_z3
    assert used


# ------------------------------------------------------------------ the plainest oracle


def _only(old: System, new: System) -> tuple[bool, bool]:
    """Whether one version has a short sequence of labels that the other has not."""
    split = stepwise(old) | stepwise(new)
    mine, yours = _sequences(old, split), _sequences(new, split)
    return not mine <= yours, not yours <= mine


def _sequences(system: System, split: frozenset[str]) -> set[tuple[object, ...]]:
    """Every sequence of at most so many labels, by taking every step there is."""
    labels = Labels(system, SAME, split)
    found: set[tuple[object, ...]] = set()
    stack: list[tuple[State, int, tuple[object, ...]]] = [(state, -1, ()) for state in initial_states(system)]
    seen = set(stack)
    while stack:
        state, pending, told = stack.pop()
        found.add(told)
        following: list[tuple[State, int, tuple[object, ...]]] = []
        for index, action in enumerate(system.actions):
            if not evaluate(action.guard, state) or pending not in (-1, index):
                continue
            if pending == index:
                following.append((fire(action, state), -1, (*told, labels.end(index, state).key)))
                continue
            broken = failed_check(action, state)
            if broken is not None:
                if len(told) < TRACED:
                    found.add((*told, labels.hazard(index, broken).key))
            elif labels.hidden[index]:
                following.append((fire(action, state), -1, told))
            elif labels.halves[index]:
                assert labels.of(index, state).seen is Seen.CALL
                following.append((state, index, (*told, labels.of(index, state).key)))
            else:
                following.append((fire(action, state), -1, (*told, labels.of(index, state).key)))
        for entry in following:
            if len(entry[2]) <= TRACED and entry not in seen:
                seen.add(entry)
                stack.append(entry)
    return found
