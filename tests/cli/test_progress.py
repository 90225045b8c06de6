"""A short run says nothing; a long one rewrites one line and leaves none behind."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from custody.cli import progress
from custody.cli.progress import Meter, line, meter
from custody.system.finding import Progress

LONG = Progress(states=1_234_567, transitions=9, depth=12, frontier=8_000, seconds=10.0, bytes=3 << 20)


def test_the_line_says_how_far() -> None:
    assert line(LONG) == "1,234,567 states, 123,457/s, frontier 8,000, depth 12, 3 MiB, 10 s"


def test_the_line_guesses_how_long_it_will_take_where_it_can() -> None:
    guess = replace(LONG, expected=2_469_134, most_bytes=1 << 30)
    assert line(guess) == line(LONG) + "; perhaps 2,469,134 in all, 10 s more"


def test_the_line_says_early_what_will_not_fit() -> None:
    guess = replace(LONG, expected=12_345_670, most_bytes=16 << 20)
    assert line(guess) == line(LONG) + "; perhaps 12,345,670 in all, which needs 30 MiB of 16 MiB"


def test_no_time_is_no_division_by_zero() -> None:
    assert "0/s" in line(Progress(1, 1, 0, 1, 0.0, 0))


def test_nothing_is_written_before_it_takes_long() -> None:
    stream = io.StringIO()
    found = Meter(stream)
    found(LONG)
    found.clear()
    assert stream.getvalue() == ""


def test_the_line_is_rewritten_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_AFTER", 0.0)
    monkeypatch.setattr(progress, "AGAIN_AFTER", 0.0)
    stream = io.StringIO()
    found = Meter(stream)
    found(LONG)
    found(LONG)
    found.clear()
    found.clear()
    blank = " " * len(line(LONG))
    assert stream.getvalue() == f"\r{line(LONG)}\r{line(LONG)}\r{blank}\r"


def test_nobody_watches_a_pipe() -> None:
    assert meter() is None
