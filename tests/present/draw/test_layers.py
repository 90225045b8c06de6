"""The pictures of locks and of what uses what, as graphviz draws them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from custody.cli import run
from custody.language import load
from custody.language.uses import uses

ROOT = Path(__file__).parents[3]
UDMABUF = ROOT / "spec" / "as_posted" / "udmabuf.custody"
PHILOSOPHERS = ROOT / "tests" / "protocols" / "philosophers.custody"


def test_what_uses_what() -> None:
    found = uses(load(str(UDMABUF)))
    names = [Path(file).stem for file in found.files]
    assert names == ["udmabuf", "coherency"]
    assert "get_sg_table" in found.routines["begin_cpu_udmabuf"].calls
    assert found.routines["start_access"].by == "Thread"


def test_the_text_names_every_routine_that_is_called(tmp_path: Path) -> None:
    file = tmp_path / "layers.dot"
    assert run(["draw", str(UDMABUF), "--view", "layers", "-o", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert '"begin_cpu_udmabuf" -> "get_sg_table";' in text
    assert text.count("subgraph cluster_") == 2


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz (apt-get install graphviz)")
@pytest.mark.parametrize(("view", "spec"), [("layers", UDMABUF), ("locks", PHILOSOPHERS)])
def test_is_drawn_with_its_title(tmp_path: Path, view: str, spec: Path) -> None:
    file = tmp_path / "picture.svg"
    assert run(["draw", str(spec), "--view", view, "-o", str(file)]) == 0
    words = re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text(encoding="utf-8"))
    assert any("what uses what" in word or "the order of locks" in word for word in words)
    if view == "locks":
        assert "in a cycle" in words
