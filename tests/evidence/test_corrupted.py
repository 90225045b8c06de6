"""A recording that was corrupted by hand is rejected, or shown to be equivalent to what was recorded."""

from __future__ import annotations

import functools
import os
from collections import Counter

from custody.evidence.equivalence import compare
from custody.evidence.examine import Examined
from custody.evidence.follow import Answer
from support.corrupting import Corrupted, clean, corruptions
from support.recorded import examined

COUNT = int(os.environ.get("CUSTODY_CORRUPTIONS", "200"))
SEED = int(os.environ.get("CUSTODY_CORRUPTIONS_SEED", "6"))


@functools.cache
def original(name: str) -> Examined:
    return examined(clean(name))


def misuses(found: Examined) -> list[list[str]]:
    return sorted(
        [broken.clause.text for broken in finding.misuse.broken]
        for buffer in found.buffers
        for finding in buffer.findings
    )


def answer(corrupted: Corrupted) -> str:
    """How the corruption is noticed, or "unnoticed"."""
    found = examined(corrupted.text)
    if any(buffer.stopped for buffer in found.buffers):
        return "violation"
    if misuses(found) != misuses(original(corrupted.name)):
        return "misuse"
    if found.answer is Answer.INCOMPLETE:
        return "incomplete"
    if any(buffer.gaps for buffer in found.buffers):
        return "gap"
    return "equivalent" if compare(original(corrupted.name), found).equal else "unnoticed"


def test_every_corruption_is_noticed_or_makes_no_difference() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for corrupted in corruptions(COUNT, SEED):
        noticed = answer(corrupted)
        assert noticed != "unnoticed", corrupted.words
        counted[(corrupted.kind.split()[0], noticed)] += 1
        if "unmap" in corrupted.kind and corrupted.kind.startswith("doubled"):
            assert noticed == "violation", corrupted.words
    # The corruptions are worth something: most are rejected, and of each kind some are.
    rejected: Counter[str] = Counter()
    for (kind, noticed), count in counted.items():
        rejected[kind] += count if noticed in ("violation", "misuse", "incomplete", "gap") else 0
    assert all(rejected[kind] for kind in ("removed", "exchanged", "direction", "doubled"))
    assert sum(rejected.values()) * 2 > COUNT


def test_commuting_lines_of_different_tasks_are_shown_to_be_equivalent() -> None:
    text = clean("system-heap__concurrent_import_and_cpu")
    lines = text.splitlines(True)
    at = next(
        n
        for n in range(len(lines) - 1)
        if "work-185" in lines[n]
        and ": put: " in lines[n]
        and "work-186" in lines[n + 1]
        and ": heap_attach" in lines[n + 1]
    )
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    found = compare(original("system-heap__concurrent_import_and_cpu"), examined("".join(lines)))
    assert found.equal
    assert "same states" in found.reason


def test_a_recording_with_less_in_it_is_not_equivalent() -> None:
    lines = clean("system-heap__import_roundtrip").splitlines(True)
    found = compare(original("system-heap__import_roundtrip"), examined("".join(lines[:30])))
    assert not found.equal
