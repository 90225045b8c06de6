"""From states and steps to those of the representatives, and back.

A representative shows a state in a frame of its own: instance 0 there may be instance 2 in the state.  A `Frame`
says what in the frame is what outside it.  A path through orbits changes its frame with every step, since each
step ends in the representative of where it led; `real_run` keeps account of that, and gives the run of the
system that the path stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custody.symmetry.arrangement import classify
from custody.symmetry.detect import Symmetries, Transposition
from custody.symmetry.permutation import Permutation, compose, identity, permute
from custody.system.evaluate import evaluate, failed_check, fire
from custody.system.finding import Trace
from custody.system.model import State, System


@dataclass(frozen=True, slots=True)
class Frame:
    """What states, actions and instances of a frame are outside it; instances that are not named are themselves."""

    permutation: Permutation
    actions: tuple[int, ...]
    names: Mapping[str, str]

    def state(self, inside: State) -> State:
        """The state outside."""
        return permute(inside, self.permutation)

    def name(self, inside: str) -> str:
        """The instance, or any other actor, outside."""
        return self.names.get(inside, inside)

    def within(self, outer: Frame) -> Frame:
        """What is of this frame, where the outside of it is the inside of `outer`."""
        return Frame(
            compose(self.permutation, outer.permutation),
            tuple(outer.actions[action] for action in self.actions),
            {**outer.names, **{inside: outer.name(outside) for inside, outside in self.names.items()}},
        )


class PathError(Exception):
    """A path through orbits is none: the text says where."""


class Frames:
    """The frames of one system's states."""

    def __init__(self, system: System, symmetries: Symmetries) -> None:
        self._system = system
        self._symmetries = symmetries
        self._arrangements = classify(symmetries)
        self.outermost = Frame(identity(len(system.variables)), tuple(range(len(system.actions))), {})

    def representative(self, state: State) -> State:
        """The state that stands for the orbit."""
        return self._sorted(state)[0]

    def of(self, state: State) -> tuple[State, Frame]:
        """The representative, and the frame in which it shows the state."""
        representative, exchanges = self._sorted(state)
        frame = self.outermost
        # Each exchange is its own way back.
        for exchange in exchanges:
            names = {exchange.first: exchange.second, exchange.second: exchange.first}
            frame = Frame(exchange.permutation, exchange.actions, names).within(frame)
        return representative, frame

    def name_in(self, state: State, name: str) -> str:
        """What an instance, or any other actor, is called in the frame of the state."""
        for exchange in self._sorted(state)[1]:
            if name in (exchange.first, exchange.second):
                name = exchange.second if name == exchange.first else exchange.first
        return name

    def _sorted(self, state: State) -> tuple[State, list[Transposition]]:
        """The representative, and the exchanges of neighbours that lead to it, in order."""
        done: list[Transposition] = []
        ties: list[Transposition] = []
        for role, arrangement in zip(self._symmetries.roles, self._arrangements, strict=True):
            keys = [arrangement.key(state, instance) for instance in range(len(role.instances))]
            for i in range(1, len(keys)):
                for j in range(i, 0, -1):
                    if keys[j] >= keys[j - 1]:
                        break
                    keys[j - 1 : j + 1] = keys[j], keys[j - 1]
                    exchange = role.transpositions[j - 1]
                    state = permute(state, exchange.permutation)
                    done.append(exchange)
            if not arrangement.simple:
                ties += [
                    t for t, one, other in zip(role.transpositions, keys, keys[1:], strict=False) if one == other
                ]
        # What can be reached by exchanges of instances with equal keys, and how.
        way: dict[State, tuple[State, Transposition] | None] = {state: None}
        order = [state]
        for here in order:
            for exchange in ties:
                there = permute(here, exchange.permutation)
                if there not in way:
                    way[there] = (here, exchange)
                    order.append(there)
        least = min(order, key=lambda image: image[::-1])
        back: list[Transposition] = []
        at = least
        while (step := way[at]) is not None:
            at, exchange = step
            back.append(exchange)
        return least, done + back[::-1]


def real_run(system: System, frames: Frames, path: Trace) -> tuple[Trace, Frame]:
    """The run that a path through orbits stands for, and the frame of its last state.

    The path's states are representatives, the first that of a first state; each action is one of the representative
    before it.  When the last one breaks a check there is no state after it; otherwise the last state may also be
    what the last step led to, as it is.  PathError when there is no such run; what is given has been looked at step
    by step.
    """
    state = path.states[0]
    fits = all(value in variable.initial for value, variable in zip(state, system.variables, strict=True))
    if not fits or not evaluate(system.where, state):
        raise PathError("it does not begin in a first state")
    frame = frames.outermost
    states, actions = [state], list[int]()
    for number, inside in enumerate(path.actions):
        index = frame.actions[inside]
        action = system.actions[index]
        actions.append(index)
        if not evaluate(action.guard, state):
            raise PathError(f"step {number + 1} ({action.label}) is not enabled")
        broken = failed_check(action, state)
        ends = number + 1 == len(path.states)
        if broken is not None and ends:
            return Trace(tuple(states), tuple(actions), action.checks.index(broken)), frame
        if broken is not None or ends:
            does = "breaks a check" if broken else "does not break any check"
            raise PathError(f"step {number + 1} ({action.label}) {does}")
        led_to = fire(system.actions[inside], path.states[number])
        after, turned = frames.of(led_to)
        given = path.states[number + 1]
        if given not in (after, led_to):
            raise PathError(f"step {number + 1} ({action.label}) leads to another orbit")
        if given == after:
            frame = turned.within(frame)
        state = fire(action, state)
        if frame.state(given) != state:
            raise PathError(f"step {number + 1} ({action.label}) leads to another state")
        states.append(state)
    return Trace(tuple(states), tuple(actions)), frame
