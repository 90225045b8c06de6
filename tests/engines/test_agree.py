"""Three engines and the meaning of a system, on random systems: the same counts, verdicts and shortest lengths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings

from custody.explore.search import explore as search
from custody.graph.engine import analyse
from custody.properties.replay import replay
from custody.symbolic.bad import question
from custody.symbolic.search import Search
from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states, is_deadlocked
from custody.system.expression import Expr
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Form, Property, State, System
from support.checked_systems import checked_systems

# ------------------------------------------------------------------ what a system means, without any engine


class Meaning:
    """Everything reachable, by the plain evaluator."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.depth: dict[State, int] = dict.fromkeys(initial_states(system), 0)
        self.steps: list[tuple[State, int, State | None]] = []
        order = list(self.depth)
        for state in order:
            for index in enabled(system, state):
                action = system.actions[index]
                target = None if failed_check(action, state) else fire(action, state)
                self.steps.append((state, index, target))
                if target is not None and target not in self.depth:
                    self.depth[target] = self.depth[state] + 1
                    order.append(target)

    def length(self, p: Property) -> int | None:
        """How many steps the shortest way to a violation (or, for REACHABLE, to the state) has; None for none."""
        return min(self._lengths(p), default=None)

    def _lengths(self, p: Property) -> Iterator[int]:
        for state, depth in self.depth.items():
            wrong = p.form is Form.INVARIANT and not evaluate(p.expression, state)
            there = p.form is Form.REACHABLE and evaluate(p.expression, state)
            dead = p.form is Form.DEADLOCK and is_deadlocked(self.system, state)
            stuck = p.form is Form.PROGRESS and any(self._stuck(state, actor, rest) for actor, rest in p.resting)
            if wrong or there or dead or stuck:
                yield depth
        for state, index, target in self.steps:
            broken = failed_check(self.system.actions[index], state)
            hazard = p.form is Form.HAZARD and broken is not None and broken.property == p.name
            wrong = p.form is Form.STEP and target is not None and not evaluate(p.expression, state, target)
            if hazard or wrong:
                yield self.depth[state] + 1

    def _stuck(self, start: State, actor: str, resting: Expr) -> bool:
        seen, stack = {start}, [start]
        while stack:
            state = stack.pop()
            if evaluate(resting, state):
                return False
            for source, index, target in self.steps:
                if source != state:
                    continue
                if target is None and self.system.actions[index].actor == actor:
                    return False
                if target is not None and target not in seen:
                    seen.add(target)
                    stack.append(target)
        return True

    def fewest_changes(self, invariant: Property, length: int) -> int:
        """The fewest changes of actor on any way of this length to a state that violates the invariant."""
        actors = [action.actor for action in self.system.actions]
        best: dict[tuple[State, str], int] = {(state, ""): 0 for state, depth in self.depth.items() if depth == 0}
        for _ in range(length):
            following: dict[tuple[State, str], int] = {}
            for (state, actor), so_far in best.items():
                for source, index, target in self.steps:
                    if source == state and target is not None:
                        cost = so_far + (actor not in ("", actors[index]))
                        key = (target, actors[index])
                        following[key] = min(cost, following.get(key, cost))
            best = following
        return min(cost for (state, _), cost in best.items() if not evaluate(invariant.expression, state))


def changes(system: System, trace: Trace) -> int:
    """How often the actor changes along the trace."""
    actors = [system.actions[index].actor for index in trace.actions]
    return sum(one != other for one, other in itertools.pairwise(actors))


def expected(meaning: Meaning, p: Property) -> tuple[Verdict, int | None]:
    length = meaning.length(p)
    bad = length is None if p.form is Form.REACHABLE else length is not None
    return (Verdict.VIOLATED if bad else Verdict.HOLDS), length


many = settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
)
SAFETY = [Form.INVARIANT, Form.STEP, Form.REACHABLE, Form.HAZARD, Form.DEADLOCK, Form.PROGRESS]


@many
@given(checked_systems())
def test_search_and_graph_say_what_the_system_means(system: System) -> None:
    meaning = Meaning(system)
    found, graph = search(system), analyse(system)
    if not meaning.depth:
        assert {f.verdict for f in (*found.findings.values(), *graph.findings.values())} == {Verdict.INCONCLUSIVE}
        return
    for result in (found, graph):
        assert (result.states, result.transitions) == (len(meaning.depth), len(meaning.steps))
        assert result.depth == max(meaning.depth.values())
        assert result.fired == tuple(
            sum(index == fired for _, fired, _ in meaning.steps) for index in range(len(system.actions))
        )
        held = any(evaluate(system.properties[0].premises[0].expression, state) for state in meaning.depth)
        assert result.premises["one"] == (held,)
    for p in system.properties:
        if p.form not in SAFETY:
            continue
        verdict, length = expected(meaning, p)
        for result in (found, graph):
            finding = result.findings[p.name]
            assert finding.verdict is verdict, (p.name, result.engine)
            assert (finding.trace.length if finding.trace else None) == length, (p.name, result.engine)
            if finding.trace is not None:
                replay(system, p, finding)
        one, other = found.findings[p.name].trace, graph.findings[p.name].trace
        if one is not None and other is not None:
            assert changes(system, one) == changes(system, other), p.name
            if p.form is Form.INVARIANT:
                assert changes(system, one) == meaning.fewest_changes(p, one.length)


@settings(many, max_examples=60)
@given(checked_systems())
def test_z3_agrees_where_it_answers(system: System) -> None:
    meaning = Meaning(system)
    if not meaning.depth:
        return
    asked = [q for q in (question(system, p) for p in system.properties) if q is not None]
    answers: list[Finding] = []
    Search(system, asked, 20.0).run(12, answers.append)
    settled = [finding for finding in answers if finding.verdict is not Verdict.INCONCLUSIVE]
    for finding in settled:
        p = system.property_named(finding.property)
        verdict, length = expected(meaning, p)
        assert finding.verdict is verdict, p.name
        if finding.trace is not None:
            assert finding.trace.length == length
            replay(system, p, finding)
    # Within twelve steps everything that fails has failed, and small systems are known as a whole.
    for q in asked:
        _, length = expected(meaning, system.property_named(q.name))
        if length is not None and length <= 12:
            assert any(finding.property == q.name and finding.trace is not None for finding in settled)


# ------------------------------------------------------------------ liveness


@many
@given(checked_systems())
def test_liveness_is_what_fair_runs_do(system: System) -> None:
    meaning = Meaning(system)
    if not meaning.depth:
        return
    graph = analyse(system)
    for name in ("eventually", "leads"):
        p, finding = system.property_named(name), graph.findings[name]
        assert (finding.verdict is Verdict.VIOLATED) == bad_run_exists(meaning, p)
        if finding.trace is not None:
            is_fair_and_bad(system, p, finding.trace)
            replay(system, p, finding)


def bad_run_exists(meaning: Meaning, p: Property) -> bool:
    """By brute force over sets of states: is there one that a fair run can enter and stay in, without the goal?"""
    system = meaning.system
    goal = p.expression if p.form is Form.EVENTUALLY else p.goal
    without = {state for state in meaning.depth if not evaluate(goal, state)}
    inside = [(s, i, t) for s, i, t in meaning.steps if t is not None and s in without and t in without]
    if p.form is Form.EVENTUALLY:
        region = {state for state, depth in meaning.depth.items() if depth == 0 and state in without}
    else:
        region = {state for state in without if evaluate(p.expression, state)}
    while more := {t for s, _, t in inside if s in region} - region:
        region |= more
    able = {state: set(enabled(system, state)) for state in region}
    if any(not any(able[state] & set(f.actions) for f in system.fairness) for state in region):
        return True
    # A fair run that moves for ever goes round in a set of states that all reach each other; take away what a
    # strong constraint forbids until nothing changes, component by component.
    work = [region]
    while work:
        part = work.pop()
        for component in components(part, inside):
            taken = {i for s, i, t in inside if s in component and t in component}
            if not taken:
                continue
            refused = {
                state
                for state in component
                for f in system.fairness
                if f.strong and not taken & set(f.actions) and able[state] & set(f.actions)
            }
            if refused:
                work.append(component - refused)
                continue
            weak = [f for f in system.fairness if not f.strong]
            if all(taken & set(f.actions) or any(not able[s] & set(f.actions) for s in component) for f in weak):
                return True
    return False


def components(part: set[State], inside: list[tuple[State, int, State]]) -> Iterator[set[State]]:
    """Sets of states that reach each other, by reachability alone."""
    reach: dict[State, set[State]] = {}
    for start in part:
        seen, stack = {start}, [start]
        while stack:
            here = stack.pop()
            for source, _, target in inside:
                if source == here and target in part and target not in seen:
                    seen.add(target)
                    stack.append(target)
        reach[start] = seen
    left = set(part)
    while left:
        start = next(iter(left))
        component = {other for other in reach[start] if start in reach[other]}
        left -= component
        yield component


def is_fair_and_bad(system: System, p: Property, trace: Trace) -> None:
    """The lasso is a run, closes, never has the goal after the trigger, and treats everybody fairly."""
    states, loop = trace.states, trace.loop_at
    assert loop is not None
    for before, index, target in zip(states, trace.actions, states[1:], strict=False):
        action = system.actions[index]
        assert evaluate(action.guard, before)
        assert failed_check(action, before) is None
        assert fire(action, before) == target
    cycle = states[loop:]
    assert states[-1] == states[loop]
    goal = p.expression if p.form is Form.EVENTUALLY else p.goal
    if p.form is Form.EVENTUALLY:
        assert not any(evaluate(goal, state) for state in states)
    else:
        starts = [i for i, state in enumerate(states) if evaluate(p.expression, state)]
        assert any(not any(evaluate(goal, state) for state in states[i:]) for i in starts)
    taken = set(trace.actions[loop:])
    for f in system.fairness:
        able = [bool(set(enabled(system, state)) & set(f.actions)) for state in cycle]
        served = taken & set(f.actions) or (not any(able) if f.strong else not all(able))
        assert served, f.name
