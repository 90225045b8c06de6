"""Links from pictures lead to the file and line that they speak of, wherever the picture is written."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from custody.cli import run
from custody.present.draw.links import NO_LINKS, Links, is_base
from custody.system.place import NOWHERE, Place

PROTOCOLS = Path(__file__).parents[2] / "protocols"
PLACE = Place("spec/as posted/x.custody", 57)
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")


@pytest.mark.parametrize(
    ("links", "address"),
    [
        (Links("reports/traces"), "../../spec/as%20posted/x.custody#L57"),
        (Links("."), "spec/as%20posted/x.custody#L57"),
        (Links(".", "https://e.org/c/blob/main/"), "https://e.org/c/blob/main/spec/as%20posted/x.custody#L57"),
        (Links("", "https://e.org/c/{file}?h=x#n{line}"), "https://e.org/c/spec/as%20posted/x.custody?h=x#n57"),
        (NO_LINKS, ""),
    ],
)
def test_the_address_of_a_line(links: Links, address: str) -> None:
    assert links.to(PLACE) == address


def test_what_is_nowhere_has_no_address() -> None:
    assert Links("reports").to(NOWHERE) == ""


def test_a_file_elsewhere_is_named_by_its_last_two_parts() -> None:
    bundled = Place("/usr/lib/python3/site-packages/custody/spec/dma_buf.custody", 3)
    assert Links("", "https://e.org").to(bundled) == "https://e.org/spec/dma_buf.custody#L3"


@pytest.mark.parametrize(("text", "good"), [("https://e.org", True), ("../x", True), ("javascript:alert(1)", False)])
def test_only_files_and_pages_can_be_led_to(text: str, good: bool) -> None:
    assert is_base(text) is good


def addresses(svg: str) -> list[str]:
    """The addresses of all links; ParseError where it is not XML."""
    names = ("href", "{http://www.w3.org/1999/xlink}href")
    return [value for part in ET.fromstring(svg).iter() for name in names if (value := part.get(name)) is not None]


VIEWS = [
    ("philosophers", "trace"),
    pytest.param("philosophers", "lifecycle", marks=needs_dot),
    pytest.param("philosophers", "locks", marks=needs_dot),
    pytest.param("ticket", "graph", marks=needs_dot),
    pytest.param("german", "layers", marks=needs_dot),
]


@pytest.mark.parametrize(("model", "view"), VIEWS)
def test_every_view_links_to_lines_that_are_there(tmp_path: Path, model: str, view: str) -> None:
    spec = PROTOCOLS / f"{model}.custody"
    target = tmp_path / "deep" / "picture.svg"
    target.parent.mkdir()
    assert run(["draw", str(spec), "--view", view, "-o", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    found = addresses(text)
    assert found
    lines = spec.read_text(encoding="utf-8").splitlines()
    for address in found:
        parts = urlsplit(unescape(address))
        assert (target.parent / unquote(parts.path)).resolve() == spec.resolve()
        assert lines[int(parts.fragment.removeprefix("L")) - 1].strip(), f"{address} is an empty line"
    # What a pointer is told stands beside the link.
    assert len(re.findall(r"<title>|xlink:title=", text)) >= len(found)


def test_links_lead_to_a_page_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "trace.svg"
    spec = str(PROTOCOLS / "philosophers.custody")
    arguments = ["draw", spec, "--view", "trace", "-o", str(target), "--source-url", "https://e.org/tree"]
    assert run(arguments) == 0
    found = addresses(target.read_text(encoding="utf-8"))
    assert found
    assert all(re.fullmatch(r"https://e\.org/tree/.*philosophers\.custody#L\d+", address) for address in found)


def test_an_address_of_no_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(PROTOCOLS / "philosophers.custody")
    assert run(["draw", spec, "-o", str(tmp_path / "x.dot"), "--source-url", "javascript:alert(1)"]) == 2
    assert "is no address of files" in capsys.readouterr().err
