"""The page about growing instances."""

from __future__ import annotations

import json
from pathlib import Path

from findings.evidence import spec_fingerprint
from findings.largest import page
from findings.paths import ROOT

SPEC = "spec/partial_sync.custody"


def _rung(settings: str, complete: bool, limit: str | None = None, passes: bool = True) -> dict[str, object]:
    numbers = {"states": 1234, "transitions": 5678, "depth": 9}
    return {"settings": settings, "complete": complete, **numbers, "limit": limit, "passes": passes}


def _page(tmp_path: Path, fingerprint: str, *rungs: dict[str, object]) -> list[str]:
    file = tmp_path / "largest.json"
    file.write_text(json.dumps({SPEC: {"fingerprint": fingerprint, "rungs": rungs}}))
    return page(file, ROOT).splitlines()


def test_each_step_is_a_line_and_the_unfinished_one_is_no_success(tmp_path: Path) -> None:
    fingerprint = spec_fingerprint(ROOT / SPEC)
    small, large = _page(tmp_path, fingerprint, _rung("N=1", True), _rung("N=2", False, "time-out after 300 s"))[-2:]
    assert small == f"| {SPEC} | N=1 | 1,234 | 5,678 | 9 | yes | what it says now |"
    assert large == f"| {SPEC} | N=2 | 1,234 | 5,678 | 9 | unknown: time-out after 300 s | what it says now |"


def test_a_failure_and_another_version_are_told(tmp_path: Path) -> None:
    line = _page(tmp_path, "another", _rung("N=1", True, passes=False))[-1]
    assert line.endswith("| **no** | **an earlier version** |")


def test_nothing_measured_is_an_empty_table(tmp_path: Path) -> None:
    assert page(tmp_path / "none.json", ROOT).splitlines()[-1].startswith("|---")
