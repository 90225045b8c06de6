"""A state as one integer: each variable has as many bits as its domain needs, within one word of 64 if it can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.system.model import State, Variable

WORD = 64
"""Bits of a word. No variable crosses from one to the next but those that are wider, which C cannot have."""


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

    @property
    def word(self) -> int:
        """The number of its word."""
        return self.shift // WORD

    @property
    def offset(self) -> int:
        """Its first bit within the word."""
        return self.shift % WORD


class Layout:
    """The slots of all variables, in their order."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        slots: list[Slot] = []
        shift = 0
        for variable in variables:
            width = (variable.domain.size - 1).bit_length()
            if shift % WORD + width > WORD:
                shift += -shift % WORD
            slots.append(Slot(shift, width, variable.domain.low))
            shift += width
        self.slots = tuple(slots)
        self.bits = shift
        self.words = max(1, -(-shift // WORD))

    def pack(self, state: State) -> int:
        """The state as an integer."""
        packed = 0
        for value, slot in zip(state, self.slots, strict=True):
            packed |= (value - slot.low) << slot.shift
        return packed

    def unpack(self, packed: int) -> State:
        """The state that `pack` made the integer of."""
        return tuple(((packed & slot.mask) >> slot.shift) + slot.low for slot in self.slots)

    def to_words(self, packed: Iterable[int]) -> bytes:
        """Packed states one after the other, as the C engine has them: words, the lowest first."""
        return b"".join(state.to_bytes(8 * self.words, "little") for state in packed)

    def from_words(self, data: bytes) -> list[int]:
        """The reverse of `to_words`."""
        size = 8 * self.words
        return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]
