"""What stands beside the actors in a sequence chart: who holds each lock, where the data is fresh, what else matters.

A lock is what the system's steps wait for.  Where data is, specifications say by their names: `NAME_fresh` tells of
NAME, a cache line or an alias of the memory, or of the memory itself where nothing is called NAME; so do values that
end in `_fresh` and `_stale`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from custody.system.display import ScalarShape, View, show, variables
from custody.system.expression import reads
from custody.system.finding import Trace
from custody.system.model import State, System

MOST_VALUES = 5
"""How many values that are neither lock nor data get a lane, unless they are asked for by name; fewer beside many
locks and places of data, but always LEAST_VALUES."""

LEAST_VALUES = 2

_FRESH = re.compile(r"(?P<name>\w+)_fresh(?P<index>(\[[^\]]*\])*)$")
_COPIES = ("_fresh", "_stale")
READING = " (reading)"
"""What follows the names of those who hold a lock together."""

_FREE = "free"
_EMPTY = frozenset({"invalid", "absent", "none", "direct", "unmapped", _FREE})
"""Words for a place where there is no data of its own."""


class About(Enum):
    """What a lane shows."""

    LOCK = "lock"
    DATA = "data"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Lane:
    """A value along a trace: `shown` has it for each state. `parts` are the variables that it shows."""

    name: str
    about: About
    parts: frozenset[int]
    shown: tuple[str, ...]

    @property
    def moves(self) -> bool:
        return len(set(self.shown)) > 1


def lanes(system: System, trace: Trace, asked: frozenset[int]) -> tuple[Lane, ...]:
    """Every lock that is held at some time, every place where data is as soon as data moves, and of what the property
    asks for (`asked`, by variable) the values that change; those of the only state where there is but one."""
    locks = tuple(lane for lane in _locks(system, trace) if set(lane.shown) != {_FREE})
    data = _where_data_is(system, trace, asked)
    covered = frozenset[int]().union(*(lane.parts for lane in (*locks, *data)))
    room = max(LEAST_VALUES, MOST_VALUES - len(locks) - len(data))
    values = [
        lane
        for lane in of_views([view for view in system.views if not view.hidden], trace)
        if (lane.moves or trace.length == 0) and not asked.isdisjoint(lane.parts - covered)
    ]
    return (*locks, *data, *values[:room])


def of_views(views: Sequence[View], trace: Trace) -> tuple[Lane, ...]:
    """A lane for each of the views."""
    return tuple(
        Lane(
            view.name,
            About.VALUE,
            frozenset(variables(view.shape)),
            tuple(show(view.shape, state) for state in trace.states),
        )
        for view in views
    )


def is_fresh(value: str) -> bool | None:
    """Whether a value of a lane of data says that the newest data is there; None where nothing is."""
    words = value.replace("_", " ").split()
    return True if "fresh" in words else False if "stale" in words else None


def _locks(system: System, trace: Trace) -> Iterator[Lane]:
    waits = {wait for action in system.actions for wait in action.waits if wait.holders}
    looked_at = sorted(reads(*(holds for wait in waits for _, holds in wait.holders)))
    for index in looked_at:
        lock = system.variables[index]
        labels = lock.domain.labels
        if labels is None or labels[0] != _FREE:
            continue
        prefix = f"{lock.name}.read_by."
        readers = [
            (system.variables[other].name.removeprefix(prefix), other)
            for other in looked_at
            if system.variables[other].name.startswith(prefix)
        ]
        shown = tuple(_holders(labels[state[index]], readers, state) for state in trace.states)
        yield Lane(lock.name, About.LOCK, frozenset({index, *(other for _, other in readers)}), shown)


def _holders(writer: str, readers: Sequence[tuple[str, int]], state: State) -> str:
    reading = [name for name, variable in readers if state[variable]]
    return ", ".join(reading) + READING if reading else writer


def _where_data_is(system: System, trace: Trace, asked: frozenset[int]) -> tuple[Lane, ...]:
    """All places once one of them changes, or none; of those that stay what they are, only what tells something."""
    places = tuple(_places(system, trace))
    if not any(lane.moves for lane in places):
        return ()
    return tuple(
        lane for lane in places if lane.moves or (lane.shown[0] not in _EMPTY and not asked.isdisjoint(lane.parts))
    )


def _places(system: System, trace: Trace) -> Iterator[Lane]:
    named = {view.name: view for view in system.views if not view.hidden}
    paired = {
        match["name"] + match["index"]
        for name, view in named.items()
        if (match := _FRESH.match(name)) is not None and _is_boolean(view)
    }
    for name, view in named.items():
        match = _FRESH.match(name)
        if match is not None and _is_boolean(view):
            of = match["name"] + match["index"]
            if of not in named:
                yield _lane(of, trace, None, view)
        elif name in paired:
            match_name, bracket, index = name.partition("[")
            yield _lane(name, trace, view, named[f"{match_name}_fresh{bracket}{index}"])
        elif any(label.endswith(_COPIES) for label in _labels(view)):
            yield Lane(
                name,
                About.DATA,
                frozenset(variables(view.shape)),
                tuple(show(view.shape, state) for state in trace.states),
            )


def _lane(name: str, trace: Trace, what: View | None, fresh: View) -> Lane:
    parts = frozenset({*variables(fresh.shape), *(variables(what.shape) if what is not None else ())})
    return Lane(name, About.DATA, parts, tuple(_words(what, fresh, state) for state in trace.states))


def _words(what: View | None, fresh: View, state: State) -> str:
    is_newest = show(fresh.shape, state) == "true"
    if what is None:
        return "fresh" if is_newest else "stale"
    word = show(what.shape, state)
    if not is_newest and word in _EMPTY:
        return word
    return f"{word}, {'fresh' if is_newest else 'stale'}"


def _is_boolean(view: View) -> bool:
    return _labels(view) == ("false", "true")


def _labels(view: View) -> tuple[str, ...]:
    shape = view.shape
    return (shape.labels or ()) if isinstance(shape, ScalarShape) else ()
