"""A process stays within the memory that it was given, and says so when that is too little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LIFECYCLE = Path(__file__).parents[1] / "protocols" / "lifecycle.custody"
SHARE = 1.05
"""Of what was allowed: how much may be used."""

MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process in between: what a process began with counts as its own, and these tests are large."""


@pytest.mark.parametrize("threads", [1, 2])
def test_a_search_that_does_not_fit_ends_within_its_memory(threads: int, tmp_path: Path) -> None:
    allowed, result = 80, tmp_path / "result.json"
    command = [sys.executable, "-m", "custody", "check", str(LIFECYCLE), "--set", "N=7", "--no-symmetry"]
    command += ["--threads", str(threads), "--max-memory", str(allowed), "--json", str(result)]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], env=environment, capture_output=True, text=True, check=True
    )
    code, used = map(int, done.stdout.split())
    assert code == 3
    (run,) = json.loads(result.read_text(encoding="utf-8"))["runs"]
    assert run["limit"] == f"max-memory {allowed} MiB"
    assert used / 1024 <= SHARE * allowed
    # It was used, too; how much each of two threads has when one of them finds it full depends on who was faster.
    assert used / 1024 >= 0.9 * allowed
