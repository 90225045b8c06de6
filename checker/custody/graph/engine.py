"""The second engine: the same questions as the explicit search, answered on the reachable graph.

Deadlocks are states without a way on; partial deadlocks are found by going backwards from the states where an
actor rests; liveness is in `liveness`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from custody.graph.build import ReachableGraph, reachable
from custody.graph.liveness import violation
from custody.graph.machine import Machine
from custody.graph.paths import ShortestPaths
from custody.system.expression import Op, nodes
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Stopwatch, Trace, Verdict
from custody.system.model import LIVENESS, Form, Property, System

ENGINE = "networkx"


def analyse(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
) -> Exploration:
    """Checks the named properties, or all, on the reachable graph."""
    clock = Stopwatch()
    graph = reachable(system, limits, progress)
    wanted = [p for p in system.properties if properties is None or p.name in properties]
    analysis = _Analysis(system, graph)
    findings = {p.name: analysis.finding(p) for p in wanted}
    return Exploration(
        engine=ENGINE,
        findings=findings,
        complete=graph.limit is None,
        states=len(graph.states),
        transitions=graph.transitions,
        depth=max((graph.depth[node] for node in range(len(graph.moves))), default=0),
        limit=graph.limit,
        fired=tuple(graph.fired),
        premises={p.name: analysis.premises(p) for p in wanted if p.premises},
        seconds=clock.seconds,
    )


class _Analysis:
    def __init__(self, system: System, graph: ReachableGraph) -> None:
        self._system = system
        self._graph = graph
        self._paths = ShortestPaths(graph, [action.actor for action in system.actions])
        self._into: list[list[int]] | None = None

    def finding(self, p: Property) -> Finding:
        if not self._graph.states and self._graph.limit is None:
            return Finding(p.name, Verdict.INCONCLUSIVE, reason="the system has no first state")
        if p.form is Form.PROGRESS:
            return self._progress(p)
        if p.form in LIVENESS:
            if self._graph.limit is not None:
                return self._inconclusive(p)
            lasso = violation(self._system, self._graph, p)
            return Finding(p.name, Verdict.HOLDS if lasso is None else Verdict.VIOLATED, lasso)
        trace = self._witness(p)
        if p.form is Form.REACHABLE:
            if trace is not None:
                return Finding(p.name, Verdict.HOLDS, trace)
            return self._inconclusive(p) if self._graph.limit else Finding(p.name, Verdict.VIOLATED)
        if trace is not None:
            return Finding(p.name, Verdict.VIOLATED, trace)
        return self._inconclusive(p) if self._graph.limit else Finding(p.name, Verdict.HOLDS)

    def _inconclusive(self, p: Property) -> Finding:
        return Finding(p.name, Verdict.INCONCLUSIVE, reason=f"stopped at {self._graph.limit}")

    def _witness(self, p: Property) -> Trace | None:
        """The shortest trace to where an invariant, a step property, a hazard check or a deadlock shows."""
        graph = self._graph
        match p.form:
            case Form.INVARIANT:
                holds = Machine(p.expression)
                return self._paths.to_nodes(self._where(lambda node: not holds(graph.states[node])))
            case Form.REACHABLE:
                holds = Machine(p.expression)
                return self._paths.to_nodes(self._where(lambda node: bool(holds(graph.states[node]))))
            case Form.DEADLOCK:
                terminal = Machine(self._system.terminal)
                return self._paths.to_nodes(
                    node
                    for node, enabled in enumerate(graph.enabled)
                    if all(self._system.actions[a].spontaneous for a in enabled) and not terminal(graph.states[node])
                )
            case Form.HAZARD:
                actions = self._system.actions
                return self._paths.to_steps(
                    (node, action, None, check)
                    for node, action, check in graph.broken
                    if actions[action].checks[check].property == p.name
                )
            case _:
                holds = Machine(p.expression)
                return self._paths.to_steps(
                    (node, action, target, None)
                    for node, moves in enumerate(graph.moves)
                    for action, target in moves
                    if not holds(graph.states[node], graph.states[target])
                )

    def _where(self, condition: Callable[[int], bool]) -> Iterable[int]:
        return (node for node in range(len(self._graph.states)) if condition(node))

    def _progress(self, p: Property) -> Finding:
        if self._graph.limit is not None:
            return self._inconclusive(p)
        best: tuple[int, Trace, str] | None = None
        for actor, resting in p.resting:
            stuck = self._never_again(Machine(resting), actor)
            trace = self._paths.to_nodes(stuck)
            if trace is not None and (best is None or trace.length < best[0]):
                best = (trace.length, trace, actor)
        if best is None:
            return Finding(p.name, Verdict.HOLDS)
        return Finding(p.name, Verdict.VIOLATED, best[1], subject=best[2])

    def _never_again(self, holds: Machine, actor: str) -> list[int]:
        """The nodes from which no node can be reached where the condition holds, or where the actor's call ends
        in a broken check, which is a hazard and reported as such."""
        if self._into is None:
            self._into = [[] for _ in self._graph.states]
            for node, moves in enumerate(self._graph.moves):
                for _, target in moves:
                    self._into[target].append(node)
        ended = {node for node, action, _ in self._graph.broken if self._system.actions[action].actor == actor}
        stack = [node for node, state in enumerate(self._graph.states) if node in ended or holds(state)]
        can = set(stack)
        while stack:
            for before in self._into[stack.pop()]:
                if before not in can:
                    can.add(before)
                    stack.append(before)
        return [node for node in range(len(self._graph.states)) if node not in can]

    def premises(self, p: Property) -> tuple[bool, ...]:
        """Which premises hold in some reachable state, or over some step."""
        held: list[bool] = []
        states = self._graph.states
        for premise in p.premises:
            holds = Machine(premise.expression)
            if any(node.op is Op.NEXT for node in nodes(premise.expression)):
                steps = ((n, t) for n, moves in enumerate(self._graph.moves) for _, t in moves)
                held.append(any(holds(states[node], states[target]) for node, target in steps))
            else:
                held.append(any(holds(state) for state in states))
        return tuple(held)
