"""Recordings of real kernels, and the one examiner that holds them against the contract in all tests."""

from __future__ import annotations

import functools
from pathlib import Path

from custody.evidence.examine import Examined, Examiner
from custody.evidence.ftrace import read_ftrace
from custody.evidence.ndjson import read_ndjson
from custody.language import load
from custody.language.library import bundled

FOLDER = Path(__file__).parents[1] / "evidence" / "recordings"
SPEC = str(bundled() / "dma_buf_events.custody")


@functools.cache
def examiner() -> Examiner:
    """One for all tests: unfolding the contract takes longer than following a recording."""
    return Examiner(load(SPEC), {})


def text_of(name: str) -> str:
    """The text of a recording."""
    return (FOLDER / f"{name}.trace").read_text(encoding="utf-8")


def examined(text: str, file: str = "test.trace", lost: int = 1) -> Examined:
    """What is said of ftrace's text."""
    return examiner().examine(read_ftrace(file, text), lost)


def examined_json(text: str) -> Examined:
    """What is said of one JSON object a line."""
    return examiner().examine(read_ndjson("test.ndjson", text))


def kprobes(*lines: str) -> str:
    """Lines of a recording, `TASK rest`, with the columns that ftrace writes before them."""
    shown = [
        f"            work-{line.split(' ', 1)[0]}     [000] .....     1.{number:06}: {line.split(' ', 1)[1]}"
        for number, line in enumerate(lines)
    ]
    return "\n".join(shown) + "\n"
