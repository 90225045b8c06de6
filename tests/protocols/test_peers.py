"""The classic protocols in other tools' languages have the counts that README.md in this folder states.

The peers are written by hand from the literature, not exported: what they agree on with our specifications of the
same protocols, two people have written in two languages for two programs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.peers import Count, needs_rumur, needs_spin, run_rumur, run_spin

PEERS = Path(__file__).parent / "peers"

PROMELA = [
    ("peterson.pml", ("N=2",), Count(34, 62, 9, 0)),
    ("peterson.pml", ("N=3",), Count(705, 1725, 21, 0)),
    ("peterson.pml", ("N=4",), Count(14_844, 44_120, 36, 0)),
    ("ticket.pml", ("N=2",), Count(18, 28, 6, 0)),
    ("ticket.pml", ("N=3",), Count(93, 171, 10, 0)),
    ("ticket.pml", ("N=4",), Count(516, 1008, 14, 0)),
    ("alternating_bit.pml", (), Count(128, 344, 18, 0)),
    ("philosophers.pml", ("N=3",), Count(35, 75, 7, 1)),
    ("philosophers.pml", ("N=4",), Count(118, 340, 10, 1)),
    ("philosophers.pml", ("N=3", "POLITE"), Count(24, 46, 6, 0)),
    ("philosophers.pml", ("N=4", "POLITE"), Count(79, 208, 9, 0)),
]

MURPHI = [
    ("peterson.m", 3, Count(882, 2646, None, 0)),
    ("two_phase.m", 3, Count(288, 1145, None, 0)),
    ("two_phase.m", 5, Count(8832, 58_145, None, 0)),
    ("transaction_commit.m", 3, Count(34, 93, None, 0)),
    ("german.m", 2, Count(1461, 3864, None, 0)),
    ("german.m", 3, Count(27_513, 109_728, None, 0)),
    ("lifecycle.m", 3, Count(10_657, 82_047, None, 0)),
]


@needs_spin
@pytest.mark.parametrize(("name", "defines", "expected"), PROMELA)
def test_spin_counts(name: str, defines: tuple[str, ...], expected: Count) -> None:
    count = run_spin((PEERS / name).read_text(encoding="utf-8"), defines=defines)
    assert count == Count(expected.states, expected.transitions + 1, expected.depth, expected.errors)


@needs_rumur
@pytest.mark.parametrize(("name", "size", "expected"), MURPHI)
def test_rumur_counts(name: str, size: int, expected: Count) -> None:
    assert run_rumur((PEERS / name).read_text(encoding="utf-8"), size) == expected
