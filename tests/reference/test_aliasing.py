"""A cache by virtual addresses: what the kernel's mapping has in lines of its own, and who has to look after them."""

from __future__ import annotations

import pytest

from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import DmaBuf
from custody_reference.files import Descriptors
from custody_reference.hardware import Machine
from custody_reference.heap import Heap
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel

OLD, NEW = b"by the CPU", b"by camera!"


def _mapped() -> tuple[Machine, Heap, DmaBuf, Importer, int]:
    """An aliasing machine, and a buffer that the kernel has mapped and a camera too."""
    kernel = Kernel(Machine(coherent=False, pages=2, page_size=64, line_size=64, aliasing=True))
    descriptors = Descriptors(kernel)
    heap = Heap(kernel)
    buffer = heap.allocate(1)
    camera = Importer(Device("camera", kernel.machine))
    camera.get(descriptors, dma_buf.install(buffer, descriptors))
    camera.attach()
    camera.map(Direction.BIDIRECTIONAL)
    (page,) = heap.vmap(buffer)
    return kernel.machine, heap, buffer, camera, page


def test_begin_and_end_look_after_the_lines_of_the_kernels_mapping() -> None:
    machine, _, buffer, camera, page = _mapped()
    assert machine.alias is not None
    dma_buf.begin_cpu_access(buffer, Direction.TO_DEVICE)
    machine.alias.cpu_write(page, OLD)
    assert camera.read(0, len(OLD)) == bytes(len(OLD)), "it is in a line yet"
    assert machine.cpu_read(page, len(OLD)) == bytes(len(OLD)), "nor does the other line know"
    dma_buf.end_cpu_access(buffer, Direction.TO_DEVICE)
    assert camera.read(0, len(OLD)) == OLD
    camera.write(0, NEW)
    assert machine.alias.cpu_read(page, len(NEW)) == OLD, "nobody has begun"
    dma_buf.begin_cpu_access(buffer, Direction.FROM_DEVICE)
    assert machine.alias.cpu_read(page, len(NEW)) == NEW


def test_lines_go_to_memory_with_the_mapping() -> None:
    machine, heap, buffer, _, page = _mapped()
    assert machine.alias is not None
    machine.alias.cpu_write(page, OLD)
    heap.vunmap(buffer)
    assert machine.memory.read(page, len(OLD)) == OLD and not machine.alias.lines


def test_a_cache_by_physical_addresses_has_one_line_for_both() -> None:
    machine = Machine(coherent=False, pages=1, page_size=64, line_size=64)
    assert machine.alias is None
    machine.cpu_write(0, OLD)
    machine.invalidate_kernel_vmap_range(0, 64)
    assert machine.cpu_read(0, len(OLD)) == OLD
    machine.flush_kernel_vmap_range(0, 64)
    assert machine.memory.read(0, len(OLD)) == bytes(len(OLD))


def test_what_keeps_memory_twice_is_not_coherent() -> None:
    with pytest.raises(ValueError, match="not coherent"):
        Machine(coherent=True, aliasing=True)
