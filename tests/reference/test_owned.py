"""A buffer that changes hands: caches are looked after then, and at no other time."""

from __future__ import annotations

from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import DmaBuf
from custody_reference.files import Descriptors
from custody_reference.hardware import Machine
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel
from custody_reference.owned import Owned, OwnedBuffer, Owner


def _owned(*, keeps: bool) -> tuple[Kernel, DmaBuf, OwnedBuffer, list[Importer]]:
    kernel = Kernel(Machine(coherent=False, pages=4, page_size=64, line_size=64))
    descriptors = Descriptors(kernel)
    buffer = Owned(kernel, keeps=keeps).allocate(1)
    number = dma_buf.install(buffer, descriptors)
    importers = [Importer(Device(name, kernel.machine)) for name in ("camera", "display")]
    for importer in importers:
        importer.get(descriptors, number)
        importer.attach()
    assert isinstance(buffer.priv, OwnedBuffer)
    return kernel, buffer, buffer.priv, importers


def test_data_goes_from_hand_to_hand() -> None:
    kernel, buffer, priv, (camera, display) = _owned(keeps=True)
    dma_buf.begin_cpu_access(buffer, Direction.TO_DEVICE)
    kernel.machine.cpu_write(priv.pages[0], b"by the CPU")
    dma_buf.end_cpu_access(buffer, Direction.TO_DEVICE)
    assert priv.owner is Owner.NOBODY
    display.map(Direction.TO_DEVICE)
    camera.map(Direction.FROM_DEVICE)
    assert priv.owner is Owner.DEVICES and display.read(0, 10) == b"by the CPU"
    camera.write(0, b"by camera!")
    assert kernel.machine.cpu_read(priv.pages[0], 10) == b"by the CPU", "nobody has begun"
    dma_buf.begin_cpu_access(buffer, Direction.FROM_DEVICE)
    assert kernel.machine.cpu_read(priv.pages[0], 10) == b"by camera!"
    dma_buf.end_cpu_access(buffer, Direction.FROM_DEVICE)
    assert priv.owner is Owner.DEVICES
    for importer in (camera, display):
        importer.unmap()
    assert priv.owner is Owner.NOBODY and priv.pages


def test_storage_that_goes_takes_its_data_with_it() -> None:
    kernel, buffer, priv, (camera, _) = _owned(keeps=False)
    camera.map(Direction.FROM_DEVICE)
    camera.write(0, b"frame")
    camera.unmap()
    assert not priv.pages
    dma_buf.begin_cpu_access(buffer, Direction.FROM_DEVICE)
    assert kernel.machine.cpu_read(priv.pages[0], 5) == bytes(5)
