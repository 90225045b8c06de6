"""What the bench reads from the output of the peers."""

from __future__ import annotations

from benchmarks.run_peers import rumur_counts, spin_counts
from benchmarks.samples import Counts

MODEL = "/* SPIN counts 0 states, 1 transitions\n and 0 steps of depth more. */"
SPIN = """
State-vector 36 byte, depth reached 21, errors: 0
  8208385 states, stored
 94216163 states, matched
1.0242455e+08 transitions (= stored+matched)
"""


def test_large_numbers_that_spin_rounds() -> None:
    assert spin_counts(SPIN, MODEL, True) == Counts(8_208_385, 102_424_547, 21)


def test_rumur_says_it_in_xml() -> None:
    assert rumur_counts('<summary states="28593" rules_fired="114804" />') == Counts(28_593, 114_804, None)
