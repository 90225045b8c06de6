"""What a map marks: which states and steps of the graph violate something, and which states may be the last.

The verdicts of a check come from its engines; this looks at what they judge, one state or step at a time, to show
where in the picture it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.graph.build import ReachableGraph
from custody.graph.machine import Machine
from custody.system.model import Action, Form, System
from custody.system.place import NOWHERE, Place


class Marks:
    """The properties of a system, ready to be looked up for states and steps of its graph, by their numbers there."""

    def __init__(self, system: System, graph: ReachableGraph) -> None:
        self._graph = graph
        self._terminal = Machine(system.terminal)
        self._spontaneous = [action.spontaneous for action in system.actions]
        self._invariants = _machines(system, Form.INVARIANT)
        self._steps = _machines(system, Form.STEP)
        self._places = {p.name: p.place for p in system.properties}
        self._deadlocks = tuple(p.name for p in system.properties if p.form is Form.DEADLOCK)

    def terminal(self, state: int) -> bool:
        """Whether nothing need follow."""
        return bool(self._terminal(self._graph.states[state]))

    def place(self, name: str) -> Place:
        """Where the property of that name is declared."""
        return self._places.get(name, NOWHERE)

    def violated(self, state: int) -> tuple[str, ...]:
        """The names of the properties that the state violates, a deadlock among them."""
        here = self._graph.states[state]
        names = tuple(name for name, holds in self._invariants if not holds(here))
        return names + self._deadlocks if self._deadlocks and self._stuck(state) else names

    def violated_by(self, state: int, target: int) -> tuple[str, ...]:
        """The names of the transition properties that the step violates."""
        if not self._steps:
            return ()
        before, after = self._graph.states[state], self._graph.states[target]
        return tuple(name for name, holds in self._steps if not holds(before, after))

    def _stuck(self, state: int) -> bool:
        # The states that a limit kept from being looked at have no entry.
        if state >= len(self._graph.enabled) or self.terminal(state):
            return False
        return all(self._spontaneous[action] for action in self._graph.enabled[state])


def _machines(system: System, form: Form) -> Sequence[tuple[str, Machine]]:
    return [(p.name, Machine(p.expression)) for p in system.properties if p.form is form]


def place_of(action: Action) -> str:
    """Where the specification says so, as `file:line`."""
    return words_of(action.place)


def words_of(place: Place) -> str:
    """A place as `file:line`."""
    return f"{place.file}:{place.line}"
