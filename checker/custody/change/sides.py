"""Who is on the other side of a call, and so who is harmed when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from custody.change.category import Category, Harms
from custody.system.model import Action

OTHERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "importer": ("exporter", "core"),
        "exporter": ("core", "importer"),
        "user": ("exporter", "core"),
        "core": ("exporter", "importer"),
        "hardware": ("exporter", "importer"),
    }
)
"""Who answers the calls of each side, or lives with what it does."""

CALLERS: Final = frozenset({"importer", "exporter", "user"})
"""The sides that decide for themselves when to call."""


def harmed(category: Category, action: Action) -> tuple[str, ...]:
    """The sides that a change of this action affects, the most first."""
    side = action.side
    match category.harms:
        case Harms.CALLER if side in CALLERS:
            return (side,)
        case Harms.CALLER:
            return OTHERS.get(side or "", ("everyone",))
        case Harms.CALLEE:
            return OTHERS.get(side or "", ("implementers",))
        case Harms.EVERYONE:
            return ("everyone",)


def moves_by_itself(action: Action) -> bool:
    """Whether nobody calls it: the core or the hardware acts when it can."""
    return action.spontaneous or action.side in ("core", "hardware")
