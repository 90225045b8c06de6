"""The core contract, held against the core of the implementation with its system heap as the exporter.

Each action of the contract is one call, from beginning to end.  What the contract calls an importer is a driver of
the implementation; threads are users with a descriptor, who keep in mind themselves whether they have begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Step
from custody.evidence.conform.world import RefusedError
from custody.evidence.conform.worlds.data import PAGE, DataWorld, direction, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import END, READ, WRITE, DmaBuf, Vma
from custody_reference.files import Descriptors, File
from custody_reference.heap import Heap, HeapBuffer
from custody_reference.importer import Importer

_FLAGS = {"to_device": WRITE, "from_device": READ, "bidirectional": READ | WRITE}


class DmaBufWorld(DataWorld):
    """A buffer, its descriptor, importers and users."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            ("export_buffer", "ENOMEM"): ("dma_buf_export",),
            ("install_fd", "ENOMEM"): ("get_unused_fd",),
            ("attach", "ENOMEM"): ("alloc HeapAttachment",),
            ("map", "ENOMEM"): ("dma_map_sg",),
            ("map", "EINTR"): ("interrupted",),
            ("begin_cpu_access", "EINTR"): ("begin interrupted",),
            ("begin_cpu_access", "ENOMEM"): ("begin without memory",),
            ("end_cpu_access", "EINTR"): ("end interrupted",),
        }
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"EMFILE": "ENOMEM", "EBADF": "EINVAL"})
    unprompted = ("release",)
    rare = ("put_unpublished", "close_fd")
    calls = ("attach", "detach", "map", "unmap", "begin_cpu_access", "end_cpu_access")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters)
        self.descriptors = Descriptors(self.kernel, 3)
        self.no_dma_buf = self.descriptors.reserve()
        self.descriptors.install(self.no_dma_buf, File(self.kernel, "a file of another kind", lambda: None))
        self.heap = Heap(self.kernel, both_ways=False)
        self.buffer: DmaBuf | None = None
        self.returned: DmaBuf | None = None
        self.existed = False
        self.number = 1
        bounces = bool(parameters["BOUNCE"])
        devices = range(int(parameters["DEVICES"]))
        self.importers = {
            f"Device.{n}": Importer(Device(f"Device.{n}", self.machine, bounces=bounces)) for n in devices
        }
        self.threads = [f"Thread.{n}" for n in range(int(parameters["THREADS"]))]
        self.areas: dict[str, Vma] = {}
        self.brackets: dict[str, Direction] = {}
        self.kernel_pages: dict[str, list[int]] = {}
        self.ill_formed = False
        self.out_of_place = False

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        live = self.buffer is not None and self.buffer in self.kernel.alive.get("DmaBuf", {}).values()
        state = self.data_state({name: importer.table for name, importer in self.importers.items()})
        state["buffer"] = "live" if live else "released" if self.existed else "absent"
        state["refs"] = str(self.buffer.file.refs) if live and self.buffer is not None else "0"
        state["exporter_holds"] = yes(self.returned is not None)
        state["fd_open"] = yes(self._open() is not None)
        for name, importer in self.importers.items():
            state[f"importer_holds[{name}]"] = yes(importer.buffer is not None)
            state[f"attachment[{name}]"] = self._attachment(name) if live else "detached"
        for thread in self.threads:
            state[f"user_mapping[{thread}]"] = yes(thread in self.areas)
            bracket = self.brackets.get(thread)
            state[f"bracket[{thread}]"] = "closed" if bracket is None else f"open({bracket.value})"
            state[f"page_mapped[{thread}]"] = yes(thread in self.kernel_pages)
        return state

    def _open(self) -> File | None:
        file = self.descriptors.table.get(self.number)
        return file if isinstance(file, File) and isinstance(file.subject, DmaBuf) else None

    def _attachment(self, device: str) -> str:
        """As core and heap have it, not as the driver believes."""
        assert self.buffer is not None
        priv = self.buffer.priv
        assert isinstance(priv, HeapBuffer)
        listed = [attachment for attachment in self.buffer.attachments if attachment.device.name == device]
        attached = [attached for attached in priv.attachments if attached.device.name == device]
        if len(listed) != len(attached) or len(listed) > 1:
            return f"{len(listed)} times attached for the core, {len(attached)} times for the exporter"
        if not attached:
            return "detached"
        return f"mapped({attached[0].table.direction.value})" if attached[0].mapped else "attached"

    def pending(self, name: str) -> bool:
        return any(isinstance(entry[1], DmaBuf) for entry in self.kernel.deferred)

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        self.ill_formed = step.name == "export_buffer" and step.failure == "EINVAL"
        self.out_of_place = step.failure == "EINVAL"
        for importer in self.importers.values():
            importer.device.reaches = step.failure != "EBUSY"

    # ------------------------------------------------------------ export, descriptor, references

    def do_export_buffer(self, _actor: str) -> None:
        if self.ill_formed:
            dma_buf.export(self.kernel, self.heap, None, PAGE)
        self.buffer = self.returned = self.heap.allocate(1)
        self.existed = True

    def do_install_fd(self, _actor: str) -> None:
        assert self.returned is not None
        self.number = dma_buf.install(self.returned, self.descriptors)
        self.returned = None

    def do_put_unpublished(self, _actor: str) -> None:
        assert self.returned is not None
        dma_buf.put(self.returned)
        self.returned = None

    def do_close_fd(self, _actor: str) -> None:
        self.descriptors.close(self.number)

    def do_get(self, _actor: str, d: str) -> None:
        """Where it is to fail although the descriptor is open, another file's number is given."""
        wrong = self.out_of_place and self._open() is not None
        self.importers[d].get(self.descriptors, self.no_dma_buf if wrong else self.number)

    def do_put(self, _actor: str, d: str) -> None:
        self.importers[d].put()

    def do_release(self, _actor: str) -> None:
        self.kernel.run_deferred(DmaBuf)

    # ------------------------------------------------------------ devices

    def do_attach(self, _actor: str, d: str) -> None:
        self.importers[d].attach()

    def do_detach(self, _actor: str, d: str) -> None:
        self.importers[d].detach()

    def do_map(self, _actor: str, d: str, dir: str) -> None:  # noqa: A002
        self.importers[d].map(direction(dir))

    def do_unmap(self, _actor: str, d: str, dir: str) -> None:  # noqa: A002
        if self.importers[d].direction.value != dir:
            raise RefusedError(f"it is mapped {self.importers[d].direction.value}")
        self.importers[d].unmap()

    def do_device_reads(self, _actor: str, d: str) -> None:
        seen = self.importers[d].read(0, PAGE)
        if seen != self.newest:
            raise RefusedError(
                f"the device reads stale bytes: {seen[:8].hex()}, the newest are {self.newest[:8].hex()}"
            )

    def do_device_writes(self, _actor: str, d: str) -> None:
        table = self.importers[d].table
        assert table is not None
        self.device_store(table)

    # ------------------------------------------------------------ the CPU

    def do_map_for_user(self, actor: str) -> None:
        """Where it is to fail although the descriptor is open, more is asked for than there is."""
        wrong = self.out_of_place and self._open() is not None
        file = self.descriptors.peek(self.number)
        self.areas[actor] = dma_buf.mmap(file, 0, 2 * PAGE if wrong else PAGE)

    def do_unmap_for_user(self, actor: str) -> None:
        dma_buf.munmap(self.areas.pop(actor))

    def _file(self, actor: str) -> File:
        """What the user reaches the buffer by: the descriptor, or the area (for whose file he has a number too)."""
        opened = self._open()
        return opened if opened is not None else self.areas[actor].file

    def do_begin_cpu_access(self, actor: str, dir: str) -> None:  # noqa: A002
        dma_buf.sync(self._file(actor), _FLAGS[dir])
        self.brackets[actor] = direction(dir)

    def do_end_cpu_access(self, actor: str) -> None:
        dma_buf.sync(self._file(actor), _FLAGS[self.brackets[actor].value] | END)
        del self.brackets[actor]

    def do_kmap(self, actor: str) -> None:
        """What was kmap is the pages' linear mapping today, and cannot fail."""
        assert self.buffer is not None
        priv = self.buffer.priv
        assert isinstance(priv, HeapBuffer)
        self.kernel_pages[actor] = priv.pages

    def do_kunmap(self, actor: str) -> None:
        del self.kernel_pages[actor]

    def do_cpu_reads(self, _actor: str) -> None:
        seen = self.machine.cpu_read(self.page, PAGE)
        if seen != self.newest:
            raise RefusedError(f"the CPU reads stale bytes: {seen[:8].hex()}, the newest are {self.newest[:8].hex()}")

    def do_cpu_writes(self, _actor: str) -> None:
        self.cpu_store()


world = DmaBufWorld
