"""The states of a videobuf2 buffer, and the caches in front of it, step for step."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from custody.evidence.conform.step import Step
from custody.evidence.conform.worlds.data import DataWorld, yes
from custody_reference.dma import Device
from custody_reference.vb2 import Vb2Queue

UNLOCK = "unlock ioctl_lock"
WAIT = "wait until (vb_state == done or not streaming) and not held(ioctl_lock)"


class Vb2StreamingWorld(DataWorld):
    """A queue with one buffer, the threads that use it, and the camera."""

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
        {
            (f"vb2_reqbufs: {UNLOCK}", "ENOMEM"): ("alloc VideoBuffer",),
            ("vb2_streamon: fails EIO", "EIO"): ("start_streaming",),
            (f"vb2_dqbuf: {WAIT}", "EINTR"): ("signal",),
        }
    )
    rare = ("close_node",)
    calls = ("vb2_reqbufs", "vb2_qbuf", "vb2_streamon", "vb2_streamoff", "vb2_dqbuf")

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        super().__init__(parameters)
        self.queue = Vb2Queue(self.kernel, Device("camera", self.machine), signals=True)
        self.passed_over = {"does somebody else have it?"}

    def state(self) -> dict[str, str]:
        queue = self.queue
        state = self.data_state({"Device.0": None})
        state["ioctl_lock"] = queue.lock.owner or "free"
        state["node"] = "open" if queue.opened else "closed"
        state["plane"] = "absent" if queue.plane is None else "allocated"
        state["vb_state"] = queue.state
        state["streaming"] = yes(queue.streaming)
        state["prepared"] = yes(queue.prepared)
        state["filled"] = yes(queue.frames > 0)
        return state

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        """Where there is no memory, and where the camera does not start, the contract has the lock given back in the
        same step."""
        self.passed_over = {"does somebody else have it?"}
        if (step.name, step.failure) in (("vb2_reqbufs", "ENOMEM"), ("vb2_streamon", "EIO")):
            self.passed_over = {"does somebody else have it?", UNLOCK}

    # ------------------------------------------------------------ calls

    def do_vb2_reqbufs(self, _actor: str, wanted: str) -> None:
        self.queue.reqbufs(wanted=wanted == "true")

    def do_vb2_qbuf(self, _actor: str) -> None:
        self.queue.qbuf()

    def do_vb2_streamon(self, _actor: str) -> None:
        self.queue.streamon()

    def do_vb2_streamoff(self, _actor: str) -> None:
        self.queue.streamoff()

    def do_vb2_dqbuf(self, _actor: str, nonblocking: str) -> None:
        self.queue.dqbuf(nonblocking=nonblocking == "true")

    def do_close_node(self, _actor: str) -> None:
        self.queue.close_node()

    def do_cpu_writes(self, _actor: str) -> None:
        self.cpu_store()

    # ------------------------------------------------------------ the camera

    def do_capture(self, _actor: str) -> None:
        self.queue.capture(self.next_bytes())

    def do_vb2_buffer_done(self, _actor: str) -> None:
        self.queue.buffer_done()


world = Vb2StreamingWorld
