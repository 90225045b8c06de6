"""Calls into C that last, and how they end.

Every call runs in a thread of its own while the calling thread waits and can be interrupted: an exception there, from
the keyboard or from the watch, sets the flag that the C code looks at, waits for it, and is then raised as usual.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from threading import Thread
from typing import Final

_LOOK_EVERY = 0.05
"""Seconds between two looks at the watch."""


class StoppedError(Exception):
    """Another thread asked the call to stop."""


class OverLimitError(Exception):
    """The call would need more memory than it may use."""


_NO_WAY = 1
_ERRORS: Final[dict[int, tuple[type[Exception], str]]] = {
    2: (StoppedError, "the analysis of the graph was stopped"),
    3: (MemoryError, "no memory for the analysis of the graph"),
    4: (OverLimitError, "the analysis of the graph needs more memory than it may use"),
    5: (ValueError, "the arrays are no graph"),
    6: (ValueError, "the nodes of the graph are not in breadth-first order"),
    7: (ValueError, "the graph is too large for the numbers of its nodes"),
    8: (OSError, "the states cannot be read"),
    9: (ValueError, "the search has not found all states"),
    10: (ValueError, "the states of the search stand for others"),
}
"""How a call can end without an answer: `graph_status` in `c/graph.h`, `edges_status` in `c/edges.h`."""


class Calls:
    """What the calls about one thing have in common: a flag that ends them, and a watch that may raise."""

    def __init__(self, watch: Callable[[], None] | None = None) -> None:
        """`watch` is called some times a second, and ends what is going on by raising."""
        self._watch = watch
        self._stop = ctypes.c_int32(0)
        self.flag: Final = ctypes.pointer(self._stop)
        """Where C looks whether to stop."""

    def stop(self) -> None:
        """Ends what is going on, and whatever is called later, with StoppedError; for other threads."""
        self._stop.value = 1

    def run(self, function: Callable[..., int], *given: object) -> bool:
        """Calls C and says whether there is a result."""
        ended: list[int] = []
        thread = Thread(target=lambda: ended.append(function(*given)))
        try:
            thread.start()
            while thread.is_alive():
                thread.join(_LOOK_EVERY)
                if self._watch is not None:
                    self._watch()
        except BaseException:
            before, self._stop.value = self._stop.value, 1
            if thread.ident is not None:
                thread.join()
            self._stop.value = before
            raise
        return has_result(ended[0])


def has_result(status: int) -> bool:
    """Whether a call that ended so has one; raises what the status means where it is an error."""
    if status > _NO_WAY:
        kind, message = _ERRORS[status]
        raise kind(message)
    return status != _NO_WAY
