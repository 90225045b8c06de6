"""Which properties are true where along a trace: what a reader of a counterexample wants to see at a glance.

Only what a single state or a single step decides has a truth at a place of a trace: invariants, transition
properties and what is to be reachable.  The run's own violation may be of another form; it is not repeated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from custody.properties.replay import steps
from custody.system.evaluate import evaluate
from custody.system.expression import reads
from custody.system.finding import Trace
from custody.system.model import Form, Property, State, System


class Truth:
    """The truth of a system's properties along its traces. What was evaluated once is remembered.

    Values are looked up by what the property reads: along a trace most of that stays as it is.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._judged = [
            (subject, sorted(reads(subject.expression)))
            for subject in system.properties
            if subject.form in (Form.INVARIANT, Form.STEP, Form.REACHABLE)
        ]
        self._known: dict[tuple[str, State, State | None], bool] = {}

    def along(self, trace: Trace) -> Iterator[tuple[Property, str]]:
        """Each property with a character for each state of the trace: `1` true, `0` false, `-` nothing to say.

        For a transition property it is the step that leads to the state.
        """
        after = [new for _, _, new in steps(trace) if new is not None]
        for subject, variables in self._judged:
            if subject.form is Form.STEP:
                pairs = zip(trace.states, after, strict=False)
                text = "-" + "".join(self._bit(subject, variables, before, new) for before, new in pairs)
            else:
                text = "".join(self._bit(subject, variables, state, None) for state in trace.states)
            yield subject, text

    def _bit(self, subject: Property, variables: Sequence[int], before: State, after: State | None) -> str:
        seen = tuple(before[index] for index in variables)
        then = None if after is None else tuple(after[index] for index in variables)
        key = (subject.name, seen, then)
        if key not in self._known:
            self._known[key] = bool(evaluate(subject.expression, before, after))
        return "1" if self._known[key] else "0"
