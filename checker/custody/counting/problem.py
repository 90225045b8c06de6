"""Why a system cannot be counted."""

from __future__ import annotations

from custody.system.place import NOWHERE, Place


class NotCountableError(Exception):
    """What counting cannot express, and where the specification says it."""

    def __init__(self, reason: str, place: Place = NOWHERE) -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place
