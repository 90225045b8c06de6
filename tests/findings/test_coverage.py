"""Every rule of the contract is stated by each system, asked of its callers, or it is said why it is not."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from custody.rules import rule_ids
from findings.coverage import Coverage, coverage, page, read_reasons
from findings.paths import REASONS, ROOT
from findings.runs import Run, Subject, Verdict
from support.declared import declared_subjects

SUBJECTS = declared_subjects()


@pytest.mark.parametrize("name", SUBJECTS)
def test_of_every_rule_something_is_said(name: str) -> None:
    found = coverage(SUBJECTS[name], ROOT, read_reasons(REASONS))
    assert not found.open, f"add properties that state these rules, or reasons to {REASONS.relative_to(ROOT)}"


def test_reasons_are_of_systems_and_rules_that_there_are() -> None:
    reasons = read_reasons(REASONS)
    for name, patterns in reasons.items():
        assert [system for system in SUBJECTS if fnmatchcase(system, name)], name
        listed = {one.strip() for pattern in patterns for one in pattern.split(",")}
        exact = {one for one in listed if "*" not in one}
        assert exact <= rule_ids(), name
        if name in SUBJECTS:
            corrected = Subject(name, (), SUBJECTS[name].corrected or SUBJECTS[name].posted)
            unneeded = exact & set(coverage(corrected, ROOT, reasons).stated)
            assert not unneeded, f"{name}: these have properties, and need no reason"


def test_what_nobody_explains_is_open_and_shown(tmp_path: Path) -> None:
    spec = tmp_path / "a.custody"
    spec.write_text(
        "model a\n\nrole T is user\n\nstate\n    x: bool\n\naction go by T\n    requires not x [DB-FD-02]\n"
        "    x = true\n\nterminal x\n\ninvariant fine [DB-REF-01]\n    x or not x\n",
        encoding="utf-8",
    )
    run = Run("a.custody", "a", "", {}, 1, (Verdict("fine", "invariant", ("DB-REF-01",), False, "holds", None, {}),))
    found = coverage(Subject("a", (), (run,)), tmp_path, {"a": {"DB-MAP-*, DB-EXP-01": "None here."}})
    assert found.stated == {"DB-REF-01": ("fine",)}
    assert found.duties == {"DB-FD-02"}
    assert found.reasons["DB-MAP-03"] == "None here." == found.reasons["DB-EXP-01"]
    assert "DB-EXP-02" in found.open and "DB-MAP-03" not in found.open
    assert "**nothing is said of these**" in page([found])
    assert "nothing is said" not in page([Coverage("b", {}, rule_ids(), {})])
