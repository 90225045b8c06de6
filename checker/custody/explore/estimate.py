"""How many states there may be in all, guessed from the layers so far.

The sizes of breadth-first layers rise and then fall; their logarithms lie near a parabola.  The guess goes on with
the last layers' growth and with how that has been changing.  Where growth does not slow down there is nothing to
guess.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_LOOKED_AT = 6
"""Layers, the last of those that are complete."""
_MOST_LAYERS = 100_000


def states_in_all(layers: Sequence[int]) -> int | None:
    """From the sizes of the complete layers; None where they do not tell."""
    if len(layers) < _LOOKED_AT:
        return None
    last = [math.log(size) for size in layers[-_LOOKED_AT:]]
    growth = [later - earlier for earlier, later in pairwise(last)]
    change = (growth[-1] - growth[0]) / (len(growth) - 1)
    if change >= 0:
        return None
    total, size, rate = sum(layers), float(layers[-1]), growth[-1]
    for _ in range(_MOST_LAYERS):
        rate += change
        size *= math.exp(rate)
        if size < 1:
            return total
        total += round(size)
    return None
