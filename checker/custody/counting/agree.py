"""Whether the counters say the same as the specification, at one size: state by state and step by step.

A reachable state of the specification is seen as counts.  The counts that are seen, the counts that each step leads
to, which checks break and which properties hold must be what the system over counters says, and it must reach nothing
else.  Of states with the same counts every one is looked at up to so many states, beyond that the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from custody.counting.counted import Counted
from custody.counting.pointers import complaint
from custody.counting.split import Split, split
from custody.system.evaluate import initial_states
from custody.system.fast import moves, truths
from custody.system.model import Form, State, System

EVERY = 20_000
"""So many states are looked at one by one before only one of each orbit is."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many states of the specification were looked at, and how many states over counters these are; `complaint`
    says what differs, None if nothing does. `complete` is False where there were too many."""

    looked_at: int
    states: int
    complaint: str | None
    complete: bool = True


class _DifferentError(Exception):
    pass


def agree(system: System, counted: Counted, most: int) -> Agreement:
    """Compares a system of the specification with the counters at its size."""
    parts = split(system, counted.roles)
    sizes = {role: len(names) for role, names in parts.instances.items()}
    role_of = {name: role for role, names in parts.instances.items() for name in names}
    wrong = complaint(system, role_of, most)
    if wrong is not None:
        return Agreement(0, 0, wrong)
    return _Comparison(parts, counted, counted.at(sizes), most).run()


class _Comparison:
    def __init__(self, parts: Split, counted: Counted, flat: System, most: int) -> None:
        self._most, self._flat = most, flat
        self._parts, self._counted = parts, counted
        self._seen_as = self._viewer()
        names = [p.name for p in flat.properties if p.form is Form.INVARIANT]
        stated = [p for p in parts.system.properties if p.name in names and p.form is Form.INVARIANT]
        self._names = [p.name for p in stated]
        self._here = truths([p.expression for p in stated])
        self._there = truths([flat.property_named(name).expression for name in self._names])
        self._steps = [p for p in parts.system.properties if p.form is Form.STEP]
        self._over = truths([p.expression for p in self._steps])
        self._moves, self._flat_moves = moves(parts.system), moves(flat)

    def run(self) -> Agreement:
        found: dict[State, State] = {}
        seen: set[State] = set()
        waiting = list(initial_states(self._parts.system))
        seen.update(waiting)
        flat_first = set(initial_states(self._flat))
        if {self._seen_as(state) for state in waiting} != flat_first:
            return Agreement(len(seen), 0, "the first states differ")
        outcomes: dict[State, set[object]] = {}
        while waiting:
            state = waiting.pop()
            counts = self._seen_as(state)
            known = counts in found
            if known and len(seen) > EVERY:
                continue
            try:
                mine = self._outcomes(state)
                if not known:
                    found[counts] = state
                    outcomes[counts] = self._flat_outcomes(counts)
                if mine != outcomes[counts]:
                    raise _DifferentError(
                        f"the steps from {self._shown(counts)} differ: {self._odd(mine, counts, outcomes)}"
                    )
                if self._here(state) != self._there(counts):
                    raise _DifferentError(f"a property is true of {self._shown(counts)} in one and not in the other")
            except _DifferentError as error:
                return Agreement(len(seen), len(found), str(error))
            for _, broken, after in self._moves(state):
                if broken < 0 and after not in seen and (len(seen) <= EVERY or self._seen_as(after) not in found):
                    seen.add(after)
                    waiting.append(after)
            if len(found) > self._most:
                return Agreement(len(seen), len(found), None, complete=False)
        return Agreement(len(seen), len(found), None)

    def _outcomes(self, state: State) -> set[object]:
        """Which checks of a step break, and where the others lead."""
        found: set[object] = set()
        for index, broken, after in self._moves(state):
            action = self._parts.system.actions[index]
            if broken >= 0:
                found.add(action.name)
                continue
            over = self._over(state, after) if self._steps else ()
            if all(over):
                found.add(self._seen_as(after))
            else:
                found.add(action.name)
        return found

    def _flat_outcomes(self, counts: State) -> set[object]:
        return {
            self._flat.actions[index].name if broken >= 0 else after
            for index, broken, after in self._flat_moves(counts)
        }

    def _viewer(self) -> Callable[[State], State]:
        parts, counted = self._parts, self._counted
        index = {variable.name: i for i, variable in enumerate(parts.system.variables)}
        shared = [
            index[variable.name]
            for at, variable in enumerate(self._flat.variables)
            if at >= len(counted.roles) and at not in counted.counters
        ]
        place = {key: at for at, key in counted.counters.items()}
        size = len(self._flat.variables)
        own = [(role, parts.own[name]) for role, names in parts.instances.items() for name in names]
        sizes = [len(parts.instances[role]) for role in counted.roles]

        def view(state: State) -> State:
            row = [*sizes, *(state[i] for i in shared)]
            row += [0] * (size - len(row))
            for role, variables in own:
                at = place.get((role, tuple(state[i] for i in variables)))
                if at is None:
                    raise _DifferentError(f"an instance of {role} is in a local state that is not counted")
                row[at] += 1
            return tuple(row)

        return view

    def _odd(self, mine: set[object], counts: State, outcomes: dict[State, set[object]]) -> str:
        only = sorted(map(str, mine ^ outcomes[counts]))
        return only[0][:200]

    def _shown(self, counts: State) -> str:
        told = [
            f"{variable.name} = {variable.domain.show(value)}"
            for variable, value in zip(self._flat.variables, counts, strict=True)
            if value
        ]
        return ", ".join(told)
