"""The README's tour prints what it shows: its quick commands are run from the root of the checkout."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUICK = ("check", "conform", "trace")
"""Commands that take seconds; `prove`, `verify` and `gate` have their own tests, or change files."""

LONG = "--explain"
"""What makes them take minutes."""


def shown() -> list[tuple[str, str]]:
    """Each command that shows what it prints, with that."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    apart = re.findall(r"^```sh\n(custody [^\n]*)\n```\n\n```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    within = re.findall(r"^```\n\$ (custody [^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(line, output) for line, output in (*apart, *within) if line.split()[1] in QUICK and LONG not in line]


def timeless(text: str) -> list[str]:
    """The lines, with each time as if it were the same."""
    return [re.sub(r"\b\d+\.\d+ s\b", "0.00 s", line).rstrip() for line in text.splitlines()]


def test_the_tour_shows_something() -> None:
    assert {line.split()[1] for line, _ in shown()} == set(QUICK)


@pytest.mark.parametrize(("line", "output"), shown(), ids=lambda value: value[:40].replace("\n", " "))
def test_a_command_prints_what_is_shown(line: str, output: str) -> None:
    command = [sys.executable, "-m", "custody", *shlex.split(line.partition(" | ")[0])[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stderr
    printed = iter(timeless(done.stdout))
    for wanted in timeless(output):
        if wanted == "…":
            continue
        assert wanted in printed, f"after the lines before it, this is not printed: {wanted}"
