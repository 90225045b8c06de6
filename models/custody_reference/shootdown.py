"""Page tables of user space that come with faults and go when a device gets the buffer.

The first mmap of dma-buf, in 2012, left it to the exporter to make a mapping look coherent, on machines whose caches
are not: no page is shown until it is touched, before a device gets the buffer all page tables are taken away again
(shot down), and no fault brings them back until the device has given it back. Which areas show a buffer the kernel
knows by the file of each; so the exporter puts a file of its own into the area, that of this buffer's memory alone.

There are two ways to an area: by the buffer's own descriptor, and by that of an importing driver, whose mmap passes
the area on to the buffer. What the kernel does around both (the references of call and area) is here too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from custody_reference import dma, dma_buf
from custody_reference.dma import Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter, Vma, export
from custody_reference.files import Descriptors, File
from custody_reference.hardware import ENOMEM
from custody_reference.kernel import Kernel, Tracked
from custody_reference.problems import Failure

EFAULT, EBUSY, EINVAL, EOVERFLOW = 14, 16, 22, 75


class Shootdown(Enum):
    """Whose page tables go when a device gets a buffer."""

    NEVER = "never"
    SHARED_INODE = "shared_inode"  # those of all dma-bufs: they shared one inode until 2019
    OWN_FILE = "own_file"  # those of areas that have the file of this buffer's memory


@dataclass(eq=False)
class Storage(Tracked):
    """A buffer's memory, with a file of its own that keeps it. `at_device`: a device has it; `orphaned`: areas alone
    do, since the buffer is gone."""

    pages: list[int]
    file: File = field(init=False)
    buffer: DmaBuf = field(init=False)
    at_device: bool = False
    orphaned: bool = False
    tables: list[SgTable] = field(default_factory=list[SgTable])


@dataclass(eq=False)
class ImporterFile(Tracked):
    """What user space has open of an importing driver; it has a reference to the buffer."""

    buffer: DmaBuf
    file: File = field(init=False)


@dataclass(eq=False)
class Process:
    """A process with one area at most. `calling` and `kept` are what a call of its own has references to: the file
    that it was called with, and the one that the area had before."""

    area: Vma | None = None
    mapped: bool = False
    calling: File | None = None
    kept: File | None = None


def open_importer(kernel: Kernel, descriptors: Descriptors, buffers: Descriptors, number: int) -> int:
    """A driver imports the buffer behind a number, and gives out a descriptor of its own."""
    imported = kernel.track(ImporterFile(dma_buf.get(buffers, number)))

    def release() -> None:
        dma_buf.put(imported.buffer)
        kernel.free(imported)

    imported.file = File(kernel, imported, release)
    taken = descriptors.reserve()
    descriptors.install(taken, imported.file)
    return taken


class ShootdownExporter(Exporter):
    """The exporter. `faults`: pages are shown when they are touched, and not at once."""

    def __init__(self, kernel: Kernel, shootdown: Shootdown, *, faults: bool) -> None:
        self.kernel = kernel
        self.shootdown = shootdown
        self.faults = faults
        self.areas: list[Vma] = []

    def allocate(self, pages: int) -> DmaBuf:
        """A buffer of so many pages; the caller has its only reference. ENOMEM."""
        kernel = self.kernel
        storage = kernel.track(Storage(kernel.machine.memory.allocate(pages)))
        storage.file = File(kernel, storage, lambda: self._free(storage))
        storage.buffer = export(kernel, self, storage, pages * kernel.machine.page_size)
        return storage.buffer

    def release(self, buffer: DmaBuf) -> None:
        storage = _storage(buffer)
        storage.orphaned = True
        storage.file.put()

    def _free(self, storage: Storage) -> None:
        self.kernel.machine.memory.release(storage.pages)
        self.kernel.free(storage)

    # ------------------------------------------------------------ user space

    def mmap(self, buffer: DmaBuf, vma: Vma) -> None:
        """The area becomes the exporter's; where its file takes the place of the buffer's, that one is put."""
        self.kernel.may_fail("mmap", ENOMEM)
        storage = _storage(buffer)
        if not self.faults:
            self._show(storage, vma)
        if self.shootdown is Shootdown.OWN_FILE:
            vma.file = storage.file.get()
            buffer.file.put()

    def fault(self, vma: Vma) -> None:
        """A page of the area was touched that is not shown. EFAULT (SIGBUS): it is behind the buffer's end, a device
        has the buffer, or it is gone."""
        self._show(self._to_show(vma), vma)

    def would_show(self, vma: Vma) -> bool:
        """Whether a fault would succeed."""
        try:
            self._to_show(vma)
        except Failure:
            return False
        return True

    def _to_show(self, vma: Vma) -> Storage:
        subject = vma.file.subject
        storage = subject if isinstance(subject, Storage) else _storage(subject)
        if storage.orphaned:
            raise Failure(EFAULT, "the buffer is gone")
        if storage.at_device and self.shootdown is not Shootdown.NEVER:
            raise Failure(EFAULT, "a device has it")
        if vma.offset + vma.length > len(storage.pages) * self.kernel.machine.page_size:
            raise Failure(EFAULT, "behind the buffer's end")
        return storage

    def _show(self, storage: Storage, vma: Vma) -> None:
        size = self.kernel.machine.page_size
        first = vma.offset // size
        vma.shown = dict(enumerate(storage.pages[first : first + vma.length // size]))

    # ------------------------------------------------------------ devices

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        """A device gets the buffer, one at a time: nobody shows it any more. EBUSY."""
        storage = _storage(attachment.buffer)
        if storage.at_device:
            raise Failure(EBUSY)
        self._shoot_down(storage)
        storage.at_device = True
        table = SgTable(list(storage.pages))
        table.nents = dma.map_sg(self.kernel, attachment.device, table, direction)
        storage.tables.append(table)
        return table

    def _shoot_down(self, storage: Storage) -> None:
        """unmap_mapping_range: page tables go, areas stay."""
        for area in self.areas:
            if self.shootdown is Shootdown.SHARED_INODE and isinstance(area.file.subject, DmaBuf):
                area.shown.clear()
            if self.shootdown is Shootdown.OWN_FILE and area.file is storage.file:
                area.shown.clear()

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        """The processor has it again. What the device wrote is in memory, and nothing older is left in the cache."""
        storage = _storage(attachment.buffer)
        dma.unmap_sg(self.kernel, table, direction, table.original)
        storage.tables.remove(table)
        storage.at_device = False

    # ------------------------------------------------------------ where user space announces what it does

    def begin_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        for table in _storage(buffer).tables:
            dma.sync_sg_for_cpu(self.kernel, table, direction, table.original)

    def end_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        for table in _storage(buffer).tables:
            dma.sync_sg_for_device(self.kernel, table, direction, table.original)


class Mmap:
    """mmap and what belongs to it, for an exporter's buffers; `word` is the number of bits of a number of pages."""

    def __init__(self, exporter: ShootdownExporter, word: int = 64) -> None:
        self.kernel = exporter.kernel
        self.exporter = exporter
        self.beyond = 1 << word

    def by_descriptor(self, process: Process, descriptors: Descriptors, number: int, pgoff: int, pages: int) -> None:
        """mmap of the buffer's own descriptor. EOVERFLOW, EBADF, EINVAL, ENOMEM."""
        self.kernel.point("look the file up")
        if pgoff + pages >= self.beyond:
            raise Failure(EOVERFLOW)
        area = self._begin(process, descriptors.look_up(number), pgoff, pages)
        try:
            self._internal(area)
        except Failure:
            self._finish(process, success=False)
            raise
        self._finish(process, success=True)

    def by_importer(self, process: Process, descriptors: Descriptors, number: int, pgoff: int, pages: int) -> None:
        """mmap of an importer's descriptor, whose driver passes the area on. EBADF, EOVERFLOW, EINVAL, ENOMEM."""
        self.kernel.point("look the importer's file up")
        area = self._begin(process, descriptors.look_up(number), 0, pages)
        imported = area.file.subject
        assert isinstance(imported, ImporterFile)
        try:
            self.kernel.point("the driver's mmap")
            self._dma_buf_mmap(process, area, imported.buffer, pgoff)
        except Failure:
            self._finish(process, success=False)
            raise
        self._finish(process, success=True)

    # ------------------------------------------------------------ the core

    def _internal(self, area: Vma) -> None:
        """dma_buf_mmap_internal."""
        buffer = area.file.subject
        assert isinstance(buffer, DmaBuf)
        self.kernel.point("does it fit?")
        if (area.offset + area.length) % self._bytes(self.beyond) > buffer.size:
            raise Failure(EINVAL)
        self.kernel.point("ask the exporter")
        buffer.exporter.mmap(buffer, area)

    def _dma_buf_mmap(self, process: Process, area: Vma, buffer: DmaBuf, pgoff: int) -> None:
        """dma_buf_mmap: the area is the buffer's from here on, or, where that fails, the importer's again."""
        self.kernel.point("does it run over?")
        end = (pgoff + area.length // self._bytes(1)) % self.beyond
        if end < pgoff:
            raise Failure(EOVERFLOW)
        self.kernel.point("does it fit?")
        if self._bytes(end) > buffer.size:
            raise Failure(EINVAL)
        self.kernel.point("change the file")
        process.kept, area.file = area.file, buffer.file.get()
        area.offset = self._bytes(pgoff)
        self.kernel.point("ask the exporter")
        try:
            buffer.exporter.mmap(buffer, area)
        except Failure:
            self.kernel.point("change it back")
            area.file, process.kept = process.kept, None
            area.offset = 0
            buffer.file.put()
            raise
        self.kernel.point("put the importer's")
        process.kept.put()
        process.kept = None

    # ------------------------------------------------------------ the kernel around it

    def _begin(self, process: Process, file: File, pgoff: int, pages: int) -> Vma:
        """The call has a reference, and gives the area one."""
        process.calling = file
        process.area = Vma(file.get(), self._bytes(pgoff), self._bytes(pages))
        self.exporter.areas.append(process.area)
        return process.area

    def _finish(self, process: Process, *, success: bool) -> None:
        """mmap_region: where it failed, the file is put that the call was made with."""
        self.kernel.point("finish")
        assert process.calling is not None
        process.mapped = success
        if not success:
            process.calling.put()
            self._forget(process)
        process.calling.put()
        process.calling = None

    def _forget(self, process: Process) -> None:
        assert process.area is not None
        process.area.shown.clear()
        self.exporter.areas.remove(process.area)
        process.area, process.mapped = None, False

    def unmap(self, process: Process) -> None:
        """munmap."""
        assert process.area is not None
        process.area.file.put()
        self._forget(process)

    def enlarge(self, process: Process) -> None:
        """mremap, by a page: where pages come with faults, they come anew."""
        assert process.area is not None
        process.area.length += self._bytes(1)
        if self.exporter.faults:
            process.area.shown.clear()

    def _bytes(self, pages: int) -> int:
        return pages * self.kernel.machine.page_size


def _storage(buffer: object) -> Storage:
    assert isinstance(buffer, DmaBuf)
    assert isinstance(buffer.priv, Storage)
    return buffer.priv
