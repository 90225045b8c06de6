"""A buffer whose pages are listed: who holds them, and who may seal them when."""

from __future__ import annotations

import pytest

from custody_reference import dma_buf
from custody_reference.files import Descriptors
from custody_reference.hardware import Machine
from custody_reference.kernel import Kernel
from custody_reference.problems import Failure
from custody_reference.udmabuf_pages import PagedUdmabufDriver, SharedMemfd


def test_listed_pages_are_held_as_long_as_somebody_has_them() -> None:
    kernel = Kernel(Machine(coherent=True, pages=2, page_size=64, line_size=64))
    memfd = SharedMemfd(kernel.machine.memory.allocate(2), kernel=kernel)
    driver, descriptors = PagedUdmabufDriver(kernel, memfd), Descriptors(kernel)
    number = driver.create_list(2, lambda: [(1, 1), (0, 1)], descriptors)
    area = dma_buf.mmap(descriptors.peek(number), 64, 64)
    driver.fault(area, 0)
    assert list(area.shown.values()) == [memfd.pages[0]] and list(memfd.references.values()) == [2, 1]
    with pytest.raises(Failure) as failure:
        memfd.add_seal(future=False)
    assert failure.value.name == "EBUSY"
    descriptors.close(number)
    driver.zap(area)
    dma_buf.munmap(area)
    kernel.return_to_user()
    assert not any(memfd.references.values()) and kernel.leaks() == []
    memfd.add_seal(future=True)
    with pytest.raises(Failure) as failure:
        driver.create_list(1, lambda: [(0, 1)], descriptors)
    assert failure.value.name == "EINVAL" and kernel.leaks() == []
