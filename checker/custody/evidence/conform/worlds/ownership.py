"""Buffers that have an owner, held against the exporter that has such; each action of the contract is one call."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.worlds.data import PAGE, DataWorld, direction, yes
from custody_reference import dma_buf
from custody_reference.dma import Device, Direction
from custody_reference.dma_buf import DmaBuf
from custody_reference.files import Descriptors
from custody_reference.importer import Importer
from custody_reference.owned import Owned, OwnedBuffer

EMPTY = bytes(PAGE)


class OwnershipWorld(DataWorld):
    """A buffer that a descriptor holds, importers, and users in brackets."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {("attach", "ENOMEM"): ("alloc OwnedAttachment",), ("map", "ENOMEM"): ("map",)}
    )
    ghosts: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "synced_unmapped": "the DMA API of the implementation refuses to synchronise a table that is not mapped",
            "cleans": "is counted in another specification, ownership_cost",
            "invalidations": "is counted in another specification, ownership_cost",
            "allocations": "is counted in another specification, ownership_cost",
        }
    )
    rare = ("free_buffer",)
    calls = ("attach", "detach", "map", "unmap", "begin_cpu_access", "end_cpu_access", "stray_end")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters)
        self.descriptors = Descriptors(self.kernel, 1)
        exporter = Owned(
            self.kernel,
            keeps=bool(parameters["BACKED_AFTER_LAST"]),
            at_detach=parameters["LEAVE"] == "at_detach",
            needs_device=bool(parameters["STORAGE_NEEDS_DEVICE"]),
            each_call=parameters["POLICY"] == "each_call",
        )
        self.buffer: DmaBuf = exporter.allocate(1)
        assert isinstance(self.buffer.priv, OwnedBuffer)
        self.priv = self.buffer.priv
        dma_buf.install(self.buffer, self.descriptors)
        names = [f"Device.{n}" for n in range(int(parameters["DEVICES"]))]
        bounces = bool(parameters["BOUNCE"])
        self.importers = {name: Importer(Device(name, self.machine, bounces=bounces)) for name in names}
        self.brackets: dict[str, Direction | None] = {f"Thread.{n}": None for n in range(int(parameters["THREADS"]))}
        self.strays = int(parameters["STRAYS"])
        self.freed = self.lost = False

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        self._notice_new_storage()
        priv = self.priv
        tables = {attached.device.name: attached.table for attached in priv.mapped()}
        state = self.data_state({name: tables.get(name) for name in self.importers})
        state["owner"] = priv.owner.value
        state["backed"] = yes(bool(priv.pages))
        state["open_brackets"] = str(priv.brackets)
        state["may_have_written"] = yes(priv.written)
        state["written"] = yes(self.newest != EMPTY)
        state["lost"] = yes(self.lost)
        state["freed"] = yes(self.freed)
        state["strays_left"] = str(self.strays)
        attached = {attached.device.name for attached in priv.attachments}
        for name, importer in self.importers.items():
            state[f"attached[{name}]"] = yes(name in attached)
            state[f"table_mapped[{name}]"] = yes(name in tables)
            state[f"use_of[{name}]"] = f"mapped({importer.direction.value})" if importer.table else "unused"
        for thread, bracket in self.brackets.items():
            state[f"bracket[{thread}]"] = "closed" if bracket is None else f"open({bracket.value})"
        return state

    def _notice_new_storage(self) -> None:
        """What was written goes with the storage it was written into: the newest is what new storage shows."""
        if not self.priv.pages and not self.freed and self.newest != EMPTY:
            self.newest, self.lost = EMPTY, True

    # ------------------------------------------------------------ devices

    def do_attach(self, _actor: str, d: str) -> None:
        self.importers[d].get_and_attach(self.descriptors, 0)

    def do_detach(self, _actor: str, d: str) -> None:
        self.importers[d].detach()
        self.importers[d].put()

    def do_map(self, _actor: str, d: str, dir: str) -> None:  # noqa: A002
        self.importers[d].map(direction(dir))

    def do_unmap(self, _actor: str, d: str) -> None:
        self.importers[d].unmap()

    def do_device_writes(self, _actor: str, d: str) -> None:
        table = self.importers[d].table
        assert table is not None
        self.device_store(table)

    # ------------------------------------------------------------ the CPU

    def do_begin_cpu_access(self, actor: str, dir: str) -> None:  # noqa: A002
        dma_buf.begin_cpu_access(self.buffer, direction(dir))
        self.brackets[actor] = direction(dir)

    def do_end_cpu_access(self, actor: str) -> None:
        bracket = self.brackets[actor]
        assert bracket is not None
        dma_buf.end_cpu_access(self.buffer, bracket)
        self.brackets[actor] = None

    def do_stray_end(self, _actor: str, dir: str) -> None:  # noqa: A002
        dma_buf.end_cpu_access(self.buffer, direction(dir))
        self.strays -= 1

    def do_cpu_writes(self, _actor: str) -> None:
        self.cpu_store()

    def do_free_buffer(self, _actor: str) -> None:
        self.freed = True
        self.descriptors.close(0)
        self.kernel.run_deferred(DmaBuf)


world = OwnershipWorld
