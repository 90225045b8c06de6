"""dma-buf as a Python library: how Linux shares a buffer between drivers, made to be read and to be run.

One buffer, several devices, and a processor whose cache may get in the way. Everything is real here but the hardware:
a reader who forgot to ask for the newest bytes gets old ones. Read it in this order:

1. `hardware`   memory in bytes, and a cache with dirty lines in front of it
2. `dma`        who may touch the memory now: mapping for a device, and lending it to the processor and back
3. `files`      files, references, descriptors
4. `dma_buf`    the core: export, attach, map, unmap, detach, release; begin and end of access by the processor
5. `heap`       an exporter of plain pages; `udmabuf`, of a process's memory; `gntdev`, of another domain's
   `vb2`        of a camera's pictures; `udmabuf_pages`, of pages that a process lists and others may seal
6. `importer`   a driver that uses what another exports
7. `kds`        who may use a buffer next: the queues in front of buffers that were proposed in 2012
8. `owned`      an exporter that works on caches when the buffer changes hands, as was proposed in 2019
9. `shootdown`  page tables of user space that go when a device comes, as the first mmap had it in 2012
10. `scheduler`, `kernel`, `locks`   what the others stand on: who runs when, what fails, who waits

`python -m custody_reference` shows stale bytes, and where they come from.
"""

from __future__ import annotations

from custody_reference.dma import Device, Direction, SgTable
from custody_reference.dma_buf import Attachment, DmaBuf, Exporter
from custody_reference.files import Descriptors, File
from custody_reference.gntdev import Gntdev
from custody_reference.hardware import Machine
from custody_reference.heap import Heap
from custody_reference.importer import Importer
from custody_reference.kds import Access, Kds
from custody_reference.kernel import Kernel
from custody_reference.locks import Completion, Kref, Mutex
from custody_reference.owned import Owned
from custody_reference.problems import Deadlock, Failure, KernelBug, LockBug, RefcountBug, UseAfterFree
from custody_reference.scheduler import Deterministic, RealThreads, Scheduler
from custody_reference.shootdown import Mmap, Process, Shootdown, ShootdownExporter
from custody_reference.udmabuf import Memfd, Udmabuf, UdmabufDriver
from custody_reference.udmabuf_pages import PagedUdmabufDriver, SharedMemfd
from custody_reference.vb2 import Vb2Queue

__all__ = [
    "Access",
    "Attachment",
    "Completion",
    "Deadlock",
    "Descriptors",
    "Deterministic",
    "Device",
    "Direction",
    "DmaBuf",
    "Exporter",
    "Failure",
    "File",
    "Gntdev",
    "Heap",
    "Importer",
    "Kds",
    "Kernel",
    "KernelBug",
    "Kref",
    "LockBug",
    "Machine",
    "Memfd",
    "Mmap",
    "Mutex",
    "Owned",
    "PagedUdmabufDriver",
    "Process",
    "RealThreads",
    "RefcountBug",
    "Scheduler",
    "SgTable",
    "SharedMemfd",
    "Shootdown",
    "ShootdownExporter",
    "Udmabuf",
    "UdmabufDriver",
    "UseAfterFree",
    "Vb2Queue",
]
