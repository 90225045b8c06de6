"""Waiting for each other: mutexes, completions, and reference counts."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from custody_reference.kernel import Kernel
from custody_reference.problems import LockBug, RefcountBug


class Mutex:
    """A lock that one task holds. `with lock:` makes a step of its own of giving it back."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel = kernel
        self.name = name
        self.owner: str | None = None

    def lock(self) -> None:
        actor = self.kernel.scheduler.actor
        if self.owner == actor:
            raise LockBug(f"{actor} waits for {self.name}, which it holds")
        self.kernel.scheduler.wait(lambda: self.owner is None, f"lock {self.name}")
        self.owner = actor

    def unlock(self) -> None:
        if self.owner != self.kernel.scheduler.actor:
            raise LockBug(f"{self.kernel.scheduler.actor} gives back {self.name}, held by {self.owner}")
        self.owner = None

    def __enter__(self) -> Mutex:
        self.lock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.kernel.point(f"unlock {self.name}")
        self.unlock()


class RwLock:
    """A lock that one writer holds, or any number of readers."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel = kernel
        self.name = name
        self.writer: str | None = None
        self.readers: set[str] = set()

    def lock_for_read(self) -> None:
        self.kernel.scheduler.wait(lambda: self.writer is None, f"lock {self.name} for reading")
        self.readers.add(self.kernel.scheduler.actor)

    def unlock_for_read(self) -> None:
        if self.kernel.scheduler.actor not in self.readers:
            raise LockBug(f"{self.kernel.scheduler.actor} gives back {self.name}, which it does not read under")
        self.readers.remove(self.kernel.scheduler.actor)

    def lock_for_write(self) -> None:
        self.kernel.scheduler.wait(lambda: self.writer is None and not self.readers, f"lock {self.name} for writing")
        self.writer = self.kernel.scheduler.actor

    def unlock_for_write(self) -> None:
        if self.writer != self.kernel.scheduler.actor:
            raise LockBug(f"{self.kernel.scheduler.actor} gives back {self.name}, held by {self.writer}")
        self.writer = None


class Completion:
    """Something that happens once, and that others wait for."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.done = False
        self.killed: set[str] = set()

    def complete_all(self) -> None:
        self.done = True

    def wait(self, seconds: float | None, killed: Callable[[], bool] = lambda: False) -> bool:
        """True when it happened in time, False when the time was over or somebody killed the caller."""
        self.kernel.scheduler.wait(lambda: self.done or killed(), "wait for completion", seconds)
        return self.done


class Kref:
    """A count of references. Who takes it to zero has to clean up."""

    def __init__(self, count: int = 1) -> None:
        self.count = count

    def get(self) -> None:
        if self.count == 0:
            raise RefcountBug("a reference is taken from an object that has none left")
        self.count += 1

    def put(self) -> bool:
        """True for the last one."""
        if self.count == 0:
            raise RefcountBug("a reference is given back that nobody has")
        self.count -= 1
        return self.count == 0
