"""The functions that need no declaration, as types: the checker and the unfolding read the same table."""

from __future__ import annotations

BUILTINS = {
    "len": "the number of members of a queue or set",
    "empty": "whether a queue or set has no members",
    "head": "the first of a queue",
    "last": "the last of a queue",
    "min": "the smaller of two numbers",
    "max": "the larger of two numbers",
    "abs": "a number without its sign",
    "held": "whether somebody holds a lock",
    "held_by": "whether an actor holds a lock",
    "waited_by": "whether an actor waits for a ww_mutex in its acquire context",
    "acquiring": "whether an acquire context was begun and not ended",
    "older": "whether the first of two acquire contexts was begun before the second, both being open",
    "completed": "whether a completion was completed",
    "live": "whether an object is allocated",
    "idle": "whether an actor rests, that is, is in no call",
    "number": "the position of an instance in its role, from 0 (a model that asks loses its symmetry)",
    "in_call": "whether an actor is in a call of an entry point",
}
"""Name -> what it yields, for messages and for documentation."""
