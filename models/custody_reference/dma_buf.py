"""The core of dma-buf: a buffer that one driver exports and others attach their devices to.

The life of a buffer, and of what hangs on it:

    export -> descriptor -> [ get -> attach -> [ map -> DMA -> unmap ]* -> detach -> put ]* -> close -> release

Each arrow is a function here. The core counts references, keeps the list of attachments, and passes the work on to
the exporter's operations. Beside the devices the processor has its turns, announced and ended so that caches can be
looked after: begin -> read and write -> end. The core does not keep the two sides apart: the users do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody_reference.dma import Device, Direction, SgTable
from custody_reference.files import O_RDWR, Descriptors, File
from custody_reference.kernel import Kernel, Tracked
from custody_reference.locks import Mutex
from custody_reference.problems import Failure, KernelBug

EINTR, ENOMEM, EACCES, EBUSY, ENODEV, EINVAL = 4, 12, 13, 16, 19, 22


class Exporter:
    """The operations of an exporter (struct dma_buf_ops). What a driver does not override is not supported.

    With `cache_sgt_mapping` the core keeps the table of an attachment from the first map to the detach.
    """

    cache_sgt_mapping = False

    def attach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        """A device wants to use the buffer: EBUSY where it cannot reach the storage, ENOMEM."""

    def detach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        """The device has gone."""

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        """A table of the buffer's memory that is mapped for the device. ENOMEM, EINTR, EINVAL."""
        raise NotImplementedError

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        """The end of what `map` began."""
        raise NotImplementedError

    def release(self, buffer: DmaBuf) -> None:
        """Nobody has the buffer any more."""
        raise NotImplementedError

    def begin_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        """The processor is to see what the devices wrote. Where it fails nothing has changed: EINTR, ENOMEM."""

    def end_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        """The devices are to see what the processor wrote."""

    def mmap(self, buffer: DmaBuf, vma: Vma) -> None:
        """User space is to see the buffer's pages in the area: fills in `vma.pages`."""
        raise Failure(ENODEV)

    def vmap(self, buffer: DmaBuf) -> list[int]:
        """The kernel is to see the whole buffer: its pages. ENOMEM."""
        raise Failure(EINVAL)

    def vunmap(self, buffer: DmaBuf) -> None:
        """The end of what `vmap` began."""


@dataclass(eq=False)
class Attachment:
    """A device at a buffer. `table` and `direction` are what the core keeps of a cached mapping."""

    buffer: DmaBuf
    device: Device
    priv: object = None
    table: SgTable | None = None
    direction: Direction = Direction.NONE


@dataclass(eq=False)
class DmaBuf(Tracked):
    """A buffer. `owner`: the module that has to stay loaded as long as the buffer is there, if it is in one."""

    kernel: Kernel
    exporter: Exporter
    priv: object
    size: int
    owner: str | None = None
    file: File = field(init=False)
    lock: Mutex = field(init=False)
    attachments: list[Attachment] = field(default_factory=list[Attachment])


@dataclass(eq=False)
class Vma:
    """A stretch of a process's address space that shows pages of a buffer; it holds the buffer's file.

    It has its `pages` from the beginning, or gets them one by one, when they are touched (`shown`).
    """

    file: File
    offset: int
    length: int
    shared: bool = True
    pages: list[int] = field(default_factory=list[int])
    shown: dict[int, int] = field(default_factory=dict[int, int])
    write_combined: bool = False


# ---------------------------------------------------------------- export, descriptors, references


def export(
    kernel: Kernel,
    exporter: Exporter | None,
    priv: object,
    size: int,
    most: int | None = None,
    *,
    mode: int = O_RDWR,
    owner: str | None = None,
) -> DmaBuf:
    """dma_buf_export. From here on `priv` belongs to the buffer. EINVAL where something is missing, ENOMEM."""
    if exporter is None or priv is None:
        raise Failure(EINVAL, "no operations, or nothing to export")
    kernel.may_fail("dma_buf_export", ENOMEM)
    buffer = kernel.track(DmaBuf(kernel, exporter, priv, size, owner), most)
    buffer.lock = Mutex(kernel, "core_lock")
    buffer.file = File(kernel, buffer, lambda: release(buffer), mode)
    return buffer


def install(buffer: DmaBuf, descriptors: Descriptors) -> int:
    """dma_buf_fd: the descriptor takes the caller's reference over; where there is none the caller keeps it."""
    number = descriptors.reserve()
    descriptors.install(number, buffer.file)
    return number


def get(descriptors: Descriptors, number: int) -> DmaBuf:
    """dma_buf_get: the buffer behind a descriptor, with a reference. EBADF, or EINVAL where it is another file."""
    file = descriptors.look_up(number)
    buffer = file.subject
    if not isinstance(buffer, DmaBuf):
        file.put()
        raise Failure(EINVAL, "no dma-buf")
    return buffer


def put(buffer: DmaBuf) -> None:
    """dma_buf_put."""
    buffer.file.put()


def release(buffer: DmaBuf) -> None:
    """What the last reference leads to: the exporter gets its data back, and the buffer is gone."""
    if buffer.attachments:
        raise KernelBug("a buffer is released that devices are attached to")
    buffer.exporter.release(buffer)
    buffer.kernel.point("free dma_buf")
    buffer.kernel.free(buffer)


# ---------------------------------------------------------------- attaching and mapping


def attach(buffer: DmaBuf, device: Device) -> Attachment:
    """dma_buf_attach: asks the exporter, and lists the attachment when he agrees. ENOMEM, EBUSY."""
    kernel = buffer.kernel
    attachment = Attachment(buffer, device)
    with buffer.lock:
        kernel.may_fail("attach", ENOMEM)
        buffer.exporter.attach(buffer, attachment)
        buffer.attachments.append(attachment)
    return attachment


def detach(attachment: Attachment) -> None:
    """dma_buf_detach, after everything was unmapped; a cached mapping ends here, as it began."""
    buffer = attachment.buffer
    with buffer.lock:
        if attachment.table is not None:
            buffer.exporter.unmap(attachment, attachment.table, attachment.direction)
            attachment.table = None
        if attachment not in buffer.attachments:
            raise KernelBug("list corruption: an attachment is taken off the list that is not on it")
        buffer.exporter.detach(buffer, attachment)
        buffer.attachments.remove(attachment)


def map_attachment(attachment: Attachment, direction: Direction) -> SgTable:
    """dma_buf_map_attachment: the buffer's memory for the device to work on. EINVAL, EBUSY, ENOMEM, EINTR."""
    if direction is Direction.NONE:
        raise Failure(EINVAL, "data has to go somewhere")
    if attachment.table is not None:
        # A mapping both ways serves either way; nothing else serves but what was mapped.
        if attachment.direction not in (direction, Direction.BIDIRECTIONAL):
            raise Failure(EBUSY, "cached with another direction")
        return attachment.table
    exporter = attachment.buffer.exporter
    table = exporter.map(attachment, direction)
    if exporter.cache_sgt_mapping:
        attachment.table, attachment.direction = table, direction
    return table


def unmap_attachment(attachment: Attachment, table: SgTable, direction: Direction) -> None:
    """dma_buf_unmap_attachment: once for each map, with its table and its direction. A cached table stays mapped."""
    if attachment.table is not None:
        if attachment.table is not table:
            raise KernelBug("another table is unmapped than was mapped")
        return
    attachment.buffer.exporter.unmap(attachment, table, direction)


# ---------------------------------------------------------------- the processor


def begin_cpu_access(buffer: DmaBuf, direction: Direction) -> None:
    """dma_buf_begin_cpu_access: from here the processor sees the newest data, if it said that it will read."""
    buffer.exporter.begin_cpu_access(buffer, direction)


def end_cpu_access(buffer: DmaBuf, direction: Direction) -> None:
    """dma_buf_end_cpu_access: from here the devices see what the processor wrote."""
    buffer.exporter.end_cpu_access(buffer, direction)


READ, WRITE, END = 1, 2, 4


def sync_ioctl(descriptors: Descriptors, number: int, flags: int) -> None:
    """DMA_BUF_IOCTL_SYNC: begin (or, with END, end) of access by user space. The kernel does not keep book."""
    file = descriptors.look_up(number)
    try:
        sync(file, flags)
    finally:
        file.put()


def sync(file: File, flags: int) -> None:
    """The same for a file that the caller holds. EINVAL for flags that mean nothing."""
    ways = {READ: Direction.FROM_DEVICE, WRITE: Direction.TO_DEVICE, READ | WRITE: Direction.BIDIRECTIONAL}
    buffer = file.subject
    direction = ways.get(flags & ~END)
    if direction is None or not isinstance(buffer, DmaBuf):
        raise Failure(EINVAL)
    if flags & END:
        end_cpu_access(buffer, direction)
    else:
        begin_cpu_access(buffer, direction)


def mmap(file: File, offset: int, length: int, *, shared: bool = True) -> Vma:
    """mmap on a buffer's descriptor, to read and to write; the area takes a reference of its own. EINVAL beyond the
    buffer's end, EACCES where the file is not open for both."""
    buffer = file.subject
    if not isinstance(buffer, DmaBuf):
        raise Failure(ENODEV)
    if length <= 0 or offset < 0 or offset + length > buffer.size:
        raise Failure(EINVAL, "not within the buffer")
    if file.mode != O_RDWR:
        raise Failure(EACCES)
    vma = Vma(file, offset, length, shared)
    buffer.exporter.mmap(buffer, vma)
    file.get()
    return vma


def munmap(vma: Vma) -> None:
    vma.pages.clear()
    vma.file.put()
