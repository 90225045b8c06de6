"""NuSMV as a peer that knows nothing of us: it computes the reachable states with decision diagrams."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PYTHON = Path(os.environ.get("CUSTODY_NUSMV", Path(__file__).parents[2] / ".venv" / "nusmv" / "bin" / "python"))
"""A Python that has PyNuSMV; `.ci/nusmv` makes one."""

SECONDS = 300

needs_nusmv = pytest.mark.skipif(not PYTHON.exists(), reason="needs NuSMV: .ci/nusmv, which needs a Python 3.6")


@dataclass(frozen=True, slots=True)
class Told:
    """How many states NuSMV reaches, and of each INVARSPEC in order whether it holds."""

    states: int
    invariants: tuple[bool, ...]


def run_nusmv(model: str) -> Told:
    """What NuSMV says of an SMV model; AssertionError with its words where it cannot read it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.smv"
        file.write_text(model, encoding="utf-8")
        command = [str(PYTHON), str(Path(__file__).with_name("ask_nusmv.py")), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    return Told(answer["states"], tuple(answer["invariants"]))
