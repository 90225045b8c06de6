"""The tutorial does what it says: its files are written, its commands run, and what it shows comes out, in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "spec" / "tutorial.md"


@dataclass(frozen=True, slots=True)
class File:
    """A block that is a file."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command with the lines that it shows, some of those that come out."""

    line: str
    shown: tuple[str, ...]


def told(text: str) -> Iterator[File | Command]:
    """What a reader does, in order."""
    for found in re.finditer(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        kind, name, body = found.groups()
        if kind == "custody":
            yield File(name, body)
        elif kind == "console":
            for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, *shown = block.rstrip("\n").split("\n")
                yield Command(line, tuple(shown))


class Shell:
    """A shell in a folder, in which `custody` is the one under test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tools = folder / ".tools"
        tools.mkdir()
        program = tools / "custody"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m custody "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        person = {
            f"GIT_{who}_{what}": "reader@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        self._environment = {**os.environ, **person, "PATH": f"{tools}:{os.environ['PATH']}"}
        self._status = 0

    def run(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line.replace("echo $?", f"echo {self._status}")],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self._status = done.returncode
        return done.stdout + done.stderr


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("git")), reason="needs bash and git")
def test_every_command_shows_what_the_page_says(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    commands = 0
    for step in told(PAGE.read_text(encoding="utf-8")):
        if isinstance(step, File):
            (tmp_path / step.name).write_text(step.text, encoding="utf-8")
            continue
        output = [" ".join(line.split()) for line in shell.run(step.line).splitlines()]
        at = 0
        for shown in (" ".join(line.split()) for line in step.shown):
            while at < len(output) and shown not in output[at]:
                at += 1
            assert at < len(output), f"$ {step.line}\ndoes not say '{shown}':\n" + "\n".join(output)
        commands += 1
    assert commands >= 8


def test_the_reader_sees_commands_and_files() -> None:
    steps = list(told("```custody a.custody\nmodel m\n```\n\n```console\n$ one\nsays\nthis\n$ two\n```\n"))
    assert steps == [File("a.custody", "model m\n"), Command("one", ("says", "this")), Command("two", ())]
