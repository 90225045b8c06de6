"""What must happen on every fair run: `eventually` and `leads_to`, with lassos where it does not.

A run violates `P ~> Q` when from some state with P on, Q never holds.  So: in the part of the graph where Q is
false and that can be entered with P, look for somewhere that a fair run can stay for ever.  That is a strongly
connected component in which every fairness constraint is served, or a state in which none asks for anything, so
that a run may stand still there.  Strong fairness is decided by taking out the states where a constraint that is
never served in the component is enabled, and looking at the components of what remains (Lichtenstein and
Pnueli, POPL 1985; Emerson and Lei, 1987).

Runs that end with a broken check are reported as that hazard and are no violation here.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Iterable

import networkx as nx

from custody.graph.build import ReachableGraph
from custody.graph.machine import Machine
from custody.graph.paths import breadth_first
from custody.system.finding import Trace
from custody.system.model import Form, Property, System


def violation(system: System, graph: ReachableGraph, p: Property) -> Trace | None:
    """A fair run, as a lasso, on which the property fails; None when there is none."""
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
        self._weak = [frozenset(f.actions) for f in system.fairness if not f.strong]
        self._strong = [frozenset(f.actions) for f in system.fairness if f.strong]

    def _inside(self, node: int) -> list[tuple[int, int]]:
        """The steps that stay where the goal does not hold."""
        return [(action, target) for action, target in self._graph.moves[node] if self._without[target]]

    def lasso(self) -> Trace | None:
        region = self._region()
        components = list(self._fair_components(region))
        still = {node for node in region if self._may_stand_still(node)}
        home = {node: component for component in components for node in component}
        if not still and not home:
            return None
        stem = self._stem(lambda node: node in still or node in home)
        if stem is None:
            return None
        end = stem[-1][1]
        if end in still:
            return self._trace(stem, [], stutters=True)
        return self._trace(stem, self._tour(end, home[end]), stutters=False)

    def _region(self) -> set[int]:
        region, stack = set(self._entries), list(self._entries)
        while stack:
            for _, target in self._inside(stack.pop()):
                if target not in region:
                    region.add(target)
                    stack.append(target)
        return region

    # ------------------------------------------------------------------ fairness

    def _enabled(self, node: int, actions: frozenset[int]) -> bool:
        return not actions.isdisjoint(self._graph.enabled[node])

    def _may_stand_still(self, node: int) -> bool:
        return not any(self._enabled(node, actions) for actions in (*self._weak, *self._strong))

    def _fair_components(self, region: set[int]) -> Iterable[frozenset[int]]:
        """The largest sets of states in which a fair run can stay, moving, for ever."""
        digraph = nx.DiGraph()
        digraph.add_nodes_from(sorted(region))
        digraph.add_edges_from((node, target) for node in sorted(region) for _, target in self._inside(node))
        work: list[frozenset[int]] = [frozenset(region)]
        while work:
            part = work.pop()
            for nodes in nx.strongly_connected_components(digraph.subgraph(part)):
                component = frozenset(nodes)
                taken = {a for node in component for a, target in self._inside(node) if target in component}
                if not taken:
                    continue
                unserved = [s for s in self._strong if taken.isdisjoint(s)]
                refused = {node for node in component if any(self._enabled(node, s) for s in unserved)}
                if refused:
                    work.append(component - refused)
                elif all(self._serves_weakly(component, taken, actions) for actions in self._weak):
                    yield component

    def _serves_weakly(self, component: frozenset[int], taken: set[int], actions: frozenset[int]) -> bool:
        return not taken.isdisjoint(actions) or any(not self._enabled(node, actions) for node in component)

    # ------------------------------------------------------------------ the lasso

    def _stem(self, is_home: Callable[[int], bool]) -> list[tuple[int, int]] | None:
        """The shortest way to a state where the run can stay: first anywhere, then without the goal."""
        entries, count = set(self._entries), len(self._graph.states)

        def successors(place: int) -> list[tuple[int, int]]:
            # Places from `count` on are states after the moment from which the goal must not hold any more.
            if place >= count:
                return [(action, target + count) for action, target in self._inside(place - count)]
            enter = [(-1, place + count)] if place in entries else []
            return [*enter, *self._graph.moves[place]]

        def arrived(place: int) -> bool:
            return place >= count and is_home(place - count)

        path = breadth_first(self._graph.initial, successors, arrived)
        if path is None:
            return None
        first = path[0]
        return [first, *((action, node % count) for action, node in path[1:] if action >= 0)]

    def _tour(self, start: int, component: frozenset[int]) -> list[tuple[int, int]]:
        """A closed walk in the component that serves every constraint, as (action, node after it)."""
        walk: list[tuple[int, int]] = []
        here = start

        def inside(node: int) -> list[tuple[int, int]]:
            return [(action, target) for action, target in self._inside(node) if target in component]

        def go(is_goal: Callable[[int], bool]) -> None:
            nonlocal here
            path = breadth_first([here], inside, is_goal)
            if path is None:
                raise AssertionError("a component is strongly connected")
            walk.extend(path[1:])
            here = path[-1][1]

        def take(actions: frozenset[int]) -> None:
            nonlocal here
            go(lambda node: any(action in actions for action, _ in inside(node)))
            action, target = next(step for step in inside(here) if step[0] in actions)
            walk.append((action, target))
            here = target

        for actions in (*self._weak, *self._strong):
            visited = {start, *(node for _, node in walk)}
            if any(action in actions for action, _ in walk):
                continue
            possible = any(action in actions for node in component for action, _ in inside(node))
            if any(not self._enabled(node, actions) for node in visited) and actions in self._weak:
                continue
            if possible:
                take(actions)
            elif actions in self._weak:
                go(lambda node, actions=actions: not self._enabled(node, actions))
        if not walk:
            action, target = inside(here)[0]
            walk.append((action, target))
            here = target
        go(lambda node: node == start)
        return walk

    def _trace(self, stem: list[tuple[int, int]], loop: list[tuple[int, int]], *, stutters: bool) -> Trace:
        steps = [*stem, *loop]
        states = tuple(self._graph.states[node] for _, node in steps)
        actions = tuple(action for action, _ in steps[1:])
        return Trace(states, actions, loop_at=len(stem) - 1, stutters=stutters)
