"""Pictures say what the graph and the trace say, in DOT that graphviz accepts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from custody.cli import run
from custody.graph.build import reachable
from custody.graph.quotient import project, telling_views
from custody.language import instances, load
from custody.present.draw.dot import map_dot
from custody.present.draw.lifecycle import lifecycle

SPEC = Path(__file__).parents[3] / "spec"
PROTOCOLS = Path(__file__).parents[2] / "protocols"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")

FAILING = """model light

state
    lamp: off | on | blown

action press by user
    when lamp != blown
    either
        when lamp == off
        lamp = on
    or fails EBUSY
        when lamp == on
        lamp = blown

terminal lamp == blown

never burns_out
    lamp == blown
"""


@pytest.fixture
def light(tmp_path: Path) -> Path:
    file = tmp_path / "light.custody"
    file.write_text(FAILING)
    return file


def test_the_state_map_has_every_state_and_every_way(light: Path) -> None:
    system = instances(load(str(light)), {})[0]
    graph = reachable(system)
    drawn = lifecycle(system, graph, project(system, graph, telling_views(system, graph, 12)), "light")
    dot = map_dot(drawn)
    assert re.findall(r'"n\d" \[label=<(\w+)', dot) == ["off", "on", "blown"]
    told = [(edge.source, edge.target, edge.ways[0].lines, edge.fails) for edge in drawn.edges]
    assert told == [("n0", "n1", ("user: press",), False), ("n1", "n2", ("user: press (EBUSY)",), True)]
    assert [line for line in dot.splitlines() if "style=dashed" in line] == [
        line for line in dot.splitlines() if '"n1" -> "n2"' in line
    ]
    assert re.search(r'"n2" \[label=<blown<BR/>.*burns_out.*peripheries=2.*octagon', dot)
    assert re.search(r'"to n0" -> "n0"', dot)


def test_the_same_input_gives_the_same_bytes(light: Path, tmp_path: Path) -> None:
    for name in ("a.dot", "b.dot"):
        assert run(["draw", str(light), "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.dot").read_bytes() == (tmp_path / "b.dot").read_bytes()


@needs_dot
@pytest.mark.parametrize("kind", ["svg", "png", "pdf", "dot"])
@pytest.mark.parametrize("view", ["lifecycle", "graph", "trace"])
def test_every_view_in_every_format(light: Path, tmp_path: Path, kind: str, view: str) -> None:
    target = tmp_path / f"picture.{kind}"
    assert run(["draw", str(light), "--view", view, "-o", str(target)]) == 0
    magic = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
    assert target.read_bytes().startswith(magic[kind])


@needs_dot
def test_the_chart_of_a_trace_marks_the_failing_step(tmp_path: Path) -> None:
    target = tmp_path / "trace.svg"
    path = str(PROTOCOLS / "philosophers.custody")
    assert run(["draw", path, "--view", "trace", "--property", "deadlock", "-o", str(target)]) == 0
    text = "".join(ET.fromstring(target.read_text()).itertext())
    for actor in ("Philosopher.0", "Philosopher.1", "Philosopher.2"):
        assert actor in text
    assert text.index("3\nwrong") < text.index("nobody can go on")
    assert "a circle" in " ".join(text.split())


@needs_dot
def test_the_contract_is_a_small_map(tmp_path: Path) -> None:
    target = tmp_path / "life.svg"
    assert run(["draw", str(SPEC / "dma_buf.custody"), "-o", str(target)]) == 0
    root = ET.fromstring(target.read_text())
    nodes = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "node"]
    assert 5 <= len(nodes) <= 13


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.gif"], "must end in .svg, .png, .pdf, .dot"),
        (["-o", "nowhere/x.svg"], "there is no folder nowhere"),
        (["-o", "x.dot", "--variables", "lmap"], "did you mean 'lamp'?"),
        (["-o", "x.dot", "--view", "trace", "--property", "burnsout"], "did you mean 'burns_out'?"),
    ],
)
def test_a_wrong_request_is_one_clear_line(
    light: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["draw", str(light), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_graphviz_it_says_what_to_install_and_writes_dot(light: Path, tmp_path: Path) -> None:
    code = "import sys; from custody.cli import run; sys.exit(run(sys.argv[1:]))"
    checker = str(Path(__file__).parents[3] / "checker")
    environment = {"PATH": "", "PYTHONPATH": checker, "HOME": str(tmp_path)}
    drawings = (("x.svg", "lifecycle", 2), ("x.png", "trace", 2), ("x.dot", "lifecycle", 0), ("y.svg", "trace", 0))
    for name, view, status in drawings:
        command = [sys.executable, "-c", code, "draw", str(light), "--view", view, "-o", str(tmp_path / name)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status
        assert ("apt-get install graphviz" in done.stderr) == (status == 2)
    assert sorted(file.name for file in tmp_path.glob("*.*") if file.is_file()) == ["light.custody", "x.dot", "y.svg"]
