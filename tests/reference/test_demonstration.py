"""The demonstration shows real bytes: stale ones where nobody looked after the cache, fresh ones elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from custody_reference.demonstration import observe

MODELS = Path(__file__).parents[2] / "models"


def test_stale_without_brackets_on_the_noncoherent_machine() -> None:
    seen = list(observe(coherent=False))
    assert [each.stale for each in seen] == [False, True, False, True, False, True]
    assert seen[1].seen.startswith(b"frame 0") and seen[1].newest.startswith(b"frame 1")


def test_always_fresh_on_the_coherent_machine() -> None:
    assert not any(each.stale for each in observe(coherent=True))


def test_the_script_prints_both() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "custody_reference"],
        cwd=MODELS,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, second = done.stdout.split("\n\n")
    assert first.count("STALE") == 3 and "STALE" not in second and second.count("fresh") == 6
