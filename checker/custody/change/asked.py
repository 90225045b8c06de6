"""Which specifications a request is about: what is named, what is in folders, and what is made of what is named."""

from __future__ import annotations

from collections.abc import Sequence

from custody.change.history import Repository
from custody.change.uses import Tree
from custody.language.diagnostic import Diagnostic, SpecError
from custody.system.place import Place


def is_below(path: str, wanted: str) -> bool:
    """Whether the path is the one that is wanted, or in that folder; the empty one is the root."""
    return not wanted or path == wanted or path.startswith(f"{wanted}/")


def asked(tree: Tree, wanted: Sequence[str]) -> list[str]:
    """What is compared: files, what is in folders, and what is made of one of these files."""
    return [path for path in tree.roots if any(is_below(path, name) or name in tree.closure(path) for name in wanted)]


def require_there(shown: Sequence[str], wanted: Sequence[str], old: Tree, new: Tree) -> None:
    """SpecError where something named is in neither version; `shown` are the names as they were given, if any."""
    for name, path in zip(shown, wanted, strict=False):
        if not any(is_below(known, path) for known in (*old.texts, *new.texts)):
            raise SpecError([Diagnostic(Place(name, 0), "path", "there is no specification in either version")])


def has_changes(repository: Repository, new: Tree, wanted: Sequence[str]) -> bool:
    """Whether what is compared, or what that is made of, is not in the work tree what it is in HEAD."""
    made_of = {used for path in asked(new, wanted) for used in new.closure(path)}
    return any(
        name in made_of or not (repository.root / name).exists() or any(is_below(name, path) for path in wanted)
        for name in repository.changed()
    )
