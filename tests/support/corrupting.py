"""Recordings corrupted by hand: one event removed, two exchanged, a direction changed, an unmap doubled.

Everything is drawn from a seeded generator, so the same corruptions are made every time.  The header's count of
events is taken away: nothing may be noticed by counting lines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from support.recorded import FOLDER, text_of

DIRECTION = re.compile(r"\bdir=([012])\b")
EVENT = re.compile(r"^\s*\S.*-\d+\s+\[\d+\]")
TIME = re.compile(r"(\d+\.\d{6}):")
MEANT = re.compile(r": (?!tracing_mark_write)|tracing_mark_write: user pid=\d+ sync")


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A recording with one change; `kind` says which, and `line` (from 1) where."""

    name: str
    kind: str
    line: int
    text: str

    @property
    def words(self) -> str:
        return f"{self.name}:{self.line}: {self.kind}"


def clean(name: str) -> str:
    """The recording without the count in its header."""
    return "".join(line for line in text_of(name).splitlines(True) if "entries-in-buffer" not in line)


def corruptions(count: int, seed: int = 6) -> Iterator[Corrupted]:
    """So many different corruptions, the four kinds in turn, over all recordings."""
    draw = random.Random(seed)
    names = sorted(path.stem for path in FOLDER.glob("*.trace"))
    kinds = [removed, exchanged, redirected, doubled]
    seen: set[str] = set()
    made = 0
    while made < count:
        found = kinds[made % len(kinds)](draw.choice(names), draw)
        if found is not None and found.text not in seen:
            seen.add(found.text)
            made += 1
            yield found


def _events(lines: list[str]) -> list[int]:
    """The lines that report something of a buffer."""
    return [at for at, line in enumerate(lines) if EVENT.match(line) and MEANT.search(line)]


def removed(name: str, draw: random.Random) -> Corrupted | None:
    """One event is missing."""
    lines = clean(name).splitlines(True)
    at = draw.choice(_events(lines))
    return Corrupted(name, f"removed {lines[at].strip()}", at + 1, "".join(lines[:at] + lines[at + 1 :]))


def exchanged(name: str, draw: random.Random) -> Corrupted | None:
    """Two events that follow each other have changed places, but not their times."""
    lines = clean(name).splitlines(True)
    events = _events(lines)
    position = draw.randrange(len(events) - 1)
    one, other = events[position], events[position + 1]
    first, second = TIME.search(lines[one]), TIME.search(lines[other])
    if first is None or second is None or TIME.sub("", lines[one]) == TIME.sub("", lines[other]):
        return None
    changed = list(lines)
    changed[one] = TIME.sub(f"{first[1]}:", lines[other], count=1)
    changed[other] = TIME.sub(f"{second[1]}:", lines[one], count=1)
    return Corrupted(name, f"exchanged with line {other + 1}: {lines[one].strip()}", one + 1, "".join(changed))


def redirected(name: str, draw: random.Random) -> Corrupted | None:
    """One direction is another."""
    lines = clean(name).splitlines(True)
    having = [at for at in _events(lines) if DIRECTION.search(lines[at])]
    if not having:
        return None
    at = draw.choice(having)
    before = DIRECTION.search(lines[at])
    assert before is not None
    after = draw.choice([d for d in "012" if d != before[1]])
    changed = list(lines)
    changed[at] = DIRECTION.sub(f"dir={after}", lines[at])
    return Corrupted(name, f"direction {before[1]} -> {after}: {lines[at].strip()}", at + 1, "".join(changed))


def doubled(name: str, draw: random.Random) -> Corrupted | None:
    """One unmap (or, where nothing is unmapped, one exporter's operation or release) happens twice."""
    lines = clean(name).splitlines(True)
    unmaps = [at for at in _events(lines) if "unmap" in lines[at]]
    having = unmaps or [at for at in _events(lines) if re.search(r": \w*(release|end_cpu|begin_cpu)\w*: ", lines[at])]
    at = draw.choice(having)
    return Corrupted(name, f"doubled {lines[at].strip()}", at + 1, "".join([*lines[: at + 1], *lines[at:]]))
