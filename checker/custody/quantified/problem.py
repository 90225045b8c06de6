"""Why a system has no form without a size."""

from __future__ import annotations

from custody.system.place import NOWHERE, Place


class NotUniformError(Exception):
    """What tells members apart, and where the specification says it."""

    def __init__(self, reason: str, place: Place = NOWHERE) -> None:
        super().__init__(reason)
        self.reason, self.place = reason, place
