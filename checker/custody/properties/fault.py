"""Faults of ours: what must never happen, and what to attach when it does.

A fault is never turned into a verdict.  Whoever catches one says so, saves the report and exits with 70.
"""

from __future__ import annotations


class InternalError(Exception):
    """Custody contradicts itself. `report` is the text to attach when reporting it."""

    def __init__(self, message: str, report: str = "") -> None:
        self.report = report
        super().__init__(message)


class ReplayError(InternalError):
    """An engine's trace is not a run of the system, or does not show what it is said to show."""


class UnsoundFindingError(InternalError):
    """An engine claims more than what it did can support."""


class DisagreementError(InternalError):
    """Two engines settle the same question differently."""
