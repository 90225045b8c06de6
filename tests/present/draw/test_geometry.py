"""In a browser no text of a picture lies over another, sticks out, is too small, or is crossed by an arrow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custody.cli import run
from support.measured import browsing, complaints, needs_chromium

ROOT = Path(__file__).parents[3]
REPORTS = ROOT / "reports"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
pytest.importorskip("selenium")
pytestmark = needs_chromium

QUICK = ("dma_buf", "ownership", "as_posted/ownership", "as_posted/kds", "linux_6_12/gntdev_import")
"""What is drawn anew by default; CUSTODY_WIDE=1 draws the maps of every specification, which takes many minutes."""


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


def test_the_pictures_of_the_reports(browser: Any, tmp_path: Path) -> None:
    files = sorted(REPORTS.rglob("*.svg"))
    assert len(files) > 100
    pictures = {file.stem: file.read_text(encoding="utf-8") for file in files}
    assert complaints(browser, pictures, tmp_path / "page.html") == []


def specifications() -> list[str]:
    known = sorted(str(file.relative_to(ROOT / "spec")) for file in (ROOT / "spec").rglob("*.custody"))
    return [name.removesuffix(".custody") for name in known] if os.environ.get("CUSTODY_WIDE") else list(QUICK)


@needs_dot
@pytest.mark.parametrize("view", ["lifecycle", "locks", "layers"])
def test_what_is_drawn_of_the_specifications(
    browser: Any, tmp_path: Path, view: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures: dict[str, str] = {}
    for name in specifications():
        file = tmp_path / f"{name.replace('/', '-')}-{view}.svg"
        code = run(["draw", f"spec:{name}", "--view", view, "-o", str(file)])
        if code:
            # A module has nothing to draw, and a very large graph says so.
            assert code in (2, 3), capsys.readouterr().err
        else:
            pictures[file.stem] = file.read_text(encoding="utf-8")
    assert pictures
    assert complaints(browser, pictures, tmp_path / "page.html") == []


def test_it_would_be_noticed(browser: Any, tmp_path: Path) -> None:
    text = '<text x="{}" y="{}" font-size="{}">{}</text>'
    spoilt = {
        "over": text.format(10, 30, 12, "one long text") + text.format(30, 32, 12, "another"),
        "out": text.format(150, 30, 12, "a text that sticks out"),
        "small": text.format(10, 30, 6, "tiny"),
        "crossed": text.format(10, 30, 12, "a label") + '<g class="edge"><path d="M0,26L200,26" fill="none"/></g>',
        "empty": "",
        "good": text.format(10, 30, 12, "one") + text.format(10, 46, 12, "two"),
    }
    pictures = {
        name: f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60" viewBox="0 0 200 60">{inside}</svg>'
        for name, inside in spoilt.items()
    }
    found = complaints(browser, pictures, tmp_path / "page.html")
    assert [line.partition(":")[0] for line in found] == ["over", "out", "small", "crossed", "empty"]
