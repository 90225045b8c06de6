"""A driver that uses somebody else's buffer with its device: the other side of the contract."""

from __future__ import annotations

from custody_reference import dma, dma_buf
from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf
from custody_reference.files import Descriptors
from custody_reference.problems import Failure


class Importer:
    """Takes a buffer through get, attach, map, unmap, detach and put, and lets its device work on it."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.buffer: DmaBuf | None = None
        self.attachment: Attachment | None = None
        self.table: SgTable | None = None
        self.direction = Direction.NONE

    def get(self, descriptors: Descriptors, number: int) -> None:
        self.buffer = dma_buf.get(descriptors, number)

    def attach(self) -> None:
        assert self.buffer is not None
        self.attachment = dma_buf.attach(self.buffer, self.device)

    def get_and_attach(self, descriptors: Descriptors, number: int) -> None:
        """Both, or neither: where attaching fails the reference is put again."""
        self.get(descriptors, number)
        try:
            self.attach()
        except Failure:
            self.put()
            raise

    def map(self, direction: Direction) -> None:
        assert self.attachment is not None
        self.table = dma_buf.map_attachment(self.attachment, direction)
        self.direction = direction

    def read(self, offset: int, length: int) -> bytes:
        """DMA from the buffer."""
        assert self.table is not None
        return dma.device_read(self.table, offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """DMA into the buffer."""
        assert self.table is not None
        dma.device_write(self.table, offset, data)

    def unmap(self) -> None:
        assert self.attachment is not None
        assert self.table is not None
        dma_buf.unmap_attachment(self.attachment, self.table, self.direction)
        self.table, self.direction = None, Direction.NONE

    def detach(self) -> None:
        assert self.attachment is not None
        dma_buf.detach(self.attachment)
        self.attachment = None

    def put(self) -> None:
        assert self.buffer is not None
        dma_buf.put(self.buffer)
        self.buffer = None
