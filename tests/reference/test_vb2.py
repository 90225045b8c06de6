"""A camera's queue: frames go round, in bytes; its memory can be exported, and outlives the queue then."""

from __future__ import annotations

import pytest

from custody_reference.dma import Device, Direction
from custody_reference.files import Descriptors
from custody_reference.hardware import Machine
from custody_reference.importer import Importer
from custody_reference.kernel import Kernel
from custody_reference.problems import Failure
from custody_reference.scheduler import RealThreads
from custody_reference.vb2 import Vb2Queue


def _queue(scheduler: RealThreads | None = None, *, coherent: bool = False) -> Vb2Queue:
    kernel = Kernel(Machine(coherent=coherent, pages=4, page_size=64, line_size=64), scheduler)
    return Vb2Queue(kernel, Device("camera", kernel.machine))


@pytest.mark.parametrize("coherent", [False, True])
def test_a_frame_is_read_fresh_however_it_comes_back(coherent: bool) -> None:
    queue = _queue(coherent=coherent)
    machine = queue.kernel.machine
    queue.reqbufs(wanted=True)
    assert queue.plane is not None
    page = queue.plane.pages[0]
    for frame, back in ((b"frame 1", queue.dqbuf), (b"frame 2", queue.streamoff)):
        machine.cpu_read(page, 7)
        queue.qbuf()
        if not queue.streaming:
            queue.streamon()
        queue.capture(frame)
        if back == queue.dqbuf:
            queue.buffer_done()
        back()
        assert machine.cpu_read(page, 7) == frame


def test_exported_memory_outlives_the_queue() -> None:
    queue = _queue()
    kernel, descriptors = queue.kernel, Descriptors(queue.kernel)
    queue.reqbufs(wanted=True)
    numbers = [queue.expbuf(descriptors) for _ in range(2)]
    display = Importer(Device("display", kernel.machine))
    display.get(descriptors, numbers[0])
    display.attach()
    display.map(Direction.TO_DEVICE)
    with pytest.raises(Failure) as failure:
        queue.reqbufs(wanted=False)
    assert failure.value.name == "EBUSY"
    for number in numbers:
        descriptors.close(number)
    queue.close_node()
    kernel.return_to_user()
    assert display.read(0, 4) == bytes(4)
    display.unmap()
    display.detach()
    display.put()
    kernel.return_to_user()
    assert kernel.leaks() == []


def test_real_threads_a_program_waits_for_the_camera() -> None:
    scheduler = RealThreads()
    queue = _queue(scheduler)
    told: list[str] = []

    def program() -> None:
        queue.reqbufs(wanted=True)
        queue.qbuf()
        queue.streamon()
        queue.dqbuf()
        told.append("dequeued")

    def camera() -> None:
        scheduler.wait(lambda: queue.state == "active", "wait for the program")
        queue.capture(b"frame")
        queue.buffer_done()

    scheduler.start("camera", camera)
    scheduler.start("program", program)
    scheduler.join(60.0)
    assert told == ["dequeued"] and queue.state == "dequeued"
