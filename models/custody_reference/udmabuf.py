"""udmabuf: a buffer made of the pages of a memfd, that a virtual machine's guest uses as its memory, say.

The table that the CPU hooks work on is mapped for the driver's own device, once, when it is needed first; the tables
of importers are kept by the core (`cache_sgt_mapping`), so that mapping the buffer again does no work on caches: what
keeps data fresh then is begin and end alone, which synchronise the importers' tables too, each in its own direction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody_reference import dma
from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter, Vma, export, install, put
from custody_reference.files import O_RDWR, Descriptors
from custody_reference.hardware import ENOMEM
from custody_reference.kernel import Kernel, Tracked
from custody_reference.locks import Mutex
from custody_reference.problems import Failure

EINVAL = 22

PROT_READ, PROT_WRITE = 1, 2
READ_WRITE = PROT_READ | PROT_WRITE


@dataclass(eq=False)
class Memfd:
    """Shared memory that a process made: pages, with a count of who has pinned them."""

    pages: list[int]
    sealed: bool = True
    pins: int = 0


@dataclass(eq=False)
class Udmabuf(Tracked):
    """The driver's side of a buffer. `protection` is what the creator wants it to be mapped for; the file is open for
    reading and writing whatever that is."""

    memfd: Memfd
    lock: Mutex
    protection: int = READ_WRITE
    pages: list[int] = field(default_factory=list[int])
    sg: SgTable | Failure | None = None


class UdmabufDriver(Exporter):
    """The device /dev/udmabuf, and the operations of its buffers."""

    cache_sgt_mapping = True

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.device = Device("udmabuf", kernel.machine)

    def create(self, memfd: Memfd, descriptors: Descriptors, protection: int = READ_WRITE) -> int:
        """UDMABUF_CREATE: a descriptor for a new buffer. ENOMEM, EMFILE; EINVAL where the memfd could shrink."""
        kernel = self.kernel
        udmabuf = kernel.track(Udmabuf(memfd, Mutex(kernel, "lock"), protection))
        try:
            self._pin(udmabuf)
            buffer = export(kernel, self, udmabuf, len(udmabuf.pages) * kernel.machine.page_size, mode=O_RDWR)
        except Failure:
            self._unpin(udmabuf)
            kernel.free(udmabuf)
            raise
        # The buffer owns the rest now: to get rid of it is to put it.
        try:
            return install(buffer, descriptors)
        except Failure:
            put(buffer)
            raise

    def _pin(self, udmabuf: Udmabuf) -> None:
        if not udmabuf.memfd.sealed:
            raise Failure(EINVAL, "the memfd could shrink")
        self.kernel.may_fail("find pages", EINVAL)
        udmabuf.memfd.pins += 1
        udmabuf.pages = udmabuf.memfd.pages

    def _unpin(self, udmabuf: Udmabuf) -> None:
        if udmabuf.pages:
            udmabuf.memfd.pins -= 1
            udmabuf.pages = []

    def release(self, buffer: DmaBuf) -> None:
        udmabuf = _priv(buffer)
        if isinstance(udmabuf.sg, SgTable):
            self._put_table(udmabuf.sg, Direction.BIDIRECTIONAL)
            udmabuf.sg = None
        self._unpin(udmabuf)
        self.kernel.free(udmabuf)

    # ------------------------------------------------------------ tables

    def _get_table(self, device: Device, udmabuf: Udmabuf, direction: Direction) -> SgTable:
        """get_sg_table: allocate, fill in, map; where one fails, what was done before is undone."""
        kernel = self.kernel
        table = kernel.track(SgTable(list(udmabuf.pages)))
        try:
            kernel.may_fail("sg_alloc_table", ENOMEM)
            count = dma.map_sg(kernel, device, table, direction)
            if count == 0:
                raise Failure(EINVAL)
        except Failure:
            kernel.free(table)
            raise
        table.nents = count
        return table

    def _put_table(self, table: SgTable, direction: Direction) -> None:
        dma.unmap_sg(self.kernel, table, direction, table.original)
        self.kernel.free(table)

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        return self._get_table(attachment.device, _priv(attachment.buffer), direction)

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        self._put_table(table, direction)

    # ------------------------------------------------------------ the processor

    def begin_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        """Set the table up if nobody has, and let the processor see what devices wrote. ENOMEM."""
        kernel, udmabuf = self.kernel, _priv(buffer)
        with udmabuf.lock:
            kernel.point("is there a table?")
            if udmabuf.sg is None:
                kernel.point("make a table")
                try:
                    table = self._get_table(self.device, udmabuf, Direction.BIDIRECTIONAL)
                except Failure:
                    raise Failure(ENOMEM) from None
                kernel.point("keep the table")
                udmabuf.sg = table
        kernel.point("sync all for the CPU")
        own = _table(udmabuf)
        dma.sync_sg_for_cpu(kernel, own, direction, own.original)
        for table in _kept_tables(buffer):
            dma.sync_sg_for_cpu(kernel, table, table.direction, table.original)

    def end_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        """Let devices see what the processor wrote. EINVAL where nothing was ever begun."""
        kernel, udmabuf = self.kernel, _priv(buffer)
        kernel.point("is there a table?")
        if udmabuf.sg is None:
            raise Failure(EINVAL)
        kernel.point("sync all for the devices")
        own = _table(udmabuf)
        dma.sync_sg_for_device(kernel, own, direction, own.original)
        for table in _kept_tables(buffer):
            dma.sync_sg_for_device(kernel, table, table.direction, table.original)

    def mmap(self, buffer: DmaBuf, vma: Vma) -> None:
        """Shared and cached, as the kernel has the pages mapped itself. EINVAL."""
        udmabuf = _priv(buffer)
        if not vma.shared:
            raise Failure(EINVAL, "a private mapping would show a copy")
        if not udmabuf.protection:
            raise Failure(EINVAL, "made not to be touched")
        size = self.kernel.machine.page_size
        vma.pages = udmabuf.pages[vma.offset // size : -(-(vma.offset + vma.length) // size)]


def _priv(buffer: DmaBuf) -> Udmabuf:
    assert isinstance(buffer.priv, Udmabuf)
    return buffer.priv


def _kept_tables(buffer: DmaBuf) -> list[SgTable]:
    """The tables of importers: each may have a bounce buffer of its own, which only its own sync refreshes."""
    return [attachment.table for attachment in buffer.attachments if attachment.table is not None]


def _table(udmabuf: Udmabuf) -> SgTable:
    assert isinstance(udmabuf.sg, SgTable), "an error pointer is used as a table"
    return udmabuf.sg
