"""What was made at installation is used where it fits, and nothing depends on it."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from pathlib import Path

import pytest

from custody import made
from custody.explore import compiler, engine_library
from custody.explore.compiler import Build, Source
from custody.language import parse


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "FOLDER", tmp_path_factory.mktemp("installed") / "made")
        assert made.make()
        return made.FOLDER


@pytest.fixture(autouse=True)
def installed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "FOLDER", folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("with_graphs", [False, True])
def test_the_engine_need_not_be_compiled(with_graphs: bool, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(engine_library.texts(with_graphs))
    build = Build(source)
    assert build.is_ready
    assert build.path().parent == folder
    monkeypatch.setattr(compiler, "_processor", lambda: "another")
    other = Build(source)
    assert not other.is_ready or other.path().parent != folder
    other.stop()


def test_a_text_that_has_changed_is_compiled(folder: Path) -> None:
    texts = engine_library.texts(False)
    build = Build(Source({**texts, "engine.c": texts["engine.c"] + "\n"}))
    assert not build.is_ready or build.path().parent != folder
    build.stop()


def test_the_tables_are_read_and_not_made(folder: Path, tmp_path: Path) -> None:
    (table,) = folder.glob("grammar-*")
    before = table.read_bytes()
    parse.parser.cache_clear()
    assert parse.parser().parse("model a\n").children
    assert table.read_bytes() == before
    assert not (tmp_path / "cache").exists()


def test_tables_of_another_grammar_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_tables", lambda: "grammar-another")
    parse.parser.cache_clear()
    assert parse.parser().parse("model a\n").children
    kept = tmp_path / "cache" / "custody" / "grammar"
    assert [file.name for file in kept.iterdir()] == ["grammar-another"]
    assert kept.stat().st_mode & 0o777 == 0o700
    parse.parser.cache_clear()
