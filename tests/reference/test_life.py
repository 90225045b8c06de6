"""A buffer's life with each exporter: data goes where it should, errors leave nothing behind, nothing is leaked."""

from __future__ import annotations

import pytest

from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import END, READ, WRITE
from custody_reference.files import Descriptors
from custody_reference.gntdev import Gntdev, Memory
from custody_reference.hardware import Machine
from custody_reference.heap import Heap
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel
from custody_reference.problems import Failure, KernelBug, UseAfterFree
from custody_reference.udmabuf import Memfd, UdmabufDriver

EXPORTERS = ("heap", "udmabuf", "gntdev")


def _buffer(exporter: str, *, coherent: bool = False) -> tuple[Kernel, Descriptors, int]:
    kernel = Kernel(Machine(coherent=coherent, pages=8, page_size=128, line_size=64))
    descriptors = Descriptors(kernel)
    match exporter:
        case "heap":
            number = Heap(kernel).allocate_fd(2, descriptors)
        case "udmabuf":
            memfd = Memfd(kernel.machine.memory.allocate(2))
            number = UdmabufDriver(kernel).create(memfd, descriptors)
        case _:
            driver = Gntdev(kernel, Memory())
            driver.open()
            number = driver.export_from_refs(2, descriptors)
    return kernel, descriptors, number


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("bounces", [False, True])
def test_data_both_ways(exporter: str, bounces: bool) -> None:
    kernel, descriptors, number = _buffer(exporter)
    machine = kernel.machine
    importer = Importer(Device("disk", machine, bounces=bounces))
    importer.get(descriptors, number)
    importer.attach()
    vma = dma_buf.mmap(descriptors.peek(number), 0, 256)
    dma_buf.sync_ioctl(descriptors, number, READ | WRITE)
    machine.cpu_write(vma.pages[1] + 60, b"across lines")
    dma_buf.sync_ioctl(descriptors, number, READ | WRITE | END)
    importer.map(Direction.BIDIRECTIONAL)
    assert importer.read(128 + 60, 12) == b"across lines"
    importer.write(124, b"page to page")
    importer.unmap()
    importer.detach()
    importer.put()
    dma_buf.sync_ioctl(descriptors, number, READ)
    assert machine.cpu_read(vma.pages[0] + 124, 4) + machine.cpu_read(vma.pages[1], 8) == b"page to page"
    dma_buf.munmap(vma)
    descriptors.close(number)
    kernel.return_to_user()
    assert [name for name in kernel.leaks() if not name.startswith("GntdevPriv")] == []


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_release_waits_for_the_last_reference(exporter: str) -> None:
    kernel, descriptors, number = _buffer(exporter)
    importer = Importer(Device("disk", kernel.machine))
    importer.get(descriptors, number)
    descriptors.close(number)
    kernel.return_to_user()
    importer.attach()
    importer.map(Direction.TO_DEVICE)
    importer.unmap()
    importer.detach()
    buffer = importer.buffer
    importer.put()
    assert "DmaBuf.0" in kernel.leaks(), "the release is put off to the return to user space"
    kernel.return_to_user()
    assert "DmaBuf.0" not in kernel.leaks()
    with pytest.raises(UseAfterFree):
        assert buffer is not None and buffer.size


@pytest.mark.parametrize(
    ("exporter", "place", "word"),
    [
        ("heap", "dma_buf_export", "ENOMEM"),
        ("heap", "get_unused_fd", "EMFILE"),
        ("udmabuf", "alloc Udmabuf", "ENOMEM"),
        ("udmabuf", "find pages", "EINVAL"),
        ("udmabuf", "dma_buf_export", "ENOMEM"),
        ("udmabuf", "get_unused_fd", "EMFILE"),
        ("gntdev", "grants checked", "EINVAL"),
        ("gntdev", "alloc GrantMap", "ENOMEM"),
        ("gntdev", "map_grant_pages", "EINVAL"),
        ("gntdev", "get_unused_fd", "EMFILE"),
        ("gntdev", "alloc XenDmabuf", "ENOMEM"),
        ("gntdev", "dma_buf_export", "ENOMEM"),
    ],
)
def test_a_failed_export_leaves_nothing(exporter: str, place: str, word: str) -> None:
    kernel = Kernel(Machine(coherent=True))
    descriptors = Descriptors(kernel)
    free = kernel.machine.memory.allocate(1)
    driver = Gntdev(kernel, Memory())
    node = driver.open()
    memfd = Memfd(free)
    kernel.arm(place)
    with pytest.raises(Failure) as failure:
        match exporter:
            case "heap":
                Heap(kernel).allocate_fd(1, descriptors)
            case "udmabuf":
                UdmabufDriver(kernel).create(memfd, descriptors)
            case _:
                driver.export_from_refs(1, descriptors)
    assert failure.value.name == word
    kernel.return_to_user()
    assert kernel.leaks() == ["GntdevPriv.0"] and descriptors.table == {} and memfd.pins == 0
    assert driver.pages_mapped == 0 and node.refs == 1


def test_cached_tables_serve_both_ways_only() -> None:
    kernel, descriptors, number = _buffer("udmabuf")
    importer = Importer(Device("disk", kernel.machine))
    importer.get(descriptors, number)
    importer.attach()
    importer.map(Direction.TO_DEVICE)
    importer.unmap()
    with pytest.raises(Failure, match="another direction"):
        importer.map(Direction.FROM_DEVICE)
    importer.map(Direction.TO_DEVICE)


def test_flags_of_the_ioctl() -> None:
    _, descriptors, number = _buffer("heap")
    for flags in (0, END, 8, READ | 8):
        with pytest.raises(Failure) as failure:
            dma_buf.sync_ioctl(descriptors, number, flags)
        assert failure.value.name == "EINVAL"


def test_dma_api_debugging_notices_a_second_unmap() -> None:
    kernel, descriptors, number = _buffer("heap")
    importer = Importer(Device("disk", kernel.machine))
    importer.get(descriptors, number)
    importer.attach()
    importer.map(Direction.TO_DEVICE)
    assert importer.attachment is not None and importer.table is not None
    dma_buf.unmap_attachment(importer.attachment, importer.table, Direction.TO_DEVICE)
    with pytest.raises(KernelBug, match="not mapped"):
        dma_buf.unmap_attachment(importer.attachment, importer.table, Direction.TO_DEVICE)


def test_neighbours_in_a_cache_line_are_lost_with_it() -> None:
    """DB-LINE-01: 64 bytes of cache work on a line of 128 drop what somebody else wrote beside them."""
    machine = Machine(coherent=False, page_size=128, line_size=128)
    machine.cpu_write(64, b"mine")
    machine.invalidate(0, 64)
    assert machine.cpu_read(64, 4) == bytes(4)
