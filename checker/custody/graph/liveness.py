"""What must happen on every fair run: `eventually` and `leads_to`, with lassos where it does not.

A run violates `P ~> Q` when from some state with P on, Q never holds; `eventually Q` is violated when Q never holds
from the first state on.  So: in the part of the graph where Q is false, from the states with P (the first states) on,
look for somewhere that a run can stay for ever and be fair; `fairness` knows where that is.

A run never ends but by standing still for ever, except that a step which breaks a check ends it: that is reported as
the hazard that it is, and such a run violates nothing here.

The stem of a lasso is as short as can be; its loop is only made short.
"""

from __future__ import annotations

from custody.graph.build import ReachableGraph
from custody.graph.fairness import Promises
from custody.graph.machine import Machine
from custody.graph.paths import Step, breadth_first
from custody.system.finding import Trace
from custody.system.model import Form, Property, System


def violation(system: System, graph: ReachableGraph, p: Property) -> Trace | None:
    """A fair run, as a lasso, on which the property fails; None when there is none. The graph must be complete."""
    goal = Machine(p.expression if p.form is Form.EVENTUALLY else p.goal)
    without = [not goal(state) for state in graph.states]
    if p.form is Form.EVENTUALLY:
        entries = [node for node in graph.initial if without[node]]
    else:
        trigger = Machine(p.expression)
        entries = [node for node, state in enumerate(graph.states) if without[node] and trigger(state)]
    return _Search(system, graph, without, entries).lasso()


class _Search:
    def __init__(self, system: System, graph: ReachableGraph, without: list[bool], entries: list[int]) -> None:
        self._graph = graph
        self._without = without
        self._entries = entries
        self._promises = Promises(system, graph.enabled)

    def _inside(self, node: int) -> list[Step]:
        """The steps that stay where the goal does not hold."""
        return [(action, target) for action, target in self._graph.moves[node] if self._without[target]]

    def lasso(self) -> Trace | None:
        region = self._region()
        still = {node for node in region if self._promises.let_stand_still(node)}
        components = self._promises.components(region, self._inside)
        home = {node: component for component in components for node in component}
        stem = self._stem(still | home.keys())
        if stem is None:
            return None
        end = stem[-1][1]
        if end in still:
            return self._trace(stem, [], stutters=True)
        return self._trace(stem, self._promises.round_trip(end, home[end], self._inside), stutters=False)

    def _region(self) -> list[int]:
        """What can be reached from the entries without the goal, in ascending order."""
        region, stack = set(self._entries), list(self._entries)
        while stack:
            for _, target in self._inside(stack.pop()):
                if target not in region:
                    region.add(target)
                    stack.append(target)
        return sorted(region)

    def _stem(self, homes: set[int]) -> list[Step] | None:
        """The shortest way to a state where the run can stay: first anywhere, then without the goal.

        The first node comes with action -1.
        """
        entries, count = set(self._entries), len(self._graph.states)

        def successors(place: int) -> list[Step]:
            # Places from `count` on are states after the moment from which the goal must not hold any more.
            if place >= count:
                return [(action, target + count) for action, target in self._inside(place - count)]
            enter = [(-1, place + count)] if place in entries else []
            return [*enter, *self._graph.moves[place]]

        path = breadth_first(self._graph.initial, successors, lambda place: place - count in homes)
        if path is None:
            return None
        first = path[0]
        return [first, *((action, node % count) for action, node in path[1:] if action >= 0)]

    def _trace(self, stem: list[Step], loop: list[Step], *, stutters: bool) -> Trace:
        steps = [*stem, *loop]
        states = tuple(self._graph.states[node] for _, node in steps)
        actions = tuple(action for action, _ in steps[1:])
        return Trace(states, actions, loop_at=len(stem) - 1, stutters=stutters)
