"""What is wrong with a text, said so that its author can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from custody.system.place import Place


class Severity(StrEnum):
    """An error stops the work; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint: a stable `code`, where, what, how many characters are meant, and what to do about it."""

    place: Place
    code: str
    message: str
    hint: str | None = None
    length: int = 1
    severity: Severity = Severity.ERROR
    source_line: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {self.severity}: {self.message}{hint} [{self.code}]"


class SpecError(Exception):
    """A specification that cannot be used; carries every complaint found, in the order of the text."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(set(diagnostics), key=lambda d: (d.place, d.code, d.message)))
        super().__init__("\n".join(map(str, self.diagnostics)))


class LimitError(Exception):
    """A specification within the rules that is too large to unfold; says which limit, and where."""

    def __init__(self, place: Place, message: str) -> None:
        self.place = place
        self.reason = message
        super().__init__(f"{place}: {message}")
