"""State maps are compared as graphviz's text; the picture is drawn anew where that has changed, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from findings import maps
from findings.maps import Drawn, draw
from findings.paths import ROOT


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(maps, "MAPS", {"parts": Drawn("spec/partial_sync.custody", ("mapped", "line[0]"))})
    return tmp_path


def test_the_text_has_the_variables_that_were_asked_for(folder: Path) -> None:
    draw(folder)
    text = (folder / "parts.dot").read_text(encoding="utf-8")
    assert "told apart by mapped, line[0]" in text
    assert "<svg" in (folder / "parts.svg").read_text(encoding="utf-8")


def test_a_picture_of_the_same_text_stays_as_another_graphviz_drew_it(folder: Path) -> None:
    draw(folder)
    (folder / "parts.svg").write_text("drawn elsewhere", encoding="utf-8")
    draw(folder)
    assert (folder / "parts.svg").read_text(encoding="utf-8") == "drawn elsewhere"


def test_a_picture_of_another_text_is_drawn_again(folder: Path) -> None:
    draw(folder)
    (folder / "parts.svg").write_text("drawn elsewhere", encoding="utf-8")
    (folder / "parts.dot").write_text("digraph map {}\n", encoding="utf-8")
    draw(folder)
    assert "<svg" in (folder / "parts.svg").read_text(encoding="utf-8")
    assert "told apart by" in (folder / "parts.dot").read_text(encoding="utf-8")
