"""What a system cannot be, to be written for another tool."""

from __future__ import annotations


class ExportError(ValueError):
    """The system, or a property asked for, has no equal in the other tool; the message says which and why."""
