"""A set of states as a decision diagram, a level a variable: the smallest automaton that accepts the set.

States are added in ascending order; what is no longer a prefix of the next state is final and shared with whatever is
equal to it (J. Daciuk, S. Mihov, B. Watson, R. Watson, Computational Linguistics 26, 2000).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence

Node = tuple[tuple[int, int], ...]


def levels(rows: Iterable[Sequence[int]], size: int) -> list[list[Node]]:
    """The diagram of the rows, which ascend and have that `size`: node k of level i has values and nodes of i + 1."""
    known: list[dict[Node, int]] = [{} for _ in range(size)]
    open_: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    before: Sequence[int] | None = None

    def close(down_to: int, row: Sequence[int]) -> None:
        child = 0
        for level in range(size - 1, down_to - 1, -1):
            open_[level].append((row[level], child))
            if level > down_to:
                child = known[level].setdefault(tuple(open_[level]), len(known[level]))
                open_[level] = []

    for row in rows:
        if before is not None:
            close(next(i for i in range(size) if row[i] != before[i]), before)
        before = row
    if before is not None:
        close(0, before)
    known[0] = {tuple(open_[0]): 0}
    return [list(nodes) for nodes in known]


def packed(data: object) -> str:
    """As a text for a certificate: JSON, compressed, in base 64."""
    return base64.b64encode(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)).decode()
