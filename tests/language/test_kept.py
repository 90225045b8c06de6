"""What is kept is what would be made anew, and is only used where nothing that it depends on has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from custody.language import LimitError, SpecError, elaborate, kept
from custody.language.declare import World
from custody.language.fingerprint import fingerprint
from custody.language.library import bundled
from custody.system.model import System

ROOT = """\
model counter

use sizes

param LIMIT = 3 in 1..5

state
    n: size

action up
    when n < LIMIT
    n = n + 1

terminal n == LIMIT

invariant stays_within
    n <= LIMIT

instance small
    LIMIT = 2
instance large
    LIMIT = 5
"""
MODULE = "module sizes\n\ntype size: 0..6\n"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "sizes.custody").write_text(MODULE, encoding="utf-8")
    (tree / "deep" / "counter.custody").write_text(ROOT, encoding="utf-8")
    monkeypatch.chdir(tree)
    return tree


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was really read and unfolded, as it happens."""
    happened: list[str] = []
    loaded, instances = elaborate.load_from, elaborate.instances

    def watched_load(library: object) -> object:
        happened.append("read")
        return loaded(library)  # pyright: ignore[reportArgumentType]

    def watched_instances(*arguments: object) -> object:
        happened.append("unfolded")
        return instances(*arguments)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(elaborate, "load_from", watched_load)
    monkeypatch.setattr(elaborate, "instances", watched_instances)
    return happened


def systems(path: str = "deep/counter.custody", **settings: str) -> tuple[System, ...]:
    return kept.instances(kept.load(path), settings)


@pytest.mark.usefixtures("spec")
class TestSame:
    def test_the_second_time_nothing_is_read(self, read: list[str]) -> None:
        first = systems()
        assert read == ["read", "unfolded"]
        assert systems() == first
        assert systems() == elaborate.instances(elaborate.load("deep/counter.custody"), {})
        assert read == ["read", "unfolded", "read", "unfolded"], "the last one only"

    def test_expressions_are_one_object_again(self) -> None:
        first, second = systems(), systems()
        assert first[0].actions[0].guard is second[0].actions[0].guard

    def test_the_program_says_the_same(self) -> None:
        first, second = kept.load("deep/counter.custody"), kept.load("deep/counter.custody")
        fresh = elaborate.load("deep/counter.custody")
        for name in ("name", "file", "doc", "kind", "has_properties", "warnings"):
            assert getattr(first, name) == getattr(second, name) == getattr(fresh, name)
        assert fingerprint(first) == fingerprint(second) == fingerprint(fresh)
        assert list(second.library.trees()) == ["deep/counter.custody", "sizes.custody"]

    def test_settings_have_systems_of_their_own(self, read: list[str]) -> None:
        assert [len(systems()), len(systems(LIMIT="4"))] == [2, 1]
        assert dict(systems(LIMIT="4")[0].parameters) == {"LIMIT": 4}
        assert read == ["read", "unfolded", "unfolded"]


@pytest.mark.parametrize("name", ["dma_buf", "vb2"])
def test_specifications_that_come_with_custody(name: str, spec: Path) -> None:
    path = str(bundled() / f"{name}.custody")
    fresh = elaborate.instances(elaborate.load(path), {})
    assert systems(path) == fresh
    assert systems(path) == fresh
    assert spec.is_dir()


class TestChanges:
    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("sizes.custody", MODULE.replace("6", "7")),
            ("deep/sizes.custody", MODULE.replace("6", "7")),
            ("deep/counter.custody", ROOT.replace(": size", ": 0..7")),
        ],
        ids=["a module", "a module that is nearer", "the file itself"],
    )
    def test_texts_that_changed_are_read_again(self, file: str, text: str, spec: Path, read: list[str]) -> None:
        assert systems()[0].variables[0].domain.high == 6
        (spec / file).write_text(text, encoding="utf-8")
        assert systems()[0].variables[0].domain.high == 7
        assert read == ["read", "unfolded"] * 2

    def test_a_module_that_is_gone_is_missed(self, spec: Path) -> None:
        systems()
        (spec / "sizes.custody").unlink()
        with pytest.raises(SpecError, match="there is no module 'sizes'"):
            systems()

    def test_places_are_named_as_they_are_asked_for(self, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert systems()[0].actions[0].place.file == "deep/counter.custody"
        monkeypatch.chdir(spec / "deep")
        assert systems("counter.custody")[0].actions[0].place.file == "counter.custody"
        path = str(spec / "deep" / "counter.custody")
        assert systems(path)[0].actions[0].place.file == path

    def test_another_custody_does_not_use_it(
        self, spec: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        systems()
        monkeypatch.setattr(kept, "_custody", lambda: ("another",))
        systems()
        assert read == ["read", "unfolded"] * 2
        assert spec.is_dir()


class TestMistakes:
    def test_they_are_told_every_time(self, spec: Path) -> None:
        wrong = spec / "wrong.custody"
        wrong.write_text(ROOT.replace("n + 1", "m + 1"), encoding="utf-8")
        for _ in range(2):
            with pytest.raises(SpecError, match="unknown name 'm'"):
                kept.load("wrong.custody")
        program = kept.load("deep/counter.custody")
        for _ in range(2):
            with pytest.raises(SpecError, match="there is no parameter"):
                kept.instances(program, {"LIMITS": "3"})

    def test_what_is_too_large_stays_too_large(self, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = kept.load("deep/counter.custody")
        place = elaborate.instances(program, {})[0].actions[0].place

        def fails(*_arguments: object) -> None:
            raise LimitError(place, "too large")

        monkeypatch.setattr(elaborate, "instances", fails)
        for _ in range(2):
            with pytest.raises(LimitError):
                kept.instances(program, {})
        assert spec.is_dir()


def another(file: Path) -> None:
    file.write_bytes(b"not what its name says")


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def for_all_to_write(file: Path) -> None:
    file.chmod(0o666)


def a_link(file: Path) -> None:
    elsewhere = file.parent.parent / file.name
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


class TestTrust:
    @pytest.mark.parametrize("damage", [another, half, for_all_to_write, a_link], ids=lambda damage: damage.__name__)
    def test_what_somebody_else_may_have_written_is_made_again(
        self, damage: Callable[[Path], object], spec: Path, read: list[str]
    ) -> None:
        first = systems()
        for file in (spec.parent / "cache" / "custody" / "read").iterdir():
            damage(file)
        assert systems() == first
        assert read == ["read", "unfolded"] * 2
        assert systems() == first
        assert read == ["read", "unfolded"] * 2

    def test_nobody_else_can_read_it(self, spec: Path) -> None:
        systems()
        folder = spec.parent / "cache" / "custody" / "read"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
        assert len(list(folder.iterdir())) == 2

    def test_it_works_without_a_cache(self, spec: Path, read: list[str]) -> None:
        (spec.parent / "cache").write_text("no folder")
        assert systems() == systems()
        assert read == ["read", "unfolded"] * 2


def test_the_contract_of_several_instances_is_unfolded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    whole = elaborate.assemble

    def assemble(world: World, file: str) -> System:
        made.append(file)
        return whole(world, file)

    monkeypatch.setattr(elaborate, "assemble", assemble)
    program = elaborate.load(str(bundled() / "udmabuf.custody"))
    systems = elaborate.instances(program, {})
    given = {system.implementation.contract.parameters for system in systems if system.implementation is not None}
    assert len(made) == len(given) < len(systems)
