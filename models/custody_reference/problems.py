"""How things go wrong: errors that callers are told of, and bugs that nobody should ever see.

A call that fails raises `Failure`, which is an `OSError` with the number that the kernel would return. What a kernel
with all its debugging switched on would print a splat for raises `KernelBug`; no caller catches that.
"""

from __future__ import annotations

import errno
import os


class Failure(OSError):  # noqa: N818
    """A call failed and left nothing behind; `name` is the kernel's word for why (`ENOMEM`, `EBUSY`, ...)."""

    def __init__(self, number: int, why: str = "") -> None:
        super().__init__(number, why or os.strerror(number))
        # Two names for one number: the C library prefers the other, EDEADLOCK.
        self.name = "EDEADLK" if number == errno.EDEADLK else errno.errorcode[number]


class KernelBug(AssertionError):  # noqa: N818
    """The kernel did what it must never do."""


class UseAfterFree(KernelBug):
    """An object was used, or freed, that had been freed before."""


class RefcountBug(KernelBug):
    """A reference was taken from nothing, or given back once too often."""


class LockBug(KernelBug):
    """A lock was given back by somebody who does not hold it, or is waited for by its own holder."""


class Deadlock(KernelBug):
    """Somebody waits for what nobody is left to do."""
