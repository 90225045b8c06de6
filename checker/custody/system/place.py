"""Where a thing stands in a specification: every object that a person may ask about carries one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a source file; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __reduce__(self) -> tuple[type[Place], tuple[str, int, int]]:
        """Trees are copied by pickling them, and much of what they consist of are places: what a dataclass does by
        itself is slower."""
        return Place, (self.file, self.line, self.column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("", 0, 0)
