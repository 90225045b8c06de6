"""What is said of an induction that fails, in terms that the presentation knows; nothing here computes anything."""

from __future__ import annotations

from dataclasses import dataclass

from custody.system.finding import Trace
from custody.system.model import Property


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`trace` begins in the state that nothing of `assumed` excludes, which need not be reachable, and ends where the
    property is violated.  `missing` are lemmas that exclude that state, in the words of the specification, those that
    can be pasted first; with them the property is kept by every step if they `suffice`."""

    property: Property
    trace: Trace
    assumed: tuple[str, ...]
    missing: tuple[str, ...]
    suffice: bool
    differs: tuple[int, ...]
    """The variables by which the first of its states differs from a first state of the system."""
