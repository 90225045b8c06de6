"""A mapping that looks coherent on a machine that is not: what is in the way of stale bytes, and what is not."""

from __future__ import annotations

import pytest

from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.files import Descriptors
from custody_reference.hardware import Machine
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel
from custody_reference.problems import Failure
from custody_reference.shootdown import Mmap, Process, Shootdown, ShootdownExporter, open_importer

OLD, NEW = b"by the CPU", b"by camera!"


class _Setting:
    """One buffer of a page, a process that has it mapped, and a camera."""

    def __init__(self, shootdown: Shootdown) -> None:
        self.kernel = Kernel(Machine(coherent=False, pages=4, page_size=64, line_size=64))
        self.descriptors = Descriptors(self.kernel)
        self.exporter = ShootdownExporter(self.kernel, shootdown, faults=True)
        self.number = dma_buf.install(self.exporter.allocate(1), self.descriptors)
        self.mmap, self.process = Mmap(self.exporter), Process()
        self.camera = Importer(Device("camera", self.kernel.machine))
        self.camera.get(self.descriptors, self.number)
        self.camera.attach()

    def map(self) -> None:
        self.mmap.by_descriptor(self.process, self.descriptors, self.number, 0, 1)

    def page(self) -> int:
        """Where the first page of the area is; a fault shows it where it is not shown."""
        area = self.process.area
        assert area is not None
        if not area.shown:
            self.exporter.fault(area)
        return area.shown[0]


@pytest.mark.parametrize("shootdown", [Shootdown.SHARED_INODE, Shootdown.OWN_FILE])
def test_page_tables_that_go_keep_a_mapping_fresh(shootdown: Shootdown) -> None:
    setting = _Setting(shootdown)
    setting.map()
    machine = setting.kernel.machine
    machine.cpu_write(setting.page(), OLD)
    setting.camera.map(Direction.BIDIRECTIONAL)
    assert setting.camera.read(0, len(OLD)) == OLD
    with pytest.raises(Failure, match="a device has it"):
        setting.page()
    setting.camera.write(0, NEW)
    setting.camera.unmap()
    assert machine.cpu_read(setting.page(), len(NEW)) == NEW


def test_page_tables_that_stay_show_stale_bytes() -> None:
    setting = _Setting(Shootdown.NEVER)
    setting.map()
    page = setting.page()
    setting.kernel.machine.cpu_write(page, OLD)
    setting.camera.map(Direction.BIDIRECTIONAL)
    setting.camera.write(0, NEW)
    assert setting.page() == page
    assert setting.kernel.machine.cpu_read(page, len(OLD)) == OLD, "nobody has told the processor"


def test_one_inode_for_all_takes_the_neighbours_page_tables_too() -> None:
    for shootdown, stays in ((Shootdown.SHARED_INODE, False), (Shootdown.OWN_FILE, True)):
        setting = _Setting(shootdown)
        setting.number = dma_buf.install(setting.exporter.allocate(1), setting.descriptors)
        setting.map()
        setting.page()
        setting.camera.map(Direction.TO_DEVICE)
        assert setting.process.area is not None
        assert bool(setting.process.area.shown) is stays


def test_an_area_keeps_the_memory_and_nothing_else() -> None:
    setting = _Setting(Shootdown.OWN_FILE)
    setting.map()
    setting.camera.detach()
    setting.camera.put()
    setting.descriptors.close(setting.number)
    setting.kernel.run_deferred()
    assert setting.kernel.leaks() == ["Storage.0"]
    with pytest.raises(Failure, match="the buffer is gone"):
        setting.page()
    setting.mmap.unmap(setting.process)
    setting.kernel.run_deferred()
    assert setting.kernel.leaks() == []


def test_a_failed_mmap_by_an_importer_leaves_everything_as_it_was() -> None:
    setting = _Setting(Shootdown.OWN_FILE)
    handle = open_importer(setting.kernel, setting.descriptors, setting.descriptors, setting.number)
    file = setting.descriptors.peek(handle)
    setting.kernel.arm("mmap")
    for pages, name in ((1, "ENOMEM"), (2, "EINVAL")):
        with pytest.raises(Failure) as failed:
            setting.mmap.by_importer(setting.process, setting.descriptors, handle, 0, pages)
        assert failed.value.name == name
        assert file.refs == 1 and setting.process.area is None
    setting.mmap.by_importer(setting.process, setting.descriptors, handle, 0, 1)
    assert file.refs == 1, "the area has the exporter's file instead"
