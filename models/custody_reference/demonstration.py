"""What goes wrong when the processor and a device share a buffer, byte for byte, and what puts it right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import END, READ, WRITE, Vma
from custody_reference.files import Descriptors
from custody_reference.hardware import Machine
from custody_reference.heap import Heap
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel

LENGTH = 16


@dataclass(frozen=True)
class Observation:
    """One thing that somebody did, what he saw, and what the newest bytes were."""

    what: str
    seen: bytes
    newest: bytes

    @property
    def stale(self) -> bool:
        return self.seen != self.newest


class Process:
    """A process that has a buffer mapped, beside a driver whose device works on it."""

    def __init__(self, *, coherent: bool) -> None:
        self.kernel = Kernel(Machine(coherent=coherent))
        self.descriptors = Descriptors(self.kernel)
        self.number = Heap(self.kernel).allocate_fd(1, self.descriptors)
        self.vma: Vma = dma_buf.mmap(self.descriptors.peek(self.number), 0, self.kernel.machine.page_size)
        self.camera = Importer(Device("camera", self.kernel.machine))
        self.camera.get(self.descriptors, self.number)
        self.camera.attach()
        self.camera.map(Direction.BIDIRECTIONAL)

    def read(self) -> bytes:
        return self.kernel.machine.cpu_read(self.vma.pages[0], LENGTH)

    def write(self, text: str) -> bytes:
        data = text.encode().ljust(LENGTH, b".")
        self.kernel.machine.cpu_write(self.vma.pages[0], data)
        return data

    def device_writes(self, text: str) -> bytes:
        data = text.encode().ljust(LENGTH, b".")
        self.camera.write(0, data)
        return data

    def device_reads(self) -> bytes:
        return self.camera.read(0, LENGTH)

    def sync(self, flags: int) -> None:
        dma_buf.sync_ioctl(self.descriptors, self.number, flags)

    def leave(self) -> None:
        """Everything in the order in which the contract wants it back."""
        self.camera.unmap()
        self.camera.detach()
        self.camera.put()
        dma_buf.munmap(self.vma)
        self.descriptors.close(self.number)
        self.kernel.return_to_user()


def observe(*, coherent: bool) -> Iterator[Observation]:
    """The story, on one kind of machine."""
    process = Process(coherent=coherent)
    process.sync(READ | WRITE)
    newest = process.write("frame 0")
    process.sync(READ | WRITE | END)
    yield Observation("the CPU wrote frame 0 in a bracket; the device reads", process.device_reads(), newest)

    process.read()
    newest = process.device_writes("frame 1")
    yield Observation("the device wrote frame 1; the CPU reads without START", process.read(), newest)
    process.sync(READ)
    yield Observation("the CPU reads after START", process.read(), newest)
    process.sync(READ | END)

    process.sync(WRITE)
    newest = process.write("frame 2")
    yield Observation("the CPU wrote frame 2; the device reads before END", process.device_reads(), newest)
    process.sync(WRITE | END)
    yield Observation("the device reads after END", process.device_reads(), newest)

    newest = process.write("frame 3")
    process.sync(READ)
    yield Observation("the CPU wrote frame 3 without a bracket, then START; it reads", process.read(), newest)
    process.leave()


def lines() -> Iterator[str]:
    """The demonstration as text."""
    for coherent in (False, True):
        yield f"On a machine whose cache {'looks after itself' if coherent else 'does not look after itself'}:"
        for seen in observe(coherent=coherent):
            verdict = f"STALE, the newest is {seen.newest.decode()}" if seen.stale else "fresh"
            yield f"  {seen.what + ':':<66} {seen.seen.decode(errors='replace')}  {verdict}"
        yield ""


def main() -> None:
    print("\n".join(lines()).rstrip())
