"""The system heap: buffers made of plain pages, as memory for any device.

Each attachment has a copy of the buffer's table, since a table can be mapped for one device only. The buffer's own
lock guards the list of attachments, what is mapped, and the kernel mapping. A table is mapped both ways and
synchronised both ways, so that whatever the processor announces is covered by it (`both_ways`); the heap of today's
kernel maps and synchronises in the direction that it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody_reference import dma
from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter, Vma, export, install, put
from custody_reference.files import Descriptors
from custody_reference.hardware import ENOMEM
from custody_reference.kernel import Kernel, Tracked
from custody_reference.locks import Mutex
from custody_reference.problems import Failure, KernelBug

EINTR, EBUSY = 4, 16


@dataclass(eq=False)
class PageArray(Tracked):
    """The list of pages that a kernel mapping is made from; it is needed no longer than that takes."""


@dataclass(eq=False)
class Vmap(Tracked):
    """The buffer in the kernel's address space."""

    pages: list[int]


@dataclass(eq=False)
class HeapAttachment(Tracked):
    """What the heap knows of an attachment."""

    device: Device
    table: SgTable
    mapped: bool = False


@dataclass(eq=False)
class HeapBuffer:
    """The heap's side of a buffer."""

    kernel: Kernel
    pages: list[int]
    lock: Mutex
    attachments: list[HeapAttachment] = field(default_factory=list[HeapAttachment])
    vmap_count: int = 0
    vaddr: Vmap | None = None
    holders: dict[str, Vmap] = field(default_factory=dict[str, Vmap])


class Heap(Exporter):
    """A heap, and the operations of its buffers."""

    def __init__(self, kernel: Kernel, *, both_ways: bool = True) -> None:
        self.kernel = kernel
        self.both_ways = both_ways

    def allocate(self, pages: int) -> DmaBuf:
        """A new buffer; the caller has its only reference. ENOMEM."""
        kernel = self.kernel
        memory = kernel.machine.memory.allocate(pages)
        priv = HeapBuffer(kernel, memory, Mutex(kernel, "lock"))
        try:
            return export(kernel, self, priv, pages * kernel.machine.page_size)
        except Failure:
            kernel.machine.memory.release(memory)
            raise

    def allocate_fd(self, pages: int, descriptors: Descriptors) -> int:
        """DMA_HEAP_IOCTL_ALLOC: a new buffer as a descriptor. Where there is none the buffer goes again."""
        buffer = self.allocate(pages)
        try:
            return install(buffer, descriptors)
        except Failure:
            put(buffer)
            raise

    # ------------------------------------------------------------ attachments

    def attach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        kernel, priv = self.kernel, _priv(buffer)
        if not attachment.device.reaches:
            raise Failure(EBUSY, "the device cannot use such storage")
        kernel.point("allocate the attachment and its table")
        attached = kernel.track(HeapAttachment(attachment.device, SgTable([])))
        try:
            attached.table = self._copy_table(priv)
        except Failure:
            kernel.free(attached)
            raise
        attachment.priv = attached
        priv.lock.lock()
        kernel.point("add the attachment to the list")
        priv.attachments.append(attached)
        kernel.point("unlock lock")
        priv.lock.unlock()

    def _copy_table(self, priv: HeapBuffer) -> SgTable:
        """dup_sg_table: header first, then the entries; the copy has no addresses yet."""
        table = self.kernel.track(SgTable(list(priv.pages), nents=len(priv.pages)))
        try:
            self.kernel.may_fail("sg_alloc_table", ENOMEM)
        except Failure:
            self.kernel.free(table)
            raise
        return table

    def detach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        kernel, priv = self.kernel, _priv(buffer)
        kernel.point("a = attachment->priv")
        attached = _attached(attachment)
        priv.lock.lock()
        kernel.point("remove the attachment from the list")
        priv.attachments.remove(attached)
        kernel.point("unlock lock")
        priv.lock.unlock()
        kernel.point("free the table")
        kernel.free(attached.table)
        kernel.point("free the attachment")
        kernel.free(attached)
        attachment.priv = None

    # ------------------------------------------------------------ mapping for devices

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        kernel, priv = self.kernel, _priv(attachment.buffer)
        kernel.point("a = attachment->priv")
        attached = _attached(attachment)
        kernel.may_fail("interrupted", EINTR)
        with priv.lock:
            kernel.point("map the table")
            count = dma.map_sg(kernel, attached.device, attached.table, self._way(direction))
            if count == 0:
                raise Failure(ENOMEM)
            kernel.point("note what is mapped")
            attached.table.nents = count
            attached.mapped = True
        return attached.table

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        kernel, priv = self.kernel, _priv(attachment.buffer)
        kernel.point("a = attachment->priv")
        attached = _attached(attachment)
        with priv.lock:
            kernel.point("note that it is not mapped")
            attached.mapped = False
            kernel.point("unmap the table")
            dma.unmap_sg(kernel, table, self._way(direction), table.original)

    # ------------------------------------------------------------ the processor

    def begin_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        kernel, priv = self.kernel, _priv(buffer)
        kernel.may_fail("begin interrupted", EINTR)
        kernel.may_fail("begin without memory", ENOMEM)
        with priv.lock:
            for attached in kernel.walk(priv.attachments, "next attachment"):
                kernel.point("is it mapped?")
                if attached.mapped:
                    kernel.point("sync it for the CPU")
                    dma.sync_sg_for_cpu(kernel, attached.table, self._way(direction), attached.table.original)
            kernel.point("is there a kernel mapping?")
            if priv.vmap_count > 0:
                kernel.point("invalidate_kernel_vmap_range")
                self._invalidate_vmap(priv)

    def end_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        kernel, priv = self.kernel, _priv(buffer)
        kernel.may_fail("end interrupted", EINTR)
        with priv.lock:
            kernel.point("is there a kernel mapping?")
            if priv.vmap_count > 0:
                kernel.point("flush_kernel_vmap_range")
                self._flush_vmap(priv)
            for attached in kernel.walk(priv.attachments, "next attachment"):
                kernel.point("is it mapped?")
                if attached.mapped:
                    kernel.point("sync it for the device")
                    dma.sync_sg_for_device(kernel, attached.table, self._way(direction), attached.table.original)

    def mmap(self, buffer: DmaBuf, vma: Vma) -> None:
        size = self.kernel.machine.page_size
        self.kernel.may_fail("remap_pfn_range", ENOMEM)
        vma.pages = _priv(buffer).pages[vma.offset // size : -(-(vma.offset + vma.length) // size)]

    def vmap(self, buffer: DmaBuf) -> list[int]:
        """The first user makes the mapping, the others count."""
        priv = _priv(buffer)
        with priv.lock:
            self._vmap_get(priv)
            self.kernel.point("hand it out")
            if priv.vaddr is None:
                raise KernelBug("a kernel mapping is handed out that is not there")
            priv.holders[self.kernel.scheduler.actor] = priv.vaddr
            return priv.vaddr.pages

    def _vmap_get(self, priv: HeapBuffer) -> None:
        kernel = self.kernel
        kernel.point("is it there already?")
        if priv.vmap_count:
            kernel.point("count the user")
            priv.vmap_count += 1
            return
        kernel.point("make the mapping")
        mapping = self._map_kernel(priv)
        kernel.point("keep the mapping")
        priv.vaddr = mapping
        kernel.point("count the first user")
        priv.vmap_count += 1

    def _map_kernel(self, priv: HeapBuffer) -> Vmap:
        array = self.kernel.track(PageArray())
        try:
            return self.kernel.track(Vmap(priv.pages))
        finally:
            self.kernel.free(array)

    def vunmap(self, buffer: DmaBuf) -> None:
        kernel, priv = self.kernel, _priv(buffer)
        kernel.point("forget the address")
        del priv.holders[kernel.scheduler.actor]
        with priv.lock:
            kernel.point("count the user off")
            if priv.vmap_count == 0:
                raise KernelBug("a kernel mapping is given back that nobody has")
            priv.vmap_count -= 1
            kernel.point("was it the last?")
            if priv.vmap_count == 0 and priv.vaddr is not None:
                kernel.point("take the mapping away")
                kernel.free(priv.vaddr)
                self._flush_vmap(priv)
                self._invalidate_vmap(priv)
                kernel.point("forget the mapping")
                priv.vaddr = None

    def _flush_vmap(self, priv: HeapBuffer) -> None:
        for page in priv.pages:
            self.kernel.machine.flush_kernel_vmap_range(page, self.kernel.machine.page_size)

    def _invalidate_vmap(self, priv: HeapBuffer) -> None:
        for page in priv.pages:
            self.kernel.machine.invalidate_kernel_vmap_range(page, self.kernel.machine.page_size)

    # ------------------------------------------------------------ the end

    def release(self, buffer: DmaBuf) -> None:
        priv = _priv(buffer)
        if priv.vmap_count:
            raise KernelBug("a buffer is released that the kernel has mapped")
        self.kernel.machine.memory.release(priv.pages)

    def _way(self, direction: Direction) -> Direction:
        return Direction.BIDIRECTIONAL if self.both_ways else direction


def _priv(buffer: DmaBuf) -> HeapBuffer:
    assert isinstance(buffer.priv, HeapBuffer)
    return buffer.priv


def _attached(attachment: Attachment) -> HeapAttachment:
    assert isinstance(attachment.priv, HeapAttachment)
    return attachment.priv
