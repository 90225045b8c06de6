"""Finding and reading the files of a specification; each is parsed once."""

from __future__ import annotations

import copy
import difflib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.cache import digest
from custody.language.diagnostic import Diagnostic, SpecError
from custody.system.place import Place

if TYPE_CHECKING:
    # What parses is imported when there is something to parse.
    from custody.language.problems import Problems
    from custody.language.symbols import Constant
    from custody.language.syntax import Declaration, Use
    from custody.system.model import System

SUFFIX = ".custody"

MAX_BYTES = 1 << 20
"""The largest specification file, in bytes."""


def bundled() -> Path:
    """The folder of the specifications that come with Custody: in the package, or in a checkout beside it."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "spec"
    return inside if inside.is_dir() else package.parent.parent / "spec"


def tree_root(file: Path) -> Path:
    """The topmost folder above `file` that is reached through folders with specifications in them."""
    root = file.resolve().parent
    while root.parent != root and any(root.parent.glob(f"*{SUFFIX}")):
        root = root.parent
    return root


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a specification was read from: the files by the names that reports use for them, in the order in which
    they were read, with the digests of their texts; and where modules were looked for, with what was found there."""

    texts: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str | None], ...]


class Library:
    """The files that one root specification may use, read and parsed on demand.

    Modules are looked for in the folder of the using file, then upwards to the root of the specification tree,
    then among the bundled ones.  No path may leave these.
    """

    def __init__(
        self, path: str, text: str | None = None, roots: Sequence[Path] = (), *, for_once: bool = False
    ) -> None:
        """`text` is what the file is taken to say. A library that is read `for_once` gives its trees away."""
        self.path = path
        self._for_once = for_once
        self._text = text
        self._root = tree_root(Path(path)) if text is None or Path(path).exists() else Path(path).resolve().parent
        self._roots = (self._root, bundled(), *(root.resolve() for root in roots))
        self._texts: dict[str, str] = {}
        self._places: dict[str, str | None] = {}
        self._parsed: dict[str, tuple[Declaration, ...]] = {}
        self._pickled: dict[str, bytes] = {}
        self._broken: dict[str, tuple[Diagnostic, ...]] = {}
        self._lent: dict[str, list[tuple[Declaration, ...]]] | None = None
        self._turns: dict[str, int] = {}
        self._known: Sources | None = None
        self.is_all = True
        """Whether `sources` is all that what was made of it depends on."""
        self.contracts: dict[tuple[str, tuple[tuple[str, Constant], ...]], System] = {}
        """What models of it were held against, by the contract's file and parameters."""

    def text(self, file: str) -> str:
        """The text of a file, as it was when it was first asked for; SpecError when it cannot be read."""
        if file not in self._texts:
            is_given = file == self.path and self._text is not None
            self._texts[file] = self._text if is_given and self._text is not None else read(file)
        return self._texts[file]

    def declarations(self, file: str, problems: Problems) -> tuple[Declaration, ...]:
        """A fresh copy of the declarations of `file`; what could not be parsed is added to `problems`."""
        self._parse(file)
        problems.remember(file, self._texts[file])
        for diagnostic in self._broken[file]:
            problems.add(diagnostic)
        if self._for_once:
            return self._parsed.pop(file)
        if self._lent is None:
            return self._copy(file)
        # A module that is used twice needs a tree for each.
        turn = self._turns[file] = self._turns.get(file, 0) + 1
        trees = self._lent.setdefault(file, [])
        if len(trees) < turn:
            trees.append(self._copy(file))
        return trees[turn - 1]

    def _copy(self, file: str) -> tuple[Declaration, ...]:
        if file not in self._pickled:
            self._pickled[file] = pickle.dumps(self._parsed[file], pickle.HIGHEST_PROTOCOL)
        # Many times as fast as `deepcopy`.
        return pickle.loads(self._pickled[file])

    def lending(self) -> Library:
        """The same library for one world after the other: what is checked anew is written over what was known of the
        same trees before. Before each world it has to be told to `begin`."""
        other = copy.copy(self)
        other._lent, other._turns = {}, {}
        return other

    def begin(self) -> None:
        """Nobody looks any more at the trees that were lent so far."""
        self._turns.clear()

    def trees(self) -> dict[str, tuple[Declaration, ...]]:
        """What the specification consists of, by file, the root first; not to be changed."""
        for file, _ in self._known.texts if self._known is not None else ():
            self._parse(file)
        return dict(self._parsed)

    def _parse(self, file: str) -> None:
        if file not in self._parsed:
            from custody.language.parse import parse

            self._parsed[file], self._broken[file] = parse(file, self.text(file))

    def folders(self) -> tuple[str, ...]:
        """Where its modules come from."""
        return (str(Path(self.path).resolve()), *map(str, self._roots))

    def sources(self) -> Sources:
        """What was read so far, or is known not to have changed since it was."""
        if self._known is not None and not self._parsed:
            return self._known
        texts = tuple((file, digest(self._texts[file])) for file in self._parsed)
        return Sources(texts, tuple(sorted(self._places.items())))

    def knows(self, sources: Sources) -> bool:
        """Whether these, which an earlier run read, still are what would be read; then they need not be."""
        try:
            same = all(digest(self.text(file)) == found for file, found in sources.texts) and all(
                _there(Path(place)) == found for place, found in sources.places
            )
        except (SpecError, OSError, ValueError):
            return False
        if same:
            self._known = sources
        return same

    def changed(self, file: str, declarations: tuple[Declaration, ...]) -> Library:
        """The same library with other declarations in one of its files."""
        other = copy.copy(self)
        other._parsed = {**self.trees(), file: declarations}
        other._pickled = {name: text for name, text in self._pickled.items() if name != file}
        other.is_all = False
        return other

    def find(self, use: Use, problems: Problems) -> str | None:
        """The file that `use` means, or None after a complaint."""
        here = Path(use.place.file).resolve().parent
        if use.is_path:
            wanted = Path(use.module)
            candidates = [here / wanted]
        else:
            wanted = Path(use.module + SUFFIX)
            folders = [here]
            while folders[-1] != self._root and self._root in folders[-1].parents:
                folders.append(folders[-1].parent)
            candidates = [folder / wanted for folder in (*folders, *self._roots)]
        for candidate in candidates:
            try:
                resolved = candidate.resolve()
                exists = resolved.is_file()
                self._places[str(candidate)] = str(resolved) if exists else None
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                problems.error(use, "missing", "this cannot be the name of a module", reason)
                return None
            if not any(root == resolved or root in resolved.parents for root in self._roots):
                problems.error(use, "outside", f"'{use.module}' lies outside the specification tree")
                return None
            if exists:
                return self._shown(resolved)
        folder = ", ".join(dict.fromkeys(str(self._shown(candidate.parent)) for candidate in candidates))
        problems.error(use, "missing", f"there is no module '{use.module}'", f"looked in {folder}")
        return None

    def _shown(self, path: Path) -> str:
        """The path as people know it: relative to the root file's folder as it was given, where that is possible."""
        base = Path(self.path).parent
        resolved = base.resolve()
        for up in range(len(self._root.parts), len(resolved.parts) + 1):
            prefix = Path(*resolved.parts[:up])
            if prefix == path or prefix in path.parents:
                hops = len(resolved.parts) - up
                shown = base
                for _ in range(hops):
                    shown = shown.parent if shown.name not in ("", "..") else shown / ".."
                return str(shown / path.relative_to(prefix))
        return str(path)


def _there(place: Path) -> str | None:
    """The file that is there, or that a link leads to."""
    resolved = place.resolve()
    return str(resolved) if resolved.is_file() else None


def read(file: str) -> str:
    """The text of a specification file; SpecError when it cannot be read."""

    def fail(message: str, hint: str | None = None) -> SpecError:
        return SpecError([Diagnostic(Place(file, 1), "file", message, hint=hint)])

    try:
        data = Path(file).read_bytes()
    except FileNotFoundError:
        raise fail("there is no such file", _near(Path(file))) from None
    except IsADirectoryError:
        raise fail("this is a folder, not a file") from None
    except (OSError, ValueError) as error:
        raise fail(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_BYTES:
        raise fail(f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "the text is not UTF-8"
        raise SpecError([Diagnostic(Place(file, line), "file", message)]) from None
    return text


def _near(missing: Path) -> str | None:
    """What may have been meant: a specification beside it with almost its name."""
    beside = sorted(other.name for other in missing.parent.glob(f"*{SUFFIX}"))
    near = difflib.get_close_matches(missing.name, beside, 1)
    return f"did you mean {missing.with_name(near[0])}?" if near else None
