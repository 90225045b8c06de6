"""The corrected heap helpers, step for step.

The contract begins with a buffer that is there; its descriptor is open until the release, which is the descriptor's
close by somebody who is the last.

On an aliasing machine a store goes through the kernel mapping, to the lines that are its own.  The contract has the
line of the linear map in the cache then, and old, whether it was there before or not.  That is what the cache may do:
fill it in the moment before, since the linear map is cacheable all the time; so it is made to do that.  Where it does
not, the machine is where the contract is one step later, when the line is evicted: memory is old either way, and so
nothing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Step
from custody.evidence.conform.world import RefusedError
from custody.evidence.conform.worlds.data import DataWorld, direction, line_state, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, SgTable
from custody_reference.dma_buf import END, READ, WRITE, DmaBuf
from custody_reference.files import Descriptors, File
from custody_reference.hardware import Machine
from custody_reference.heap import Heap, HeapAttachment, HeapBuffer, Vmap
from custody_reference.importer import Importer
from custody_reference.kernel import is_alive, name_of
from custody_reference.problems import Failure

_FLAGS = {"to_device": WRITE, "from_device": READ, "bidirectional": READ | WRITE}
ENTRIES = 2
EBUSY = 16


class HeapWorld(DataWorld):
    """A buffer of a heap, its importers, and users: processes, and drivers that use the kernel mapping."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            ("dma_buf_attach: a = alloc Attachment", "ENOMEM"): (
                "sg_alloc_table",
                "alloc SgTable",
                "alloc HeapAttachment",
            ),
            (
                "dma_buf_map_attachment: count_mapped = dma_map_sg(dev, a.table, ENTRIES, bidirectional)",
                "ENOMEM",
            ): ("dma_map_sg",),
            ("dma_heap_vmap: new = dma_heap_map_kernel()", "ENOMEM"): ("alloc Vmap", "alloc PageArray"),
        }
    )
    unprompted = ("dma_heap_dma_buf_release",)
    rare = ("dma_heap_dma_buf_release",)
    calls = (
        "dma_buf_attach",
        "dma_buf_detach",
        "dma_buf_map_attachment",
        "dma_buf_unmap_attachment",
        "start_access",
        "end_access",
        "stray_end",
        "dma_heap_vmap",
        "dma_heap_vunmap",
    )

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters, pages=ENTRIES)
        self.descriptors = Descriptors(self.kernel, 1)
        self.heap = Heap(self.kernel)
        self.heap.allocate_fd(ENTRIES, self.descriptors)
        buffer = self.descriptors.peek(0).subject
        assert isinstance(buffer, DmaBuf)
        assert isinstance(buffer.priv, HeapBuffer)
        self.buffer = buffer
        self.priv: HeapBuffer = buffer.priv
        bounces = bool(parameters["BOUNCE"])
        devices = range(int(parameters["DEVICES"]))
        self.importers = {
            f"Device.{n}": Importer(Device(f"Device.{n}", self.machine, bounces=bounces)) for n in devices
        }
        self.passed_over = (f"next attachment, {len(self.importers)} seen",)
        self.used: dict[str, str] = {}
        self.clients = {f"Thread.{n}": "resting" for n in range(int(parameters["THREADS"]))}
        self.held: dict[str, File] = {}
        self.pages_held: dict[str, File] = {}
        self.strays_left = int(parameters["STRAYS"])

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        live = bool(self.kernel.alive.get("DmaBuf"))
        state = self.data_state({name: self._table(name) for name in self.importers})
        state["buffer"] = "live" if live else "released"
        state["pages_held"] = yes(self.machine.memory.in_use(self.page))
        state["core_lock"] = self.buffer.lock.owner or "free" if live else "free"
        state["lock"] = self.priv.lock.owner or "free"
        state["vmap_cnt"] = str(self.priv.vmap_count)
        state["vaddr"] = name_of(self.priv.vaddr)
        members = sorted(name_of(attached) for attached in self.priv.attachments)
        state["attachments"] = "{" + ", ".join(map(_word, members)) + "}"
        state["to_sync"] = "{}"
        for name in self.importers:
            state[f"priv[{name}]"] = _word(name_of(self._attached(name)))
            state[f"use_of[{name}]"] = self.used.get(name, "unused")
        for thread, client in self.clients.items():
            state[f"client[{thread}]"] = client
            held = self.priv.holders.get(thread)
            state[f"has_page[{thread}]"] = yes(held is not None)
            state[f"page[{thread}]"] = name_of(held)
        state["strays_left"] = str(self.strays_left)
        state["synced_unmapped"] = "false"
        state["synced_otherwise"] = yes(bool(self.kernel.complaints))
        line = None if self.machine.alias is None else self.machine.alias.lines.get(self.page)
        state["alias"] = line_state(line)
        state["alias_fresh"] = yes(line is not None and bytes(line.data) == self.newest)
        state |= {"vma_pages": "0", "vma_pgoff": "0", "pte[0]": "0", "pte[1]": "0", "pte[2]": "0"}
        self._objects(state)
        return state

    def _attached(self, device: str) -> HeapAttachment | None:
        """The core's attachment->priv: the heap's attachment for the device, as soon as there is one."""
        for attached in self.kernel.alive.get("HeapAttachment", {}).values():
            assert isinstance(attached, HeapAttachment)
            if attached.device.name == device:
                return attached
        return None

    def _table(self, device: str) -> SgTable | None:
        attached = self._attached(device)
        return attached.table if attached is not None and is_alive(attached.table) else None

    def _objects(self, state: dict[str, str]) -> None:
        alive = self.kernel.alive
        state["PageArray.0"] = "live({})" if alive.get("PageArray") else "free"
        mapping = alive.get("Vmap", {}).get(0)
        shows = isinstance(mapping, Vmap) and mapping.pages == self.priv.pages
        state["Vmap.0"] = "free" if mapping is None else f"live({{pages_there: {yes(shows)}}})"
        for number, owner in enumerate(self.importers):
            table = alive.get("SgTable", {}).get(number)
            if isinstance(table, SgTable):
                mapped = f"mapped({table.direction.value})" if table.mapped else "unmapped"
                state[f"SgTable[{owner}]"] = (
                    f"live({{nents: {table.nents}, mapping: {mapped}, dma_entries: {table.dma_entries}}})"
                )
            else:
                state[f"SgTable[{owner}]"] = "free"
            attached = alive.get("HeapAttachment", {}).get(number)
            if isinstance(attached, HeapAttachment):
                state[f"Attachment[{owner}]"] = (
                    f"live({{dev: {attached.device.name}, table: {_word(name_of(attached.table))},"
                    f" mapped: {yes(attached.mapped)}}})"
                )
            else:
                state[f"Attachment[{owner}]"] = "free"

    def pending(self, name: str) -> bool:
        """Nobody holds the file but the descriptor, so that its close would be the end."""
        return bool(self.kernel.alive.get("DmaBuf")) and self.buffer.file.refs == 1

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        """Whether an IOMMU makes one stretch of the entries is the hardware's choice."""
        for importer in self.importers.values():
            importer.device.merges = any("dma_entries: 1" in value for value in after.values())

    # ------------------------------------------------------------ importers

    def do_dma_buf_attach(self, actor: str) -> None:
        self.importers[actor].get_and_attach(self.descriptors, 0)

    def do_dma_buf_detach(self, actor: str) -> None:
        self.importers[actor].detach()
        self.importers[actor].put()

    def do_dma_buf_map_attachment(self, actor: str, dir: str) -> None:  # noqa: A002
        self.importers[actor].map(direction(dir))
        self.kernel.point("the importer uses it")
        self.used[actor] = f"mapped({dir})"

    def do_dma_buf_unmap_attachment(self, actor: str) -> None:
        self.importers[actor].unmap()
        self.kernel.point("the importer is done")
        del self.used[actor]

    def do_device_writes(self, _actor: str, d: str) -> None:
        table = self.importers[d].table
        assert table is not None
        self.device_store(table)

    # ------------------------------------------------------------ the CPU

    def do_announce(self, actor: str, dir: str) -> None:  # noqa: A002
        self.held[actor] = self.descriptors.look_up(0)
        self.clients[actor] = f"wants({dir})"

    def _rest(self, actor: str) -> None:
        self.clients[actor] = "resting"
        self.held.pop(actor).put()

    def do_start_access(self, actor: str, dir: str) -> None:  # noqa: A002
        dma_buf.sync(self.held[actor], _FLAGS[dir])
        self.kernel.point("the user goes to work")
        self.clients[actor] = f"in_bracket({dir})"

    def do_end_access(self, actor: str, dir: str) -> None:  # noqa: A002
        dma_buf.sync(self.held[actor], _FLAGS[dir] | END)
        self.kernel.point("the user rests")
        self._rest(actor)

    def do_stray_end(self, _actor: str, dir: str) -> None:  # noqa: A002
        file = self.descriptors.look_up(0)
        try:
            self.kernel.point("may one stray?")
            if self.strays_left == 0:
                raise Failure(EBUSY)
            self.strays_left -= 1
            dma_buf.sync(file, _FLAGS[dir] | END)
        finally:
            file.put()

    def do_forget_end(self, actor: str) -> None:
        self.strays_left -= 1
        self._rest(actor)

    def do_cpu_writes(self, actor: str) -> None:
        """By a driver with a kernel mapping, where that makes a difference."""
        alias = self.machine.alias
        if alias is None:
            self.cpu_store()
            return
        self.machine.fill(self.page)
        alias.cpu_write(self.priv.holders[actor].pages[0], self.next_bytes())

    def _alias(self) -> Machine:
        assert self.machine.alias is not None
        return self.machine.alias

    def do_prefetch_alias(self, _actor: str) -> None:
        self._alias().fill(self.page)

    def do_write_alias_back(self, _actor: str) -> None:
        self._alias().write_back(self.page)

    def do_evict_alias(self, _actor: str) -> None:
        self._alias().evict(self.page)

    def do_dma_heap_vmap(self, actor: str) -> None:
        file = self.descriptors.look_up(0)
        try:
            self.heap.vmap(self.buffer)
        except Failure:
            file.put()
            raise
        self.pages_held[actor] = file

    def do_dma_heap_vunmap(self, actor: str) -> None:
        self.heap.vunmap(self.buffer)
        self.pages_held.pop(actor).put()

    def do_use_kernel_address(self, actor: str) -> None:
        if self.priv.holders[actor].pages != self.priv.pages:
            raise RefusedError("the kernel mapping shows other pages than the buffer's")

    def do_dma_heap_dma_buf_release(self, _actor: str) -> None:
        self.descriptors.close(0)
        self.kernel.run_deferred(DmaBuf)


def _word(name: str) -> str:
    """The contract's name of an object, which is some device's own. The one device that there is has the first."""
    kind, dot, number = name.replace("HeapAttachment", "Attachment").partition(".")
    return f"{kind}[Device.{number}]" if dot else kind


world = HeapWorld
