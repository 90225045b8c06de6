"""Which files a specification is made of: itself, the modules that it uses, the contract that it implements.

Found in the text, line by line: a file that does not parse has a place in the list, too, and looking is quick.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from custody.language.fingerprint import reads_alike
from custody.language.library import SUFFIX

_USE = re.compile(r'^use[ \t]+(?:"([^"\n]+)"|([A-Za-z_][A-Za-z0-9_]*))', re.MULTILINE)
_HEADER = re.compile(
    r"^(model|contract|module)[ \t]+([A-Za-z_][A-Za-z0-9_]*)(?:[ \t]+implements[ \t]+([A-Za-z_][A-Za-z0-9_]*))?",
    re.MULTILINE,
)
_PROPERTY = re.compile(
    r"^(invariant|never|transition|reachable|deadlock_free|eventually|leads_to|lemma|expect)\b", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says that it is; `kind` is empty where it does not say."""

    kind: str
    name: str
    implements: str | None
    checked: bool


def _alike(one: str, other: str) -> bool:
    return one == other or reads_alike(one, other)


class Tree:
    """The specifications of one version, by their paths from the root, with `/` between folders."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self._closures: dict[str, tuple[str, ...]] = {}

    def as_in(self, other: Tree) -> Tree:
        """The same with the other version's text of each file that reads alike there."""
        texts = {
            path: other.texts[path] if path in other.texts and _alike(text, other.texts[path]) else text
            for path, text in self.texts.items()
        }
        return Tree(texts)

    def header(self, path: str) -> Header:
        found = _HEADER.search(self.texts[path])
        checked = _PROPERTY.search(self.texts[path]) is not None
        if found is None:
            return Header("", PurePosixPath(path).stem, None, checked)
        return Header(found[1], found[2], found[3], checked)

    @property
    def roots(self) -> tuple[str, ...]:
        """What is compared by itself: every file that is no module, or that states something."""
        return tuple(path for path in sorted(self.texts) if self._is_root(self.header(path)))

    @staticmethod
    def _is_root(header: Header) -> bool:
        return header.kind != "module" or header.checked

    def closure(self, path: str) -> tuple[str, ...]:
        """The file and all that it is made of, each once, sorted behind the file itself."""
        if path not in self._closures:
            found: set[str] = set()
            stack = [path]
            while stack:
                here = stack.pop()
                if here not in found:
                    found.add(here)
                    stack += self._used(here)
            self._closures[path] = (path, *sorted(found - {path}))
        return self._closures[path]

    def without_contract(self, path: str) -> frozenset[str]:
        """The file and all that it is made of, but for the contract that it implements and what only that uses."""
        found = {path}
        for used in self._used(path, contract=False):
            found.update(self.closure(used))
        return frozenset(found)

    def _used(self, path: str, *, contract: bool = True) -> list[str]:
        text = self.texts[path]
        found: list[str | None] = []
        for match in _USE.finditer(text):
            found.append(self._by_path(path, match[1]) if match[1] else self.named(path, match[2]))
        implemented = self.header(path).implements if contract else None
        if implemented is not None:
            found.append(self.named(path, implemented))
        return [name for name in found if name is not None]

    def _by_path(self, path: str, wanted: str) -> str | None:
        parts: list[str] = list(PurePosixPath(path).parent.parts)
        for part in PurePosixPath(wanted).parts:
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            else:
                parts.append(part)
        joined = "/".join(parts)
        return joined if joined in self.texts else None

    def named(self, path: str, name: str) -> str | None:
        """The module of that name as the file sees it: in its folder, or in one above."""
        folder = PurePosixPath(path).parent
        for place in (folder, *folder.parents):
            candidate = str(place / f"{name}{SUFFIX}").removeprefix("./")
            if candidate in self.texts:
                return candidate
        return None

    def digest(self, path: str) -> str:
        """The content of everything that the file is made of, as one number; where the files are does not count."""
        made_of = self.closure(path)
        texts = [self.texts[made_of[0]], *sorted(self.texts[used] for used in made_of[1:])]
        return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
