"""The plain evaluator: what a system means, written to be obviously right and not to be fast.

Every trace is replayed through this before it is shown, and every other engine is tested against it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from custody.system.expression import Expr, Op, nodes
from custody.system.model import Action, Check, State, System


def evaluate(root: Expr, state: State, after: State | None = None) -> int:
    """The value of `root` (0 or 1 when Boolean); `after` is needed where NEXT occurs.

    `if`, `and` and `or` are total here: an untaken branch is evaluated too, so a division by zero in it
    yields 0 rather than an exception; the checks of the action say when that matters.
    """
    values: dict[int, int] = {}
    for node in nodes(root):
        args = [values[id(arg)] for arg in node.args]
        values[id(node)] = _apply(node, args, state, after)
    return values[id(root)]


def _apply(node: Expr, args: list[int], state: State, after: State | None) -> int:
    match node.op:
        case Op.CONST:
            return node.value
        case Op.READ:
            return state[node.value]
        case Op.NEXT:
            if after is None:
                raise ValueError("a transition property needs the state after the step")
            return after[node.value]
        case Op.NOT:
            return 1 - args[0]
        case Op.AND:
            return int(all(args))
        case Op.OR:
            return int(any(args))
        case Op.EQ:
            return int(args[0] == args[1])
        case Op.LT:
            return int(args[0] < args[1])
        case Op.LE:
            return int(args[0] <= args[1])
        case Op.ADD:
            return sum(args)
        case Op.SUB:
            return args[0] - args[1]
        case Op.MUL:
            return args[0] * args[1]
        case Op.DIV:
            return args[0] // args[1] if args[1] > 0 else 0
        case Op.MOD:
            return args[0] % args[1] if args[1] > 0 else 0
        case Op.ITE:
            return args[1] if args[0] else args[2]


def initial_states(system: System) -> Iterator[State]:
    """The first states, in ascending order of their values, without repetition."""
    choices = [sorted(set(variable.initial)) for variable in system.variables]
    for state in itertools.product(*choices):
        if evaluate(system.where, state):
            yield state


def enabled(system: System, state: State) -> Iterator[int]:
    """The indices of the actions whose guard holds, ascending."""
    for index, action in enumerate(system.actions):
        if evaluate(action.guard, state):
            yield index


def failed_check(action: Action, state: State) -> Check | None:
    """The first check that the step breaks, or None when it is a proper step."""
    for check in action.checks:
        if not evaluate(check.condition, state):
            return check
    return None


def fire(action: Action, state: State) -> State:
    """The state after the step; the guard and the checks are the caller's to have looked at."""
    values = list(state)
    for effect in action.effects:
        values[effect.variable] = evaluate(effect.value, state)
    return tuple(values)


def is_deadlocked(system: System, state: State) -> bool:
    """No action but spontaneous ones is enabled, and the state is not declared terminal."""
    if evaluate(system.terminal, state):
        return False
    return all(system.actions[index].spontaneous for index in enabled(system, state))
