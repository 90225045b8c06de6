"""gntdev: pages of another Xen domain as a buffer, and waiting until everybody has let go of it.

The domain that granted the pages wants them back some day, and to know when: `wait_released` names the buffer by the
descriptor number that it was exported with, waits on an object of its own, and is woken by the release.

What belongs to the opened device node (`GntdevPriv`): the grant mappings, the exported buffers, the waiters. Each
buffer holds a reference to the node's file, so that this is there as long as its release needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody_reference import dma
from custody_reference.dma import Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter, Vma, export
from custody_reference.files import Descriptors, File
from custody_reference.hardware import ENOMEM
from custody_reference.kernel import Kernel, Tracked, same_address
from custody_reference.locks import Completion, Kref, Mutex
from custody_reference.problems import Failure, KernelBug

ENOENT, EINTR, EINVAL, ETIMEDOUT = 2, 4, 22, 110


@dataclass(eq=False)
class GrantMap(Tracked):
    """Pages of another domain, mapped here. `exported`: a buffer stands on them, so that nobody else unmaps them."""

    count: int
    pages: list[int]
    users: Kref = field(default_factory=Kref)
    granted: bool = False
    writable: bool = False
    exported: bool = True


@dataclass(eq=False)
class XenDmabuf(Tracked):
    """The driver's side of a buffer; waiters look it up by `fd`."""

    priv: GntdevPriv
    map: GrantMap
    fd: int | None
    refcount: Kref = field(default_factory=Kref)
    mapped: list[SgTable] = field(default_factory=list[SgTable])


@dataclass(eq=False)
class WaitObj(Tracked):
    """Somebody who waits for the release of a buffer."""

    buffer: XenDmabuf
    done: Completion


@dataclass(frozen=True)
class NodeDevice:
    """The device that a node stands for; `module` is what its driver is loaded from, if it is loaded."""

    name: str
    module: str | None = None


@dataclass(eq=False)
class GntdevPriv(Tracked):
    """What an opened device node has."""

    device: NodeDevice | None
    maps: list[GrantMap] = field(default_factory=list[GrantMap])
    exported: list[XenDmabuf] = field(default_factory=list[XenDmabuf])
    waiting: list[WaitObj] = field(default_factory=list[WaitObj])


@dataclass(frozen=True)
class Memory:
    """How much there is of what: pages that may be mapped in all, and objects of each kind."""

    pages: int = 8
    buffers: int = 4


class Gntdev(Exporter):
    """The driver, with one device node, and the operations of its buffers."""

    def __init__(self, kernel: Kernel, memory: Memory) -> None:
        self.kernel = kernel
        self.device = NodeDevice("NodeDevice")
        self.memory = memory
        self.node: File | None = None
        self.priv: GntdevPriv | None = None
        self.maps_lock = Mutex(kernel, "maps_lock")
        self.dmabuf_lock = Mutex(kernel, "dmabuf_lock")
        self.pages_mapped = 0
        self.told: dict[str, str] = {}
        self.killed: set[str] = set()

    # ------------------------------------------------------------ the device node

    def open(self) -> File:
        """gntdev_open. ENOMEM."""
        self.priv = self.kernel.track(GntdevPriv(self.device))
        self.node = File(self.kernel, self, self._release_node)
        return self.node

    def _release_node(self) -> None:
        """gntdev_release: nothing refers to the node any more, buffers included."""
        priv = self._opened()
        if priv.maps:
            raise KernelBug("buffers take their grant mappings off the list themselves")
        self.kernel.free(priv)
        self.priv = None

    def _opened(self) -> GntdevPriv:
        assert self.priv is not None
        return self.priv

    def _map_pages(self, grant: GrantMap) -> None:
        """gntdev_map_grant_pages: for reading and writing, as a dma-buf is. EINVAL."""
        self.kernel.may_fail("map_grant_pages", EINVAL)
        if grant.granted:
            raise KernelBug("grants are mapped that are mapped already, and their first handles are lost")
        grant.granted = grant.writable = True

    def _put_map(self, grant: GrantMap) -> None:
        """gntdev_put_map: whoever drops the last reference unmaps the pages."""
        if grant.users.put():
            self.pages_mapped -= grant.count
            grant.granted = False
            self.kernel.machine.memory.release(grant.pages)
            self.kernel.free(grant)

    def _remove_map(self, priv: GntdevPriv, grant: GrantMap) -> None:
        self.maps_lock.lock()
        priv.maps.remove(grant)
        self.kernel.point("put the grant mapping")
        self._put_map(grant)
        self.maps_lock.unlock()

    def unmap_grant_ref(self, index: int) -> None:
        """IOCTL_GNTDEV_UNMAP_GRANT_REF: passes over what buffers stand on. ENOENT."""
        priv = self._opened()
        with self.maps_lock:
            for grant in self.kernel.walk(priv.maps, "next grant mapping"):
                self.kernel.point("does a buffer stand on it?")
                if not grant.exported:
                    priv.maps.remove(grant)
                    self._put_map(grant)
                    return
        raise Failure(ENOENT)

    # ------------------------------------------------------------ exporting

    def export_from_refs(self, count: int, descriptors: Descriptors) -> int:
        """IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS: a descriptor for a buffer of granted pages. ENOMEM, EINVAL, EMFILE."""
        kernel, priv = self.kernel, self._opened()
        grant = self._allocate_map(count)
        self.maps_lock.lock()
        kernel.point("add the grant mapping to the list")
        priv.maps.append(grant)
        self.maps_lock.unlock()
        try:
            kernel.point("map the granted pages")
            self._map_pages(grant)
            return self._export(priv, grant, descriptors)
        except Failure:
            kernel.point("remove the grant mapping again")
            self._remove_map(priv, grant)
            raise

    def _allocate_map(self, count: int) -> GrantMap:
        kernel = self.kernel
        kernel.point("allocate the grant mapping")
        kernel.may_fail("grants checked", EINVAL)
        grant = kernel.track(GrantMap(count, []), self.memory.buffers)
        grant.pages = kernel.machine.memory.allocate(count)
        self.pages_mapped += count
        if self.pages_mapped > self.memory.pages:
            kernel.point("too much: put the grant mapping")
            self._put_map(grant)
            raise Failure(ENOMEM)
        return grant

    def _export(self, priv: GntdevPriv, grant: GrantMap, descriptors: Descriptors) -> int:
        """The number is set aside first, and installed last: nothing fails once others can see the buffer."""
        kernel = self.kernel
        kernel.point("set a number aside")
        number = descriptors.reserve()
        kernel.point("allocate the buffer's data")
        try:
            xen = kernel.track(XenDmabuf(priv, grant, number), self.memory.buffers)
        except Failure:
            descriptors.unreserve(number)
            raise
        kernel.point("dma_buf_export")
        try:
            if priv.device is None:
                raise KernelBug("a null pointer is followed: the node has no device")
            owner = priv.device.module
            size = grant.count * kernel.machine.page_size
            buffer = export(kernel, self, xen, size, self.memory.buffers, owner=owner)
        except Failure:
            kernel.point("free the buffer's data")
            kernel.free(xen)
            descriptors.unreserve(number)
            raise
        kernel.point("hold the node")
        self._node().get()
        self.dmabuf_lock.lock()
        for older in kernel.walk(priv.exported, "next exported buffer"):
            kernel.point("does it have this number?")
            if older.fd == number:
                kernel.point("it has it no more")
                older.fd = None
        kernel.point("add the buffer to the list")
        priv.exported.append(xen)
        self.dmabuf_lock.unlock()
        kernel.point("fd_install")
        descriptors.install(number, buffer.file)
        return number

    def _node(self) -> File:
        assert self.node is not None
        return self.node

    # ------------------------------------------------------------ releasing

    def release(self, buffer: DmaBuf) -> None:
        kernel = self.kernel
        kernel.point("xen_dmabuf = dma_buf->priv")
        xen = _priv(buffer)
        priv, grant = xen.priv, xen.map
        self._remove_map(priv, grant)
        self.dmabuf_lock.lock()
        kernel.point("put the buffer's data")
        self._put(xen)
        kernel.point("unlock dmabuf_lock")
        self.dmabuf_lock.unlock()
        kernel.point("let the node go")
        self._node().put()

    def _put(self, xen: XenDmabuf) -> None:
        """dmabuf_exp_release, with the last reference: wake who waits, off the list, free."""
        if not xen.refcount.put():
            return
        kernel = self.kernel
        for waiter in kernel.walk(xen.priv.waiting, "next waiter"):
            kernel.point("does he wait for this one?")
            if same_address(waiter.buffer, xen):
                kernel.point("complete_all")
                waiter.done.complete_all()
        kernel.point("take the buffer off the list")
        xen.priv.exported.remove(xen)
        kernel.point("free the buffer's data")
        kernel.free(xen)

    # ------------------------------------------------------------ waiting

    def wait_released(self, number: int, seconds: float | None) -> None:
        """IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED. ENOENT, ENOMEM; ETIMEDOUT; EINTR when killed."""
        kernel, caller = self.kernel, self.kernel.scheduler.actor
        try:
            told = self._wait(caller, number, seconds)
            kernel.point("return")
        finally:
            self.told.pop(caller, None)
            self.killed.discard(caller)
        if told:
            raise Failure(told)

    def _wait(self, caller: str, number: int, seconds: float | None) -> int:
        kernel, priv = self.kernel, self._opened()
        xen = self._look_up(priv, number)
        if xen is None:
            kernel.point("there is no such buffer")
            self.told[caller] = "no_entry"
            return ENOENT
        waiter = self._waiter(priv, xen)
        if waiter is None:
            kernel.point("there is no memory")
            self.told[caller] = "no_memory"
            return ENOMEM
        if waiter.done.wait(seconds, lambda: caller in self.killed):
            told, word = 0, "released"
        elif seconds is None:
            told, word = EINTR, "interrupted"
        else:
            told, word = ETIMEDOUT, "timed_out"
        self.told[caller] = word
        self.dmabuf_lock.lock()
        kernel.point("take the waiter off the list, and free it")
        if waiter in priv.waiting:
            priv.waiting.remove(waiter)
            kernel.free(waiter)
        self.dmabuf_lock.unlock()
        return told

    def _look_up(self, priv: GntdevPriv, number: int) -> XenDmabuf | None:
        """The buffer last exported under that number, with a reference."""
        kernel = self.kernel
        found: XenDmabuf | None = None
        self.dmabuf_lock.lock()
        for xen in kernel.walk(priv.exported, "next exported buffer"):
            kernel.point("does it have this number?")
            if xen.fd == number:
                found = xen
        kernel.point("take a reference")
        if found is not None:
            found.refcount.get()
        self.dmabuf_lock.unlock()
        return found

    def _waiter(self, priv: GntdevPriv, xen: XenDmabuf) -> WaitObj | None:
        """On the list before the reference from the look-up is put: a release after that finds the waiter."""
        kernel = self.kernel
        kernel.point("allocate the waiter")
        try:
            waiter = kernel.track(WaitObj(xen, Completion(kernel)))
        except Failure:
            waiter = None
        self.dmabuf_lock.lock()
        if waiter is not None:
            priv.waiting.append(waiter)
        kernel.point("put the reference from the look-up")
        self._put(xen)
        kernel.point("unlock dmabuf_lock")
        self.dmabuf_lock.unlock()
        return waiter

    # ------------------------------------------------------------ importers, and the processor

    def map(self, attachment: Attachment, direction: Direction) -> SgTable:
        """A table of its own each time. ENOMEM."""
        kernel, xen = self.kernel, _priv(attachment.buffer)
        if not xen.map.granted:
            raise KernelBug("the pages of a table are not there")
        if direction.device_writes and not xen.map.writable:
            raise KernelBug("a device is to write pages that are mapped for reading only")
        kernel.may_fail("sg_alloc_table", ENOMEM)
        table = kernel.track(SgTable(list(xen.map.pages), nents=len(xen.map.pages)))
        try:
            if dma.map_sg(kernel, attachment.device, table, direction) == 0:
                raise Failure(ENOMEM)
        except Failure:
            kernel.free(table)
            raise
        xen.mapped.append(table)
        return table

    def unmap(self, attachment: Attachment, table: SgTable, direction: Direction) -> None:
        _priv(attachment.buffer).mapped.remove(table)
        dma.unmap_sg(self.kernel, table, direction, table.original)
        self.kernel.free(table)

    def begin_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        for table in _priv(buffer).mapped:
            dma.sync_sg_for_cpu(self.kernel, table, direction, table.original)

    def end_cpu_access(self, buffer: DmaBuf, direction: Direction) -> None:
        for table in _priv(buffer).mapped:
            dma.sync_sg_for_device(self.kernel, table, direction, table.original)

    def mmap(self, buffer: DmaBuf, vma: Vma) -> None:
        self.kernel.may_fail("insert pages", ENOMEM)
        vma.pages = list(_priv(buffer).map.pages)

    def vmap(self, buffer: DmaBuf) -> list[int]:
        return _priv(buffer).map.pages


def _priv(buffer: DmaBuf) -> XenDmabuf:
    assert isinstance(buffer.priv, XenDmabuf)
    return buffer.priv
