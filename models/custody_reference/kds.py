"""The kernel dependency system: who may use a buffer next, by a queue in front of each.

Brackets keep data fresh, but keep nobody out. This does: whoever wants a buffer takes a place in its queue, and owns
it when all before have finished; those who only read may own it together. A process asks for one buffer after the
other (`prepare`, which waits, and `finish`); a device has a job over several, and works when it owns them all.

Two who each own what the other waits for would wait for ever. So everybody takes buffers in one global order, and
waits for each before the next: a process that asks out of order is refused, a job is sorted. And user space may not
keep others waiting as long as it likes: when its time is up, it is relieved of the buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from custody_reference.kernel import Kernel
from custody_reference.problems import Failure, KernelBug

EINTR, ENOMEM, EINVAL, EDEADLK = 4, 12, 22, 35


class Access(Enum):
    """What a buffer is wanted for."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"


@dataclass
class Place:
    """A consumer in a queue; who owns the buffer keeps the place until the end."""

    who: str
    access: Access
    owned: bool = False


@dataclass
class Queue:
    """Who wants a buffer, in the order in which they came."""

    places: list[Place] = field(default_factory=list[Place])

    def place(self, who: str) -> Place | None:
        return next((place for place in self.places if place.who == who), None)

    def owned_by(self, who: str) -> bool:
        place = self.place(who)
        return place is not None and place.owned

    def awaited_by(self, who: str) -> bool:
        place = self.place(who)
        return place is not None and not place.owned

    def join(self, who: str, access: Access) -> None:
        """Take the last place. It owns the buffer at once if nobody is before it, or if all of them only read."""
        readers = all(place.access is Access.SHARED for place in self.places)
        owned = not self.places or (access is Access.SHARED and readers)
        self.places.append(Place(who, access, owned))

    def leave(self, who: str) -> None:
        """Give the place up. The next owns the buffer then; where that one reads, all readers behind it do too."""
        self.places = [place for place in self.places if place.who != who]
        readers = True
        for number, place in enumerate(self.places):
            readers = readers and place.access is Access.SHARED
            place.owned = place.owned or number == 0 or readers

    def keeps_waiting(self, place: Place) -> bool:
        """Whether the owner of the place keeps somebody waiting."""
        exclusive = Access.EXCLUSIVE
        return place.owned and any(
            not other.owned and exclusive in (place.access, other.access) for other in self.places
        )


Entry = tuple[int, Access]
"""One line of a job's list: the number of a buffer, and what it is wanted for."""


def in_order(job: Sequence[Entry]) -> Iterator[Entry]:
    """A job's list in the global order of the buffers."""
    return iter(sorted(job, key=lambda entry: entry[0]))


def lowest(buffers: list[int]) -> int:
    return min(buffers)


class Kds:
    """The queues of some buffers, whose numbers are their order. `processes` names the consumers of user space.

    `signals`: one may get a process out of its wait at any moment. `patience`: user space may keep others waiting as
    long as it likes.
    """

    def __init__(
        self, kernel: Kernel, buffers: int, processes: set[str], *, signals: bool = False, patience: bool = False
    ) -> None:
        self.kernel = kernel
        self.queues = [Queue() for _ in range(buffers)]
        self.processes = processes
        self.signals = signals
        self.patience = patience
        self.working: set[str] = set()

    def claimed_by(self, who: str) -> list[int]:
        """The buffers that somebody owns or waits for."""
        return [number for number, queue in enumerate(self.queues) if queue.place(who) is not None]

    def _comes_next(self, who: str, buffer: int) -> bool:
        """Whether the buffer comes later in the order than all that the consumer has or waits for."""
        return all(other < buffer for other in self.claimed_by(who))

    # ------------------------------------------------------------ user processes

    def prepare(self, buffer: int, access: Access) -> None:
        """PREPARE_ACCESS: returns when the caller owns the buffer. EDEADLK out of order; ENOMEM; EINTR."""
        kernel, queue, who = self.kernel, self.queues[buffer], self.kernel.scheduler.actor
        kernel.point("take a place in the queue")
        if not self._comes_next(who, buffer):
            raise Failure(EDEADLK, "a buffer that comes later is claimed already")
        kernel.may_fail("alloc Place", ENOMEM)
        queue.join(who, access)
        kernel.scheduler.wait(lambda: self.signals or not queue.awaited_by(who), "wait for the buffer")
        if kernel.fails("signal") or queue.awaited_by(who):
            kernel.point("give the place up")
            if queue.place(who) is not None:
                queue.leave(who)
            raise Failure(EINTR)

    def finish(self, buffer: int) -> None:
        """FINISH_ACCESS. EINVAL where the caller does not own the buffer, any more or at all."""
        who = self.kernel.scheduler.actor
        if not self.queues[buffer].owned_by(who):
            raise Failure(EINVAL)
        self.queues[buffer].leave(who)

    def overdue(self) -> list[tuple[str, int]]:
        """Which processes keep others waiting, and for which buffers."""
        return [
            (place.who, number)
            for number, queue in enumerate(self.queues)
            for place in queue.places
            if not self.patience and place.who in self.processes and queue.keeps_waiting(place)
        ]

    def relieve(self, who: str, buffer: int) -> None:
        """The time of a process is up: it loses the buffer, which it has no page of any more."""
        if (who, buffer) in self.overdue():
            self.queues[buffer].leave(who)

    # ------------------------------------------------------------ devices

    def run_job(self, job: Iterator[Entry], pick: Callable[[list[int]], int] = lowest) -> None:
        """Take the buffers of the list, one after the other, work, and give them back as `pick` has it.

        What is read of the list only when it is needed may be decided as late.
        """
        kernel, who = self.kernel, self.kernel.scheduler.actor
        kernel.point("what is next on the list?")
        for buffer, access in job:
            if not self._comes_next(who, buffer):
                raise KernelBug("a job takes its buffers out of order")
            queue = self.queues[buffer]
            queue.join(who, access)
            kernel.scheduler.wait(lambda queue=queue: queue.owned_by(who), "wait for the buffer")
            kernel.point("what is next on the list?")
        kernel.point("was there anything?")
        if self.claimed_by(who):
            kernel.point("begin to work")
            self.working.add(who)
            kernel.point("end the work")
            self.working.discard(who)
        kernel.point("is there a buffer left?")
        while self.claimed_by(who):
            kernel.point("give a buffer back")
            self.queues[pick(self.claimed_by(who))].leave(who)
            kernel.point("is there a buffer left?")
