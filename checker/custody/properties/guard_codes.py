"""What warnings about guards are called; `guards` finds them, which needs z3 and takes time to load."""

from __future__ import annotations

OVERLAP = "guards-overlap"
IMPLIED = "guard-implied"
GAP = "guards-gap"
DEAD = "guard-dead"

CODES = {
    OVERLAP: "Two alternatives that both have a condition can be taken in the same state: which one is left open.",
    IMPLIED: "An alternative can be taken whenever another can, which its condition hides.",
    GAP: "Each alternative has a condition, and there is a state in which none holds: the call cannot go on.",
    DEAD: "No values of the variables let this step happen.",
}
"""Each code with what it means."""
