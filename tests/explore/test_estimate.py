"""The guess of how much is still to come."""

from __future__ import annotations

import math

from custody.explore.estimate import states_in_all


def test_layers_that_rise_and_fall_are_guessed_well_before_the_middle() -> None:
    layers = [round(1_000_000 * math.exp(-(((k - 20) / 6) ** 2))) for k in range(41)]
    layers = [size for size in layers if size]
    guess = states_in_all(layers[: len(layers) // 2 - 3])
    assert guess is not None
    assert 0.8 * sum(layers) < guess < 1.25 * sum(layers)


def test_nothing_is_guessed_from_a_few_layers() -> None:
    assert states_in_all([1, 5, 20, 50, 70]) is None


def test_nothing_is_guessed_while_growth_does_not_slow_down() -> None:
    assert states_in_all([2**k for k in range(20)]) is None


def test_a_long_chain_has_no_end_in_sight() -> None:
    assert states_in_all([3] * 50) is None
