"""All reachable states of a system, for whoever needs them and not what holds in them."""

from __future__ import annotations

from array import array

from custody.explore.generate import successors
from custody.explore.layout import Layout
from custody.explore.native import Engine, Status
from custody.explore.task import CompiledCode, Task
from custody.system.evaluate import initial_states
from custody.system.finding import Stopwatch
from custody.system.model import System

_IN_PYTHON = 5_000
"""States that Python looks at before C is compiled."""

_ROUND = 0.5


class TooManyError(Exception):
    """There are more states than may be looked at, or there is no time to."""


def states(system: System, most: int, seconds: float) -> tuple[Layout, array[int]]:
    """All of them, packed by the layout into words, in no order.

    TooManyError when there are more than `most`, or when it takes longer; CompilerError or OSError without a C
    compiler where there are many, and OverflowError where C cannot hold them.
    """
    clock, layout = Stopwatch(), Layout(system.variables)
    few = _in_python(system, layout)
    if few is not None:
        return layout, _words(layout.to_words(few))
    task = Task.of(system, ())
    code = CompiledCode(task)
    try:
        with Engine(code.engine(), code.expand(), layout, len(system.actions), 0, 0) as engine:
            engine.seed([layout.pack(state) for state in initial_states(system)])
            while (status := engine.run(_ROUND, most)) is not Status.DONE:
                if status is not Status.PAUSED or clock.seconds > seconds:
                    raise TooManyError
            found = _words(b"")
            for number in range(engine.counts.layers):
                for some in engine.layer_words(number):
                    found.frombytes(some)
            return layout, found
    finally:
        code.stop()


def _in_python(system: System, layout: Layout) -> list[int] | None:
    """None where there are more than a few."""
    step = successors(system, layout).successors
    seen = dict.fromkeys(layout.pack(state) for state in initial_states(system))
    waiting = list(seen)
    while waiting:
        for _, after in step(waiting.pop()):
            if after >= 0 and after not in seen:
                seen[after] = None
                waiting.append(after)
        if len(seen) > _IN_PYTHON:
            return None
    return list(seen)


def _words(data: bytes) -> array[int]:
    return array("Q", data)
