"""Files, the references that keep them, and the descriptors by which user space names them.

A descriptor owns a reference. Once it is installed it belongs to everybody in the process: any thread may close it in
the next moment, so that nobody but the table may drop its reference, and nobody may rely on it.
"""

from __future__ import annotations

from collections.abc import Callable

from custody_reference.kernel import Kernel
from custody_reference.problems import Failure, KernelBug, RefcountBug

EBADF, EMFILE = 9, 24

O_RDONLY, O_WRONLY, O_RDWR = 0, 1, 2
"""What a file is open for. Who names no mode gets the first, which is zero."""


class File:
    """An open file. `release` runs once, after the last reference is gone; `subject` is what the file is of."""

    def __init__(self, kernel: Kernel, subject: object, release: Callable[[], None], mode: int = O_RDWR) -> None:
        self.kernel = kernel
        self.subject = subject
        self.mode = mode
        self.refs = 1
        self._release = release

    def get(self) -> File:
        """get_file, for somebody who already has a reference."""
        if self.refs == 0:
            raise RefcountBug("a file is taken hold of whose last reference is gone")
        self.refs += 1
        return self

    def put(self) -> None:
        """fput: the last one puts the release off until the task returns to user space."""
        if self.refs == 0:
            raise RefcountBug("a reference to a file is dropped that nobody has")
        self.refs -= 1
        if self.refs == 0:
            self.kernel.defer(self.subject, self._release)


class Reserved:
    """What a number means between being set aside and being installed: no file yet, but taken."""


RESERVED = Reserved()


class Descriptors:
    """A process's table of file descriptors."""

    def __init__(self, kernel: Kernel, most: int = 16) -> None:
        self.kernel = kernel
        self.most = most
        self.table: dict[int, File | Reserved] = {}

    def reserve(self) -> int:
        """get_unused_fd: the lowest free number is set aside. EMFILE when all are taken."""
        self.kernel.may_fail("get_unused_fd", EMFILE)
        for number in range(self.most):
            if number not in self.table:
                self.table[number] = RESERVED
                return number
        raise Failure(EMFILE)

    def unreserve(self, number: int) -> None:
        """put_unused_fd."""
        if self.table.get(number) is not RESERVED:
            raise KernelBug("a number is given back that nobody has set aside")
        del self.table[number]

    def install(self, number: int, file: File) -> None:
        """fd_install: from here on everybody can use it, and it owns the caller's reference."""
        if self.table.get(number) is not RESERVED:
            raise KernelBug("a file is installed under a number that nobody has set aside")
        self.table[number] = file

    def look_up(self, number: int) -> File:
        """fget: the file, with a reference of the caller's own. EBADF."""
        return self.peek(number).get()

    def peek(self, number: int) -> File:
        """The file behind a number, without a reference. EBADF."""
        file = self.table.get(number)
        if not isinstance(file, File):
            raise Failure(EBADF)
        return file

    def close(self, number: int) -> None:
        file = self.peek(number)
        del self.table[number]
        file.put()
