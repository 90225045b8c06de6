"""Other model checkers, run as a peer that knows nothing of us: SPIN and rumur.

Both are run in a way that loses no state: no hash compaction, no bitstate hashing, no partial order reduction, no
symmetry.  A run that was cut short raises PeerError, so that a count is always that of the whole state space.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SECONDS = 300
"""After so long a tool is taken to hang."""


class PeerError(Exception):
    """The tool could not read the model, or could not search all of it; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Count:
    """What the tool reports, as it reports it: SPIN counts reaching the initial state as a transition.

    `depth` is that of the deepest state in a breadth-first search, None where the tool does not say; `errors` are
    the violations it met.
    """

    states: int
    transitions: int
    depth: int | None
    errors: int


def _missing(*tools: str) -> str | None:
    absent = [tool for tool in tools if shutil.which(tool) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


needs_spin = pytest.mark.skipif(_missing("spin", "cc") is not None, reason=_missing("spin", "cc") or "")
needs_rumur = pytest.mark.skipif(_missing("rumur", "cc") is not None, reason=_missing("rumur", "cc") or "")


EXACT = ("-o1", "-o2", "-o3")
"""`spin -a` leaves a variable that is never read out of the state, and merges steps, unless it is told not to."""


def run_spin(
    model: str, breadth_first: bool = True, defines: Sequence[str] = (), switches: Sequence[str] = EXACT
) -> Count:
    """Search the whole state space of a Promela model, going on after errors, with preprocessor `defines` ("N=3").

    A violated assertion is an error, and so is a state without a successor where a process is not at an `end` label.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.pml").write_text(model, encoding="utf-8")
        _run(folder, "spin", *(f"-D{define}" for define in defines), "-a", *switches, "model.pml")
        order = ["-DBFS"] if breadth_first else []
        _run(folder, "cc", "-w", "-O0", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=16384", *order, "-o", "pan", "pan.c")
        output = _run(folder, "./pan", "-c0", "-m2000000", "-w22")
    for trouble in ("max search depth too small", "out of memory", "Search not completed", "VECTORSZ"):
        if trouble in output:
            raise PeerError(output)
    depth = _number(r"depth reached (\d+)", output)
    return Count(
        states=_number(r"(\d+) states, stored", output),
        transitions=_number(r"(\d+) transitions", output),
        depth=depth if breadth_first else None,
        errors=_number(r"errors: (\d+)", output),
    )


def run_rumur(model: str, size: int | None = None) -> Count:
    """Search the whole state space of a Murphi model, with its constant N set to `size`.

    States that violate an invariant are errors and are not searched further; states without a successor are none.
    """
    if size is not None:
        model = re.sub(r"(?m)^  N: \d+;", f"  N: {size};", model)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.m").write_text(model, encoding="utf-8")
        _run(
            folder,
            "rumur",
            *("--deadlock-detection", "off", "--symmetry-reduction", "off", "--threads", "1"),
            *("--value-type", "int32_t", "--max-errors", "1000000", "--counterexample-trace", "off"),
            *("--output-format", "machine-readable", "--output", "model.c", "model.m"),
        )
        _run(folder, "cc", "-w", "-O0", "-mcx16", "-o", "model", "model.c", "-lpthread")
        output = _run(folder, "./model", accepted=(0, 1))
    return Count(
        states=_number(r'<summary [^>]*states="(\d+)"', output),
        transitions=_number(r'<summary [^>]*rules_fired="(\d+)"', output),
        depth=None,
        errors=_number(r'<summary [^>]*errors="(\d+)"', output),
    )


def _run(folder: Path, *command: str, accepted: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode not in accepted:
        raise PeerError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout + done.stderr


def _number(pattern: str, output: str) -> int:
    found = re.search(pattern, output)
    if found is None:
        raise PeerError(output)
    return int(found.group(1))
