"""udmabuf with a list of ranges: which pages a buffer is made of, who holds them, and who may seal them.

`udmabuf` takes all of a memfd at once. The real driver takes what user space lists: ranges of pages, each page with a
reference. Others have the memfd as well, and may seal it against writing at any moment. So the seals are looked at,
and the pages taken, under the lock of its inode, which whoever adds a seal needs too.

An area of user space shows a page after the first touch: a fault looks it up, and takes a reference for the area.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from custody_reference.dma import Direction, SgTable
from custody_reference.dma_buf import DmaBuf, Vma, export, install, put
from custody_reference.files import EBADF, Descriptors
from custody_reference.hardware import ENOMEM
from custody_reference.kernel import Kernel, Tracked
from custody_reference.locks import Mutex, RwLock
from custody_reference.problems import Failure, KernelBug
from custody_reference.udmabuf import Memfd, Udmabuf, UdmabufDriver

EIO, EFAULT, EBUSY, EINVAL = 5, 14, 16, 22

Range = tuple[int, int]
"""The first page that is wanted of the memfd, and how many."""


@dataclass(eq=False)
class SharedMemfd(Memfd):
    """Shared memory that other processes have too. `references`: those of buffers and areas, to each page."""

    kernel: Kernel = field(kw_only=True)
    inode: RwLock = field(init=False)
    references: dict[int, int] = field(init=False)
    looked_at: int = 0
    write_sealed: bool = False
    future_write_sealed: bool = False

    def __post_init__(self) -> None:
        self.inode = RwLock(self.kernel, "inode")
        self.references = dict.fromkeys(self.pages, 0)

    def page(self, number: int) -> int:
        """shmem_read_mapping_page: a page, with a reference. ENOMEM. A small file stands for a large one: after its
        last page comes the first again."""
        self.kernel.may_fail("read page", ENOMEM)
        page = self.pages[number % len(self.pages)]
        self.references[page] += 1
        return page

    def put_page(self, page: int) -> None:
        if self.references[page] == 0:
            raise KernelBug("a reference to a page is put that nobody has")
        self.references[page] -= 1

    def add_seal(self, *, future: bool) -> None:
        """F_ADD_SEALS: nobody may write any more (EBUSY while somebody could), or nobody new."""
        self.inode.lock_for_write()
        self.kernel.point("who has the pages?")
        try:
            if not future and any(self.references.values()):
                raise Failure(EBUSY)
            self.write_sealed = self.write_sealed or not future
            self.future_write_sealed = self.future_write_sealed or future
        finally:
            self.inode.unlock_for_write()


@dataclass(eq=False)
class RangeList(Tracked):
    """The list, copied from user space."""

    ranges: Sequence[Range]


@dataclass(eq=False)
class PageArray(Tracked):
    """Room for a pointer to each page."""

    room: int


@dataclass(eq=False)
class PagedUdmabuf(Udmabuf):
    """The driver's side of a buffer; `pages` has what the array has been filled with."""

    pagecount: int = 0
    array: PageArray | None = None
    memfd_held: bool = False


class PagedUdmabufDriver(UdmabufDriver):
    """The same driver, where user space lists what it wants. The limits of the real one are larger."""

    def __init__(self, kernel: Kernel, memfd: SharedMemfd, list_limit: int = 2, page_limit: int = 2) -> None:
        super().__init__(kernel)
        self.shared = memfd
        self.list_limit = list_limit
        self.page_limit = page_limit

    # ------------------------------------------------------------ creating

    def create_list(self, count: int, copy: Callable[[], Sequence[Range]], descriptors: Descriptors) -> int:
        """UDMABUF_CREATE_LIST. EINVAL where the list is too long; `copy` gets it from user space, or EFAULT."""
        kernel = self.kernel
        if count > self.list_limit:
            raise Failure(EINVAL, "too many ranges")
        kernel.point("copy the list")
        copied = kernel.track(RangeList(()))
        try:
            kernel.may_fail("copy_from_user", EFAULT)
            copied.ranges = copy()
        except Failure:
            kernel.free(copied)
            raise
        try:
            return self.create_ranges(copied.ranges, descriptors)
        finally:
            kernel.point("free the list")
            kernel.free(copied)

    def create_ranges(self, ranges: Sequence[Range], descriptors: Descriptors) -> int:
        """A descriptor for a new buffer of these pages. ENOMEM, EMFILE, EBADF; EINVAL for a list or a memfd that will
        not do."""
        kernel = self.kernel
        kernel.point("allocate the buffer's data, and count its pages")
        udmabuf = kernel.track(PagedUdmabuf(self.shared, Mutex(kernel, "lock")))
        try:
            self._count_pages(udmabuf, ranges)
            for first, count in ranges:
                self._take_range(udmabuf, first, count)
            kernel.point("dma_buf_export")
            buffer = export(kernel, self, udmabuf, len(udmabuf.pages) * kernel.machine.page_size)
        except Failure:
            kernel.point("give everything back")
            if udmabuf.memfd_held:
                self._give_memfd_back(udmabuf)
            self._free(udmabuf)
            raise
        kernel.point("dma_buf_fd")
        try:
            return install(buffer, descriptors)
        except Failure:
            put(buffer)
            raise

    def _count_pages(self, udmabuf: PagedUdmabuf, ranges: Sequence[Range]) -> None:
        """Whether the list will do; then there is room for its pages."""
        for number, (_, count) in enumerate(ranges):
            self.kernel.may_fail(f"range {number} is aligned", EINVAL)
            udmabuf.pagecount += count
            if udmabuf.pagecount > self.page_limit:
                raise Failure(EINVAL, "too many pages")
        if udmabuf.pagecount == 0:
            raise Failure(EINVAL, "a buffer without a page")
        udmabuf.array = self.kernel.track(PageArray(udmabuf.pagecount))

    def _take_range(self, udmabuf: PagedUdmabuf, first: int, count: int) -> None:
        """The pages of one range, while nobody can seal the memfd; whoever called gives it back after a failure."""
        kernel, memfd = self.kernel, self.shared
        self._look_at_memfd(udmabuf)
        error: Failure | None = None
        for page in range(self.page_limit):
            kernel.point("is this page in the range?")
            if page >= count or error is not None:
                continue
            kernel.point("take the page")
            try:
                udmabuf.pages.append(memfd.page(first + page))
            except Failure as failure:
                error = failure
        if error is not None:
            raise error
        kernel.point("give the memfd back")
        self._give_memfd_back(udmabuf)

    def _look_at_memfd(self, udmabuf: PagedUdmabuf) -> None:
        """EBADF where the number is no file, or no memfd; EINVAL for one that may shrink, or may not be written."""
        kernel, memfd = self.kernel, self.shared
        kernel.point("look the memfd up")
        kernel.may_fail("fget", EBADF)
        memfd.looked_at += 1
        udmabuf.memfd_held = True
        memfd.inode.lock_for_read()
        kernel.point("look at the seals")
        kernel.may_fail("it is a memfd", EBADF)
        kernel.may_fail("it may not shrink", EINVAL)
        if memfd.write_sealed or memfd.future_write_sealed:
            raise Failure(EINVAL, "who may not write must not get a buffer")

    def _give_memfd_back(self, udmabuf: PagedUdmabuf) -> None:
        self.shared.inode.unlock_for_read()
        self.shared.looked_at -= 1
        udmabuf.memfd_held = False

    # ------------------------------------------------------------ releasing

    def release(self, buffer: DmaBuf) -> None:
        udmabuf = _priv(buffer)
        if isinstance(udmabuf.sg, SgTable):
            self._put_table(udmabuf.sg, Direction.BIDIRECTIONAL)
        self._free(udmabuf)

    def _free(self, udmabuf: PagedUdmabuf) -> None:
        while udmabuf.pages:
            self.shared.put_page(udmabuf.pages.pop())
        if udmabuf.array is not None:
            self.kernel.free(udmabuf.array)
        self.kernel.free(udmabuf)

    # ------------------------------------------------------------ user space

    def mmap(self, buffer: DmaBuf, vma: Vma) -> None:
        """Pages come later, by faults. EINVAL."""
        if not vma.shared:
            raise Failure(EINVAL, "a private mapping would show a copy")

    def fault(self, vma: Vma, page: int) -> None:
        """The first touch of a page of the area. EIO, a bus error, where the buffer has none there."""
        buffer = vma.file.subject
        assert isinstance(buffer, DmaBuf)
        udmabuf = _priv(buffer)
        number = vma.offset // self.kernel.machine.page_size + page
        if number >= udmabuf.pagecount:
            raise Failure(EIO)
        vma.shown[page] = udmabuf.pages[number]
        self.shared.references[udmabuf.pages[number]] += 1

    def zap(self, vma: Vma) -> None:
        """The area goes, and its references."""
        for page in vma.shown.values():
            self.shared.put_page(page)
        vma.shown.clear()


def _priv(buffer: DmaBuf) -> PagedUdmabuf:
    assert isinstance(buffer.priv, PagedUdmabuf)
    return buffer.priv
