"""A state as one integer: each variable has as many bits as its domain needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.system.model import State, Variable


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a variable is: its value less `low`, in `width` bits from bit `shift` on."""

    shift: int
    width: int
    low: int

    @property
    def mask(self) -> int:
        """The bits of the slot, in place."""
        return ((1 << self.width) - 1) << self.shift


class Layout:
    """The slots of all variables, in their order."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        slots: list[Slot] = []
        shift = 0
        for variable in variables:
            width = (variable.domain.size - 1).bit_length()
            slots.append(Slot(shift, width, variable.domain.low))
            shift += width
        self.slots = tuple(slots)
        self.bits = shift

    def pack(self, state: State) -> int:
        """The state as an integer."""
        packed = 0
        for value, slot in zip(state, self.slots, strict=True):
            packed |= (value - slot.low) << slot.shift
        return packed

    def unpack(self, packed: int) -> State:
        """The state that `pack` made the integer of."""
        return tuple(((packed & slot.mask) >> slot.shift) + slot.low for slot in self.slots)
