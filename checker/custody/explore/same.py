"""Whether two systems have the same graph: the same first states, and the same steps from each that can be reached.

Then no property tells them apart, whatever it is; so this is how a change to a system is shown to change nothing.
"""

from __future__ import annotations

from custody.explore.generate import successors
from custody.explore.layout import Layout
from custody.system.evaluate import initial_states
from custody.system.model import System

MOST_STATES = 1_500_000


def same_graph(one: System, other: System, most_states: int = MOST_STATES) -> bool | None:
    """True or False; None where there are more states than that, or where `one` has no first state.

    Steps are compared by what they do and by which check they break, not by what they are called.
    """
    if _frame(one) != _frame(other):
        return False
    layout = Layout(one.variables)
    first = {layout.pack(state) for state in initial_states(one)}
    if first != {layout.pack(state) for state in initial_states(other)}:
        return False
    if not first:
        return None
    left, right = successors(one, layout).successors, successors(other, layout).successors
    broken_left, broken_right = _breaks(one), _breaks(other)
    seen, waiting = set(first), list(first)
    while waiting:
        state = waiting.pop()
        steps = {broken_left[action][-1 - after] if after < 0 else after for action, after in left(state)}
        if steps != {broken_right[action][-1 - after] if after < 0 else after for action, after in right(state)}:
            return False
        for after in steps:
            if isinstance(after, int) and after not in seen:
                seen.add(after)
                waiting.append(after)
        if len(seen) > most_states:
            return None
    return True


def _frame(system: System) -> object:
    """What must be the same before states can be compared."""
    return [(v.name, v.domain, v.initial) for v in system.variables], system.where, system.terminal


def _breaks(system: System) -> list[tuple[str, ...]]:
    return [tuple(check.property for check in action.checks) for action in system.actions]
