"""A set of states that has all first states and every state that a step leads to: all that can ever be.

`levels` is the set as a decision diagram, a level a variable: a node is a list of values, each with the number of a
node of the next level.  `ranks` has, for each actor that must always be able to come to rest, how many steps that
takes from each state, in ascending order of the states.
"""

from __future__ import annotations

from array import array

from custody.system.evaluate import initial_states
from custody.system.fast import moves, truths
from custody.system.forbidden import forbidden
from custody.system.model import Form, Property, State, System
from custody.verify.proof import Proof, RefusedError, unpacked

MOST = 5_000_000
"""A larger set is refused: it would not fit this machine."""


def check(system: System, proof: Proof) -> str:
    """RefusedError with a state of the set that shows what is wrong with it."""
    claimed = [system.property_named(name) for name in proof.properties]
    states = _states(system, unpacked(proof.data["levels"]))
    index = {state: number for number, state in enumerate(states)}
    for state in initial_states(system):
        if state not in index:
            raise RefusedError("init", "a first state is outside the set", state)
    steps = [p for p in claimed if p.form is Form.STEP]
    ranked = [_Ranked(system, proof, p, len(states)) for p in claimed if p.form is Form.PROGRESS]
    plain = [p for p in claimed if p.form not in (Form.STEP, Form.PROGRESS)]
    in_state = truths([forbidden(system, p) for p in plain])
    over_step = truths([forbidden(system, p) for p in steps])
    following = moves(system)
    for number, state in enumerate(states):
        if any(found := in_state(state)):
            raise RefusedError("safe", f"the set has a state that {plain[found.index(1)].name} forbids", state)
        after: list[tuple[int, int]] = []
        for action, broken, target in following(state):
            after.append((action, index.get(target, -2) if broken < 0 else -1))
            if after[-1][1] == -2:
                raise RefusedError("step", f"'{system.actions[action].label}' leads out of the set", state)
            if steps and broken < 0 and any(found := over_step(state, target)):
                raise RefusedError(
                    "safe", f"a step from a state of the set breaks {steps[found.index(1)].name}", state
                )
        for each in ranked:
            each.look(number, state, after)
    return f"all of {len(states):,} states, one by one"


class _Ranked:
    """From every state each actor can come to rest: some step lowers its rank, and at rank 0 it rests."""

    def __init__(self, system: System, proof: Proof, subject: Property, count: int) -> None:
        self._system, self._subject = system, subject
        self._rests = truths([rests for _, rests in subject.resting])
        ranks = proof.data["ranks"][subject.name]
        self._ranks = [_numbers_of(ranks[actor], count) for actor, _ in subject.resting]

    def look(self, number: int, state: State, after: list[tuple[int, int]]) -> None:
        for (actor, _), rests, ranks in zip(self._subject.resting, self._rests(state), self._ranks, strict=True):
            if rests:
                continue
            lower = any(
                ranks[target] < ranks[number] if target >= 0 else self._system.actions[action].actor == actor
                for action, target in after
            )
            if not lower:
                raise RefusedError("rank", f"no step brings {actor} nearer to rest ({self._subject.name})", state)


def _states(system: System, levels: list[list[list[list[int]]]]) -> list[State]:
    """All members of the set, each once, within the domains."""
    if len(levels) != len(system.variables):
        raise RefusedError("format", "the set has other variables than the system")
    counts, suffixes = [1], [[()]]
    for variable, level in zip(reversed(system.variables), reversed(levels), strict=True):
        domain = variable.domain
        for node in level:
            values = [value for value, _ in node]
            if values != sorted(set(values)) or not all(domain.low <= value <= domain.high for value in values):
                raise RefusedError("format", f"values of {variable.name} are out of order or out of its domain")
        counts = [sum(counts[child] for _, child in node) for node in level]
        if max(counts, default=0) > MOST:
            raise RefusedError("format", f"the set has more than {MOST:,} states")
        suffixes = [[(value, *rest) for value, child in node for rest in suffixes[child]] for node in level]
    return suffixes[0] if suffixes else []


def _numbers_of(text: str, count: int) -> array[int]:
    numbers = array("I", [int(n) for n in unpacked(text)])
    if len(numbers) != count:
        raise RefusedError("format", "there is not one number for each state")
    return numbers
