"""videobuf2: the buffers of a camera, which fills them in turn with a program that reads them.

One queue with one buffer here. A program asks for memory (`reqbufs`), gives the buffer to the camera (`qbuf`), has it
filled while the queue is streaming, and gets it back (`dqbuf`). On the way to the camera and back the buffer's caches
are looked after by two hooks, `prepare` and `finish`; whatever way it comes back, it has to be finished.

Beside that the memory can be exported as a dma-buf (`expbuf`). Each export is a dma-buf of its own, and each holds
the memory: a dma-buf that somebody remembered without a reference would be gone one day.

A lock makes one of the calls wait for the other; closing descriptors does not take it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody_reference import dma
from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter, export, install, put
from custody_reference.files import Descriptors
from custody_reference.kernel import Kernel, Tracked
from custody_reference.locks import Kref, Mutex
from custody_reference.problems import Failure, KernelBug

EINTR, EIO, EAGAIN, EBUSY, EINVAL = 4, 5, 11, 16, 22


@dataclass(eq=False)
class VideoBuffer(Tracked):
    """The memory, held by the queue and by each dma-buf that was made of it; `table` is the camera's."""

    refs: Kref = field(default_factory=Kref)
    pages: list[int] = field(default_factory=list[int])
    table: SgTable = field(default_factory=lambda: SgTable([]))


class Vb2Queue(Exporter):
    """A queue, and the operations of the dma-bufs that are made of its memory.

    `state` is where the buffer is: dequeued, with the program; queued; active, with the camera; done. `frames`: how
    many the camera has made since streaming began. `signals`: one may get a program out of its wait at any moment.
    """

    def __init__(self, kernel: Kernel, camera: Device, *, signals: bool = False) -> None:
        self.kernel = kernel
        self.camera = camera
        self.signals = signals
        self.lock = Mutex(kernel, "ioctl_lock")
        self.opened = True
        self.plane: VideoBuffer | None = None
        self.state = "dequeued"
        self.streaming = False
        self.prepared = False
        self.frames = 0

    # ------------------------------------------------------------ memory

    def reqbufs(self, *, wanted: bool) -> None:
        """VIDIOC_REQBUFS, for one buffer or none: what there is goes first. EBUSY while it streams, or where somebody
        else has the memory; ENOMEM where there is none."""
        kernel = self.kernel
        with self.lock:
            kernel.point("is it streaming?")
            if self.streaming:
                raise Failure(EBUSY)
            kernel.point("is there a buffer?")
            if self.plane is not None:
                kernel.point("does somebody else have it?")
                if self.plane.refs.count > 1:
                    raise Failure(EBUSY)
                kernel.point("free the buffer")
                self._free()
            if wanted:
                kernel.point("allocate a buffer")
                self._allocate()

    def _allocate(self) -> None:
        buffer = self.kernel.track(VideoBuffer())
        try:
            buffer.pages = self.kernel.machine.memory.allocate(1)
        except Failure:
            self.kernel.free(buffer)
            raise
        buffer.table = SgTable(buffer.pages, nents=len(buffer.pages))
        dma.map_sg(self.kernel, self.camera, buffer.table, Direction.FROM_DEVICE, skip_sync=True)
        self.plane = buffer

    def _free(self) -> None:
        if self.plane is not None:
            self._put(self.plane)
        self.plane = None
        self.state = "dequeued"

    def _put(self, buffer: VideoBuffer) -> None:
        """vb2_dc_put: whoever drops the last reference frees the memory."""
        if buffer.refs.put():
            table = buffer.table
            dma.unmap_sg(self.kernel, table, table.direction, table.original, skip_sync=True)
            self.kernel.machine.memory.release(buffer.pages)
            self.kernel.free(buffer)

    def close_node(self) -> None:
        """The last user of the device node has gone; others may have the memory still."""
        self._cancel()
        self._free()
        self.opened = False

    # ------------------------------------------------------------ exporting

    def expbuf(self, descriptors: Descriptors) -> int:
        """VIDIOC_EXPBUF: a descriptor for a dma-buf of the memory. EINVAL where there is none of either; EMFILE."""
        kernel = self.kernel
        with self.lock:
            kernel.point("is there a buffer?")
            if self.plane is None:
                raise Failure(EINVAL)
            kernel.point("make a dma-buf of it")
            try:
                buffer = self._get_dmabuf(self.plane)
            except Failure:
                raise Failure(EINVAL) from None
            kernel.point("dma_buf_fd")
            try:
                return install(buffer, descriptors)
            except Failure:
                put(buffer)
                raise

    def _get_dmabuf(self, plane: VideoBuffer) -> DmaBuf:
        """One of its own for each export. ENOMEM."""
        buffer = export(self.kernel, self, plane, len(plane.pages) * self.kernel.machine.page_size)
        plane.refs.get()
        return buffer

    def release(self, buffer: DmaBuf) -> None:
        self._put(_plane(buffer))

    # ------------------------------------------------------------ importers

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        """The table that was mapped for this direction, if one was; another one goes first. ENOMEM, EIO."""
        kept = attachment.priv
        if isinstance(kept, SgTable):
            if kept.direction is direction:
                return kept
            self._drop_table(attachment)
        pages = _plane(attachment.buffer).pages
        table = self.kernel.track(SgTable(list(pages), nents=len(pages)))
        if dma.map_sg(self.kernel, attachment.device, table, direction) == 0:
            self.kernel.free(table)
            raise Failure(EIO)
        attachment.priv = table
        return table

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        """The table stays for the next time."""

    def detach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        self._drop_table(attachment)

    def _drop_table(self, attachment: Attachment) -> None:
        table = attachment.priv
        if isinstance(table, SgTable):
            dma.unmap_sg(self.kernel, table, table.direction, table.original)
            self.kernel.free(table)
        attachment.priv = None

    # ------------------------------------------------------------ streaming

    def _prepare(self) -> None:
        """The hook on the way to the camera."""
        table = self._table()
        dma.sync_sg_for_device(self.kernel, table, table.direction, table.original)
        self.prepared = True

    def _finish(self) -> None:
        """The hook on the way back."""
        if not self.prepared:
            raise KernelBug("a buffer is finished that was not prepared")
        table = self._table()
        dma.sync_sg_for_cpu(self.kernel, table, table.direction, table.original)
        self.prepared = False

    def _table(self) -> SgTable:
        assert self.plane is not None
        return self.plane.table

    def _enqueue(self) -> None:
        """__enqueue_in_driver: the camera has it now."""
        self.state = "active"
        self._prepare()

    def qbuf(self) -> None:
        """VIDIOC_QBUF. EINVAL where there is no buffer, or it is on its way already."""
        kernel = self.kernel
        with self.lock:
            kernel.point("is it there to be queued?")
            if self.plane is None or self.state != "dequeued":
                raise Failure(EINVAL)
            kernel.point("queue it")
            self.state = "queued"
            kernel.point("is it streaming?")
            if self.streaming:
                kernel.point("give it to the camera")
                self._enqueue()

    def streamon(self) -> None:
        """VIDIOC_STREAMON: what was queued before goes to the camera, which is then asked to start. EBUSY when it
        streams already; EIO when it does not start: then the program has its buffer again."""
        kernel = self.kernel
        with self.lock:
            kernel.point("is it streaming?")
            if self.streaming:
                raise Failure(EBUSY)
            kernel.point("is one queued?")
            if self.state == "queued":
                kernel.point("give it to the camera")
                self._enqueue()
            kernel.point("start_streaming")
            try:
                kernel.may_fail("start_streaming", EIO)
            except Failure:
                self._cancel()
                raise
            self.streaming = True

    def capture(self, data: bytes) -> None:
        """The camera fills the buffer that it was given."""
        dma.device_write(self._table(), 0, data)
        self.frames += 1

    def buffer_done(self) -> None:
        """vb2_buffer_done, by the camera's interrupt."""
        self._finish()
        self.state = "done"

    def dqbuf(self, *, nonblocking: bool = False) -> None:
        """VIDIOC_DQBUF: waits without the lock until there is a buffer and the lock is free, which it then needs for
        this one step. EINVAL where nothing streams, EINTR; EAGAIN for who does not want to wait."""
        kernel = self.kernel
        self.lock.lock()
        kernel.point("is it streaming?")
        if not self.streaming:
            kernel.point("unlock ioctl_lock")
            self.lock.unlock()
            raise Failure(EINVAL)
        kernel.point("is it done?")
        if self.state != "done":
            kernel.point("unlock ioctl_lock")
            self.lock.unlock()
            if nonblocking:
                raise Failure(EAGAIN)
            self._wait()
            if not self.streaming:
                raise Failure(EINVAL)
            self.state = "dequeued"
            return
        kernel.point("give it to the program")
        self.state = "dequeued"
        kernel.point("unlock ioctl_lock")
        self.lock.unlock()

    def _wait(self) -> None:
        """Until there is something to be had, or nothing is to come any more, or a signal comes."""
        kernel = self.kernel
        kernel.scheduler.wait(lambda: self.signals or self._comes_back(), "wait for a buffer")
        if kernel.fails("signal") or not self._comes_back():
            raise Failure(EINTR)

    def _comes_back(self) -> bool:
        return (self.state == "done" or not self.streaming) and self.lock.owner is None

    def streamoff(self) -> None:
        """VIDIOC_STREAMOFF: the buffer is the program's again, wherever it was. EINVAL when it does not stream."""
        kernel = self.kernel
        with self.lock:
            kernel.point("is it streaming?")
            if not self.streaming:
                raise Failure(EINVAL)
            kernel.point("cancel")
            self._cancel()

    def _cancel(self) -> None:
        """__vb2_queue_cancel: the camera is stopped. What it had is finished, whether it hands it back or not."""
        if self.prepared:
            self._finish()
        self.streaming = False
        self.frames = 0
        self.state = "dequeued"


def _plane(buffer: DmaBuf) -> VideoBuffer:
    assert isinstance(buffer.priv, VideoBuffer)
    return buffer.priv
