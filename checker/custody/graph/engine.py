"""The second engine: the same questions as the explicit search, answered on the reachable graph.

Deadlocks are states without a way on; partial deadlocks are found by going backwards from the states where an
actor rests; liveness is in `liveness`.

Guaranteed, when no limit was reached: exact counts and verdicts of every form, and shortest traces with the fewest
changes of actor (lassos: shortest stems).  Not: states beyond `build.MAX_NODES`, symmetry, or speed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property

from custody.graph.budget import INTERRUPTED, Budget, LimitReachedError
from custody.graph.build import ReachableGraph, explore
from custody.graph.liveness import violation
from custody.graph.machine import Machine
from custody.graph.paths import ShortestPaths
from custody.system.expression import Op, nodes
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Trace, Verdict
from custody.system.model import Form, Property, System

ENGINE = "networkx"


def analyse(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
) -> Exploration:
    """Checks the named properties, or all, on the reachable graph.

    An interrupt from the keyboard ends the analysis like a limit, named "interrupted".  After a limit only what a
    trace shows is settled.
    """
    limits = limits or Limits()
    budget = Budget(limits, progress)
    graph = explore(system, limits.max_states, budget)
    wanted = [p for p in system.properties if properties is None or p.name in properties]
    analysis = _Analysis(system, graph)
    findings: dict[str, Finding] = {}
    premises: dict[str, tuple[bool, ...]] = {}
    limit = graph.limit
    try:
        for p in wanted:
            findings[p.name] = analysis.finding(p)
            if p.premises:
                premises[p.name] = analysis.premises(p)
            if graph.limit is None:
                budget.require_time_and_memory()
    except LimitReachedError as reached:
        limit = reached.limit
    except KeyboardInterrupt:
        limit = INTERRUPTED
    if limit is not None:
        findings = {p.name: _as_far_as_shown(p, findings.get(p.name), limit) for p in wanted}
    return Exploration(
        engine=ENGINE,
        findings=findings,
        complete=limit is None,
        states=len(graph.states),
        transitions=graph.transitions,
        depth=max((graph.depth[node] for node in range(len(graph.moves))), default=0),
        limit=limit,
        fired=tuple(graph.fired),
        premises=premises,
        seconds=budget.seconds,
        peak_bytes=budget.bytes,
    )


def _as_far_as_shown(p: Property, finding: Finding | None, limit: str) -> Finding:
    """What is left of a finding when not everything was looked at."""
    if finding is not None and finding.trace is not None:
        return finding
    return Finding(p.name, Verdict.INCONCLUSIVE, reason=f"stopped at {limit}")


class _Analysis:
    """What the graph says, as if it were all there is; of one that is not complete, traces only are to be trusted."""

    def __init__(self, system: System, graph: ReachableGraph) -> None:
        self._system = system
        self._graph = graph
        self._paths = ShortestPaths(graph, [action.actor for action in system.actions])

    def finding(self, p: Property) -> Finding:
        if not self._graph.states:
            return Finding(p.name, Verdict.INCONCLUSIVE, reason="the system has no first state")
        subject: str | None = None
        match p.form:
            case Form.PROGRESS:
                trace, subject = self._stuck(p)
            case Form.EVENTUALLY | Form.LEADS_TO:
                trace = None if self._graph.limit else violation(self._system, self._graph, p)
            case _:
                trace = self._witness(p)
        shown, otherwise = Verdict.VIOLATED, Verdict.HOLDS
        if p.form is Form.REACHABLE:
            shown, otherwise = otherwise, shown
        return Finding(p.name, otherwise if trace is None else shown, trace, subject=subject)

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

    def _stuck(self, p: Property) -> tuple[Trace | None, str | None]:
        """The shortest trace to where some actor can never come to rest again, and that actor."""
        best: tuple[Trace | None, str | None] = (None, None)
        if self._graph.limit is not None:
            return best
        for actor, resting in p.resting:
            trace = self._paths.to_nodes(self._never_again(Machine(resting), actor))
            if trace is not None and (best[0] is None or trace.length < best[0].length):
                best = (trace, actor)
        return best

    @cached_property
    def _into(self) -> list[list[int]]:
        """The nodes before each node."""
        into: list[list[int]] = [[] for _ in self._graph.states]
        for node, moves in enumerate(self._graph.moves):
            for _, target in moves:
                into[target].append(node)
        return into

    def _never_again(self, holds: Machine, actor: str) -> list[int]:
        """The nodes from which no node can be reached where the condition holds, or where the actor's call ends
        in a broken check, which is a hazard and reported as such."""
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
