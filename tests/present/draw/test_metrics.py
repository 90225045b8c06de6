"""Text is measured as Helvetica is, and broken so that it fits, with nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.present.draw.metrics import room, width, wrap

NAMES = st.text(alphabet="abW_(.,: |→é", max_size=60)


@pytest.mark.parametrize(
    ("text", "bold", "units"),
    [
        ("", False, 0),
        ("i", False, 222),
        ("W", False, 944),
        ("i", True, 278),
        ("begin", False, 2446),
        ("→", True, 1000),
    ],
)
def test_widths_are_those_of_the_font(text: str, bold: bool, units: int) -> None:
    assert width(text, 1000, bold=bold) == units


def test_every_printable_letter_is_known() -> None:
    for bold in (False, True):
        assert all(width(chr(code), 1000, bold=bold) != 1000 for code in range(32, 127))


def test_lines_break_at_spaces_first() -> None:
    assert wrap("calls begin_cpu_access now", 100, 10) == ("calls", "begin_cpu_access", "now")


def test_names_break_behind_their_joints() -> None:
    assert wrap("dma_sync_sg_for_device(sg.table", 90, 10) == ("dma_sync_sg_for_", "device(sg.table")


def test_what_has_no_joint_breaks_anywhere() -> None:
    assert wrap("WWWWWW", 20, 10) == ("WW", "WW", "WW")


@given(NAMES, st.integers(20, 200), st.booleans())
def test_every_line_fits_and_nothing_is_lost(text: str, most: int, bold: bool) -> None:
    lines = wrap(text, most, 10, bold=bold)
    assert lines
    assert all(room(line, 10, bold=bold) <= most for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
