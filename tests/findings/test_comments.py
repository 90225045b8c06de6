"""Reasons are read from comments as authors write them."""

from __future__ import annotations

from findings.comments import reasons

TEXT = """\
# What differs, and why:
#   create        always puts the buffer (DB-FD-02)
#
# Rules that have no property here:
#   DB-FD-*, DB-EXP-01   the heap exports
#   DB-MMAP-02 to -04, -07   the core re-points vmas;
#                            there is no fault handler
#   DB-SGT-01 to DB-SGT-03
#                        no table is kept
#   DB-OWN, DB-LOCK-01, -03
#                        there are no such things
#   GX-W-06, first half  up to the caller

param DEVICES = 2
"""


def test_lists_ranges_and_families() -> None:
    found = reasons(TEXT)
    assert found["DB-FD-05"] == found["DB-EXP-01"] == "The heap exports"
    assert {name for name in found if name.startswith("DB-MMAP")} == {f"DB-MMAP-0{n}" for n in (2, 3, 4, 7)}
    assert found["DB-MMAP-07"] == "The core re-points vmas; there is no fault handler"
    assert [name for name in found if name.startswith("DB-SGT")] == ["DB-SGT-01", "DB-SGT-02", "DB-SGT-03"]
    assert found["DB-OWN-05"] == found["DB-LOCK-03"] == "There are no such things"
    assert "DB-LOCK-02" not in found and "DB-FD-02" in found
    assert found["GX-W-06"] == "Up to the caller"


def test_other_comments_give_no_reasons() -> None:
    assert reasons("# DB-FD-02 is kept.\n#   create   puts (DB-FD-02)\n") == {}
