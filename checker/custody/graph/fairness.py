"""Promises of fairness: where a run that keeps them can stay for ever, and how.

A weak promise is kept by taking one of its actions again and again, or by having none of them enabled again and
again; a strong one by taking one again and again, or by having none enabled from some time on.  Nobody is obliged to
anything else, so a run may also stand still for ever where no promise has an action enabled.  An action counts as
enabled where its guard holds, even if its step would break a check.

A run that moves for ever ends up in a strongly connected set of states.  Such a component keeps a weak promise when
it takes one of the actions or contains a state where none is enabled.  A strong promise whose actions it enables but
never takes is kept only on runs that avoid those states for ever: they are taken out, and the components of the rest
are looked at in the same way (O. Lichtenstein, A. Pnueli: Checking that finite state concurrent programs satisfy
their linear specification, POPL 1985; E. A. Emerson, C.-L. Lei: Modalities for model checking, Science of Computer
Programming 8, 1987).  Every round takes states out, so this ends; what it finds is exact.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_
from typing import TypeAlias

import networkx as nx

from custody.graph.paths import Step, steps_until
from custody.system.model import System

Steps: TypeAlias = Callable[[int], Sequence[Step]]
"""The steps from a node: action, and node after it."""


class Promises:
    """The fairness of a system, over the nodes of its graph. Sets of promises are bit sets, by position."""

    def __init__(self, system: System, enabled: Sequence[Collection[int]]) -> None:
        self._enabled = enabled
        self._keeps = [0] * len(system.actions)
        self._strong = 0
        self._weak = 0
        for position, promise in enumerate(system.fairness):
            if promise.strong:
                self._strong |= 1 << position
            else:
                self._weak |= 1 << position
            for action in promise.actions:
                self._keeps[action] |= 1 << position

    def _asked(self, node: int) -> int:
        """The promises that have an action enabled."""
        return reduce(or_, (self._keeps[action] for action in self._enabled[node]), 0)

    def let_stand_still(self, node: int) -> bool:
        """Whether a run may stay in this one state for ever, without a step."""
        return not self._asked(node)

    def components(self, nodes: Collection[int], steps: Steps) -> Iterator[frozenset[int]]:
        """The largest sets of nodes that a run can go round in for ever, seeing each of them again and again, and
        keep all promises; `steps` are those that it may take."""
        digraph = nx.DiGraph()
        digraph.add_nodes_from(nodes)
        digraph.add_edges_from((node, target) for node in nodes for _, target in steps(node))
        work = [digraph]
        while work:
            part = work.pop()
            for found in nx.strongly_connected_components(part):
                component = frozenset(found)
                taken = [a for node in component for a, target in steps(node) if target in component]
                if not taken:
                    continue
                kept = reduce(or_, (self._keeps[action] for action in taken))
                refused = self._strong & ~kept
                avoided = {node for node in component if self._asked(node) & refused} if refused else set[int]()
                if avoided:
                    work.append(digraph.subgraph(component - avoided))
                elif not self._unkept(component, kept):
                    yield component

    def _unkept(self, nodes: Iterable[int], kept: int) -> int:
        """The promises that a run breaks which sees these nodes again and again and takes actions of `kept` only."""
        asked = [self._asked(node) for node in nodes]
        return (self._strong & reduce(or_, asked) | self._weak & reduce(and_, asked)) & ~kept

    def round_trip(self, start: int, component: frozenset[int], steps: Steps) -> list[Step]:
        """A way from `start` back to it, within a component that keeps all promises, on which they are kept.

        It is short, not shortest: it always goes on to the nearest step that keeps another promise.
        """

        def inside(node: int) -> list[Step]:
            return [(action, target) for action, target in steps(node) if target in component]

        way: list[Step] = []
        while True:
            here = way[-1][1] if way else start
            kept = reduce(or_, (self._keeps[action] for action, _ in way), 0)
            unkept = self._unkept([start, *(node for _, node in way)], kept)

            def helps(action: int, target: int, unkept: int = unkept) -> bool:
                return bool(unkept & (self._keeps[action] | self._weak & ~self._asked(target)))

            if unkept:
                way += steps_until(here, inside, helps)
            elif way and here == start:
                return way
            else:
                way += steps_until(here, inside, lambda _, target: target == start)
