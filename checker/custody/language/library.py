"""Finding and reading the files of a specification; each is parsed once."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

from custody.language.diagnostic import Diagnostic, SpecError
from custody.language.parse import MAX_BYTES, parse
from custody.language.problems import Problems
from custody.language.syntax import Declaration, Use
from custody.system.place import Place

SUFFIX = ".custody"


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


class Library:
    """The files that one root specification may use, read and parsed on demand.

    Modules are looked for in the folder of the using file, then upwards to the root of the specification tree,
    then among the bundled ones.  No path may leave these.
    """

    def __init__(self, path: str, text: str | None = None, roots: Sequence[Path] = ()) -> None:
        self.path = path
        self._text = text
        self._root = tree_root(Path(path)) if text is None or Path(path).exists() else Path(path).resolve().parent
        self._roots = (self._root, bundled(), *(root.resolve() for root in roots))
        self._parsed: dict[str, tuple[Declaration, ...]] = {}
        self._texts: dict[str, str] = {}
        self._broken: dict[str, tuple[Diagnostic, ...]] = {}

    def declarations(self, file: str, problems: Problems) -> tuple[Declaration, ...]:
        """A fresh copy of the declarations of `file`; what could not be parsed is added to `problems`."""
        if file not in self._parsed:
            text = self._text if file == self.path and self._text is not None else read(file)
            self._texts[file] = text
            self._parsed[file], self._broken[file] = parse(file, text)
        problems.remember(file, self._texts[file])
        for diagnostic in self._broken[file]:
            problems.add(diagnostic)
        return copy.deepcopy(self._parsed[file])

    def trees(self) -> dict[str, tuple[Declaration, ...]]:
        """What was parsed so far, by file, the root first; not to be changed."""
        return dict(self._parsed)

    def changed(self, file: str, declarations: tuple[Declaration, ...]) -> Library:
        """The same library with other declarations in one of its files."""
        other = copy.copy(self)
        other._parsed = {**self._parsed, file: declarations}
        return other

    def texts(self) -> tuple[str, ...]:
        """The texts of the files that were read so far, the root first and the others by name."""
        return tuple(self._texts[file] for file in sorted(self._texts, key=lambda file: (file != self.path, file)))

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


def read(file: str) -> str:
    """The text of a specification file; SpecError when it cannot be read."""

    def fail(message: str) -> SpecError:
        return SpecError([Diagnostic(Place(file, 1), "file", message)])

    try:
        data = Path(file).read_bytes()
    except FileNotFoundError:
        raise fail("there is no such file") from None
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
