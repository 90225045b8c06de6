"""The nearest passing run: as long as possible like the counterexample, then one other choice, and nothing fails.

From the end of the counterexample backwards, each of its states is asked whether another step than the one taken
leads to a run that keeps the property to its end; the first state that has one is where choosing otherwise avoids the
failure, and the rest of the run is a shortest one.  An end is a state in which all is over and nobody can begin
anything, or one in which everybody rests and whoever took the last step of the counterexample has done something
else; where there is neither, a state that the run was in before, so that it can go on for ever.  All this is tried
with the actors of the counterexample alone and without the hardware's whims, too, because that reaches further.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from custody.system.expression import FALSE, Expr, not_
from custody.system.fast import Moves, moves, truths
from custody.system.finding import Finding, Trace
from custody.system.model import Form, Property, State, System
from custody.why.result import Passing

MOST_STATES = 6_000
"""How many states are looked at from each place where the run may part, for each kind of end."""

MOST_CUT = 4
"""At so many places that limit ends the search, before it is given up."""

_Node: TypeAlias = "tuple[State, bool]"
"""A state, and whether who has to act has acted."""


@dataclass(frozen=True, slots=True)
class _Aim:
    """What is never true in a state, or over a step, of a run that passes; and where it is to arrive.

    With `final` nobody but the hardware can do anything there.  `actor` has to act on the way (None: nobody has to).
    A target of FALSE asks for a loop.
    """

    bad: Expr
    bad_step: Expr
    target: Expr
    words: str
    final: bool = False
    actor: str | None = None


def passing(system: System, subject: Property, finding: Finding) -> Passing | None:
    """The run; None where none is found within the limit, or the property is not one that a single run keeps."""
    trace = finding.trace
    if trace is None:
        return None
    acting = {system.actions[index].actor for index in trace.actions}
    many = {name for _, names in system.roles if len(names) > 1 for name in names}
    others = frozenset(index for index, a in enumerate(system.actions) if a.actor in many - acting or a.spontaneous)
    following = moves(system)
    for aims in _aims(system, subject, finding, trace):
        found = [
            _nearest(system, following, aim, trace, left_out)
            for aim in aims
            for left_out in (others, frozenset[int]())
        ]
        runs = [run for run in found if run is not None]
        if runs:
            return max(runs, key=lambda run: run.shared)
    return None


def _nearest(system: System, following: Moves, aim: _Aim, trace: Trace, left_out: frozenset[int]) -> Passing | None:
    search = _Search(system, following, aim, left_out)
    for shared in range(min(trace.length, len(trace.states)) - 1, -1, -1):
        found = search.run(trace.states[shared], trace.actions[shared])
        if search.cuts >= MOST_CUT:
            return None
        if found is not None:
            states, actions, loop_at = found
            whole = Trace(
                (*trace.states[:shared], *states),
                (*trace.actions[:shared], *actions),
                loop_at=None if loop_at is None else shared + loop_at,
            )
            return Passing(whole, shared, aim.words, not search.cuts and not left_out)
    return None


def _aims(system: System, subject: Property, finding: Finding, trace: Trace) -> Iterator[list[_Aim]]:
    """What to aim for; the next list only where nothing comes of the one before."""
    bad, step = FALSE, FALSE
    match subject.form:
        case Form.INVARIANT:
            bad = not_(subject.expression)
        case Form.STEP:
            step = not_(subject.expression)
        case Form.PROGRESS:
            resting = dict(subject.resting).get(finding.subject or "", FALSE)
            yield [_Aim(FALSE, FALSE, resting, f"{finding.subject} comes to rest")]
            return
        case Form.EVENTUALLY:
            yield [_Aim(FALSE, FALSE, subject.expression, "what is promised comes true")]
            return
        case Form.LEADS_TO:
            yield [_Aim(FALSE, FALSE, subject.goal, "what is promised comes true")]
            return
        case Form.HAZARD | Form.DEADLOCK:
            pass
        case Form.REACHABLE | Form.IMPLEMENTS:
            return
    if system.terminal is not FALSE:
        last = system.actions[trace.actions[-1]].actor if trace.actions else None
        yield [
            _Aim(bad, step, system.terminal, "all is over, and nothing failed", final=True),
            _Aim(bad, step, system.terminal, "everybody rests, and nothing failed", actor=last),
        ]
    yield [_Aim(bad, step, FALSE, "it goes round for ever")]


class _Search:
    """Breadth first from states whose first step is to be another than the one that was taken."""

    def __init__(self, system: System, following: Moves, aim: _Aim, left_out: frozenset[int]) -> None:
        self._following, self._aim, self._left_out = following, aim, left_out
        self._truth: Callable[..., tuple[int, ...]] = truths([aim.bad, aim.target])
        self._step: Callable[..., tuple[int, ...]] = truths([aim.bad_step])
        self._actors = [action.actor for action in system.actions]
        self._spontaneous = [action.spontaneous for action in system.actions]
        self.cuts = 0
        self._nowhere: set[_Node] = set()
        """From where no end is reached, as an earlier search has shown."""

    def run(self, start: State, taken: int) -> tuple[list[State], list[int], int | None] | None:
        """The states from there, the actions, and where among the states it loops, if it does."""
        first = (start, self._aim.actor is None)
        parents: dict[_Node, tuple[_Node, int] | None] = {first: None}
        queue = deque([first])
        while queue:
            node = queue.popleft()
            if len(parents) > MOST_STATES:
                self.cuts += 1
                return None
            for index, broken, after in self._following(node[0]):
                if broken >= 0 or index in self._left_out or (index == taken and node is first):
                    continue
                bad, arrived = self._truth(after)
                if bad or self._step(node[0], after)[0]:
                    continue
                reached = (after, node[1] or self._actors[index] == self._aim.actor)
                if arrived and reached[1] and (not self._aim.final or self._is_final(after)):
                    return (*_path(parents, node, index, reached), None)
                if self._aim.target is FALSE and after != node[0]:
                    states, actions = _path(parents, node, index, reached)
                    if after in states[:-1]:
                        return states, actions, states.index(after)
                if reached not in parents and reached not in self._nowhere:
                    parents[reached] = (node, index)
                    queue.append(reached)
        if self._aim.target is not FALSE:
            self._nowhere.update(parents.keys() - {first})
        return None

    def _is_final(self, state: State) -> bool:
        return all(self._spontaneous[index] for index, _, _ in self._following(state))


def _path(
    parents: dict[_Node, tuple[_Node, int] | None], node: _Node, index: int, after: _Node
) -> tuple[list[State], list[int]]:
    found, actions = [after, node], [index]
    while (parent := parents[found[-1]]) is not None:
        found.append(parent[0])
        actions.append(parent[1])
    return [state for state, _ in reversed(found)], actions[::-1]
