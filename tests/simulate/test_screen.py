"""The simulator as a person uses it: through a pseudo-terminal, looking at what stands on the screen."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")
pytest.importorskip("textual")

TEXT = (Path(__file__).parent / "test_commands.py").read_text(encoding="utf-8").split('"""')[3]
PATIENCE = 60.0


class Terminal:
    """A program in a terminal of so many characters."""

    def __init__(self, arguments: list[str], columns: int = 140, lines: int = 40) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "custody", *arguments],
            dimensions=(lines, columns),
            env={"TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
            timeout=PATIENCE,
        )
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    def text(self) -> str:
        return "\n".join(self._screen.display)

    def wait_for(self, words: str) -> str:
        """What stands on the screen once these words do."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=0.2))
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                break
            if words in self.text():
                return self.text()
        raise AssertionError(f"'{words}' never came; the screen has\n{self.text()}")

    def type(self, keys: str) -> None:
        self.child.send(keys)


@pytest.fixture(name="terminal")
def _terminal(tmp_path: Path) -> Iterator[Terminal]:
    file = tmp_path / "lost_update.custody"
    file.write_text(TEXT, encoding="utf-8")
    terminal = Terminal(["simulate", str(file)])
    yield terminal
    terminal.child.close(force=True)


def test_step_back_why_not_and_branch(terminal: Terminal) -> None:
    terminal.wait_for("what can happen")
    terminal.wait_for("2 Thread.1  calls increment")
    terminal.type("\r")
    terminal.wait_for("1 Thread.0  calls increment")
    terminal.type("b")
    terminal.wait_for("> back")
    terminal.type(":load both_count\r")
    terminal.wait_for("both_count: 8 steps")
    terminal.type(":forward 9\r")
    terminal.wait_for("violated: both_count")
    terminal.type(":goto 1\r")
    terminal.wait_for("> goto 1")
    terminal.type(":why Thread.0 calls increment\r")
    terminal.wait_for("false:")
    terminal.type(":step Thread.1 calls increment\r")
    terminal.wait_for("> step Thread.1 calls")
    terminal.type(":goto 0\r")
    terminal.wait_for("> goto 0")
    terminal.type(":find done[Thread.0]\r")
    terminal.wait_for("> find done[Thread.0]")
    terminal.type("w")
    terminal.wait_for("calls increment: needs not")
    terminal.type("q")
    terminal.child.expect(pexpect.EOF)
    terminal.child.wait()
    assert terminal.child.exitstatus == 0


def test_in_the_smallest_terminal_nothing_that_matters_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "lost_update.custody"
    file.write_text(TEXT, encoding="utf-8")
    terminal = Terminal(["simulate", str(file)], 80, 24)
    try:
        text = terminal.wait_for("q quit")
        for words in ("what can happen", "the run", "the state", "1 Thread.0  calls increment", "done[Thread.0]"):
            assert words in text
        terminal.type(":step Thread.1 calls increment\r")
        terminal.wait_for("1 Thread.1  calls increment")
        for _ in range(3):
            terminal.type("\r")
        terminal.wait_for("(was ")
        terminal.type("b")
        terminal.wait_for("> back")
    finally:
        terminal.child.close(force=True)
