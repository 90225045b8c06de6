"""The comparison over a git range: every specification that changed, or that is made of something that did.

The old side is written from git's objects to a folder of its own, the new side is the work tree.  What is made of the
same texts on both sides is identical without being looked at.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from custody.change import cache
from custody.change.asked import asked, has_changes, is_below, require_there
from custody.change.compare import compare_contract, compare_programs
from custody.change.effort import Effort
from custody.change.history import Repository
from custody.change.judge import Measure
from custody.change.result import Change, Result
from custody.change.uses import Tree
from custody.language import LimitError, Program, SpecError, load
from custody.language.diagnostic import Diagnostic
from custody.language.library import SUFFIX
from custody.language.parse import MAX_BYTES, parser
from custody.system.place import Place

MANY = 2
"""More specifications than these are compared briefly on a request."""
WAVE = 4
"""So many of those that use a changed module are compared before it is asked whether that is enough; then twice as
many, and so on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the range means, specification by specification. `unchanged` were not looked at."""

    results: tuple[Result, ...]
    errors: tuple[Diagnostic, ...]
    unchanged: int
    between: str


@dataclass(frozen=True, slots=True)
class _Job:
    """One comparison: both files, the name for reports, and the name that the result is kept under."""

    spec: str
    old: str
    new: str
    key: str
    effort: Effort
    moved: str | None
    old_prefix: str
    only_contract: bool
    """Nothing changed but the contract that the model implements."""
    is_direct: bool
    """The file itself changed, and not only a module that it uses."""
    only_words: bool
    """Nothing changed but comments, documentation and layout."""
    size: int
    """Of all the texts that it is made of."""
    model: str
    measure: Measure | None

    def is_enough(self, change: Change) -> bool:
        """Whether nothing large has to be looked at any more."""
        return self.measure is not None and self.measure.closes(self.spec, change)

    def with_effort(self, effort: Effort) -> _Job:
        """The same comparison, which goes so far."""
        return replace(self, effort=effort, key=cache.key(self.key, repr(effort)))

    def left(self, why: str) -> Result:
        """What is said where nothing is compared."""
        return Result(self.spec, self.model, left=(f"every instance: {why}",))


def gate(
    against: str | None,
    paths: Sequence[str],
    effort: Effort,
    jobs: int,
    *,
    cached: bool = True,
    measure: Measure | None = None,
) -> Outcome:
    """Compares the work tree with `against`, or with HEAD, or HEAD with its parent; SpecError as `history` says.

    Of a specification with a change that closes the gate, by the `measure`, nothing large is compared on a request.
    """
    here = Path(paths[0]) if paths else Path.cwd()
    repository = Repository.around(here)
    wanted = [_from_root(repository, path) for path in paths] or _usual(repository)
    new = Tree(_work_tree(repository))
    commit, between = _old_side(repository, against, has_changes(repository, new, wanted))
    before = {} if commit is None else {p: i for p, i in repository.files(commit).items() if not _hidden(p)}
    with tempfile.TemporaryDirectory(prefix="custody-") as name:
        folder = Path(name).resolve()
        repository.write(before, folder)
        old = Tree({path: _text(folder / path) for path in before})
        require_there(paths, wanted, old, new)
        planned, results, unchanged = _plan(old, new, folder, repository, wanted, effort, measure)
        errors = [] if commit is None else _not_looked_into(repository, commit)
        for found in _compared(planned, jobs, cached=cached):
            if isinstance(found, Result):
                results.append(found)
            else:
                errors += found
    return Outcome(tuple(sorted(results, key=lambda r: r.spec)), tuple(errors), unchanged, between)


def _not_looked_into(repository: Repository, commit: str) -> list[Diagnostic]:
    """What is not known: specifications in submodules, whose history is not in this repository."""
    return [
        Diagnostic(
            Place(_shown(repository, path), 0),
            "submodule",
            f"{path} is a submodule that changed, and what its specifications mean was not compared",
            f"`cd {path} && custody gate --against {repository.submodule(commit, path) or 'COMMIT'}`",
        )
        for path in repository.changed_submodules(commit)
        if next((repository.root / path).rglob(f"*{SUFFIX}"), None) is not None
    ]


def _old_side(repository: Repository, against: str | None, is_dirty: bool) -> tuple[str | None, str]:
    if against is not None:
        base = repository.base(against)
        tip = repository.commit(against)
        how = "" if base == tip else f", where HEAD left {against}"
        return base, f"the work tree with {repository.describe(base)}{how}"
    head = repository.require_commit("HEAD")
    if is_dirty:
        return head, f"the work tree with HEAD ({repository.describe(head)})"
    parent = repository.parent()
    if parent is None:
        return None, "HEAD, the first commit, with nothing"
    return parent, f"HEAD ({repository.describe(head)}) with its parent ({repository.describe(parent)})"


def _usual(repository: Repository) -> list[str]:
    """What is meant where nothing is named: the folder `spec`, as with other commands, or everything."""
    return ["spec"] if (repository.root / "spec").is_dir() else [""]


def _from_root(repository: Repository, path: str) -> str:
    """The path as git knows it; a file that is gone from the work tree may be named, too."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays what it is in git
    root = repository.root
    for candidate in (absolute, absolute.resolve()):
        if candidate == root:
            return ""
        if root in candidate.parents:
            return candidate.relative_to(root).as_posix()
    raise SpecError([Diagnostic(Place(path, 0), "git", f"{path} is not in the repository {root}")])


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _text(path: Path) -> str:
    """The text, read so that one that is no text has a content, too: the language complains about it."""
    return path.read_bytes()[: MAX_BYTES + 1].decode("utf-8", "surrogateescape")


def _work_tree(repository: Repository) -> dict[str, str]:
    """The specifications that git knows or would add."""
    listed = repository.ask("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f"*{SUFFIX}") or ""
    found: dict[str, str] = {}
    for name in sorted(set(listed.split("\0")) - {""}):
        path = repository.root / name
        if path.is_file() and not path.is_symlink() and not _hidden(name):
            found[name] = _text(path)
    return found


def _plan(
    old: Tree,
    new: Tree,
    folder: Path,
    repository: Repository,
    wanted: list[str],
    effort: Effort,
    measure: Measure | None,
) -> tuple[list[_Job], list[Result], int]:
    """What has to be compared, what is known without that, and how much did not change."""
    before, after = asked(old, wanted), asked(new, wanted)
    gone = [path for path in before if path not in new.texts]
    pairs = {path: path for path in after if path in old.texts}
    results: list[Result] = []
    for path in after:
        if path in pairs:
            continue
        origin = _moved_from(path, gone, old, new)
        if origin is None:
            results.append(_alone("SPEC-ADDED", path, new, repository))
        else:
            gone.remove(origin)
            pairs[path] = origin
    lost = [path for path in _lost_modules(old, new) if any(is_below(path, name) for name in wanted)]
    results += [_alone("SPEC-REMOVED", path, old, repository) for path in (*gone, *lost)]
    jobs: list[_Job] = []
    unchanged = 0
    said = old.as_in(new)
    for path, origin in sorted(pairs.items()):
        one, other = old.digest(origin), new.digest(path)
        is_direct = old.texts[origin] != new.texts[path]
        only_words = said.digest(origin) == other and _same_places(said, new, origin, path)
        if only_words and (one == other or not is_direct):
            unchanged += 1
            continue
        spec = _shown(repository, path)
        moved = None if origin == path else _shown(repository, origin)
        jobs.append(
            _Job(
                spec=spec,
                old=str(folder / origin),
                new=spec,
                key=cache.key(one, other, spec, moved or "", repr(measure)),
                effort=effort,
                moved=moved,
                old_prefix=f"{folder}{os.sep}",
                only_contract=moved is None and _same_model(old, new, path),
                is_direct=is_direct,
                only_words=only_words,
                size=sum(len(new.texts[used]) for used in new.closure(path)),
                model=new.header(path).name,
                measure=measure,
            )
        )
    brief = not effort.wide and sum(not job.only_contract for job in jobs) > MANY
    return [job.with_effort(replace(effort, brief=brief)) for job in jobs], results, unchanged


def _lost_modules(old: Tree, new: Tree) -> list[str]:
    """The modules that are gone and not moved: another of the name, such as Custody's own, may be found now."""
    added = [new.header(path) for path in new.texts if path not in old.texts]
    return [
        path
        for path in old.texts
        if path not in new.texts
        and path not in old.roots
        and not any((other.kind, other.name) == ("module", old.header(path).name) for other in added)
    ]


def _same_model(old: Tree, new: Tree, path: str) -> bool:
    """Whether what changed is nothing but the contract that the model implements."""
    if new.header(path).implements is None:
        return False
    made_of = new.without_contract(path)
    return made_of == old.without_contract(path) and all(old.texts[p] == new.texts[p] for p in made_of)


def _same_places(old: Tree, new: Tree, origin: str, path: str) -> bool:
    """Whether both are made of files of the same names, or of no others at all."""
    one, other = old.closure(origin), new.closure(path)
    return len(one) == len(other) == 1 or [Path(p).name for p in one] == [Path(p).name for p in other]


def _moved_from(path: str, gone: Sequence[str], old: Tree, new: Tree) -> str | None:
    """The file that is gone and goes on under this path: of the same header, and the most alike."""
    header = new.header(path)
    text = new.texts[path]
    same = [c for c in gone if old.texts[c] == text]
    if same:
        return same[0]
    candidates = [c for c in gone if header.kind and old.header(c).kind == header.kind]
    candidates = [c for c in candidates if old.header(c).name == header.name]
    return max(
        candidates, key=lambda c: difflib.SequenceMatcher(None, old.texts[c], text).quick_ratio(), default=None
    )


def _alone(id: str, path: str, tree: Tree, repository: Repository) -> Result:  # noqa: A002
    shown = _shown(repository, path)
    header = tree.header(path)
    what = "is new: there is nothing to compare it with" if id == "SPEC-ADDED" else "is gone"
    change = Change(id, header.name, f"{shown} {what}", shown, 1, harmed=("everyone",))
    return Result(shown, header.name, (change,))


def _shown(repository: Repository, path: str) -> str:
    """The path as the user would write it."""
    return os.path.relpath(repository.root / path)


def _compared(jobs: Sequence[_Job], workers: int, *, cached: bool) -> Iterator[Result | tuple[Diagnostic, ...]]:
    """What changed itself, and then what uses it, the shortest first, until the gate is known to close."""
    closing: str | None = None
    with _Workers(min(workers, len(jobs))) as at_work:
        for wave in _waves(jobs):
            if closing is not None:
                yield from (job.left(f"what is found in {closing} closes the gate already") for job in wave)
                continue
            known = {job.key: result for job in wave if cached and (result := cache.load(job.key)) is not None}
            # What takes longest comes first, so that nobody waits for it at the end.
            missing = sorted((job for job in wave if job.key not in known), key=lambda job: -job.size)
            fresh = dict(zip((job.key for job in missing), at_work.run(missing), strict=True))
            for job in wave:
                found = known.get(job.key) or fresh[job.key]
                if isinstance(found, Result):
                    if cached and job.key in fresh:
                        cache.store(job.key, found)
                    if closing is None and any(map(job.is_enough, found.changes)):
                        closing = job.spec
                yield found


def _waves(jobs: Sequence[_Job]) -> Iterator[Sequence[_Job]]:
    first = [job for job in jobs if job.is_direct or job.only_contract or job.effort.wide]
    yield first
    rest = sorted((job for job in jobs if job not in first), key=lambda job: (job.size, job.spec))
    count = WAVE
    while rest:
        yield rest[:count]
        rest, count = rest[count:], 2 * count


class _Workers:
    """Processes that compare, begun when there is more than one thing to do."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def run(self, jobs: Sequence[_Job]) -> Iterator[Result | tuple[Diagnostic, ...]]:
        """What comes of the jobs, in their order."""
        if len(jobs) < 2 or self._count < 2:
            return map(_work, jobs)
        if self._pool is None:
            # What is read here need not be read in each.
            parser()
            self._pool = ProcessPoolExecutor(self._count)
        return self._pool.map(_work, jobs)


def _work(job: _Job) -> Result | tuple[Diagnostic, ...]:
    """One comparison, in whichever process; what cannot be read on one side is said of that side."""

    def old() -> Program:
        with _side(job.moved or job.spec, "OLD", job):
            return load(job.old)

    try:
        with _side(job.spec, "NEW", job):
            new = load(job.new)
        if job.only_words:
            result = Result(job.spec, new.name, how=("only comments, documentation or layout changed",))
        elif job.only_contract and not job.effort.wide:
            result = compare_contract(old, new, job.effort, job.spec)
        else:
            result = compare_programs(old(), new, {}, job.effort, job.spec, job.is_enough)
    except SpecError as error:
        return tuple(error.diagnostics)
    except LimitError as error:
        message = str(error).removeprefix(f"{error.place}: ")
        return (Diagnostic(_place(error.place, job), "too-large", message),)
    changes = tuple(replace(change, file=_path(change.file, job)) for change in result.changes)
    rows = [tuple(replace(row, file=_path(row.file, job)) for row in change.rows) for change in changes]
    changes = tuple(replace(change, rows=shown) for change, shown in zip(changes, rows, strict=True))
    how = (f"it was {job.moved}", *result.how) if job.moved else result.how
    return replace(result, changes=changes, how=how)


@contextmanager
def _side(spec: str, side: str, job: _Job) -> Generator[None]:
    try:
        yield
    except SpecError as error:
        complaints = [
            replace(d, place=_place(d.place, job), message=f"{d.message} (in the {side} version of {spec})")
            for d in error.diagnostics
        ]
        raise SpecError(complaints) from None


def _path(file: str, job: _Job) -> str:
    return file.removeprefix(job.old_prefix)


def _place(place: Place, job: _Job) -> Place:
    return replace(place, file=_path(place.file, job))
