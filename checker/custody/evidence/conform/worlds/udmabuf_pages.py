"""Creating a udmabuf from a list of ranges, sealing its memfd, and mapping it, step for step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Manner, Step
from custody.evidence.conform.world import World
from custody.evidence.conform.worlds.data import PAGE, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import DmaBuf, Vma
from custody_reference.files import Descriptors, File
from custody_reference.hardware import Machine
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel
from custody_reference.scheduler import Deterministic
from custody_reference.udmabuf_pages import EFAULT, PagedUdmabuf, PagedUdmabufDriver, Range, RangeList, SharedMemfd

PAGES = 2

_FAILURES = {
    ("note the range", "EFAULT"): "copy_from_user",
    ("copy the list", "ENOMEM"): "alloc RangeList",
    ("copy the list", "EFAULT"): "copy_from_user",
    ("look the memfd up", "EBADF"): "fget",
    ("look at the seals", "EBADF"): "it is a memfd",
    ("look at the seals", "EINVAL"): "it may not shrink",
    ("take the page", "ENOMEM"): "read page",
    ("dma_buf_export", "ENOMEM"): "dma_buf_export",
    ("dma_buf_fd", "ENOMEM"): "get_unused_fd",
}
"""What to arm for an errno, by the point where the call stands."""


class UdmabufPagesWorld(World):
    """A memfd of two pages, threads that make a buffer of it, somebody who seals it, and one importer."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {("map_udmabuf", "ENOMEM"): ("sg_alloc_table",), ("map_udmabuf", "EINVAL"): ("dma_map_sg",)}
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"EMFILE": "ENOMEM"})
    unprompted = ("release_udmabuf",)
    calls = ("udmabuf_ioctl_create", "udmabuf_ioctl_create_list", "memfd_add_seals")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters)
        self.scheduler = Deterministic()
        machine = Machine(coherent=True, pages=PAGES, page_size=PAGE, line_size=PAGE)
        self.kernel = Kernel(machine, self.scheduler)
        self.memfd = SharedMemfd(machine.memory.allocate(PAGES), kernel=self.kernel)
        self.driver = PagedUdmabufDriver(self.kernel, self.memfd)
        self.descriptors = Descriptors(self.kernel, 1)
        self.threads = [f"Thread.{n}" for n in range(int(parameters["THREADS"]))]
        self.device = Device("device", machine)
        self.importer = Importer(self.device)
        self.existed = False
        self.wanted: Sequence[Range] = ()
        self.single: Sequence[Range] = ()
        self.area: Vma | None = None

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        buffer = self._buffer()
        self.existed = self.existed or buffer is not None
        made = self.kernel.alive.get("PagedUdmabuf", {}).get(0)
        assert made is None or isinstance(made, PagedUdmabuf)
        opened = isinstance(self.descriptors.table.get(0), File)
        held = (self.importer.table is not None) + (self.area is not None) + opened
        state = {
            "buffer": "live" if buffer is not None else "released" if self.existed else "absent",
            "file": "open" if opened else "closed",
            "creator_holds": yes(buffer is not None and buffer.file.refs > held),
            "priv": "Udmabuf.0" if made is not None and buffer is not None else "none",
            "making": "Udmabuf.0" if made is not None and buffer is None else "none",
            "size": str(0 if buffer is None else buffer.size // PAGE),
        }
        self._pages(state, made)
        self._memfd(state)
        self._mappings(state)
        return state

    def _buffer(self) -> DmaBuf | None:
        buffer = self.kernel.alive.get("DmaBuf", {}).get(0)
        assert buffer is None or isinstance(buffer, DmaBuf)
        return buffer

    def _pages(self, state: dict[str, str], made: PagedUdmabuf | None) -> None:
        array = "none" if made is None or made.array is None else "PageArray.0"
        state["Udmabuf.0"] = "free" if made is None else f"live({{pagecount: {made.pagecount}, pages: {array}}})"
        room = self.kernel.alive.get("PageArray", {})
        state["PageArray.0"] = "live({room: true})" if room else "free"
        copied = self.kernel.alive.get("RangeList", {}).get(0)
        assert copied is None or isinstance(copied, RangeList)
        state["List.0"] = "free" if copied is None else "live"
        ranges = [*(self.single if copied is None else copied.ranges), (0, 0), (0, 0)]
        pages = [] if made is None else made.pages
        for number in range(PAGES):
            state[f"range_first[{number}]"] = str(ranges[number][0])
            state[f"range_pages[{number}]"] = str(ranges[number][1])
            state[f"entry[{number}]"] = self._frame(pages[number]) if number < len(pages) else "nothing_there"

    def _frame(self, page: int) -> str:
        return f"frame({self.memfd.pages.index(page)})"

    def _memfd(self, state: dict[str, str]) -> None:
        memfd = self.memfd
        for number, page in enumerate(memfd.pages):
            state[f"references[{number}]"] = str(memfd.references[page])
        readers = ", ".join(sorted(memfd.inode.readers))
        state["inode"] = f"{{writer: {memfd.inode.writer or 'free'}, readers: {{{readers}}}}}"
        state["memfd_held"] = yes(memfd.looked_at > 0)
        state["write_sealed"] = yes(memfd.write_sealed)
        state["future_write_sealed"] = yes(memfd.future_write_sealed)

    def _mappings(self, state: dict[str, str]) -> None:
        table, area = self.importer.table, self.area
        state["nents"] = str(0 if table is None else table.nents)
        state["dma_entries"] = str(0 if table is None else table.dma_entries)
        state["vma_pages"] = str(0 if area is None else area.length // PAGE)
        state["vma_pgoff"] = str(0 if area is None else area.offset // PAGE)
        for number in range(PAGES):
            page = None if area is None else area.shown.get(number)
            state[f"pte[{number}]"] = "nothing_there" if page is None else self._frame(page)

    def pending(self, name: str) -> bool:
        """The last reference goes on the way back to user space, when the call that makes the buffer is over."""
        due = any(isinstance(entry[1], DmaBuf) for entry in self.kernel.deferred)
        return due and not any(self.busy(thread) for thread in self.threads)

    # ------------------------------------------------------------ what the contract chooses

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        self.device.merges = after["dma_entries"] == "1"
        if step.manner is not Manner.WITHIN:
            return
        place = self.stands_before(step.actor)
        if place == "copy the list":
            self.wanted = [(int(after[f"range_first[{n}]"]), int(after[f"range_pages[{n}]"])) for n in range(PAGES)]
        if step.failure is None:
            return
        if place.startswith("allocate"):
            self.kernel.arm(self._of_allocating(step.failure, after))
        elif (place, step.failure) in _FAILURES:
            self.kernel.arm(_FAILURES[place, step.failure])

    def _of_allocating(self, failure: str, after: Mapping[str, str]) -> str:
        if failure == "ENOMEM":
            return "alloc PagedUdmabuf" if after["making"] == "none" else "alloc PageArray"
        counted = 0
        for number in range(PAGES):
            if after["Udmabuf.0"].startswith(f"live({{pagecount: {counted},"):
                return f"range {number} is aligned"
            counted += int(after[f"range_pages[{number}]"])
        return "range 0 is aligned"

    # ------------------------------------------------------------ creating

    def do_udmabuf_ioctl_create(self, _actor: str, first: str, pages: str) -> None:
        self.kernel.point("note the range")
        self.kernel.may_fail("copy_from_user", EFAULT)
        self.single = [(int(first), int(pages))]
        try:
            self.driver.create_ranges(self.single, self.descriptors)
        finally:
            self.kernel.point("forget the range")
            self.single = ()

    def do_udmabuf_ioctl_create_list(self, _actor: str, ranges: str) -> None:
        count = int(ranges)
        self.driver.create_list(count, lambda: self.wanted[:count] or [(0, 1)] * count, self.descriptors)

    def do_memfd_add_seals(self, _actor: str, future: str) -> None:
        self.memfd.add_seal(future=future == "true")

    def do_close_file(self, _actor: str) -> None:
        self.descriptors.close(0)

    def do_release_udmabuf(self, _actor: str) -> None:
        self.kernel.run_deferred(DmaBuf)

    # ------------------------------------------------------------ mapping

    def do_map_udmabuf(self, _actor: str) -> None:
        self.importer.get(self.descriptors, 0)
        self.importer.attach()
        try:
            self.importer.map(Direction.BIDIRECTIONAL)
        except Exception:
            self.importer.detach()
            self.importer.put()
            raise

    def do_unmap_udmabuf(self, _actor: str) -> None:
        self.importer.unmap()
        self.importer.detach()
        self.importer.put()

    def do_mmap_udmabuf(self, _actor: str, shared: str, pgoff: str, pages: str) -> None:
        file = self.descriptors.peek(0)
        self.area = dma_buf.mmap(file, int(pgoff) * PAGE, int(pages) * PAGE, shared=shared == "true")

    def do_mremap(self, _actor: str) -> None:
        """Nobody asks the driver, or the core."""
        self._area().length += PAGE

    def do_udmabuf_vm_fault(self, _actor: str, p: str) -> None:
        self.driver.fault(self._area(), int(p))

    def do_munmap(self, _actor: str) -> None:
        self.driver.zap(self._area())
        dma_buf.munmap(self._area())
        self.area = None

    def _area(self) -> Vma:
        assert self.area is not None
        return self.area


world = UdmabufPagesWorld
