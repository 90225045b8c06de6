"""Pairs of versions with a known meaning: each is classified right, and its witness is a run of one version only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from custody.change.compare import compare_paired, paired
from custody.change.effort import USUAL, Effort
from custody.change.replay import is_replayable, replay
from custody.change.result import Result
from custody.language import load
from support.corrections import REVERTED
from support.corrections_linux import OF_LINUX_DRIVERS
from support.pairs import PAIRS, Edit

SECONDS = 300.0
"""For each wide pair; what it loses is found by then, though not everything else that differs."""


def compared(tmp_path: Path, edit: Edit) -> Result:
    """What the comparison says about the edit, when the runs that it has to show have been tried again."""
    paths = edit.write(tmp_path)
    old, new = (load(str(path)) for path in paths)
    effort = Effort(seconds=SECONDS) if edit.wide else USUAL
    both = paired(old, new, edit.chosen)
    result, pairs = compare_paired(both, effort), both.pairs
    for change in filter(is_replayable, result.changes):
        if (change.id, change.subject) not in edit.changes:
            continue
        names = [name for name in change.instances if name in pairs] or list(pairs)
        tried = [replay(*pairs[name], change, hasty=not edit.wide) for name in names]
        assert any(found.there for found in tried), (change.id, change.subject, [found.words for found in tried])
    return result


def test_there_are_enough() -> None:
    assert len(PAIRS) >= 30


@pytest.mark.parametrize("edit", (*PAIRS, *REVERTED, *OF_LINUX_DRIVERS), ids=lambda edit: edit.name)
def test_classified(tmp_path: Path, edit: Edit) -> None:
    if edit.wide and "CUSTODY_WIDE" not in os.environ:
        pytest.skip("set CUSTODY_WIDE to compare wide pairs, too")
    result = compared(tmp_path, edit)
    assert edit.wide or not result.limits
    said = {(change.id, change.subject) for change in result.changes}
    assert set(edit.changes) <= said, said
    if "*" not in edit.besides:
        assert {change.id for change in result.changes} <= {name for name, _ in edit.changes} | {
            "COST-CHANGED",
            *edit.besides,
        }, said
    assert result.level is not None
    assert result.level.value == edit.level
