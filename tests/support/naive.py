"""What a small system's properties come to, found out in the most obvious way and shared with no engine.

Breadth-first layers with the plain evaluator; shortest traces by taking every path of that length; runs that
last for ever by trying, for each promise of fairness, both ways in which it can be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states, is_deadlocked
from custody.system.expression import Op, nodes
from custody.system.finding import Trace, Verdict
from custody.system.model import Fairness, Form, Property, State, System


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict; the steps of the shortest trace and its fewest changes of actor where one shows it."""

    verdict: Verdict
    length: int | None = None
    changes: int | None = None
    subject: str | None = None


class Naive:
    """Everything about one system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.fired = [0] * len(system.actions)
        self.depths: dict[State, int] = dict.fromkeys(initial_states(system), 0)
        self.steps: list[tuple[State, int, State]] = []
        self.broken: list[tuple[State, int, str]] = []
        queue = list(self.depths)
        for state in queue:
            for index in enabled(system, state):
                self.fired[index] += 1
                failed = failed_check(system.actions[index], state)
                if failed is not None:
                    self.broken.append((state, index, failed.property))
                    continue
                after = fire(system.actions[index], state)
                self.steps.append((state, index, after))
                if after not in self.depths:
                    self.depths[after] = self.depths[state] + 1
                    queue.append(after)

    def premises(self, p: Property) -> tuple[bool, ...]:
        return tuple(
            any(evaluate(premise.expression, before, after) for before, _, after in self.steps)
            if any(node.op is Op.NEXT for node in nodes(premise.expression))
            else any(evaluate(premise.expression, state) for state in self.depths)
            for premise in p.premises
        )

    def answer(self, p: Property) -> Answer:
        match p.form:
            case Form.INVARIANT:
                return self._to_states(state for state in self.depths if not evaluate(p.expression, state))
            case Form.REACHABLE:
                found = self._to_states(state for state in self.depths if evaluate(p.expression, state))
                opposite = Verdict.HOLDS if found.verdict is Verdict.VIOLATED else Verdict.VIOLATED
                return Answer(opposite, found.length, found.changes)
            case Form.DEADLOCK:
                return self._to_states(state for state in self.depths if is_deadlocked(self.system, state))
            case Form.STEP:
                return self._by_steps((s, a) for s, a, t in self.steps if not evaluate(p.expression, s, t))
            case Form.HAZARD:
                return self._by_steps((s, a) for s, a, name in self.broken if name == p.name)
            case Form.PROGRESS:
                return self._progress(p)
            case Form.EVENTUALLY | Form.LEADS_TO:
                return Answer(Verdict.VIOLATED if self._endless(p) else Verdict.HOLDS)
            case Form.IMPLEMENTS:
                raise ValueError("what a model implements is compared in tests/change")

    # ------------------------------------------------------------------ shortest traces

    def _to_states(self, states: Iterable[State]) -> Answer:
        ends = list(states)
        if not ends:
            return Answer(Verdict.HOLDS)
        length = min(self.depths[state] for state in ends)
        paths = self._after(length)
        return Answer(Verdict.VIOLATED, length, min(n for (state, _), n in paths.items() if state in ends))

    def _by_steps(self, steps: Iterable[tuple[State, int]]) -> Answer:
        ends = list(steps)
        if not ends:
            return Answer(Verdict.HOLDS)
        before = min(self.depths[state] for state, _ in ends)
        options = [
            count + _differs(last, self._actor(action))
            for (state, last), count in self._after(before).items()
            for other, action in ends
            if other == state
        ]
        return Answer(Verdict.VIOLATED, before + 1, min(options))

    def _after(self, length: int) -> dict[tuple[State, str], int]:
        """Where every path of that many steps ends, and with whom: the fewest changes of actor."""
        paths = {(state, ""): 0 for state, depth in self.depths.items() if depth == 0}
        for _ in range(length):
            longer: dict[tuple[State, str], int] = {}
            for (state, last), count in paths.items():
                for before, action, after in self.steps:
                    if before == state:
                        place = (after, self._actor(action))
                        changes = count + _differs(last, self._actor(action))
                        longer[place] = min(changes, longer.get(place, changes))
            paths = longer
        return paths

    def _actor(self, action: int) -> str:
        return self.system.actions[action].actor

    def _progress(self, p: Property) -> Answer:
        best = Answer(Verdict.HOLDS)
        for actor, resting in p.resting:
            fine = {state for state in self.depths if evaluate(resting, state)}
            fine |= {state for state, action, _ in self.broken if self._actor(action) == actor}
            before = -1
            while before != len(fine):
                before = len(fine)
                fine |= {s for s, _, t in self.steps if t in fine}
            found = self._to_states(state for state in self.depths if state not in fine)
            if found.length is not None and (best.length is None or found.length < best.length):
                best = Answer(found.verdict, found.length, found.changes, actor)
        return best

    # ------------------------------------------------------------------ endless runs

    def _endless(self, p: Property) -> bool:
        """Is there a fair run on which the property fails?"""
        goal = p.expression if p.form is Form.EVENTUALLY else p.goal
        without = {state for state in self.depths if not evaluate(goal, state)}
        steps = [(s, a, t) for s, a, t in self.steps if s in without and t in without]
        if p.form is Form.EVENTUALLY:
            region = {state for state in without if self.depths[state] == 0}
        else:
            region = {state for state in without if evaluate(p.expression, state)}
        before = -1
        while before != len(region):
            before = len(region)
            region |= {t for s, _, t in steps if s in region}
        if any(all(not self._asks(promise, state) for promise in self.system.fairness) for state in region):
            return True
        inside = [(s, a, t) for s, a, t in steps if s in region]
        ways = product((True, False), repeat=len(self.system.fairness))
        return any(self._cycles(region, inside, taken) for taken in ways)

    def _asks(self, promise: Fairness, state: State) -> bool:
        return any(evaluate(self.system.actions[action].guard, state) for action in promise.actions)

    def _cycles(self, region: set[State], steps: list[tuple[State, int, State]], taken: Sequence[bool]) -> bool:
        """Is there a closed walk that takes the promises' actions where `taken`, and otherwise leaves them
        disabled: all the time (strong), or at some time (weak)?"""
        promises = list(zip(self.system.fairness, taken, strict=True))
        avoided = [promise for promise, by_taking in promises if promise.strong and not by_taking]
        kept = {state for state in region if not any(self._asks(promise, state) for promise in avoided)}
        left = [(s, a, t) for s, a, t in steps if s in kept and t in kept]
        onwards: dict[State, set[State]] = {state: {t for s, _, t in left if s == state} for state in kept}
        for middle in kept:
            for state in kept:
                if middle in onwards[state]:
                    onwards[state] |= onwards[middle]

        def together(one: State, other: State) -> bool:
            return one == other or (other in onwards[one] and one in onwards[other])

        def served(promise: Fairness, by_taking: bool, home: State) -> bool:
            if by_taking:
                return any(a in promise.actions and together(home, s) and together(home, t) for s, a, t in left)
            return promise.strong or any(together(home, s) and not self._asks(promise, s) for s in kept)

        return any(
            home in onwards[home] and all(served(promise, by_taking, home) for promise, by_taking in promises)
            for home in kept
        )


def _differs(last: str, actor: str) -> int:
    return int(last not in ("", actor))


def changes_of_actor(system: System, trace: Trace) -> int:
    """How often the trace goes from one actor to another."""
    actors = [system.actions[action].actor for action in trace.actions]
    return sum(one != other for one, other in pairwise(actors))


def is_fair_violation(system: System, p: Property, trace: Trace) -> bool:
    """Whether the lasso is a run of the system, fair, on which the EVENTUALLY or LEADS_TO property fails."""
    states, actions = trace.states, trace.actions
    runs = states[0] in set(initial_states(system)) and all(
        evaluate(system.actions[action].guard, before)
        and failed_check(system.actions[action], before) is None
        and fire(system.actions[action], before) == after
        for before, action, after in zip(states, actions, states[1:], strict=False)
    )
    begin = len(states) - 1 if trace.stutters else trace.loop_at
    if not runs or trace.broken is not None or begin is None or len(states) != len(actions) + 1:
        return False
    if not trace.stutters and (begin >= len(actions) or states[begin] != states[-1]):
        return False
    loop = states[begin:]
    taken: set[int] = set() if trace.stutters else set(actions[begin:])
    fair = all(_kept(system, promise, loop, taken) for promise in system.fairness)
    return fair and _fails(p, states, begin)


def _kept(system: System, promise: Fairness, loop: Sequence[State], taken: set[int]) -> bool:
    asked = [any(evaluate(system.actions[a].guard, state) for a in promise.actions) for state in loop]
    nothing_asked: Callable[[Iterable[bool]], bool] = any if promise.strong else all
    return bool(taken & set(promise.actions)) or not nothing_asked(asked)


def _fails(p: Property, states: Sequence[State], begin: int) -> bool:
    # Once round the loop after the last state shows all that ever follows.
    unrolled = [*states, *states[begin:]]
    if p.form is Form.EVENTUALLY:
        return not any(evaluate(p.expression, state) for state in unrolled)
    return any(
        evaluate(p.expression, state) and not any(evaluate(p.goal, later) for later in unrolled[position:])
        for position, state in enumerate(states)
    )
