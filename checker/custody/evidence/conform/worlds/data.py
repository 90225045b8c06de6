"""The mapping of memory, cache and bounce buffers, as all contracts have them from the library `coherency`.

A contract keeps of each copy whether it is the newest.  Here the bytes are real: every write writes bytes that were
never there before, the world remembers the last, and a copy is the newest if it is equal to them.
"""

from __future__ import annotations

from collections.abc import Mapping

from custody.evidence.conform.world import World
from custody_reference.dma import Direction, SgTable, device_write
from custody_reference.hardware import Line, Machine
from custody_reference.kernel import Kernel
from custody_reference.scheduler import Deterministic

PAGE = 64
"""Bytes of a page, and of a cache line: the contracts write whole pages, and have one line for each."""


def yes(value: bool) -> str:
    return "true" if value else "false"


class DataWorld(World):
    """A world with one page that everything is about."""

    def __init__(self, parameters: Mapping[str, int | bool | str], pages: int = 1) -> None:
        super().__init__(parameters)
        self.machine = Machine(
            coherent=bool(parameters["COHERENT"]),
            pages=pages,
            page_size=PAGE,
            line_size=PAGE,
            keep=False,
            aliasing=bool(parameters.get("ALIASING", False)),
        )
        self.scheduler = Deterministic()
        self.kernel = Kernel(self.machine, self.scheduler)
        self.page = 0
        self.newest = bytes(PAGE)
        self._version = 0

    def data_state(self, views: Mapping[str, SgTable | None]) -> dict[str, str]:
        """The variables of the library; `views` are the mapped tables by device."""
        line = self.machine.lines.get(self.page)
        state = {
            "memory_fresh": yes(self.machine.memory.read(self.page, PAGE) == self.newest),
            "line": line_state(line),
            "line_fresh": yes(line is not None and bytes(line.data) == self.newest),
            "neighbour": "stored",
        }
        for device, table in views.items():
            bounce = None if table is None else table.bounce
            if bounce is None:
                word = "direct"
            else:
                word = "copy_fresh" if bytes(bounce[:PAGE]) == self.newest else "copy_stale"
            state[f"view[{device}]"] = word
        return state

    # ------------------------------------------------------------ what the hardware does by itself

    def do_prefetch(self, _actor: str) -> None:
        self.machine.fill(self.page)

    def do_write_back(self, _actor: str) -> None:
        self.machine.write_back(self.page)

    def do_evict(self, _actor: str) -> None:
        self.machine.evict(self.page)

    # ------------------------------------------------------------ accesses

    def next_bytes(self) -> bytes:
        """Bytes that nobody has written before."""
        self._version += 1
        self.newest = self._version.to_bytes(8, "big") * (PAGE // 8)
        return self.newest

    def cpu_store(self) -> None:
        self.machine.cpu_write(self.page, self.next_bytes())

    def device_store(self, table: SgTable) -> None:
        device_write(table, 0, self.next_bytes())


def line_state(line: Line | None) -> str:
    return "invalid" if line is None else "dirty" if line.dirty else "clean"


def direction(word: str) -> Direction:
    return Direction(word)


def number(name: str) -> int:
    """The number of a role's instance: 1 for `Device.1`."""
    return int(name.rpartition(".")[2])
