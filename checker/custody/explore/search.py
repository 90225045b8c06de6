"""Breadth-first search over all reachable states.

States are expanded layer by layer, so the first time that a property is seen to fail is after as few steps as
possible.  Violations do not stop or prune the search: every property gets its verdict from the whole space, and
the counts are those of the model, whatever is wrong with it.  No parents are stored: `trace` finds the way back.

Guaranteed: exact counts and verdicts when the search is complete; shortest traces always.  Liveness (`eventually`,
`leads_to`) is not decided here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from custody.explore.generate import BROKEN, flags, step_flags, successors
from custody.explore.layout import Layout
from custody.explore.stuck import stuck_actors
from custody.explore.trace import Goal, shortest_traces, stepping
from custody.system.evaluate import initial_states
from custody.system.expression import Op, nodes
from custody.system.finding import Exploration, Finding, Limits, Progress, ProgressHook, Stopwatch, Verdict
from custody.system.memory import peak_bytes, resident_bytes
from custody.system.model import LIVENESS, Conjunct, Form, Property, System

ENGINE = "explicit"
INTERRUPTED = "interrupted"
_LOOK_EVERY = 256
"""How many states are expanded between two looks at the clock."""
_PROGRESS_EVERY = 0.5
"""Seconds between two signs of life."""
_BYTES_A_STATE = 120
"""What Python needs for a state in a set and a list, roughly; what the process really has is looked at as well."""


def explore(
    system: System,
    limits: Limits | None = None,
    properties: Collection[str] | None = None,
    progress: ProgressHook | None = None,
) -> Exploration:
    """Checks the named properties, or all, on every reachable state.

    An interrupt from the keyboard ends the search like a limit, named "interrupted".
    """
    return _Search(system, limits or Limits(), properties, progress).run()


@dataclass(slots=True)
class _Seen:
    """What the search has found out so far."""

    states: set[int] = field(default_factory=set[int])
    layers: list[list[int]] = field(default_factory=list[list[int]])
    transitions: int = 0
    fired: list[int] = field(default_factory=list[int])
    goals: dict[str, Goal] = field(default_factory=dict[str, Goal])


class _Search:
    def __init__(
        self,
        system: System,
        limits: Limits,
        properties: Collection[str] | None,
        progress: ProgressHook | None,
    ) -> None:
        self._system = system
        self._limits = limits
        self._progress = progress
        self._wanted = [p for p in system.properties if properties is None or p.name in properties]
        self._layout = Layout(system.variables)
        self._successors = successors(system, self._layout).successors
        self._clock = Stopwatch()
        self._next_sign = _PROGRESS_EVERY
        self._start_bytes = peak_bytes()
        self._around = resident_bytes()
        self._seen = _Seen(fired=[0] * len(system.actions))
        of = self._of
        # A state is a goal of an invariant where it is false, of a reachability where it is true.
        self._invariants = of(Form.INVARIANT)
        self._invariant_flags = flags([p.expression for p in self._invariants], self._layout)
        self._reachables = of(Form.REACHABLE)
        self._reachable_flags = flags([p.expression for p in self._reachables], self._layout)
        self._steps = of(Form.STEP)
        self._step_flags = step_flags([p.expression for p in self._steps], self._layout)
        self._hazards = {p.name for p in of(Form.HAZARD)}
        self._deadlocks = of(Form.DEADLOCK)
        self._terminal = flags([system.terminal], self._layout)
        self._held: dict[str, list[bool]] = {p.name: [False] * len(p.premises) for p in self._wanted}
        self._set_up_premises()

    def _of(self, form: Form) -> list[Property]:
        return [p for p in self._wanted if p.form is form]

    def _set_up_premises(self) -> None:
        """Compiles the premises that were not yet seen to hold: over states, and over steps."""
        open_: list[tuple[str, int, Conjunct]] = [
            (p.name, i, premise)
            for p in self._wanted
            for i, premise in enumerate(p.premises)
            if not self._held[p.name][i]
        ]
        over_steps = [entry for entry in open_ if any(n.op is Op.NEXT for n in nodes(entry[2].expression))]
        over_states = [entry for entry in open_ if entry not in over_steps]
        self._state_premises = [(name, i) for name, i, _ in over_states]
        self._state_premise_flags = flags([c.expression for _, _, c in over_states], self._layout)
        self._step_premises = [(name, i) for name, i, _ in over_steps]
        self._step_premise_flags = step_flags([c.expression for _, _, c in over_steps], self._layout)

    # ------------------------------------------------------------------ the search

    def run(self) -> Exploration:
        limit: str | None = None
        try:
            limit = self._walk()
        except KeyboardInterrupt:
            limit = INTERRUPTED
        stuck: dict[str, tuple[str, Goal]] = {}
        if limit is None and self._seen.layers:
            try:
                progress_properties = self._of(Form.PROGRESS)
                stuck = stuck_actors(
                    self._system, progress_properties, self._seen.layers, self._successors, self._layout
                )
            except KeyboardInterrupt:
                limit = INTERRUPTED
        return self._result(limit, stuck)

    def _walk(self) -> str | None:
        seen = self._seen
        first = [self._layout.pack(state) for state in initial_states(self._system)]
        layer = list(dict.fromkeys(first))
        seen.states.update(layer)
        for state in layer:
            self._look_at(state, 0)
        while layer:
            seen.layers.append(layer)
            following: list[int] = []
            for position, state in enumerate(layer):
                if position % _LOOK_EVERY == 0:
                    limit = self._limit(len(layer) - position + len(following))
                    if limit is not None:
                        return limit
                self._expand(state, following)
            layer = following
        return None

    def _expand(self, state: int, following: list[int]) -> None:
        seen = self._seen
        depth = len(seen.layers)
        known, fired = seen.states, seen.fired
        moves = self._successors(state)
        seen.transitions += len(moves)
        for action, after in moves:
            fired[action] += 1
            if after < 0:
                self._broken(state, action, BROKEN - after, depth)
                continue
            if self._steps or self._step_premises:
                self._look_at_step(state, action, after, depth)
            if after not in known:
                known.add(after)
                following.append(after)
                self._look_at(after, depth)
        still = all(self._system.actions[action].spontaneous for action, _ in moves)
        if still and self._deadlocks and not self._terminal(state):
            for deadlock in self._deadlocks:
                self._goal(deadlock.name, depth - 1).states.append(state)

    def _goal(self, name: str, length: int) -> Goal:
        """Where the shortest traces of a property end; what is found later and deeper goes to waste."""
        goal = self._seen.goals.setdefault(name, Goal(length))
        return goal if goal.length == length else Goal(length)

    def _look_at(self, state: int, depth: int) -> None:
        if self._invariants:
            held = self._invariant_flags(state)
            for bit, invariant in enumerate(self._invariants):
                if not held >> bit & 1:
                    self._goal(invariant.name, depth).states.append(state)
        if self._reachables:
            held = self._reachable_flags(state)
            for bit, reachable in enumerate(self._reachables):
                if held >> bit & 1:
                    self._goal(reachable.name, depth).states.append(state)
        if self._state_premises:
            held = self._state_premise_flags(state)
            if held:
                for bit, (name, index) in enumerate(self._state_premises):
                    if held >> bit & 1:
                        self._held[name][index] = True
                self._set_up_premises()

    def _look_at_step(self, state: int, action: int, after: int, depth: int) -> None:
        held = self._step_flags(state, after)
        for bit, step in enumerate(self._steps):
            if not held >> bit & 1:
                self._goal(step.name, depth).steps.append((state, action, after))
        if self._step_premises:
            held = self._step_premise_flags(state, after)
            if held:
                for bit, (name, index) in enumerate(self._step_premises):
                    if held >> bit & 1:
                        self._held[name][index] = True
                self._set_up_premises()

    def _broken(self, state: int, action: int, check: int, depth: int) -> None:
        name = self._system.actions[action].checks[check].property
        if name in self._hazards:
            self._goal(name, depth).steps.append((state, action, BROKEN - check))

    # ------------------------------------------------------------------ limits and results

    def _limit(self, frontier: int) -> str | None:
        seen, limits = self._seen, self._limits
        count = len(seen.states)
        if limits.max_states is not None and count > limits.max_states:
            return f"max-states {limits.max_states}"
        seconds = self._clock.seconds
        if limits.timeout is not None and seconds > limits.timeout:
            return f"timeout {limits.timeout:g} s"
        used = max(resident_bytes() - self._around, count * _BYTES_A_STATE)
        if limits.max_memory is not None and self._around + used > limits.max_memory:
            return f"max-memory {limits.max_memory >> 20} MiB"
        if self._progress is not None and seconds >= self._next_sign:
            self._next_sign = seconds + _PROGRESS_EVERY
            depth = len(seen.layers) - 1
            self._progress(Progress(count, seen.transitions, depth, frontier, seconds, used))
        return None

    def _result(self, limit: str | None, stuck: dict[str, tuple[str, Goal]]) -> Exploration:
        seen = self._seen
        goals = {**seen.goals, **{name: goal for name, (_, goal) in stuck.items()}}
        traces = shortest_traces(self._system, self._layout, stepping(seen.layers, self._successors), goals)
        findings: dict[str, Finding] = {}
        for p in self._wanted:
            subject = stuck[p.name][0] if p.name in stuck else None
            findings[p.name] = self._finding(p, goals.get(p.name), limit, subject)
            if p.name in traces:
                found = findings[p.name]
                findings[p.name] = Finding(p.name, found.verdict, traces[p.name], found.reason, subject)
        return Exploration(
            engine=ENGINE,
            findings=findings,
            complete=limit is None,
            states=len(seen.states),
            transitions=seen.transitions,
            depth=max(0, len(seen.layers) - 1),
            limit=limit,
            fired=tuple(seen.fired),
            premises={name: tuple(held) for name, held in self._held.items() if held},
            seconds=self._clock.seconds,
            peak_bytes=max(0, peak_bytes() - self._start_bytes),
        )

    def _finding(self, p: Property, goal: Goal | None, limit: str | None, subject: str | None) -> Finding:
        if not self._seen.layers and limit is None:
            return Finding(p.name, Verdict.INCONCLUSIVE, reason="the system has no first state")
        if p.form in LIVENESS:
            return Finding(p.name, Verdict.INCONCLUSIVE, reason="liveness is checked on the graph")
        wanted = p.form is Form.REACHABLE
        if goal is not None:
            return Finding(p.name, Verdict.HOLDS if wanted else Verdict.VIOLATED, subject=subject)
        if limit is not None:
            return Finding(p.name, Verdict.INCONCLUSIVE, reason=stopped(limit))
        return Finding(p.name, Verdict.VIOLATED if wanted else Verdict.HOLDS)


def stopped(limit: str) -> str:
    """A limit as the reason why something is not known."""
    return limit if limit == INTERRUPTED else f"stopped at {limit}"
