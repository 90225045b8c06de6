"""An exporter whose buffers have an owner: the processor, the devices, or nobody.

The other exporters work on caches with every map, unmap, begin and end. Here that is done when the owner changes:

* a map gives the buffer to the devices: what the processor wrote is written back, once, however many map it then;
* a begin gives it to the processor: what it has in its cache is dropped, if a device may have written;
* the last end gives it back to the devices, if some are still there; the last unmap gives it to nobody.

Tables are mapped both ways, since the next one who takes the buffer over may want either. A device with a bounce
buffer gains nothing: its copy has to be filled and emptied each time.

Storage comes when somebody first owns the buffer. It stays when the last owner goes (`keeps`), or goes too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from custody_reference import dma
from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter, export
from custody_reference.hardware import ENOMEM
from custody_reference.kernel import Kernel, Tracked
from custody_reference.locks import Mutex
from custody_reference.problems import Failure

EINVAL = 22
BOTH = Direction.BIDIRECTIONAL


class Owner(Enum):
    """Whose turn it is."""

    NOBODY = "nobody"
    CPU = "cpu"
    DEVICES = "devices"


@dataclass(eq=False)
class OwnedAttachment(Tracked):
    """A device at a buffer, its table, and what it uses the buffer for at the moment."""

    device: Device
    table: SgTable
    use: Direction = Direction.NONE


@dataclass(eq=False)
class OwnedBuffer:
    """The exporter's side of a buffer. `brackets`: begins without their end. `written`: by a device, maybe."""

    count: int
    lock: Mutex
    pages: list[int] = field(default_factory=list[int])
    owner: Owner = Owner.NOBODY
    brackets: int = 0
    written: bool = False
    attachments: list[OwnedAttachment] = field(default_factory=list[OwnedAttachment])

    def mapped(self) -> list[OwnedAttachment]:
        return [attached for attached in self.attachments if attached.table.mapped]


class Owned(Exporter):
    """The exporter, with what the proposal left open.

    `keeps`: storage stays after the last owner. `at_detach`: devices are through when they detach, and their tables
    stay mapped until then. `needs_device`: without a device there can be no storage. `each_call`: no owners, for
    comparison: caches are maintained with every call, in its direction.
    """

    def __init__(
        self,
        kernel: Kernel,
        *,
        keeps: bool = True,
        at_detach: bool = False,
        needs_device: bool = False,
        each_call: bool = False,
    ) -> None:
        self.kernel = kernel
        self.keeps = keeps
        self.at_detach = at_detach
        self.needs_device = needs_device
        self.each_call = each_call

    def allocate(self, pages: int) -> DmaBuf:
        """A new buffer, without storage yet; the caller has its only reference. ENOMEM."""
        priv = OwnedBuffer(pages, Mutex(self.kernel, "lock"))
        return export(self.kernel, self, priv, pages * self.kernel.machine.page_size)

    def release(self, buffer: DmaBuf) -> None:
        priv = _priv(buffer)
        self.kernel.machine.memory.release(priv.pages)
        priv.pages, priv.owner = [], Owner.NOBODY

    # ------------------------------------------------------------ storage

    def _back(self, priv: OwnedBuffer) -> None:
        if not priv.pages:
            priv.pages = self.kernel.machine.memory.allocate(priv.count)

    def _leave(self, priv: OwnedBuffer) -> None:
        """The last owner goes. Storage that goes with it is empty for whoever gets it next."""
        priv.owner = Owner.NOBODY
        if self.keeps:
            return
        machine = self.kernel.machine
        for page in priv.pages:
            machine.invalidate(page, machine.page_size)
            machine.memory.write(page, bytes(machine.page_size))
        machine.memory.release(priv.pages)
        priv.pages = []

    # ------------------------------------------------------------ devices

    def attach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        attached = self.kernel.track(OwnedAttachment(attachment.device, SgTable([])))
        attachment.priv = attached
        priv = _priv(buffer)
        with priv.lock:
            priv.attachments.append(attached)

    def detach(self, buffer: DmaBuf, attachment: Attachment) -> None:
        priv, attached = _priv(buffer), _attached(attachment)
        with priv.lock:
            if attached.table.mapped:
                self._take_down(priv, attached)
            priv.attachments.remove(attached)
        self.kernel.free(attached)

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        """The devices own the buffer from here on. ENOMEM."""
        priv, attached = _priv(attachment.buffer), _attached(attachment)
        self.kernel.may_fail("map", ENOMEM)
        with priv.lock:
            self._back(priv)
            if not attached.table.mapped:
                self._set_up(priv, attached, direction)
            priv.owner = Owner.DEVICES
            priv.written = priv.written or direction.device_writes
            attached.use = direction
        return attached.table

    def _set_up(self, priv: OwnedBuffer, attached: OwnedAttachment, direction: Direction) -> None:
        """Only the first to take the buffer over has to look after the cache; a bounce buffer is filled each time."""
        changes = self.each_call or attached.device.bounces or priv.owner is not Owner.DEVICES
        attached.table.pages = list(priv.pages)
        way = direction if self.each_call else BOTH
        attached.table.nents = dma.map_sg(self.kernel, attached.device, attached.table, way, skip_sync=not changes)

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        priv, attached = _priv(attachment.buffer), _attached(attachment)
        with priv.lock:
            if not self.at_detach:
                self._take_down(priv, attached)
            attached.use = Direction.NONE

    def _take_down(self, priv: OwnedBuffer, attached: OwnedAttachment) -> None:
        """While the table is still mapped its data is brought home, if this is the last or has a copy of its own."""
        others = [other for other in priv.mapped() if other is not attached]
        changes = priv.owner is Owner.DEVICES and priv.written and (attached.device.bounces or not others)
        table = attached.table
        dma.unmap_sg(self.kernel, table, table.direction, table.original, skip_sync=not (self.each_call or changes))
        if priv.owner is Owner.DEVICES and not others:
            priv.written = False
            self._leave(priv)

    # ------------------------------------------------------------ the processor

    def begin_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        """The processor owns the buffer from here on. EINVAL where there is no storage to be had."""
        priv = _priv(buffer)
        with priv.lock:
            if self.needs_device and not priv.pages and not priv.attachments:
                raise Failure(EINVAL, "nobody is attached who says what storage it has to be")
            self._back(priv)
            self.kernel.point("show the processor what devices wrote")
            if self.each_call or (priv.owner is Owner.DEVICES and priv.written):
                for attached in priv.mapped():
                    way = direction if self.each_call else BOTH
                    dma.sync_sg_for_cpu(self.kernel, attached.table, way, attached.table.original)
            priv.owner = Owner.CPU
            priv.brackets += 1

    def end_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        """With the last end the devices have the buffer back. An end too many shows them the processor's data too."""
        priv = _priv(buffer)
        with priv.lock:
            priv.brackets = max(0, priv.brackets - 1)
            if priv.brackets == 0:
                self._hand_back(priv, direction)

    def _hand_back(self, priv: OwnedBuffer, direction: Direction) -> None:
        self.kernel.point("show devices what the processor wrote")
        mapped = priv.mapped()
        for attached in mapped:
            way = direction if self.each_call else BOTH
            dma.sync_sg_for_device(self.kernel, attached.table, way, attached.table.original)
        # What a begin has fetched is fetched; what an end too many finds is as it was.
        unseen = priv.written and priv.owner is not Owner.CPU
        priv.written = unseen or any(attached.use.device_writes for attached in mapped)
        if mapped:
            priv.owner = Owner.DEVICES
        else:
            self._leave(priv)


def _priv(buffer: DmaBuf) -> OwnedBuffer:
    assert isinstance(buffer.priv, OwnedBuffer)
    return buffer.priv


def _attached(attachment: Attachment) -> OwnedAttachment:
    assert isinstance(attachment.priv, OwnedAttachment)
    return attachment.priv
