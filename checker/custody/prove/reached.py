"""All reachable states of a system, in columns, and what follows from having them all."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from custody.explore.layout import Layout
from custody.explore.states import states
from custody.prove.diagram import diagram, packed
from custody.system.model import Property, System


@dataclass(frozen=True, slots=True)
class Reached:
    """The reachable states, in the words that the layout packs them into."""

    system: System
    layout: Layout
    words: array[int]

    @classmethod
    def of(cls, system: System, most: int, seconds: float) -> Reached:
        """TooManyError when there are more than `most`, or when it takes longer; CompilerError, OSError and
        OverflowError as for `states`."""
        return cls(system, *states(system, most, seconds))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.words) // self.layout.words

    def columns(self) -> list[Sequence[int]]:
        """For each variable its value less its lowest one, in each state; as bytes where they fit."""
        found: list[Sequence[int]] = []
        for slot, variable in zip(self.layout.slots, self.system.variables, strict=True):
            mask, offset = (1 << slot.width) - 1, slot.offset
            column = [word >> offset & mask for word in self.words[slot.word :: self.layout.words]]
            found.append(bytes(column) if variable.domain.size <= 256 else column)
        return found

    def proof(self, properties: Sequence[Property]) -> dict[str, object]:
        """The set as a proof of `properties`."""
        found = diagram(self.system, self.layout, self.words)
        return {
            "kind": "reachable-set",
            "properties": [p.name for p in properties],
            "order": list(found.order),
            "levels": packed(found.levels),
        }
