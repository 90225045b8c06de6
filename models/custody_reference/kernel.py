"""What every part of a kernel stands on: the scheduler, memory for objects, failures, and work put off.

* Objects that are freed are poisoned: whoever touches one afterwards gets a `UseAfterFree`, as under KASAN.
* Whatever can fail asks `may_fail` first; a test arms the failures that it wants to see. Nothing fails by itself.
* The last reference to a file is dropped by somebody in the middle of something, maybe with locks held. So the
  release does not run there: it is put off until that task returns to user space (`return_to_user`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from custody_reference.hardware import ENOMEM, Machine
from custody_reference.problems import Failure, UseAfterFree
from custody_reference.scheduler import Deterministic, Scheduler

_Object = TypeVar("_Object", bound="Tracked")
_Member = TypeVar("_Member")


class Tracked:
    """An object whose allocation and freeing are watched; `slot` numbers those of a kind that are alive."""

    slot: int = -1


class Freed:
    """What is left of an object after it was freed."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return object.__getattribute__(self, name)
        raise UseAfterFree(f"{object.__getattribute__(self, '__dict__').get('_was')}.{name} after it was freed")

    def __setattr__(self, name: str, value: object) -> None:
        raise UseAfterFree(f"{object.__getattribute__(self, '__dict__').get('_was')}.{name} after it was freed")


def is_alive(thing: object) -> bool:
    return type(thing) is not Freed


def same_address(one: Tracked, other: Tracked) -> bool:
    """How pointers compare: memory is used again, so what was freed is where what was allocated since is."""
    return name_of(one) == name_of(other)


def name_of(thing: Tracked | None) -> str:
    """What an object is called, or was before it was freed: its kind and its slot."""
    if thing is None:
        return "none"
    return f"{type(thing).__name__}.{thing.slot}" if is_alive(thing) else str(thing.__dict__["_was"])


class Kernel:
    """One machine with its scheduler, and what is going on in it."""

    def __init__(self, machine: Machine, scheduler: Scheduler | None = None) -> None:
        self.machine = machine
        self.scheduler: Scheduler = scheduler or Deterministic()
        self.alive: dict[str, dict[int, Tracked]] = {}
        self.armed: dict[str, int] = {}
        self.complaints: list[str] = []
        self.deferred: list[tuple[str, object, Callable[[], None]]] = []

    # ------------------------------------------------------------ points

    def point(self, label: str) -> None:
        self.scheduler.point(label)

    def walk(self, members: Sequence[_Member], label: str) -> Iterator[_Member]:
        """list_for_each: looking for the next member is a step of its own. The points say how many were seen."""
        position = 0
        while True:
            self.point(f"{label}, {position} seen")
            if position >= len(members):
                return
            yield members[position]
            position += 1

    # ------------------------------------------------------------ failures

    def arm(self, name: str, times: int = 1) -> None:
        """Let the next call of that name fail."""
        self.armed[name] = times

    def may_fail(self, name: str, number: int) -> None:
        """Something that can fail is about to be done."""
        if self.fails(name):
            raise Failure(number, name)

    def fails(self, name: str) -> bool:
        """The same for those who tell of it in their own words."""
        left = self.armed.get(name, 0)
        if left:
            self.armed[name] = left - 1
        return left > 0

    # ------------------------------------------------------------ objects

    def track(self, thing: _Object, most: int | None = None) -> _Object:
        """kzalloc: count the object as alive. ENOMEM when there is no memory for one more of its kind."""
        kind = type(thing).__name__
        self.may_fail(f"alloc {kind}", ENOMEM)
        alive = self.alive.setdefault(kind, {})
        if most is not None and len(alive) >= most:
            raise Failure(ENOMEM, f"no memory for another {kind}")
        thing.slot = next(number for number in range(len(alive) + 1) if number not in alive)
        alive[thing.slot] = thing
        return thing

    def free(self, thing: Tracked) -> None:
        """kfree."""
        if not is_alive(thing):
            raise UseAfterFree(f"{thing.__dict__.get('_was')} is freed twice")
        kind = type(thing).__name__
        del self.alive[kind][thing.slot]
        thing.__dict__["_was"] = f"{kind}.{thing.slot}"
        object.__setattr__(thing, "__class__", Freed)

    def leaks(self) -> list[str]:
        """What is still there, for when everything should be gone."""
        return [f"{kind}.{slot}" for kind, alive in sorted(self.alive.items()) for slot in sorted(alive)]

    # ------------------------------------------------------------ work put off

    def defer(self, subject: object, work: Callable[[], None]) -> None:
        """task_work_add: to be done when the task that runs now returns to user space."""
        self.deferred.append((self.scheduler.actor, subject, work))

    def return_to_user(self, only: type | None = None) -> None:
        """The task's system call is over: what it put off is done now, all of it or what is about one type."""
        while True:
            mine = [
                entry
                for entry in self.deferred
                if entry[0] == self.scheduler.actor and (only is None or isinstance(entry[1], only))
            ]
            if not mine:
                return
            self.deferred.remove(mine[0])
            mine[0][2]()

    def run_deferred(self, about: type | None = None) -> int:
        """The same for everybody's, by whoever calls; how many there were."""
        due = [entry for entry in self.deferred if about is None or isinstance(entry[1], about)]
        for entry in due:
            self.deferred.remove(entry)
            entry[2]()
        return len(due)
