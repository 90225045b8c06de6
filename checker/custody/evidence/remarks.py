"""What a recording shows that nothing forbids, and that somebody may want to know.

A specification says what that is: a `reachable` property with a text is a situation that may come about, and the text
says what there is to know of it, with the ids of rules in parentheses.  It changes no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.graph.machine import Machine
from custody.system.model import Form, State, System

_IDS = re.compile(r"\b[A-Z]{2}-[A-Z]+-\d{2}\b")
_CITED = re.compile(r"\s*\((?:[A-Z]{2}-[A-Z]+-\d{2}(?:, )?)+\)")


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation that the specification has something to say of."""

    name: str
    words: str
    rules: tuple[str, ...]
    holds: Machine

    def is_sure(self, states: Sequence[State]) -> bool:
        """Whether it has come about in every state that is possible."""
        return all(self.holds(state) for state in states)


def situations(system: System) -> Iterator[Situation]:
    """Those of the system."""
    for prop in system.properties:
        if prop.form is Form.REACHABLE and prop.doc and not prop.implicit:
            rules = dict.fromkeys([*prop.rules, *_IDS.findall(prop.doc)])
            yield Situation(prop.name, _CITED.sub("", prop.doc), tuple(rules), Machine(prop.expression))
