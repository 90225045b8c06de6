"""An earlier version of a folder, read from git's objects; nothing here writes to the work tree or to the repository.

Every complaint says what to do: a version that cannot be read must not look like one in which nothing changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from custody.language.diagnostic import Diagnostic, SpecError
from custody.language.library import SUFFIX
from custody.system.place import Place

MINUTES = 2.0
"""How long a call of git may take."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree by its topmost folder."""

    root: Path

    @staticmethod
    def around(folder: Path) -> Repository:
        """The repository that `folder` is in; SpecError where there is none, or no git."""
        if shutil.which("git") is None:
            raise complaint("git is not installed", "install it, such as with `apt-get install git`")
        folder = folder.resolve()
        while not folder.is_dir():
            folder = folder.parent
        found = _git(folder, "rev-parse", "--show-toplevel")
        if found is None:
            message = f"{folder} is in no git repository, or git does not trust its owner"
            hint = "compare two files with `custody diff`; `git status` there says what git thinks"
            raise complaint(message, hint)
        return Repository(Path(found.strip()))

    def ask(self, *arguments: str) -> str | None:
        """What git says, or None where it fails."""
        return _git(self.root, *arguments)

    @property
    def is_shallow(self) -> bool:
        return (self.ask("rev-parse", "--is-shallow-repository") or "").strip() == "true"

    def commit(self, name: str) -> str | None:
        """The full id of the commit that `name` means."""
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return found.strip() if found else None

    def require_commit(self, name: str) -> str:
        """The same; SpecError with what to do about it."""
        found = self.commit(name)
        if found is None:
            if self.is_shallow:
                raise complaint(f"there is no '{name}' in this clone, which is shallow", self._deepen(name))
            raise complaint(
                f"there is no '{name}' in this repository", f"`git fetch origin {name}`, or see `git log`"
            )
        return found

    def base(self, name: str) -> str:
        """Where the work tree's branch left `name`: the merge base, which is `name` itself if it is an ancestor."""
        other = self.require_commit(name)
        head = self.require_commit("HEAD")
        found = self.ask("merge-base", "--", other, head)
        if not found:
            message = f"'{name}' and HEAD have no commit in common"
            if self.is_shallow:
                raise complaint(f"{message} in this clone, which is shallow", self._deepen(name))
            raise complaint(message, "name a commit that HEAD comes from")
        return found.strip()

    def parent(self) -> str | None:
        """HEAD's first parent, None where HEAD is the first commit; SpecError where the clone ends there."""
        head = self.require_commit("HEAD")
        found = self.commit("HEAD^1")
        if found is None:
            declared = self.ask("cat-file", "-p", head) or ""
            header = declared.split("\n\n", 1)[0].splitlines()
            if self.is_shallow or any(line.startswith("parent ") for line in header):
                raise complaint("the parent of HEAD is not in this clone, which is shallow", self._deepen("HEAD^"))
        return found

    def _deepen(self, name: str) -> str:
        return f"fetch the history that '{name}' is in: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow"

    def changed(self) -> list[str]:
        """The specifications in the work tree that are not those of HEAD, and those that are gone."""
        said = self.ask("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
        entries = (said or "").split("\0")
        names = [entry[3:] for entry in entries if len(entry) > 3]
        return [name for name in names if name.endswith(SUFFIX)]

    def files(self, commit: str) -> dict[str, str]:
        """The specifications of a commit: path from the root, and the id of the content."""
        listed = self.ask("ls-tree", "-r", "-z", "--full-tree", commit) or ""
        found: dict[str, str] = {}
        for entry in listed.split("\0"):
            about, tab, path = entry.partition("\t")
            if tab and path.endswith(SUFFIX) and about.split()[1] == "blob" and not about.startswith("120000"):
                found[path] = about.split()[2]
        return found

    def changed_submodules(self, commit: str) -> list[str]:
        """The submodules that are another version than in the commit, or that were changed in the work tree."""
        said = self.ask("diff-index", "--raw", "-z", "--no-renames", "--ignore-submodules=none", commit) or ""
        entries = said.split("\0")
        changed = zip(entries[::2], entries[1::2], strict=False)
        return [path for about, path in changed if "160000" in about.removeprefix(":").split()[:2]]

    def submodule(self, commit: str, path: str) -> str | None:
        """The version of a submodule that the commit has."""
        about = (self.ask("ls-tree", "--full-tree", commit, "--", path) or "").split()
        return about[2][:12] if about[:2] == ["160000", "commit"] else None

    def write(self, files: dict[str, str], folder: Path) -> None:
        """Writes the contents of these files below `folder`, which is no part of the repository."""
        names = list(files)
        wanted = "".join(f"{files[name]}\n" for name in names).encode()
        try:
            process = subprocess.run(
                ["git", "cat-file", "--batch"],
                cwd=self.root,
                input=wanted,
                capture_output=True,
                check=True,
                timeout=60 * MINUTES,
                env=_environment(),
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise complaint(f"git cannot read the objects: {error}", "`git fsck` says what is missing") from None
        rest = process.stdout
        for name in names:
            line, _, rest = rest.partition(b"\n")
            words = line.split()
            if len(words) != 3 or words[1] != b"blob":
                message = f"the content of {name} is not in this clone"
                raise complaint(message, "a partial clone has to fetch it: `git fetch --refetch`")
            size = int(words[2])
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(rest[:size])
            rest = rest[size + 1 :]

    def describe(self, commit: str) -> str:
        """A short name of a commit."""
        return (self.ask("rev-parse", "--short", commit) or commit).strip()


def complaint(message: str, hint: str) -> SpecError:
    """A request that cannot be met."""
    return SpecError([Diagnostic(Place("", 0), "git", message, hint)])


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        process = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=60 * MINUTES,
            env=_environment(),
        )
    except (subprocess.SubprocessError, OSError):
        return None
    if process.returncode:
        return None
    return process.stdout.decode("utf-8", "surrogateescape")


def _environment() -> dict[str, str]:
    """Git must ask nobody, change nothing, and speak the language that it is understood in."""
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
