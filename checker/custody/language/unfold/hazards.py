"""What is looked for without being asked: the names, kinds and meanings of the implicit checks."""

from __future__ import annotations

from custody.system.model import Kind

HAZARDS: dict[str, tuple[Kind, str]] = {
    "acquire_misuse": (Kind.PROTOCOL, "an acquire context is begun, used and ended as ww_mutexes ask for"),
    "assertion": (Kind.INVARIANT, "an assertion of the author's is true where it stands"),
    "division": (Kind.INVARIANT, "a divisor is positive"),
    "double_free": (Kind.LIFETIME, "nothing is freed twice"),
    "empty_queue": (Kind.PROTOCOL, "nothing is taken from an empty queue"),
    "failed_match": (Kind.PROTOCOL, "a value is what the code takes it for (an error pointer is no pointer)"),
    "get_from_zero": (Kind.LIFETIME, "no reference is taken when the count is already zero"),
    "leak": (Kind.LEAK, "no object is left without a reference at rest, or alive at the end"),
    "list_corruption": (Kind.PROTOCOL, "nothing is put on a list twice, or taken off a list that it is not on"),
    "lock_held_at_return": (Kind.PROTOCOL, "a call returns with the locks released that it took"),
    "loop_bound": (Kind.INVARIANT, "a loop ends within its stated bound"),
    "null_dereference": (Kind.LIFETIME, "a reference that is none is not used"),
    "pool_exhausted": (Kind.INVARIANT, "the model's pool of objects is large enough"),
    "range": (Kind.INVARIANT, "no value leaves its type"),
    "refcount_underflow": (Kind.LIFETIME, "no more references are put than were taken"),
    "requires": (Kind.PROTOCOL, "a procedure is called only as its 'requires' allows"),
    "sleep_under_spinlock": (Kind.DEADLOCK, "nothing that may sleep is done while a spinlock is held"),
    "two_writers": (Kind.INVARIANT, "a single step gives each variable one value"),
    "unlock_not_held": (Kind.PROTOCOL, "a lock is released only by its holder"),
    "use_after_free": (Kind.LIFETIME, "nothing is used after it was freed"),
}
"""Hazard -> what kind of property says that it never happens, and that property in words."""
