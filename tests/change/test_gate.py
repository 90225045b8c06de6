"""The gate over a real repository: which sides are compared, what is skipped, how trouble is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from custody.change.effort import Effort
from custody.change.gate import Outcome, gate
from custody.cli import run
from custody.language.diagnostic import SpecError
from support.pairs import CALL, CHOICE, LATE

MODULE = "module sides\n\ntype Mood: good | bad\n\nstate\n    mood: Mood\n\naction turn by user\n    mood = bad\n"
USER = """\
model user_of_sides

use sides

action cheer by user
    when mood == bad
    mood = good

terminal true
"""


class Repository:
    """A work tree with one specification, and one that uses a module."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Somebody")
        self.git("config", "user.email", "somebody@example.org")
        self.write("spec/queue.custody", CALL)
        self.write("spec/sides.custody", MODULE)
        self.write("spec/user.custody", USER + "invariant nothing\n    true\n")
        self.commit("begin")

    @staticmethod
    def at(root: Path) -> Repository:
        """One that is there already."""
        found = Repository.__new__(Repository)
        found.root = root
        found.git("config", "user.name", "Somebody")
        found.git("config", "user.email", "somebody@example.org")
        return found

    def git(self, *arguments: str) -> str:
        process = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return process.stdout.strip()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")


NARROWED = CALL.replace(
    "requires not asked[self] ", "requires not asked[self] and (forall c: Client . not asked[c]) "
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "work"
    root.mkdir()
    monkeypatch.chdir(root)
    return Repository(root)


def compared(against: str | None = None, *paths: str) -> Outcome:
    return gate(against, paths, Effort(), 1)


def ids(outcome: Outcome) -> dict[str, set[str]]:
    return {result.spec: {change.id for change in result.changes} for result in outcome.results}


def test_nothing_changed(repository: Repository) -> None:
    repository.write("README", "words")
    repository.commit("words only")
    outcome = compared()
    assert outcome.results == ()
    assert outcome.unchanged == 2
    assert "its parent" in outcome.between


def test_head_against_its_parent_where_the_tree_is_clean(repository: Repository) -> None:
    repository.write("spec/queue.custody", NARROWED)
    repository.commit("narrow")
    found = ids(compared())
    assert list(found) == ["spec/queue.custody"]
    assert "CALLER-NARROWED" in found["spec/queue.custody"]


def test_the_work_tree_against_head_where_it_is_dirty(repository: Repository) -> None:
    repository.write("spec/queue.custody", NARROWED)
    outcome = compared()
    assert "CALLER-NARROWED" in ids(outcome)["spec/queue.custody"]
    assert "with HEAD" in outcome.between
    # The index and the work tree are as they were.
    assert repository.git("status", "--porcelain") == "M spec/queue.custody"


def test_a_changed_module_changes_what_uses_it(repository: Repository) -> None:
    repository.write(
        "spec/sides.custody", MODULE.replace("    mood = bad\n", "    when mood == good\n    mood = bad\n")
    )
    assert ids(compared()) == {"spec/user.custody": {"BLOCKING-ADDED"}}


def test_words_alone_change_nothing(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write(
        "spec/sides.custody", MODULE.replace("module sides\n", 'module sides\n    "Two."\n# of a mood\n')
    )
    outcome = compared()
    assert (outcome.results, outcome.unchanged) == ((), 2)
    repository.write("spec/queue.custody", CALL.replace("busy: bool", "busy:  bool  # or not"))
    assert run(["gate"]) == 0
    told = capsys.readouterr().out
    assert "spec/queue.custody: queue: identical: no change of behaviour" in told
    assert "only comments, documentation or layout changed" in told
    # What is wrong in both versions is not called identical.
    wrong = CALL.replace("busy => served > 0", "bussy => served > 0")
    repository.write("spec/queue.custody", wrong)
    repository.commit("break it")
    repository.write("spec/queue.custody", wrong + "# or not\n")
    assert run(["gate"]) == 2
    assert "identical" not in capsys.readouterr().out


def test_what_is_named_is_compared_with_what_it_is_made_of(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = MODULE.replace("    mood = bad\n", "    when mood == good\n    mood = bad\n")
    repository.write("spec/sides.custody", changed)
    for named in ("spec/user.custody", "spec/sides.custody"):
        outcome = compared(None, named)
        assert ids(outcome) == {"spec/user.custody": {"BLOCKING-ADDED"}}
        assert "the work tree with HEAD" in outcome.between
    # What is dirty elsewhere is another matter.
    repository.commit("say when")
    repository.write("spec/queue.custody", NARROWED)
    outcome = compared(None, "spec/user.custody")
    assert ids(outcome) == {"spec/user.custody": {"BLOCKING-ADDED"}}
    assert "with its parent" in outcome.between
    assert run(["gate", "spec/nobody.custody"]) == 2
    assert "spec/nobody.custody: there is no specification in either version" in capsys.readouterr().out


def test_the_merge_base_is_the_old_side(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("spec/queue.custody", NARROWED)
    repository.commit("narrow")
    repository.git("checkout", "-q", "main")
    repository.write("spec/user.custody", USER.replace("cheer", "smile") + "invariant nothing\n    true\n")
    repository.commit("another change")
    repository.git("checkout", "-q", "topic")
    outcome = compared("main")
    assert list(ids(outcome)) == ["spec/queue.custody"]
    assert "where HEAD left main" in outcome.between


def test_a_merge_is_compared_with_its_first_parent(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("spec/queue.custody", NARROWED)
    repository.commit("narrow")
    repository.git("checkout", "-q", "main")
    repository.write("README", "words")
    repository.commit("words")
    repository.git("merge", "-q", "--no-edit", "topic")
    assert "CALLER-NARROWED" in ids(compared())["spec/queue.custody"]


def test_a_moved_file_goes_on(repository: Repository) -> None:
    repository.git("mv", "spec/queue.custody", "spec/line.custody")
    repository.write("spec/line.custody", NARROWED)
    repository.commit("move and narrow")
    outcome = compared()
    assert "CALLER-NARROWED" in ids(outcome)["spec/line.custody"]
    assert "it was spec/queue.custody" in outcome.results[0].how


def test_added_and_deleted_files(repository: Repository) -> None:
    repository.git("rm", "-q", "spec/queue.custody")
    repository.write("spec/other.custody", CALL.replace("contract queue", "contract other"))
    repository.commit("exchange")
    assert ids(compared()) == {"spec/queue.custody": {"SPEC-REMOVED"}, "spec/other.custody": {"SPEC-ADDED"}}


def test_a_module_that_is_gone(repository: Repository) -> None:
    """Whoever used it does not parse any more, or finds another of that name: it is said in any case."""
    repository.git("mv", "spec/sides.custody", "spec/moods.custody")
    assert "SPEC-REMOVED" not in {change for found in ids(compared()).values() for change in found}
    repository.git("rm", "-q", "-f", "spec/moods.custody")
    outcome = compared()
    assert ids(outcome) == {"spec/sides.custody": {"SPEC-REMOVED"}}
    assert "in the NEW version of spec/user.custody" in outcome.errors[0].message


def test_the_first_commit(repository: Repository) -> None:
    assert set(ids(compared())) == {"spec/queue.custody", "spec/user.custody"}


@pytest.mark.parametrize("broken", ["OLD", "NEW"])
def test_a_side_that_does_not_parse(repository: Repository, broken: str) -> None:
    wrong = CALL.replace("    served <= 2\n", "    served <=\n")
    repository.write("spec/queue.custody", wrong)
    repository.commit("break it")
    if broken == "OLD":
        repository.write("spec/queue.custody", CALL)
        repository.commit("mend it")
    [error] = compared().errors
    assert f"in the {broken} version of spec/queue.custody" in error.message
    assert error.place.file == "spec/queue.custody"
    assert run(["gate"]) == 2


def test_a_ref_that_is_not_there(repository: Repository) -> None:
    with pytest.raises(SpecError, match="there is no 'nowhere' in this repository"):
        compared("nowhere")
    assert run(["gate", "--against", "nowhere"]) == 2
    assert run(["gate", "--against", "--output=x"]) == 2


def test_a_shallow_clone_says_what_to_fetch(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("spec/queue.custody", NARROWED)
    repository.commit("narrow")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repository.root}", str(clone)], check=True)
    monkeypatch.chdir(clone)
    assert run(["gate"]) == 2
    assert "fetch-depth: 0" in capsys.readouterr().err


def test_what_a_submodule_holds_is_not_called_unchanged(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Repository(tmp_path_factory.mktemp("lib"))
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "lib")
    repository.commit("with a submodule")
    repository.write("note", "of nothing")
    assert run(["gate", "--against", "HEAD"]) == 0
    repository.write("lib/spec/queue.custody", NARROWED)
    assert run(["gate", "--against", "HEAD"]) == 3
    told = capsys.readouterr()
    assert "lib is a submodule that changed" in told.err + told.out
    assert "identical" not in told.out.splitlines()[-1]
    Repository.at(repository.root / "lib").git("commit", "-q", "-a", "-m", "narrow")
    repository.commit("the submodule goes on")
    assert run(["gate"]) == 3


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match="no git repository"):
        compared()


def test_an_unchanged_comparison_costs_nothing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("spec/queue.custody", NARROWED)
    first = compared()

    def never(*_: object) -> None:
        raise AssertionError("it was compared again")

    monkeypatch.setattr("custody.change.gate.compare_programs", never)
    assert compared() == first


def test_exit_codes_and_the_baseline(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write("spec/queue.custody", NARROWED)
    assert run(["gate"]) == 1
    assert run(["gate", "--report-only"]) == 0
    entry = '[[accept]]\ncategory = "CALLER-NARROWED"\nspec = "spec/queue.custody"\nsubject = "ask"\n'
    repository.write("custody.toml", entry + 'reason = "agreed"\nexpires = 2999-01-01\n')
    assert run(["gate"]) == 0
    assert "accepted: agreed" in capsys.readouterr().out
    repository.write("custody.toml", entry + 'reason = "agreed"\nexpires = 2001-01-01\n')
    assert run(["gate"]) == 1
    assert "BASELINE-EXPIRED" in capsys.readouterr().out
    repository.write("custody.toml", '[severity]\nCALLER-NARROWED = "warning"\n')
    assert run(["gate"]) == 0
    repository.write("custody.toml", '[severity]\nCALLER-NAROWED = "warning"\n')
    assert run(["gate"]) == 2
    assert "did you mean CALLER-NARROWED?" in capsys.readouterr().err


def test_an_entry_that_covers_nothing(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    entry = '[[accept]]\ncategory = "CALLER-NARROWED"\nspec = "spec/queue.custody"\nsubject = "ask"\n'
    repository.write("custody.toml", entry + 'reason = "agreed"\nexpires = 2999-01-01\n')
    assert run(["gate"]) == 0
    assert "BASELINE-UNUSED" in capsys.readouterr().out


def test_limits_exit_with_3(repository: Repository) -> None:
    """A choice made later is no change, but takes more than steps side by side to find out."""
    repository.write("spec/queue.custody", CHOICE)
    repository.commit("choose early")
    repository.write("spec/queue.custody", LATE)
    assert run(["gate", "--max-states", "2"]) == 3
    assert run(["gate"]) == 0


INSTANCES = CALL.replace(
    "param LIMIT = 1", "param LIMIT = 1\ninstance one\n    LIMIT = 1\ninstance two\n    LIMIT = 2"
).replace("role Client[2]", "role Client[LIMIT]")


def test_large_instances_are_left_to_a_wide_run(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("spec/queue.custody", INSTANCES)
    repository.commit("two instances")
    changed = INSTANCES.replace(
        "    or fails EBUSY\n        when busy\n", "    or fails EBUSY\n        when not busy\n"
    )
    repository.write("spec/queue.custody", changed.replace("    busy = false\n", "    busy = not busy\n"))
    monkeypatch.setattr("custody.change.effort.SHALLOW", 4)
    monkeypatch.setattr("custody.change.effort.SHALLOW_PAIRS", 0)
    assert run(["gate", "--no-cache"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "left to --wide: two: it is large, and what was found in smaller ones closes the gate already" in told
    assert "one: compared exactly" in told
    # What is accepted closes nothing, and hides nothing that comes after it.
    entry = '[[accept]]\ncategory = "{}"\nspec = "spec/queue.custody"\nsubject = "*"\nreason = "agreed"\n'
    closing = ("OUTCOME-ADDED", "PROMISE-WEAKENED", "VERDICT-LOST", "PROGRESS-LOST", "CALLER-NARROWED")
    accepted = "".join(entry.format(name) + "expires = 2999-01-01\n" for name in closing)
    repository.write("custody.toml", accepted)
    assert run(["gate", "--no-cache"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "left to --wide: two" in told
    assert "closes the gate already" not in told
    assert "BASELINE-UNUSED" not in told
    repository.write("custody.toml", "")
    assert run(["gate", "--no-cache", "--wide"]) == 1
    assert "left to --wide" not in capsys.readouterr().out
    # Where nothing is settled of the smallest one either, nothing sounds complete.
    monkeypatch.setattr("custody.change.effort.SHALLOW", 1)
    monkeypatch.setattr("custody.change.instance.SMALL", 1)
    repository.write("spec/queue.custody", CHOICE)
    repository.commit("choose early")
    repository.write("spec/queue.custody", LATE)
    assert run(["gate", "--no-cache"]) == 3
    assert "no instance was compared to its end" in capsys.readouterr().out


def test_what_uses_a_module_is_compared_until_the_gate_is_known_to_close(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    user = USER + "invariant nothing\n    true\n"
    for number in range(5):
        repository.write(f"spec/user_{number}.custody", user.replace("model user_of", f"model user_{number}_of"))
    repository.commit("six that use it")
    changed = MODULE.replace("    mood = bad\n", "    when mood == good\n    mood = bad\n")
    repository.write("spec/sides.custody", changed)
    for again in ("--no-cache", "--verbose", "--verbose"):
        assert run(["gate", again, "--format", "ktap", "-o", "found.ktap", "--json", "found.json"]) == 1
        told = " ".join(capsys.readouterr().out.split())
        # All but the last two, which are not shorter than any other, and say so.
        assert told.count("BLOCKING-ADDED turn") == 4
        assert "spec/user_4.custody: user_4_of_sides: not compared left to --wide: every instance: what is" in told
        assert "4 specifications compared, 2 left to --wide, 1 unchanged" in told
    assert "# SKIP not compared" in Path("found.ktap").read_text(encoding="utf-8")
    found = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert [entry["verdict"] for entry in found["specifications"]].count("not compared") == 2
    # What closes nothing is no reason to stop.
    entry = '[[accept]]\ncategory = "BLOCKING-ADDED"\nspec = "spec/*"\nsubject = "*"\nreason = "agreed"\n'
    repository.write("custody.toml", entry + "expires = 2999-01-01\n")
    assert run(["gate"]) == 0
    assert "6 specifications compared, 1 unchanged" in " ".join(capsys.readouterr().out.split())
    repository.write("custody.toml", "")
    assert run(["gate", "--wide"]) == 1
    assert "6 specifications compared, 1 unchanged" in " ".join(capsys.readouterr().out.split())


def test_of_many_specifications_the_smallest_instances_are_compared(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("custody.change.effort.BRIEF", 3)
    names = [f"spec/queue_{number}.custody" for number in range(3)]
    for name in names:
        repository.write(name, INSTANCES)
    repository.commit("with two instances each")
    changed = INSTANCES.replace("    or fails EBUSY\n        when busy\n", "    or fails EBUSY\n")
    for name in names[:2]:
        repository.write(name, changed)
    assert run(["gate", "--no-cache"]) == 1
    assert "left to --wide" not in capsys.readouterr().out
    repository.write(names[2], changed)
    assert run(["gate", "--no-cache"]) == 1
    assert " ".join(capsys.readouterr().out.split()).count("left to --wide: two: ") == 3


def test_what_was_written_down_is_tried_again(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write("new.custody", NARROWED)
    assert run(["diff", "spec/queue.custody", "new.custody", "--json", "found.json"]) == 1
    capsys.readouterr()
    assert run(["diff", "spec/queue.custody", "new.custody", "--replay", "found.json"]) == 1
    assert "CALLER-NARROWED ask: OLD has the run" in capsys.readouterr().out
    # Of a version that is not narrowed nothing is left, and the other way round it is another change.
    assert run(["diff", "spec/queue.custody", "spec/queue.custody", "--replay", "found.json"]) == 0
    assert "gone: NEW has the run as well" in capsys.readouterr().out
    assert run(["diff", "new.custody", "spec/queue.custody", "--replay", "found.json"]) == 0
    repository.write("found.json", "{}")
    assert run(["diff", "spec/queue.custody", "new.custody", "--replay", "found.json"]) == 2
    assert "is not a comparison's JSON" in capsys.readouterr().err
