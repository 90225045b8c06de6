"""The machine: memory in bytes, and the processor's cache in front of it.

Devices work on memory. The processor works on cache lines, where the machine does not keep the two together by
itself (`coherent=False`): what it wrote stays in a dirty line until somebody writes the line back, and what it has in
a clean line it goes on reading, whatever a device has written to memory since. The cache also does things that nobody
asked for: it fills lines speculatively, writes dirty ones back, and drops clean ones, at any moment.

Where the cache goes by virtual addresses (`aliasing=True`) it may have the same memory twice, once for each mapping,
and keeps the two lines apart. What goes through a mapping of the kernel's own then has its lines in `alias`.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from custody_reference.problems import Failure, KernelBug

ENOMEM = 12


class Memory:
    """Physical memory, given out in pages."""

    def __init__(self, pages: int, page_size: int) -> None:
        self.page_size = page_size
        self.data = bytearray(pages * page_size)
        self._free = list(range(pages))

    def allocate(self, count: int) -> list[int]:
        """The addresses of so many pages; ENOMEM when there are not enough."""
        if count > len(self._free):
            raise Failure(ENOMEM, "no pages left")
        taken, self._free = self._free[:count], self._free[count:]
        return [number * self.page_size for number in taken]

    def release(self, addresses: list[int]) -> None:
        self._free = sorted([*self._free, *(address // self.page_size for address in addresses)])

    def in_use(self, address: int) -> bool:
        """Whether the page there is given out."""
        return address // self.page_size not in self._free

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.data[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        if address + len(data) > len(self.data):
            raise KernelBug("a write behind the end of memory")
        self.data[address : address + len(data)] = data


@dataclass
class Line:
    """A line of the cache: the bytes of memory that it stands for, as the processor sees them."""

    data: bytearray
    dirty: bool = False


class Machine:
    """Memory and cache, and what processor and cache do with them.

    `keep` says whether a line that a read brought in stays; a cache is free to do either.
    """

    def __init__(
        self,
        *,
        coherent: bool,
        pages: int = 16,
        page_size: int = 4096,
        line_size: int = 64,
        keep: bool = True,
        invalidate_for_device: bool = False,
        aliasing: bool = False,
    ) -> None:
        if page_size % line_size:
            raise ValueError("a page is a number of whole lines")
        if aliasing and coherent:
            raise ValueError("a cache that keeps memory twice is not coherent")
        self.coherent = coherent
        self.memory = Memory(pages, page_size)
        self.page_size = page_size
        self.line_size = line_size
        self.keep = keep
        self.invalidate_for_device = invalidate_for_device
        self.lines: dict[int, Line] = {}
        self.alias: Machine | None = None
        if aliasing:
            # Lines of another mapping are as good as another cache in front of the same memory.
            self.alias = copy(self)
            self.alias.lines = {}

    # ------------------------------------------------------------ the processor

    def cpu_read(self, address: int, length: int) -> bytes:
        """What a load sees: the line where there is one, else memory."""
        if self.coherent:
            return self.memory.read(address, length)
        seen = bytearray()
        for start, low, high in self._parts(address, length):
            line = self.lines.get(start)
            if line is None:
                line = Line(bytearray(self.memory.read(start, self.line_size)))
                if self.keep:
                    self.lines[start] = line
            seen += line.data[low:high]
        return bytes(seen)

    def cpu_write(self, address: int, data: bytes) -> None:
        """A store: it goes to the line, which is dirty from then on."""
        if self.coherent:
            self.memory.write(address, data)
            return
        done = 0
        for start, low, high in self._parts(address, len(data)):
            line = self.lines.get(start)
            if line is None:
                line = self.lines[start] = Line(bytearray(self.memory.read(start, self.line_size)))
            line.data[low:high] = data[done : done + high - low]
            line.dirty = True
            done += high - low

    # ------------------------------------------------------------ what the cache does by itself

    def fill(self, address: int) -> None:
        """A speculative fill. Any page that is mapped cached can be filled, and the linear map maps them all."""
        start = address - address % self.line_size
        if not self.coherent and start not in self.lines:
            self.lines[start] = Line(bytearray(self.memory.read(start, self.line_size)))

    def write_back(self, address: int) -> None:
        """A dirty line goes to memory, and is clean then."""
        start = address - address % self.line_size
        line = self.lines.get(start)
        if line is not None and line.dirty:
            self.memory.write(start, bytes(line.data))
            line.dirty = False

    def evict(self, address: int) -> None:
        """A clean line is dropped; a dirty one is written back before."""
        self.write_back(address)
        self.lines.pop(address - address % self.line_size, None)

    # ------------------------------------------------------------ what the kernel tells it to do

    def clean(self, address: int, length: int) -> None:
        """Write all dirty lines of the range back."""
        for start, _, _ in self._parts(address, length):
            self.write_back(start)

    def invalidate(self, address: int, length: int) -> None:
        """Drop all lines of the range. What is in a dirty one is lost, the neighbours' bytes in it included."""
        for start, _, _ in self._parts(address, length):
            self.lines.pop(start, None)

    def flush_kernel_vmap_range(self, address: int, length: int) -> None:
        """Write back what was stored through the kernel's mapping; elsewhere it has no lines of its own."""
        if self.alias is not None:
            self.alias.clean(address, length)

    def invalidate_kernel_vmap_range(self, address: int, length: int) -> None:
        """Drop what the kernel's mapping has in lines of its own."""
        if self.alias is not None:
            self.alias.invalidate(address, length)

    def _parts(self, address: int, length: int) -> Iterator[tuple[int, int, int]]:
        """The lines that the range touches: where each starts, and which of its bytes are meant."""
        end = address + length
        start = address - address % self.line_size
        while start < end:
            yield start, max(address - start, 0), min(end - start, self.line_size)
            start += self.line_size
