"""In what order mistakes are tried."""

from __future__ import annotations

import pytest

from findings.measure import scattered


@pytest.mark.parametrize("count", range(70))
def test_each_is_tried_once(count: int) -> None:
    assert sorted(scattered(count)) == list(range(count))


@pytest.mark.parametrize("tried", (2, 5, 8, 13, 20, 32))
def test_wherever_it_ends_no_part_was_left_out(tried: int) -> None:
    chosen = sorted(scattered(64)[:tried])
    gaps = [after - before for before, after in zip([-1, *chosen], [*chosen, 64], strict=True)]
    assert max(gaps) <= 2 * 64 // tried + 1
