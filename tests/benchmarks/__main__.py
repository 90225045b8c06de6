"""`python tests/benchmarks` from anywhere: finds the bench's modules and Custody, and runs the command."""

from __future__ import annotations

import sys
from pathlib import Path


def run() -> int:
    """Run the command with this repository's modules."""
    tests = Path(__file__).resolve().parent.parent
    # Python puts this folder itself first; its modules are to be found under their package's name alone.
    sys.path[0:1] = [str(tests), str(tests.parent / "checker")]
    from benchmarks.command import main

    return main()


if __name__ == "__main__":
    sys.exit(run())
