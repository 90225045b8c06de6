"""Mapping a buffer into user space, by either descriptor, and taking page tables away, step for step.

The contract's numbers of pages are words of two bits, and so are the implementation's here.  Whether a fault would
show something is looked at in each state: nowhere may it where the contract has it wait, or be refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Step
from custody.evidence.conform.world import RefusedError
from custody.evidence.conform.worlds.data import PAGE, DataWorld, direction, number, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import DmaBuf
from custody_reference.files import Descriptors, File
from custody_reference.importer import Importer
from custody_reference.kernel import Tracked, name_of
from custody_reference.scheduler import Task
from custody_reference.shootdown import (
    ImporterFile,
    Mmap,
    Process,
    Shootdown,
    ShootdownExporter,
    Storage,
    open_importer,
)

WORD = 2
FOLLOWED = "DmaBuf.0"
_ELSEWHERE = "the contract follows one page, here the buffer's first, and the area shows another"
_REUSED = (
    "the contract knows the area's buffer by where it was, and another has been made there since; the area is of the"
    " memory of the first, which no fault shows any more"
)


class CoreMmapWorld(DataWorld):
    """Buffers with a descriptor each, one importer's file, and processes with an area each."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            (f"{call}: ret = exp_mmap(dmabuf, who)", "ENOMEM"): ("mmap",)
            for call in ("mmap_with_descriptor", "mmap_with_handle")
        }
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"EBADF": "ENOENT"})
    ghosts: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"asked_for": "is the contract's note of what the caller asked for, for one of its properties"}
    )
    unprompted = ("dma_buf_release", "release_handle", "fault")
    calls = ("mmap_with_descriptor", "mmap_with_handle")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        coherent = bool(parameters["COHERENT"]) or not parameters["DATA"]
        buffers = int(parameters["BUFFERS"])
        super().__init__({**parameters, "COHERENT": coherent}, pages=2 * buffers)
        self.exporter = ShootdownExporter(
            self.kernel,
            Shootdown(parameters["SHOOTDOWN"]),
            faults=parameters["EXPORTER"] == "faults_pages_in",
        )
        self.mmap = Mmap(self.exporter, WORD)
        names = [f"DmaBuf.{n}" for n in range(buffers)]
        # One table for each, since it is by its name that the contract speaks of a descriptor.
        self.descriptors = {name: Descriptors(self.kernel, 1) for name in names}
        self.handles = Descriptors(self.kernel, 1)
        self.processes = {f"Thread.{n}": Process() for n in range(int(parameters["THREADS"]))}
        self.brackets: dict[str, Direction | None] = dict.fromkeys(self.processes)
        self.devices = [f"Device.{n}" for n in range(int(parameters["DEVICES"]))]
        self.importers = {
            (device, name): Importer(Device(device, self.machine)) for device in self.devices for name in names
        }

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        state = self.data_state({device: self.importers[device, FOLLOWED].table for device in self.devices})
        opened = [name for name, table in self.descriptors.items() if table.table]
        state["descriptors"] = _set(opened)
        handle = self.handles.table.get(0)
        state["handle"] = _name(handle.subject) if isinstance(handle, File) else "none"
        state["releasing"] = f"[{', '.join(name_of(buffer) for buffer in self._put_off(DmaBuf))}]"
        state["dropping"] = "Handle.0" if self._put_off(ImporterFile) else "none"
        used = {name for (_, name), importer in self.importers.items() if importer.table is not None}
        state["in_use"] = _set(sorted(used))
        for device in self.devices:
            importer = self.importers[device, FOLLOWED]
            followed = importer.table is not None and bool(self.parameters["DATA"])
            state[f"use_of[{device}]"] = f"mapped({importer.direction.value})" if followed else "unused"
        for thread, process in self.processes.items():
            self._process(state, thread, process)
        self._objects(state)
        return state

    def _put_off(self, kind: type[Tracked]) -> list[Tracked]:
        """Whose last reference is gone."""
        return [entry[1] for entry in self.kernel.deferred if isinstance(entry[1], kind)]

    def _process(self, state: dict[str, str], thread: str, process: Process) -> None:
        area, bracket = process.area, self.brackets[thread]
        state[f"vm_file[{thread}]"] = "unmapped" if area is None else _file(area.file)
        state[f"shows[{thread}]"] = "none" if area is None else name_of(_shown(area.file))
        state[f"kept_file[{thread}]"] = "none" if process.kept is None else _name(process.kept.subject)
        state[f"vm_pgoff[{thread}]"] = str(0 if area is None else area.offset // PAGE)
        state[f"vm_pages[{thread}]"] = str(0 if area is None else area.length // PAGE)
        state[f"mapped[{thread}]"] = yes(process.mapped)
        state[f"pte[{thread}]"] = yes(area is not None and bool(area.shown))
        state[f"call_file[{thread}]"] = "nothing" if process.calling is None else _file(process.calling)
        state[f"bracket[{thread}]"] = "closed" if bracket is None else f"open({bracket.value})"

    def _objects(self, state: dict[str, str]) -> None:
        alive = self.kernel.alive
        for slot in range(len(self.descriptors)):
            buffer, storage = alive.get("DmaBuf", {}).get(slot), alive.get("Storage", {}).get(slot)
            state[f"DmaBuf.{slot}"] = _live(buffer) if isinstance(buffer, DmaBuf) else "free"
            state[f"Storage.{slot}"] = (
                f"live({{refs: {storage.file.refs}}})" if isinstance(storage, Storage) else "free"
            )
        handle = alive.get("ImporterFile", {}).get(0)
        state["Handle.0"] = (
            f"live({{refs: {handle.file.refs}, dmabuf: {name_of(handle.buffer)}}})"
            if isinstance(handle, ImporterFile)
            else "free"
        )

    def pending(self, name: str) -> bool:
        if name == "fault":
            return any(self._would_show(process) for process in self.processes.values())
        return bool(self._put_off(DmaBuf if name == "dma_buf_release" else ImporterFile))

    def _would_show(self, process: Process) -> bool:
        area = process.area
        wanting = self.exporter.faults and process.mapped and area is not None and not area.shown
        return wanting and area is not None and self.exporter.would_show(area)

    def excused(self, step: Step, before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
        thread = dict(step.arguments).get("t", "")
        if step.name in ("cpu_reads", "cpu_writes") and before[f"vm_pgoff[{thread}]"] != "0":
            return _ELSEWHERE
        return _REUSED if any(_reused(after, other) for other in self.processes) else None

    # ------------------------------------------------------------ the exporter's own file goes at once

    def _settle(self, task: Task) -> None:
        try:
            super()._settle(task)
        finally:
            self.kernel.run_deferred(Storage)

    def _whole(self, step: Step) -> str:
        try:
            return super()._whole(step)
        finally:
            self.kernel.run_deferred(Storage)

    # ------------------------------------------------------------ buffers, descriptors, the importer's files

    def do_export_buffer(self, _actor: str, size: str) -> None:
        buffer = self.exporter.allocate(int(size))
        dma_buf.install(buffer, self.descriptors[name_of(buffer)])

    def do_close_fd(self, _actor: str, b: str) -> None:
        self.descriptors[b].close(0)

    def do_dma_buf_release(self, _actor: str, b: str) -> None:
        for entry in [entry for entry in self.kernel.deferred if entry[1] is self.kernel.alive["DmaBuf"][number(b)]]:
            self.kernel.deferred.remove(entry)
            entry[2]()

    def do_import_buffer(self, _actor: str, b: str) -> None:
        open_importer(self.kernel, self.handles, self.descriptors[b], 0)

    def do_close_handle(self, _actor: str) -> None:
        self.handles.close(0)

    def do_release_handle(self, _actor: str) -> None:
        self.kernel.run_deferred(ImporterFile)

    # ------------------------------------------------------------ mappings

    def do_mmap_with_descriptor(self, actor: str, b: str, pgoff: str, pages: str) -> None:
        self.mmap.by_descriptor(self.processes[actor], self.descriptors[b], 0, int(pgoff), int(pages))

    def do_mmap_with_handle(self, actor: str, pgoff: str, pages: str) -> None:
        self.mmap.by_importer(self.processes[actor], self.handles, 0, int(pgoff), int(pages))

    def do_munmap(self, actor: str) -> None:
        self.mmap.unmap(self.processes[actor])

    def do_mremap(self, actor: str) -> None:
        self.mmap.enlarge(self.processes[actor])

    def do_fault(self, _actor: str, t: str) -> None:
        area = self.processes[t].area
        assert area is not None
        self.exporter.fault(area)

    # ------------------------------------------------------------ devices

    def do_begin_device_access(self, _actor: str, b: str, d: str, dir: str) -> None:  # noqa: A002
        importer = self.importers[d, b]
        importer.get(self.descriptors[b], 0)
        importer.attach()
        importer.map(direction(dir))

    def do_end_device_access(self, _actor: str, b: str, d: str) -> None:
        importer = self.importers[d, b]
        importer.unmap()
        importer.detach()
        importer.put()

    def do_device_reads(self, _actor: str, d: str) -> None:
        self._same("the device", self.importers[d, FOLLOWED].read(0, PAGE))

    def do_device_writes(self, _actor: str, d: str) -> None:
        table = self.importers[d, FOLLOWED].table
        assert table is not None
        self.device_store(table)

    # ------------------------------------------------------------ the CPU

    def _page(self, thread: str) -> int:
        """Where the first page of the thread's area is, by its page tables."""
        area = self.processes[thread].area
        if area is None or not area.shown:
            raise RefusedError("the area shows nothing")
        return area.shown[0]

    def do_cpu_reads(self, _actor: str, t: str) -> None:
        self._same("the CPU", self.machine.cpu_read(self._page(t), PAGE))

    def do_cpu_writes(self, _actor: str, t: str) -> None:
        self.machine.cpu_write(self._page(t), self.next_bytes())

    def do_begin_cpu_access(self, _actor: str, t: str, dir: str) -> None:  # noqa: A002
        dma_buf.begin_cpu_access(self._buffer(t), direction(dir))
        self.brackets[t] = direction(dir)

    def do_end_cpu_access(self, _actor: str, t: str) -> None:
        bracket = self.brackets[t]
        assert bracket is not None
        dma_buf.end_cpu_access(self._buffer(t), bracket)
        self.brackets[t] = None

    def _buffer(self, thread: str) -> DmaBuf:
        area = self.processes[thread].area
        assert area is not None
        return _shown(area.file)

    def _same(self, who: str, seen: bytes) -> None:
        if seen != self.newest:
            raise RefusedError(f"{who} reads stale bytes: {seen[:8].hex()}, the newest are {self.newest[:8].hex()}")


def _shown(file: File) -> DmaBuf:
    """The buffer that an area with this file shows."""
    subject = file.subject
    if isinstance(subject, DmaBuf):
        return subject
    assert isinstance(subject, Storage | ImporterFile)
    return subject.buffer


def _reused(state: Mapping[str, str], thread: str) -> bool:
    """Whether the area is of another memory than the buffer has that is where the area's was."""
    buffer, file = state[f"shows[{thread}]"], state[f"vm_file[{thread}]"]
    storage = file.removeprefix("own(").removesuffix(")")
    return file.startswith("own(") and state[buffer] != "free" and f"storage: {storage}," not in state[buffer]


def _file(file: File) -> str:
    subject = file.subject
    kind = "dmabuf" if isinstance(subject, DmaBuf) else "own" if isinstance(subject, Storage) else "importer"
    return f"{kind}({_name(subject)})"


def _name(subject: object) -> str:
    if isinstance(subject, ImporterFile):
        return f"Handle.{subject.slot}"
    assert isinstance(subject, DmaBuf | Storage)
    return name_of(subject)


def _live(buffer: DmaBuf) -> str:
    storage = buffer.priv
    assert isinstance(storage, Storage)
    return (
        f"live({{refs: {buffer.file.refs}, size: {buffer.size // PAGE}, storage: {name_of(storage)},"
        f" domain: {'device' if storage.at_device else 'cpu'}}})"
    )


def _set(names: list[str]) -> str:
    return "{" + ", ".join(names) + "}"


world = CoreMmapWorld
