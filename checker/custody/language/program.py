"""A specification that was read and checked, whoever did that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from custody.language.diagnostic import Diagnostic
from custody.language.library import Library


@dataclass(frozen=True, slots=True)
class Program:
    """A checked specification. `name` and `doc` are its header's; `warnings` do not stop anything."""

    name: str
    file: str
    doc: str
    kind: str
    has_properties: bool
    warnings: tuple[Diagnostic, ...]
    library: Library

    @property
    def digest(self) -> str:
        """The fingerprint of the texts of the specification and of all modules that it uses."""
        found = hashlib.sha256()
        for text in sorted(digest for _, digest in self.library.sources().texts):
            found.update(text.encode())
        return "sha256:" + found.hexdigest()
