"""The kernel dependency system with buffers in one order, step for step.

What a job lists, and in what order it gives its buffers back, the contract chooses as it goes; so the job of a tour
reads its list, and decides, when it is asked.  Where nobody chooses, a job wants all buffers for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Manner, Step
from custody.evidence.conform.world import World
from custody.evidence.conform.worlds.data import number, yes
from custody_reference.hardware import Machine
from custody_reference.kds import Access, Entry, Kds, lowest
from custody_reference.kernel import Kernel
from custody_reference.scheduler import Deterministic

_ACCESS = {"owned(shared)": Access.SHARED, "waiting(shared)": Access.SHARED}


class KdsWorld(World):
    """Consumers, which are processes or devices, and buffers with a queue each."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {("prepare: if not comes_after_all_of(self, b): no", "ENOMEM"): ("alloc Place",)}
    )
    unprompted = ("relieve",)
    calls = ("prepare", "finish", "run_job")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters)
        self.scheduler = Deterministic()
        self.kernel = Kernel(Machine(coherent=True, pages=1), self.scheduler)
        self.consumers = [f"Consumer.{n}" for n in range(int(parameters["CONSUMERS"]))]
        self.kds = Kds(
            self.kernel,
            int(parameters["BUFFERS"]),
            set(),
            signals=bool(parameters["SIGNALS"]),
            patience=not parameters["REVOKE"],
        )
        self.listed: dict[str, Entry | None] = {}
        self.given_back: dict[str, int] = {}

    def arrange(self, first: Mapping[str, str]) -> None:
        self.kds.processes |= {who for who in self.consumers if first[f"kind[{who}]"] == "process"}

    # ------------------------------------------------------------ the state, in the contract's words

    def state(self) -> dict[str, str]:
        state: dict[str, str] = {}
        for who in self.consumers:
            state[f"kind[{who}]"] = "process" if who in self.kds.processes else "device"
            state[f"working[{who}]"] = yes(who in self.kds.working)
        for buffer, queue in enumerate(self.kds.queues):
            state[f"fifo[Buffer.{buffer}]"] = f"[{', '.join(place.who for place in queue.places)}]"
            for who in self.consumers:
                state[f"claim[{who}][Buffer.{buffer}]"] = self._claim(buffer, who)
        return state

    def _claim(self, buffer: int, who: str) -> str:
        place = self.kds.queues[buffer].place(who)
        if place is None:
            return "nothing"
        return f"{'owned' if place.owned else 'waiting'}({place.access.value})"

    def pending(self, name: str) -> bool:
        return bool(self.kds.overdue())

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        """What the contract chooses within a job shows in what the consumer claims afterwards."""
        if step.outcome == "interrupted":
            self.kernel.arm("signal")
        if step.name != "run_job" or step.manner is not Manner.WITHIN:
            return
        self.listed[step.actor] = None
        for buffer in range(len(self.kds.queues)):
            here, there = self._claim(buffer, step.actor), after[f"claim[{step.actor}][Buffer.{buffer}]"]
            if here == "nothing" != there:
                self.listed[step.actor] = (buffer, _ACCESS.get(there, Access.EXCLUSIVE))
            elif there == "nothing" != here:
                self.given_back[step.actor] = buffer

    # ------------------------------------------------------------ calls

    def do_prepare(self, _actor: str, b: str, wanted: str) -> None:
        self.kds.prepare(number(b), Access(wanted))

    def do_finish(self, _actor: str, b: str) -> None:
        self.kds.finish(number(b))

    def do_relieve(self, _actor: str, c: str, b: str) -> None:
        self.kds.relieve(c, number(b))

    def do_run_job(self, actor: str) -> None:
        self.kds.run_job(self._job(actor), lambda buffers: self.given_back.get(actor, lowest(buffers)))

    def _job(self, actor: str) -> Iterator[Entry]:
        for buffer in range(len(self.kds.queues)):
            if actor not in self.listed:
                yield buffer, Access.EXCLUSIVE
                continue
            entry = self.listed[actor]
            if entry is None:
                return
            yield entry


world = KdsWorld
