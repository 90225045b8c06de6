"""The kernel's DMA API for scatter tables: who may touch the memory now, the processor or the device.

A mapping gives memory into a device's hands, unmapping takes it back. While it is mapped, `sync_for_cpu` lends it
to the processor and `sync_for_device` gives it back. Each does the work on the cache that its direction asks for:

=================  ======================================  ===============================================
direction          sync for the device                     sync for the CPU
=================  ======================================  ===============================================
TO_DEVICE          write dirty lines back                  nothing: the device has not written
FROM_DEVICE        write back, or drop, dirty lines        drop all lines: they are older than memory
BIDIRECTIONAL      write dirty lines back                  drop all lines
=================  ======================================  ===============================================

A device that cannot reach the memory works on a copy elsewhere, the bounce buffer, which only these calls refresh.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from custody_reference.hardware import Machine
from custody_reference.kernel import Kernel, Tracked
from custody_reference.problems import KernelBug


class Direction(Enum):
    """Which way the data goes."""

    TO_DEVICE = "to_device"
    FROM_DEVICE = "from_device"
    BIDIRECTIONAL = "bidirectional"
    NONE = "none"

    @property
    def device_reads(self) -> bool:
        return self in (Direction.TO_DEVICE, Direction.BIDIRECTIONAL)

    @property
    def device_writes(self) -> bool:
        return self in (Direction.FROM_DEVICE, Direction.BIDIRECTIONAL)


@dataclass(eq=False)
class Device:
    """Hardware that reads and writes memory by itself.

    `bounces`: it cannot address the memory and gets copies. `merges`: its IOMMU makes one stretch of all addresses.
    `reaches`: it can be attached to storage like a heap's at all.
    """

    name: str
    machine: Machine
    bounces: bool = False
    merges: bool = False
    reaches: bool = True


@dataclass(eq=False)
class SgTable(Tracked):
    """A scatter table: the pages that a buffer is made of, and the DMA API's notes about its mapping.

    `original` is the number of its entries, `nents` how many the reader of the table is told to use; a mapping that
    an IOMMU merged has fewer addresses than entries.
    """

    pages: list[int]
    nents: int = 0
    device: Device | None = None
    direction: Direction = Direction.NONE
    dma_entries: int = 0
    bounce: bytearray | None = field(default=None, repr=False)

    @property
    def mapped(self) -> bool:
        return self.device is not None

    @property
    def original(self) -> int:
        return len(self.pages)


def map_sg(kernel: Kernel, device: Device, table: SgTable, direction: Direction, *, skip_sync: bool = False) -> int:
    """dma_map_sg: into the device's hands. Answers how many entries have an address now; where it failed none.

    `skip_sync` (DMA_ATTR_SKIP_CPU_SYNC): whoever calls knows that there is nothing to be done for caches and copies.
    """
    if table.mapped:
        raise KernelBug("DMA-API: a table is mapped that is mapped already")
    if kernel.fails("dma_map_sg"):
        return 0
    table.device, table.direction = device, direction
    table.dma_entries = 1 if device.merges else table.original
    if skip_sync:
        table.bounce = bytearray(len(table.pages) * kernel.machine.page_size) if device.bounces else None
        return table.dma_entries
    clean_for_device(kernel.machine, table.pages, direction)
    if device.bounces:
        table.bounce = _copy_of_memory(kernel.machine, table.pages)
    return table.dma_entries


def unmap_sg(kernel: Kernel, table: SgTable, direction: Direction, entries: int, *, skip_sync: bool = False) -> None:
    """dma_unmap_sg: back into the processor's hands."""
    _require_mapped(table, "unmapped")
    if table.direction is not direction:
        raise KernelBug("DMA-API: a table is unmapped with another direction than it was mapped with")
    _require_original(table, entries)
    if not skip_sync:
        _refresh_for_cpu(kernel.machine, table, direction)
    table.device, table.bounce, table.dma_entries = None, None, 0


def sync_sg_for_cpu(kernel: Kernel, table: SgTable, direction: Direction, entries: int) -> None:
    """dma_sync_sg_for_cpu: the processor is to see what the device wrote."""
    _require_mapped(table, "synchronised")
    _note_direction(kernel, table, direction)
    _require_original(table, entries)
    _refresh_for_cpu(kernel.machine, table, direction)


def sync_sg_for_device(kernel: Kernel, table: SgTable, direction: Direction, entries: int) -> None:
    """dma_sync_sg_for_device: the device is to see what the processor wrote."""
    _require_mapped(table, "synchronised")
    _note_direction(kernel, table, direction)
    _require_original(table, entries)
    clean_for_device(kernel.machine, table.pages, direction)
    if table.bounce is not None and direction.device_reads:
        table.bounce = _copy_of_memory(kernel.machine, table.pages)


def device_read(table: SgTable, offset: int, length: int) -> bytes:
    """DMA from memory, or from the bounce buffer."""
    machine = _require_mapped(table, "read by a device").machine
    _require_entries(machine, table, offset + length)
    if table.bounce is not None:
        return bytes(table.bounce[offset : offset + length])
    return b"".join(machine.memory.read(a, n) for a, n in _stretches(machine, table.pages, offset, length))


def device_write(table: SgTable, offset: int, data: bytes) -> None:
    """DMA into memory, or into the bounce buffer. No cache line notices."""
    machine = _require_mapped(table, "written by a device").machine
    _require_entries(machine, table, offset + len(data))
    if table.bounce is not None:
        table.bounce[offset : offset + len(data)] = data
        return
    done = 0
    for address, length in _stretches(machine, table.pages, offset, len(data)):
        machine.memory.write(address, data[done : done + length])
        done += length


def clean_for_device(machine: Machine, pages: list[int], direction: Direction) -> None:
    """The part of sync_for_device that is about the cache."""
    if machine.coherent:
        return
    for page in pages:
        if direction is Direction.FROM_DEVICE and machine.invalidate_for_device:
            machine.invalidate(page, machine.page_size)
        else:
            machine.clean(page, machine.page_size)


def _refresh_for_cpu(machine: Machine, table: SgTable, direction: Direction) -> None:
    if not direction.device_writes:
        return
    if not machine.coherent:
        for page in table.pages:
            machine.invalidate(page, machine.page_size)
    if table.bounce is not None:
        for number, page in enumerate(table.pages):
            start = number * machine.page_size
            machine.memory.write(page, bytes(table.bounce[start : start + machine.page_size]))


def _copy_of_memory(machine: Machine, pages: list[int]) -> bytearray:
    return bytearray().join(machine.memory.read(page, machine.page_size) for page in pages)


def _stretches(machine: Machine, pages: list[int], offset: int, length: int) -> list[tuple[int, int]]:
    """Where a range of the buffer is in memory."""
    found: list[tuple[int, int]] = []
    while length > 0:
        page, inside = divmod(offset, machine.page_size)
        part = min(length, machine.page_size - inside)
        found.append((pages[page] + inside, part))
        offset += part
        length -= part
    return found


def _require_mapped(table: SgTable, what: str) -> Device:
    if table.device is None:
        raise KernelBug(f"DMA-API: a table is {what} that is not mapped")
    return table.device


def _require_entries(machine: Machine, table: SgTable, end: int) -> None:
    """A device is given the entries that its driver was told of: each has to have an address, and they to reach."""
    if table.nents > table.dma_entries:
        raise KernelBug("a device is given an entry of a table that has no address")
    if table.nents < table.dma_entries and end > table.nents * machine.page_size:
        raise KernelBug("a device works on more of a table than its driver was told of")


def _note_direction(kernel: Kernel, table: SgTable, direction: Direction) -> None:
    """DMA-API debugging complains of it, and the kernel goes on: much of it is lax about the direction."""
    if table.direction not in (direction, Direction.BIDIRECTIONAL):
        kernel.complaints.append("DMA-API: a table is synchronised in another direction than it was mapped in")


def _require_original(table: SgTable, entries: int) -> None:
    if entries != table.original:
        raise KernelBug("DMA-API: another number of entries than the table was mapped with")
