"""The exit codes, the same for every command.

Where a command meets several, a fault of ours outweighs everything, then a wrong request (some of it was not
looked at, so no verdict is the whole answer), then a violation, then an inconclusive verdict.  Success is what
remains when none of them happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Code(IntEnum):
    """What a process tells its caller."""

    PASSED = 0
    VIOLATED = 1
    WRONG_REQUEST = 2
    INCONCLUSIVE = 3
    FAULT = 70
    INTERRUPTED = 130


_HEAVIEST_FIRST = (Code.INTERRUPTED, Code.FAULT, Code.WRONG_REQUEST, Code.VIOLATED, Code.INCONCLUSIVE)


def heaviest(codes: Iterable[Code]) -> Code:
    """The one code that stands for all of them."""
    met = set(codes)
    return next((code for code in _HEAVIEST_FIRST if code in met), Code.PASSED)
