"""Whether a contract allows everything that a model does: trace inclusion, with the calls of both as the model says.

The model is walked state by state, and beside it the belief of whoever knows the contract only: the states that the
contract may be in after the same calls.  A call whose belief has no state left is one that the contract forbids; the
walk is breadth first, so the run that shows it is a shortest one.  A call that takes several steps counts as one
call of the contract at its end, with the arguments that it began with.

A model that plays one side of the contract answers for that side only.  Where somebody else breaks a duty
(`requires`) the contract says nothing of what follows, and the run is not followed; those calls are told.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from custody.observe.label import Label, Seen
from custody.observe.observer import BROKEN, Alphabet, Observer, TooLargeError
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.expression import reads
from custody.system.finding import Trace
from custody.system.model import Clause, Implementation, Performance, Performed, State, System


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A run of the model whose last step the contract does not allow.

    `call` is the call of the contract, `clause` the clause of it that is false, and `before` the contract's state;
    the last two where there are such.  Without `call` the model says nothing of the answer that it gives.
    """

    trace: Trace
    call: Label | None
    clause: Clause | None
    before: State | None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conformance:
    """What the walk found; `limit` names what ended it too early. `outside` are calls that broke others' duties."""

    forbidden: Forbidden | None
    nodes: int
    outside: frozenset[str]
    limit: str | None = None


_Pending = tuple[tuple[str, int], ...]
"""For each actor that is in a call, by name, the number of what that call is in the contract."""
_Node = tuple[int, int, _Pending]


@dataclass(slots=True)
class _Walk:
    nodes: list[_Node] = field(default_factory=list[_Node])
    came_from: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    index: dict[_Node, int] = field(default_factory=dict[_Node, int])

    def add(self, node: _Node, before: int, action: int) -> None:
        if node not in self.index:
            self.index[node] = len(self.nodes)
            self.nodes.append(node)
            self.came_from.append((before, action))


def conformance(system: System, most: int | None = None, deadline: float | None = None) -> Conformance:
    """Looks at every run of a system that implements a contract; ValueError where it implements none."""
    if system.implementation is None:
        raise ValueError(f"{system.name} implements no contract")
    return _Conformance(system, system.implementation, most, deadline).search()


class _Conformance:
    def __init__(
        self, system: System, implementation: Implementation, most: int | None, deadline: float | None
    ) -> None:
        self._system = system
        self._implementation = implementation
        self._most = most
        self._deadline = deadline
        alphabet = Alphabet()
        self._alphabet = alphabet
        self._model = Observer(system, Alphabet())
        self._contract = Observer(implementation.contract, alphabet)
        self._calls = Calls(implementation)
        self._meanings: list[tuple[Meaning, ...]] = []
        self._meaning_index: dict[tuple[Meaning, ...], int] = {}
        self._outside: set[str] = set()
        self._fixed: dict[int, tuple[Meaning, ...]] = {}

    def search(self) -> Conformance:
        walk = _Walk()
        limit: str | None = None
        forbidden: Forbidden | None = None
        try:
            first = self._contract.initial()
            for point in self._model.first_points():
                walk.add((point, first, ()), -1, -1)
            here = 0
            while here < len(walk.nodes) and forbidden is None:
                if here % 64 == 0 and self._deadline is not None and time.monotonic() > self._deadline:
                    raise TooLargeError("the time for comparing with the contract")
                if self._most is not None and here >= self._most:
                    raise TooLargeError(f"max-states {self._most}")
                forbidden = self._expand(walk, here)
                here += 1
        except TooLargeError as reached:
            limit = reached.limit
        return Conformance(forbidden, len(walk.nodes), frozenset(self._outside), limit)

    def _expand(self, walk: _Walk, here: int) -> Forbidden | None:
        point, belief, pending = walk.nodes[here]
        for move in self._model.moves(point):
            if move.target == BROKEN:
                continue  # a hazard of the model's own
            action = self._system.actions[move.action]
            open_calls = dict(pending)
            if action.spontaneous:
                outcome = belief
            elif not action.inner:
                meanings = self._meaning(move.action, point)
                if not (action.begins and not action.ends):
                    outcome = self._follow(walk, here, move.action, belief, meanings, point)
                else:
                    open_calls[action.actor] = self._number(meanings)
                    outcome = belief
            elif action.ends:
                meanings = self._meanings[open_calls.pop(action.actor)] if action.actor in open_calls else ()
                outcome = self._follow(walk, here, move.action, belief, meanings, point)
            else:
                outcome = belief
            if isinstance(outcome, Forbidden):
                return outcome
            if outcome is not None:
                walk.add((move.target, outcome, tuple(sorted(open_calls.items()))), here, move.action)
        return None

    def _meaning(self, index: int, point: int) -> tuple[Meaning, ...]:
        known = self._fixed.get(index)
        if known is None:
            known = self._calls.meaning(index, self._system, self._model.state(point))
            if self._calls.is_fixed(index):
                self._fixed[index] = known
        return known

    def _number(self, meanings: tuple[Meaning, ...]) -> int:
        known = self._meaning_index.get(meanings)
        if known is None:
            known = self._meaning_index[meanings] = len(self._meanings)
            self._meanings.append(meanings)
        return known

    def _follow(
        self, walk: _Walk, here: int, index: int, belief: int, meanings: tuple[Meaning, ...], point: int
    ) -> int | Forbidden | None:
        """The belief after the call; None where others broke their duties; or what is wrong."""
        if self._system.actions[index].inner and not self._system.actions[index].begins and not meanings:
            return belief  # the end of a process
        state = self._model.state(point)
        answer = self._model.labels.answer(index, state)
        steps = chosen(meanings, answer)
        if steps is None:
            return Forbidden(self._trace(walk, here, index), None, None, None, (answer,))
        for label in steps:
            following = self._contract.after(belief)
            number = self._alphabet.number(label)
            if number in following:
                belief = following[number]
                continue
            clause, before = self._refusal(belief, label)
            if clause is not None and clause.duty and self._others(label):
                self._outside.add(str(label))
                return None
            others = {self._alphabet.labels[n] for n in following}
            answers = tuple(sorted(other.answer or "OK" for other in others if other.call == label.call))
            return Forbidden(self._trace(walk, here, index), label, clause, before, answers)
        return belief

    def _others(self, label: Label) -> bool:
        """Whether the call is one of a side that the model does not play."""
        side = self._implementation.side
        sides = {a.side for a in self._implementation.contract.actions if a.name == label.name}
        return side is not None and side not in sides

    def _refusal(self, belief: int, label: Label) -> tuple[Clause | None, State | None]:
        """A clause that is false; a duty only where in every state some duty is."""
        found: tuple[Clause | None, State | None] = (None, None)
        for point in self._contract.beliefs[belief]:
            if point == BROKEN:
                continue
            state = self._contract.state(point)
            false = self._calls.false_clauses(label, state)
            duties = [clause for clause in false if clause.duty]
            if not duties:
                return (false[0] if false else None), state
            if found[0] is None:
                found = duties[0], state
        return found

    def _trace(self, walk: _Walk, here: int, last: int) -> Trace:
        points = [here]
        actions = [last]
        while walk.came_from[points[-1]][0] >= 0:
            before, action = walk.came_from[points[-1]]
            points.append(before)
            actions.append(action)
        states = [self._model.state(walk.nodes[node][0]) for node in reversed(points)]
        states.append(fire(self._system.actions[last], states[-1]))
        return Trace(tuple(states), tuple(reversed(actions)))


# ------------------------------------------------------------------ what a call of the model is in the contract


@dataclass(frozen=True, slots=True)
class Meaning:
    """For one answer of the model's call, what it is in the contract."""

    outcome: str
    labels: tuple[Label, ...]


class Calls:
    """Reads the model's account of its calls, over given states."""

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation
        self._actors: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for action in implementation.contract.actions:
            key = action.name, tuple(value for _, value in action.arguments)
            actors = self._actors.setdefault(key, [])
            if action.actor not in actors:
                actors.append(action.actor)

    def is_fixed(self, index: int) -> bool:
        """Whether the call is the same in the contract whatever the model's state."""
        return not any(
            reads(value.value)
            for performance in self._implementation.performances[index]
            for call in performance.calls
            for value in (*call.arguments, *((call.performer,) if call.performer is not None else ()))
        )

    def meaning(self, index: int, system: System, state: State) -> tuple[Meaning, ...]:
        """What the call is that the action begins in `state`, for each answer."""
        actor = system.actions[index].actor
        return tuple(self._meaning(entry, actor, state) for entry in self._implementation.performances[index])

    def _meaning(self, entry: Performance, actor: str, state: State) -> Meaning:
        return Meaning(entry.outcome or "", tuple(self._label(call, actor, state) for call in entry.calls))

    def _label(self, call: Performed, actor: str, state: State) -> Label:
        values = tuple(given.domain.show(evaluate(given.value, state)) for given in call.arguments)
        actors = self._actors.get((call.action, values), [])
        if call.performer is not None:
            who = call.performer.domain.show(evaluate(call.performer.value, state))
        elif len(actors) == 1 or (actors and actor not in actors):
            who = actors[0]
        else:
            who = actor
        arguments = tuple((str(number), value) for number, value in enumerate(values))
        return Label(Seen.WHOLE, who, call.action, arguments, call.outcome or "")

    def false_clauses(self, label: Label, state: State) -> list[Clause]:
        """What refuses the call in a state of the contract: the fewest clauses of any of its actions."""
        best: list[Clause] | None = None
        for action in self._implementation.contract.actions:
            values = tuple(value for _, value in action.arguments)
            if (action.actor, action.name, values) != label.call or (action.outcome or "") != label.answer:
                continue
            false = [clause for clause in action.clauses if not evaluate(clause.expression, state)]
            if best is None or len(false) < len(best):
                best = false
        return best or []


def chosen(meanings: tuple[Meaning, ...], answer: str) -> tuple[Label, ...] | None:
    """The account of a call that gave this answer; a value that is no error counts as success."""
    wanted = answer if answer.startswith("fails ") else ""
    return next((meaning.labels for meaning in meanings if meaning.outcome == wanted), None)


# ------------------------------------------------------------------ the plain evaluator's own look at it

MOST_STATES = 20_000
"""How many states of the contract are followed at once."""


def complaint(system: System, trace: Trace) -> str | None:
    """What is wrong with the claim that the contract forbids the last step of this run of the model.

    The run itself is not looked at.  The states of the contract are followed in the plain evaluator.
    """
    implementation = system.implementation
    if implementation is None:
        return "the model implements no contract"
    calls = Calls(implementation)
    labels = Observer(system, Alphabet()).labels
    present = set(initial_states(implementation.contract))
    pending: dict[str, tuple[Meaning, ...]] = {}
    for number, index in enumerate(trace.actions):
        action, before = system.actions[index], trace.states[number]
        if action.spontaneous:
            continue
        if not action.inner:
            meanings = calls.meaning(index, system, before)
            if action.begins and not action.ends:
                pending[action.actor] = meanings
                continue
        elif action.ends:
            meanings = pending.pop(action.actor, ())
            if not meanings:
                continue
        else:
            continue
        last = number + 1 == len(trace.actions)
        steps = chosen(meanings, labels.answer(index, before))
        if steps is None:
            return None if last else f"step {number + 1} is nothing that the model says of itself"
        for label in steps:
            present = _followed(implementation.contract, present, label)
            if not present:
                return None if last else f"the contract forbids step {number + 1} already"
    return "the contract allows the run"


def _followed(contract: System, present: set[State], label: Label) -> set[State]:
    found = set(present)
    stack = list(found)
    unseen = [action for action in contract.actions if action.spontaneous]
    while stack and len(found) <= MOST_STATES:
        state = stack.pop()
        for action in unseen:
            if evaluate(action.guard, state) and failed_check(action, state) is None:
                after = fire(action, state)
                if after not in found:
                    found.add(after)
                    stack.append(after)
    following: set[State] = set()
    for action in contract.actions:
        values = tuple(value for _, value in action.arguments)
        if (action.actor, action.name, values) != label.call or (action.outcome or "") != label.answer:
            continue
        for state in found:
            if evaluate(action.guard, state) and failed_check(action, state) is None:
                following.add(fire(action, state))
    return following
