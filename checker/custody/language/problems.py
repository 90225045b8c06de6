"""Collects complaints while a specification is read, each with the line it is about."""

from __future__ import annotations

import re
from collections import Counter

from custody.language.diagnostic import Diagnostic, Severity, SpecError
from custody.language.syntax import Node
from custody.system.place import Place

MAX_PROBLEMS = 50
"""After so many errors the rest is left out: the first ones are what to mend."""


class Problems:
    """The errors and warnings of one program, over all its files."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._words: dict[str, Counter[str]] = {}
        self._found: dict[Diagnostic, None] = {}

    def remember(self, file: str, text: str) -> None:
        """Keeps the text of `file`, to quote from."""
        self._lines[file] = text.splitlines()
        self._words.pop(file, None)

    def add(self, diagnostic: Diagnostic) -> None:
        self._found[diagnostic] = None

    def error(
        self, where: Node | Place, code: str, message: str, hint: str | None = None, length: int | None = None
    ) -> None:
        self.add(self._make(where, code, message, hint, length, Severity.ERROR))

    def warn(self, where: Node | Place, code: str, message: str, hint: str | None = None) -> None:
        self.add(self._make(where, code, message, hint, None, Severity.WARNING))

    def uses(self, file: str, word: str) -> int:
        """How often a word stands in the text of `file`, comments and strings left out."""
        if file not in self._words:
            # Once for all words: a file has hundreds that are asked for, and an editor asks after every change.
            code = (re.sub(r'"[^"]*"|#.*', "", line) for line in self._lines.get(file, []))
            self._words[file] = Counter(word for line in code for word in re.findall(r"\w+", line))
        return self._words[file][word]

    def line(self, place: Place) -> str:
        lines = self._lines.get(place.file, [])
        return lines[place.line - 1] if 0 < place.line <= len(lines) else ""

    def _make(
        self,
        where: Node | Place,
        code: str,
        message: str,
        hint: str | None,
        length: int | None,
        severity: Severity,
    ) -> Diagnostic:
        place = where.place if isinstance(where, Node) else where
        line = self.line(place)
        if length is None:
            # The word that starts there, so that the caret covers it.
            rest = line[place.column - 1 :]
            length = next((i for i, c in enumerate(rest) if not (c.isalnum() or c == "_")), len(rest)) or 1
        return Diagnostic(place, code, message, hint, length, severity, line)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self._found if d.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self._found if d.severity is Severity.WARNING)

    def raise_errors(self) -> None:
        """SpecError with what was found, if anything is an error."""
        if self.errors:
            raise SpecError(self.errors[:MAX_PROBLEMS])
