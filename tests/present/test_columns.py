"""Whatever is written fits the page, as far as that is possible, and nothing is lost of what may be wrapped."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from custody.present.columns import Column, Page, Row, cells, table, wrapped

PLAIN = Page(30)
WORDS = st.text(alphabet="ab cd\N{RIGHTWARDS ARROW}\N{CJK UNIFIED IDEOGRAPH-4E00}", max_size=60)


def lines(page: Page, columns: list[Column], rows: list[Row], indent: int = 0) -> list[str]:
    return list(table(page, columns, rows, indent))


def test_columns_are_as_narrow_as_may_be() -> None:
    columns = [Column("#", right=True), Column("who"), Column("what")]
    rows = [Row(("9", "a", "reads")), Row(("10", "bcd", ""))]
    assert lines(PLAIN, columns, rows, 2) == ["   #  who  what", "   9  a    reads", "  10  bcd"]


def test_no_titles_no_line_for_them() -> None:
    assert lines(PLAIN, [Column(), Column()], [Row(("a", "b"))]) == ["a  b"]


def test_the_widest_column_is_wrapped() -> None:
    rows = [Row(("1", "some words that do not fit in there", "here"))]
    found = lines(PLAIN, [Column(), Column(), Column()], rows)
    assert found == ["1  some words that do     here", "   not fit in there"]


def test_columns_that_do_not_wrap_are_cut_when_nothing_else_helps() -> None:
    rows = [Row(("a_long_name_indeed", "b " * 20))]
    found = lines(Page(16), [Column(wraps=False), Column()], rows)
    assert all(cells(line) <= 16 for line in found)
    assert found[0].startswith("a_long_n")
    assert "\N{HORIZONTAL ELLIPSIS}" in found[0]


def test_styles_are_those_of_the_row_the_cell_and_the_titles() -> None:
    page = Page(30, colour=True)
    found = lines(page, [Column("t"), Column()], [Row(("a", "b"), "bold red", first="green"), Row(("c", "d"))])
    assert found == ["\x1b[2mt\x1b[0m", "\x1b[32ma\x1b[0m  \x1b[1;31mb\x1b[0m", "c  d"]


def test_without_colour_there_is_none() -> None:
    assert PLAIN.styled("x", "bold red") == "x"
    assert list(PLAIN.paragraph("x", 2, "dim")) == ["  x"]


def test_long_words_are_broken() -> None:
    assert wrapped("a abcdefgh b", 3) == ["a", "abc", "def", "gh", "b"]


def test_lines_of_the_text_stay_lines() -> None:
    assert wrapped("a b\n\n  c", 10) == ["a b", "", "  c"]


def test_wide_signs_take_two_columns() -> None:
    assert cells("\N{CJK UNIFIED IDEOGRAPH-4E00}a") == 3
    assert cells("e\N{COMBINING ACUTE ACCENT}") == 1


@given(WORDS, st.integers(2, 20))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    found = wrapped(text, width)
    assert all(cells(line) <= width for line in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), st.integers(20, 60))
def test_tables_fit_and_lose_nothing(texts: list[tuple[str, str, str]], width: int) -> None:
    found = lines(Page(width), [Column(), Column(), Column()], [Row(row) for row in texts], 2)
    assert all(cells(line) <= width for line in found)
    assert sorted(re.sub(r"\s", "", "".join(found))) == sorted(re.sub(r"\s", "", "".join(map("".join, texts))))
