"""Exporting a videobuf2 buffer, step for step.

Which of two free descriptors an export gets, the contract leaves open; the implementation takes the lowest number. So
the names of the descriptors are the contract's choice, and the numbers behind them the implementation's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Step
from custody.evidence.conform.worlds.data import DataWorld, direction, yes
from custody_reference.dma import Device, SgTable
from custody_reference.dma_buf import DmaBuf
from custody_reference.files import Descriptors, File
from custody_reference.importer import Importer
from custody_reference.kernel import Tracked
from custody_reference.problems import Failure
from custody_reference.scheduler import Task
from custody_reference.vb2 import Vb2Queue, VideoBuffer

SLOTS = ("first", "second")
DMA_BUFS, BUFFERS = 4, 2


class Vb2World(DataWorld):
    """A queue with one buffer, two descriptors, and a device that imports."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            ("vb2_reqbufs: ret = queue_alloc()", "ENOMEM"): ("alloc VideoBuffer",),
            ("vb2_expbuf: dbuf = vb2_dc_get_dmabuf(plane)", "ENOMEM"): ("dma_buf_export",),
            ("vb2_expbuf: dma_buf_put(dbuf)", "ENOMEM"): ("get_unused_fd",),
            ("import_buffer", "ENOMEM"): ("attach",),
            ("vb2_dc_dmabuf_ops_map", "ENOMEM"): ("alloc SgTable",),
            ("vb2_dc_dmabuf_ops_map", "EIO"): ("dma_map_sg",),
        }
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"EMFILE": "ENOMEM"})
    rare = ("close_node",)
    spared: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"Thread.1": "it does what Thread.0 does; both at once are interleaved, and walked through"}
    )
    calls = ("vb2_reqbufs", "vb2_expbuf")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__({**parameters, "COHERENT": True}, pages=BUFFERS)
        self.descriptors = Descriptors(self.kernel, len(SLOTS))
        self.queue = Vb2Queue(self.kernel, Device("camera", self.machine))
        self.importer = Importer(Device("Device.0", self.machine))
        self.numbers: dict[str, int] = {}
        self.next_slot = ""
        self.passed_over = {"is it streaming?"}

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        queue, importer = self.queue, self.importer
        self._name_descriptors()
        state = self.data_state({"Device.0": None})
        state["ioctl_lock"] = queue.lock.owner or "free"
        state["node"] = "open" if queue.opened else "closed"
        state["plane"] = _name(queue.plane)
        for slot in SLOTS:
            file = self.descriptors.table.get(self.numbers.get(slot, -1))
            state[f"descriptor[{slot}]"] = _name(file.subject if isinstance(file, File) else None)
        state["imported[Device.0]"] = _name(importer.buffer)
        state["attached[Device.0]"] = yes(importer.attachment is not None)
        state["table[Device.0]"] = self._tables()
        used = importer.table is not None
        state["use_of[Device.0]"] = f"mapped({importer.direction.value})" if used else "unused"
        self._objects(state)
        return state

    def _tables(self) -> str:
        """What there is for the device, whoever still knows of it."""
        tables = self.kernel.alive.get("SgTable", {}).values()
        ways = [table.direction.value for table in tables if isinstance(table, SgTable) and table.mapped]
        return " and ".join(f"table_for({way})" for way in ways) or "nothing"

    def _objects(self, state: dict[str, str]) -> None:
        buffers, dma_bufs = self.kernel.alive.get("VideoBuffer", {}), self.kernel.alive.get("DmaBuf", {})
        for number in range(BUFFERS):
            buffer = buffers.get(number)
            assert buffer is None or isinstance(buffer, VideoBuffer)
            state[f"Buffer.{number}"] = "free" if buffer is None else f"live({{refcount: {buffer.refs.count}}})"
        for number in range(DMA_BUFS):
            made = dma_bufs.get(number)
            assert made is None or isinstance(made, DmaBuf)
            held = None if made is None else made.priv
            refs = 0 if made is None else made.file.refs
            live = f"live({{refcount: {refs}, priv: {_name(held)}}})"
            state[f"DmaBuf.{number}"] = "free" if made is None else live

    def _name_descriptors(self) -> None:
        """Give a name to the number that has none yet; names whose number is closed are free again."""
        open_now = {number for number, file in self.descriptors.table.items() if isinstance(file, File)}
        self.numbers = {slot: number for slot, number in self.numbers.items() if number in open_now}
        for number in sorted(open_now - set(self.numbers.values())):
            free = [slot for slot in SLOTS if slot not in self.numbers]
            self.numbers[self.next_slot if self.next_slot in free else free[0]] = number

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        """The descriptor that the contract chooses is the one that there is afterwards, and was not before."""
        self._name_descriptors()
        new = [slot for slot in SLOTS if after[f"descriptor[{slot}]"] != "none" and slot not in self.numbers]
        self.next_slot = new[0] if new else ""

    # ------------------------------------------------------------ the last reference goes at once

    def _settle(self, task: Task) -> None:
        try:
            super()._settle(task)
        finally:
            self.kernel.run_deferred(DmaBuf)

    def _whole(self, step: Step) -> str:
        try:
            return super()._whole(step)
        finally:
            self.kernel.run_deferred(DmaBuf)

    # ------------------------------------------------------------ calls

    def do_vb2_reqbufs(self, _actor: str, wanted: str) -> None:
        self.queue.reqbufs(wanted=wanted == "true")

    def do_vb2_expbuf(self, _actor: str) -> None:
        self.queue.expbuf(self.descriptors)

    def do_close_node(self, _actor: str) -> None:
        self.queue.close_node()

    def do_close_descriptor(self, _actor: str, slot: str) -> None:
        self.descriptors.close(self.numbers[slot])

    # ------------------------------------------------------------ importers

    def do_import_buffer(self, _actor: str, slot: str) -> None:
        self.importer.get(self.descriptors, self.numbers[slot])
        try:
            self.importer.attach()
        except Failure:
            self.importer.put()
            raise

    def do_vb2_dc_dmabuf_ops_map(self, _actor: str, dir: str) -> None:  # noqa: A002
        self.importer.map(direction(dir))

    def do_vb2_dc_dmabuf_ops_unmap(self, _actor: str) -> None:
        self.importer.unmap()

    def do_release_import(self, _actor: str) -> None:
        self.importer.detach()
        self.importer.put()


def _name(thing: object) -> str:
    """The contract's name of an object."""
    if not isinstance(thing, Tracked):
        return "none"
    return f"{'Buffer' if isinstance(thing, VideoBuffer) else 'DmaBuf'}.{thing.slot}"


world = Vb2World
