"""The corrected udmabuf exporter, step for step: a point of the implementation for each step of the specification."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.world import RefusedError
from custody.evidence.conform.worlds.data import PAGE, DataWorld, direction, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, SgTable
from custody_reference.dma_buf import END, READ, WRITE, DmaBuf, Vma
from custody_reference.files import O_RDONLY, O_RDWR, O_WRONLY, Descriptors, File
from custody_reference.importer import Importer
from custody_reference.problems import Failure
from custody_reference.udmabuf import PROT_READ, PROT_WRITE, READ_WRITE, Memfd, Udmabuf, UdmabufDriver

_FLAGS = {"to_device": WRITE, "from_device": READ, "bidirectional": READ | WRITE}
_PROTECTION = {
    "read_write": READ_WRITE,
    "write_only": PROT_WRITE,
    "read_only": PROT_READ,
    "no_flags": READ_WRITE,
    "prot_none": 0,
}
"""What the creator asks for; who gives no flags means the usual."""
_MODES = {O_RDONLY: "read_only", O_WRONLY: "write_only", O_RDWR: "read_write"}


class UdmabufWorld(DataWorld):
    """A memfd and the buffer made of it, importers, and users who each hold the file while they are at it."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            ("udmabuf_create", "ENOMEM"): ("get_unused_fd", "dma_buf_export", "alloc Udmabuf"),
            ("udmabuf_create", "EINVAL"): ("find pages",),
            ("start_access: new = get_sg_table(bidirectional)", "ENOMEM"): ("alloc SgTable", "sg_alloc_table"),
            ("start_access: new = get_sg_table(bidirectional)", "EINVAL"): ("dma_map_sg",),
            ("dma_buf_attach", "ENOMEM"): ("attach",),
            ("dma_buf_map_attachment", "ENOMEM"): ("sg_alloc_table",),
            ("dma_buf_map_attachment", "EINVAL"): ("dma_map_sg",),
        }
    )
    words: ClassVar[Mapping[str, str]] = MappingProxyType({"EMFILE": "ENOMEM"})
    unprompted = ("release_udmabuf",)
    rare = ("close_file",)
    calls = ("start_access", "end_access", "stray_end")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters)
        self.memfd = Memfd(self.machine.memory.allocate(1))
        self.protection = _PROTECTION[str(parameters["FLAGS"])]
        self.descriptors = Descriptors(self.kernel, 1)
        self.driver = UdmabufDriver(self.kernel)
        self.buffer: DmaBuf | None = None
        self.existed = False
        names = [f"Device.{n}" for n in range(int(parameters["DEVICES"]))]
        bounces = bool(parameters["BOUNCE"])
        self.importers = {name: Importer(Device(name, self.machine, bounces=bounces)) for name in names}
        self.clients = {f"Thread.{n}": "resting" for n in range(int(parameters["THREADS"]))}
        self.held: dict[str, File] = {}
        self.area: Vma | None = None
        self.mode = "read_write"

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        attachments = {name: importer.attachment for name, importer in self.importers.items()}
        state = self.data_state({name: None if a is None else a.table for name, a in attachments.items()})
        live = bool(self.kernel.alive.get("DmaBuf"))
        privates = self.kernel.alive.get("Udmabuf", {})
        priv = privates.get(0)
        assert priv is None or isinstance(priv, Udmabuf)
        state["file"] = "open" if self.descriptors.table else "closed"
        state["buffer"] = "live" if live else "released" if self.existed else "absent"
        state["access_mode"] = "read_write" if self.buffer is None else self._mode(self.buffer, live=live)
        state["creator_holds"] = "false"
        state["priv"] = "none" if priv is None else "Udmabuf.0"
        state["Udmabuf.0"] = "free" if priv is None else f"live({{pages_held: {yes(bool(priv.pages))}}})"
        state["lock"] = "free" if priv is None or priv.lock.owner is None else priv.lock.owner
        self._tables(state, priv)
        for name, importer in self.importers.items():
            attachment = importer.attachment
            listed = attachment is not None and attachment in attachment.buffer.attachments
            state[f"attached[{name}]"] = yes(listed)
            cached = attachment if attachment is not None and attachment.table is not None else None
            state[f"cached[{name}]"] = "nothing" if cached is None else f"table_for({cached.direction.value})"
            used = importer.table is not None
            state[f"use_of[{name}]"] = f"mapped({importer.direction.value})" if used else "unused"
        area = self.area
        state["user_mapping"] = (
            "unmapped"
            if area is None or not area.pages
            else "write_combined"
            if area.write_combined
            else "cached_pages"
        )
        for thread, client in self.clients.items():
            state[f"client[{thread}]"] = client
        return state

    def _mode(self, buffer: DmaBuf, *, live: bool) -> str:
        """What the buffer's file is open for; when it has gone, what the last one was open for."""
        if live:
            self.mode = _MODES[buffer.file.mode]
        return self.mode

    def _tables(self, state: dict[str, str], priv: Udmabuf | None) -> None:
        """The tables of the CPU hooks; those of importers stand for themselves by their direction."""
        alive = self.kernel.alive.get("SgTable", {})
        importers = {id(i.attachment.table) for i in self.importers.values() if i.attachment is not None}
        own = [table for _, table in sorted(alive.items()) if id(table) not in importers]
        for number in range(len(self.clients)):
            table = own[number] if number < len(own) else None
            assert table is None or isinstance(table, SgTable)
            state[f"SgTable.{number}"] = (
                "free" if table is None else f"live({{mapped: {yes(table.mapped)}, dir: {table.direction.value}}})"
            )
        sg = None if priv is None else priv.sg
        if sg is None:
            state["sg"] = "absent"
        else:
            state["sg"] = f"table(SgTable.{own.index(sg)})" if isinstance(sg, SgTable) and sg in own else "error"

    def pending(self, name: str) -> bool:
        return any(isinstance(entry[1], DmaBuf) for entry in self.kernel.deferred)

    # ------------------------------------------------------------ creating and releasing

    def do_udmabuf_create(self, _actor: str) -> None:
        try:
            number = self.driver.create(self.memfd, self.descriptors, self.protection)
        except Failure:
            self.kernel.return_to_user()
            if self.memfd.pins:
                raise RefusedError("a failed create keeps the pages pinned") from None
            raise
        subject = self.descriptors.peek(number).subject
        assert isinstance(subject, DmaBuf)
        self.buffer = subject
        self.existed = True

    def do_close_file(self, _actor: str) -> None:
        self.descriptors.close(0)

    def do_release_udmabuf(self, _actor: str) -> None:
        self.kernel.run_deferred(DmaBuf)

    # ------------------------------------------------------------ the CPU

    def do_announce(self, actor: str, dir: str) -> None:  # noqa: A002
        self.held[actor] = self.descriptors.look_up(0)
        self.clients[actor] = f"wants({dir})"

    def _rest(self, actor: str) -> None:
        self.clients[actor] = "resting"
        self.held.pop(actor).put()

    def do_start_access(self, actor: str, dir: str) -> None:  # noqa: A002
        try:
            dma_buf.sync(self.held[actor], _FLAGS[dir])
        except Failure:
            self.kernel.point("the user rests")
            self._rest(actor)
            raise
        self.kernel.point("the user goes to work")
        self.clients[actor] = f"in_bracket({dir})"

    def do_end_access(self, actor: str, dir: str) -> None:  # noqa: A002
        try:
            dma_buf.sync(self.held[actor], _FLAGS[dir] | END)
        finally:
            self.kernel.point("the user rests")
            self._rest(actor)

    def do_stray_end(self, _actor: str, dir: str) -> None:  # noqa: A002
        file = self.descriptors.look_up(0)
        try:
            dma_buf.sync(file, _FLAGS[dir] | END)
        finally:
            self.kernel.point("the user rests")
            file.put()

    def do_cpu_writes(self, _actor: str) -> None:
        self.cpu_store()

    def do_mmap_udmabuf(self, _actor: str, shared: str) -> None:
        self.area = dma_buf.mmap(self.descriptors.peek(0), 0, PAGE, shared=shared == "true")

    def do_munmap(self, _actor: str) -> None:
        assert self.area is not None
        dma_buf.munmap(self.area)
        self.area = None

    # ------------------------------------------------------------ importers

    def do_dma_buf_attach(self, actor: str) -> None:
        self.importers[actor].get_and_attach(self.descriptors, 0)

    def do_dma_buf_map_attachment(self, actor: str, dir: str) -> None:  # noqa: A002
        self.importers[actor].map(direction(dir))

    def do_dma_buf_unmap_attachment(self, actor: str) -> None:
        self.importers[actor].unmap()

    def do_dma_buf_detach(self, actor: str) -> None:
        self.importers[actor].detach()
        self.importers[actor].put()

    def do_device_writes(self, _actor: str, d: str) -> None:
        table = self.importers[d].table
        assert table is not None
        self.device_store(table)


world = UdmabufWorld
