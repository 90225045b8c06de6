"""The corrected gntdev exporter, step for step, with waiting until a buffer is released.

Threads and waiters are tasks with the device node open; an ioctl holds the node's file while it runs.  Who runs the
node's own release is nothing that the contract says: here the core does, some time after the last reference is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Step
from custody.evidence.conform.worlds.data import PAGE, DataWorld, direction, number, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import DmaBuf, Vma
from custody_reference.files import RESERVED, Descriptors, File
from custody_reference.gntdev import Gntdev, GntdevPriv, GrantMap, Memory, WaitObj, XenDmabuf
from custody_reference.importer import Importer
from custody_reference.kernel import Tracked, name_of
from custody_reference.problems import Failure

ENOMEM = 12
NODE_DEVICE = "NodeDevice"
_EXPORT = "dmabuf_exp_from_refs"


class GntdevWorld(DataWorld):
    """One device node, the process's descriptors, waiters, importers, and processors."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            ("gntdev_open", "ENOMEM"): ("alloc GntdevPriv",),
            (f"{_EXPORT}: if forall m: GrantMap . live(m): no", "ENOMEM"): ("grants checked", "alloc GrantMap"),
            (f"{_EXPORT}: fails EINVAL", "EINVAL"): ("map_grant_pages",),
            (f"{_EXPORT}: fails ENOMEM", "ENOMEM"): ("get_unused_fd",),
            (f"{_EXPORT}: if exists x: XenDmabuf . not live(x): yes", "ENOMEM"): ("alloc XenDmabuf",),
            (f"{_EXPORT}: dmabuf = dma_buf_export(xen_dmabuf, map.nr_pages)", "ENOMEM"): ("dma_buf_export",),
            ("dmabuf_exp_wait_released: obj = alloc WaitObj", "ENOMEM"): ("alloc WaitObj",),
            ("dma_buf_attach", "ENOMEM"): ("attach",),
            ("dma_buf_map_attachment: fails ENOMEM", "ENOMEM"): ("dma_map_sg",),
            ("dma_buf_mmap", "ENOMEM"): ("insert pages",),
        }
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"EMFILE": "ENOMEM", "EBADF": "EINVAL"})
    ghosts: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "means": "what a number last stood for: kept for properties only",
            "asks": "what a waiter asked about: kept for properties only",
        }
    )
    unprompted = ("gntdev_release",)
    rare = ("close_node",)
    calls = (
        "dmabuf_exp_from_refs",
        "close_fd",
        "dmabuf_exp_wait_released",
        "dma_buf_map_attachment",
        "dma_buf_unmap_attachment",
        "dma_buf_detach",
        "munmap",
        "gntdev_ioctl_unmap_grant_ref",
    )

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        buffers, units = int(parameters["BUFFERS"]), int(parameters["UNITS"])
        super().__init__(parameters, pages=(buffers + 1) * units)
        self.buffers = buffers
        self.waiters = [f"Waiter.{n}" for n in range(int(parameters["WAITERS"]))]
        self.threads = [f"Thread.{n}" for n in range(int(parameters["THREADS"]))]
        self.drivers = [f"Driver.{n}" for n in range(int(parameters["DRIVERS"]))]
        self.passed_over = (
            f"next exported buffer, {buffers} seen",
            f"next waiter, {len(self.waiters)} seen",
            f"next grant mapping, {buffers} seen",
        )
        self.driver = Gntdev(self.kernel, Memory(int(parameters["LIMIT"]), buffers))
        self.node: File | None = None
        self.node_open = False
        self.ioctls = 0
        self.numbers = int(parameters["NUMBERS"])
        self.descriptors = Descriptors(self.kernel, self.numbers)
        self.importers = {
            f"Device.{n}": Importer(Device(f"Device.{n}", self.machine)) for n in range(int(parameters["DEVICES"]))
        }
        self.maps: dict[str, tuple[str, SgTable, Direction]] = {}
        self.grants: dict[int, GrantMap] = {}
        self.brackets: dict[str, Direction] = {}
        self.pages: dict[str, list[int]] = {}
        self.areas: dict[str, Vma] = {}

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        driver = self.driver
        state = self.data_state(dict.fromkeys(self.importers))
        state["node"] = "unopened" if self.node is None else "opened" if self.node_open else "closed"
        state["private_data"] = _word(driver.priv)
        state[f"driver_owner[{driver.device.name}]"] = "nobody" if driver.device.module is None else "this_module"
        state["maps_lock"] = driver.maps_lock.owner or "free"
        state["dmabuf_lock"] = driver.dmabuf_lock.owner or "free"
        refs = 0 if self.node is None else self.node.refs
        state["buffers_hold_node"] = str(refs - int(self.node_open) - self.ioctls)
        state["pages_mapped"] = str(driver.pages_mapped)
        for n in range(self.numbers):
            state[f"table[Fd.{n}]"] = self._meaning(n)
        for name, importer in self.importers.items():
            state[f"bound[{name}]"] = _word(importer.buffer)
        for name in self.drivers:
            device, table, way = self.maps.get(name, ("none", None, Direction.TO_DEVICE))
            state[f"maps_for[{name}]"] = device
            state[f"map_table[{name}]"] = _word(table)
            state[f"map_dir[{name}]"] = way.value
        for name in self.threads:
            bracket, area = self.brackets.get(name), self.areas.get(name)
            state[f"bracket[{name}]"] = "closed" if bracket is None else f"open({bracket.value})"
            state[f"page_mapped[{name}]"] = "page" if self.pages.get(name) else "nothing"
            state[f"user_mapping[{name}]"] = "unmapped" if area is None else self._area(area)
        for name in self.waiters:
            state[f"answer[{name}]"] = driver.told.get(name, "pending")
            state[f"killed[{name}]"] = yes(name in driver.killed)
        self._objects(state)
        return state

    def _meaning(self, n: int) -> str:
        entry = self.descriptors.table.get(n)
        if entry is None:
            return "unused"
        return f"file({_word(entry.subject)})" if isinstance(entry, File) else "reserved"

    def _area(self, area: Vma) -> str:
        return f"usable({_word(area.file.subject)})" if area.pages else "unusable"

    def _objects(self, state: dict[str, str]) -> None:
        alive = self.kernel.alive

        def put(kind: str, count: int, show: Callable[[Tracked], str]) -> None:
            for n in range(count):
                thing = alive.get(kind, {}).get(n)
                word = kind.replace("Gntdev", "")
                state[f"{word}.{n}"] = "free" if thing is None else f"live({{{show(thing)}}})"

        put("GntdevPriv", 1, _show_priv)
        put("GrantMap", self.buffers, _show_grant)
        put("XenDmabuf", self.buffers, _show_xen)
        put("DmaBuf", self.buffers, _show_buffer)
        put("WaitObj", len(self.waiters), self._show_waiter)
        put("SgTable", len(self.drivers), self._show_table)

    def _show_table(self, thing: Tracked) -> str:
        assert isinstance(thing, SgTable)
        grant = self.grants.get(id(thing))
        told, real = _entries(thing, thing.nents), _entries(thing, thing.dma_entries)
        entries = f"size: {thing.original}, nents: {told}, dma_entries: {real}"
        return f"pages: {_word(grant)}, {entries}, mapped: {yes(thing.mapped)}, dir: {thing.direction.value}"

    def excused(self, step: Step, before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
        for n in range(self.numbers):
            name = f"table[Fd.{n}]"
            if before[name] == "unused":
                taken = [m for m in range(n + 1, self.numbers) if after[f"table[Fd.{m}]"] == "reserved"]
                if any(before[f"table[Fd.{m}]"] == "unused" for m in taken):
                    return "of the numbers that are free a process is given the lowest (POSIX)"
        return None

    def _show_waiter(self, thing: Tracked) -> str:
        """The contract counts a completion for all as one more than there is anybody to wait for it."""
        assert isinstance(thing, WaitObj)
        everybody = (
            len([*self.waiters, *self.threads, *self.drivers, *self.importers, NODE_DEVICE]) + self.numbers + 1
        )
        return f"xen_dmabuf: {_word(thing.buffer)}, done: {everybody + 1 if thing.done.done else 0}"

    def pending(self, name: str) -> bool:
        return any(isinstance(entry[1], Gntdev) for entry in self.kernel.deferred)

    # ------------------------------------------------------------ the device node

    def do_gntdev_open(self, _actor: str) -> None:
        self.node = self.driver.open()
        self.node_open = True

    def do_close_node(self, _actor: str) -> None:
        assert self.node is not None
        self.node_open = False
        self.node.put()

    def do_gntdev_release(self, _actor: str) -> None:
        self.kernel.run_deferred(Gntdev)

    def _ioctl(self, work: Callable[[], object]) -> None:
        assert self.node is not None
        self.node.get()
        self.ioctls += 1
        try:
            work()
        finally:
            self.ioctls -= 1
            self.node.put()

    def do_gntdev_ioctl_unmap_grant_ref(self, _actor: str) -> None:
        self._ioctl(lambda: self.driver.unmap_grant_ref(0))

    # ------------------------------------------------------------ exporting and closing

    def do_dmabuf_exp_from_refs(self, _actor: str, wanted: str) -> None:
        def export() -> None:
            try:
                self.driver.export_from_refs(int(wanted), self.descriptors)
            except Failure as failure:
                # The contract has one word for everything that keeps a grant mapping from being allocated.
                raise Failure(ENOMEM) if "grants checked" in str(failure) else failure from None

        self._ioctl(export)

    def do_close_fd(self, _actor: str, f: str) -> None:
        self.kernel.point("close")
        self.descriptors.close(number(f))
        self.kernel.return_to_user(DmaBuf)

    # ------------------------------------------------------------ waiting

    def do_dmabuf_exp_wait_released(self, _actor: str, fd: str) -> None:
        seconds = None if self.parameters["FOREVER"] else 1.0

        def wait() -> None:
            try:
                self.driver.wait_released(number(fd), seconds)
            except Failure:
                return  # the contract tells of it by the variable `answer`

        self._ioctl(wait)

    def do_kill(self, _actor: str, w: str) -> None:
        self.driver.killed.add(w)

    # ------------------------------------------------------------ importers

    def do_dma_buf_attach(self, actor: str, d: str, f: str) -> None:
        importer = self.importers[d]
        importer.get(self.descriptors, number(f))
        try:
            importer.attach()
        except Failure:
            importer.put()
            raise

    def do_dma_buf_map_attachment(self, actor: str, d: str, dir: str) -> None:  # noqa: A002
        self.kernel.point("map")
        attachment = self.importers[d].attachment
        assert attachment is not None
        table = dma_buf.map_attachment(attachment, direction(dir))
        xen = attachment.buffer.priv
        assert isinstance(xen, XenDmabuf)
        self.grants[id(table)] = xen.map
        self.maps[actor] = (d, table, direction(dir))

    def do_dma_buf_unmap_attachment(self, actor: str) -> None:
        self.kernel.point("unmap")
        device, table, way = self.maps[actor]
        attachment = self.importers[device].attachment
        assert attachment is not None
        dma_buf.unmap_attachment(attachment, table, way)
        del self.maps[actor]

    def do_dma_buf_detach(self, actor: str, d: str) -> None:
        importer = self.importers[d]
        self.kernel.point("detach and put")

        def leave() -> None:
            importer.detach()
            importer.put()

        self.scheduler.whole(actor, leave)
        self.kernel.return_to_user(DmaBuf)

    def do_device_writes(self, _actor: str, d: str) -> None:
        self.device_store(
            next(table for device, table, way in self.maps.values() if device == d and way.device_writes)
        )

    # ------------------------------------------------------------ processors

    def _buffer(self) -> DmaBuf | None:
        found = self.kernel.alive.get("DmaBuf", {}).get(0)
        return found if isinstance(found, DmaBuf) else None

    def do_begin_cpu_access(self, actor: str, dir: str) -> None:  # noqa: A002
        buffer = self._buffer()
        assert buffer is not None
        dma_buf.begin_cpu_access(buffer, direction(dir))
        self.brackets[actor] = direction(dir)

    def do_end_cpu_access(self, actor: str) -> None:
        """The buffer may be gone, with everything that was mapped: then there is nobody to say it to."""
        buffer = self._buffer()
        if buffer is not None:
            dma_buf.end_cpu_access(buffer, self.brackets[actor])
        del self.brackets[actor]

    def do_cpu_writes(self, _actor: str) -> None:
        self.cpu_store()

    def do_kmap(self, actor: str) -> None:
        buffer = self._buffer()
        self.pages[actor] = [self.page] if buffer is None else self.driver.vmap(buffer)

    def do_kunmap(self, actor: str) -> None:
        del self.pages[actor]

    def do_dma_buf_mmap(self, actor: str, f: str) -> None:
        self.areas[actor] = dma_buf.mmap(self.descriptors.peek(number(f)), 0, PAGE)

    def do_munmap(self, actor: str) -> None:
        self.kernel.point("munmap")
        dma_buf.munmap(self.areas.pop(actor))
        self.kernel.return_to_user(DmaBuf)


def _word(thing: object) -> str:
    """The contract's name of an object, alive or freed."""
    if thing is None:
        return "none"
    assert isinstance(thing, Tracked) or thing is not RESERVED
    return name_of(thing).replace("Gntdev", "")  # pyright: ignore[reportArgumentType]


def _entries(table: SgTable, count: int) -> int:
    """The contract's tables have two entries, which stand for all of them."""
    return min(count, 1) if count < table.original else 2


def _list(things: list[GrantMap] | list[XenDmabuf] | list[WaitObj]) -> str:
    return "[" + ", ".join(_word(thing) for thing in things) + "]"


def _show_priv(thing: Tracked) -> str:
    assert isinstance(thing, GntdevPriv)
    lists = f"maps: {_list(thing.maps)}, exp_list: {_list(thing.exported)}, wait_list: {_list(thing.waiting)}"
    return f"dma_dev: {'none' if thing.device is None else thing.device.name}, {lists}"


def _show_grant(thing: Tracked) -> str:
    assert isinstance(thing, GrantMap)
    return (
        f"users: {thing.users.count}, nr_pages: {thing.count}, granted: {yes(thing.granted)},"
        f" exported: {yes(thing.exported)}"
    )


def _show_xen(thing: Tracked) -> str:
    assert isinstance(thing, XenDmabuf)
    fd = "none" if thing.fd is None else f"Fd.{thing.fd}"
    return f"priv: {_word(thing.priv)}, map: {_word(thing.map)}, fd: {fd}, refcount: {thing.refcount.count}"


def _show_buffer(thing: Tracked) -> str:
    assert isinstance(thing, DmaBuf)
    return f"priv: {_word(thing.priv)}, size: {thing.size // PAGE}, refs: {thing.file.refs}"


world = GntdevWorld
