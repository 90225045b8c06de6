# ruff: noqa: E501
"""Corrections of Linux 6.12's exporters taken back one by one, and the verdict that is lost by it."""

from __future__ import annotations

from support.corrections import NO_MEMORY, instance, lost

HEAP = instance(
    "DEVICES=1 THREADS=1 COHERENT=false BOUNCE=false BOTH_WAYS=true MAPPING=polite FENCED=false STRAYS=false ALIASING=false KERNEL_MAPPING=false"
)
FOR_CPU = (
    "    for a in attachments\n        if a.is_mapped\n            dma_sync_sgtable_for_cpu(a, a.table.mapped)\n"
)
KERNEL_LINE = "        if vmap_cnt > 0\n            invalidate_kernel_vmap_range()\n"
WAITS = "    if FENCED\n        wait until no_job_in_the_way(dir)\n            or interrupted\n                return EINTR\n"

OF_SYSTEM_HEAP = (
    lost("map holds no lock of the driver's", "linux_6_12/system_heap_corrected",
         ("        lock lock\n        assert priv[self].table is unmapped, ", "        assert priv[self].table is unmapped, "),
         ("            # dma_map_sgtable\n            unlock lock\n", "            # dma_map_sgtable\n"),
         ("        use_of[self] = mapped(dir)\n        unlock lock\n", "        use_of[self] = mapped(dir)\n"),
         verdict="no_stale_device_read", settings={**HEAP, "MAPPING": "maps_at_any_time"}),
    lost("unmap holds no lock of the driver's", "linux_6_12/system_heap_corrected",
         ("        lock lock\n        priv[self].is_mapped = false\n", "        priv[self].is_mapped = false\n"),
         ("        use_of[self] = unused\n        unlock lock\n", "        use_of[self] = unused\n"),
         verdict="failed_match(system_heap_begin)", settings={**HEAP, "COHERENT": "true", "STRAYS": "true", "MAPPING": "anything_at_any_time"}),
    lost("begin synchronises in the announced direction", "linux_6_12/system_heap_corrected",
         ("            dma_sync_sgtable_for_cpu(a, a.table.mapped)\n", "            dma_sync_sgtable_for_cpu(a, dir)\n"),
         verdict="synced_in_other_direction", settings={**HEAP, "BOTH_WAYS": "false"}),
    lost("end synchronises in the announced direction", "linux_6_12/system_heap_corrected",
         ("            dma_sync_sgtable_for_device(a, a.table.mapped)\n", "            dma_sync_sgtable_for_device(a, dir)\n"),
         verdict="synced_in_other_direction", settings={**HEAP, "BOTH_WAYS": "false"}),
    lost("caches are worked on before the fences", "linux_6_12/system_heap_corrected", (WAITS, ""),
         verdict="assertion(dma_buf_begin_cpu_access)", settings={**HEAP, "FENCED": "true"}),
    lost("the kernel mapping's line is invalidated first", "linux_6_12/system_heap_corrected",
         ("    lock lock\n" + FOR_CPU + "    atomic\n" + KERNEL_LINE + "        unlock lock\n",
          "    atomic\n        lock lock\n" + KERNEL_LINE + FOR_CPU + "    unlock lock\n"),
         verdict="no_stale_cpu_read", settings={**HEAP, "COHERENT": "true", "BOUNCE": "true", "ALIASING": "true", "KERNEL_MAPPING": "true"}),
)  # fmt: skip

UDMABUF = instance(
    "DEVICES=1 THREADS=1 COHERENT=false BOUNCE=false FRESH_PAGES=true IMPORTING=true BOTH_WAYS=true MAPS_AT_ANY_TIME=false CPU_ACCESS=true FENCED=false STRAYS=false"
)


def walk(direction: str) -> str:
    """The loop over the mappings, in begin or end."""
    return f"""\
    for d: Device where listed(d)
        atomic
            note_direction(d, cached[d].table_for)
            sync_for_{direction}(d, cached[d].table_for)
"""


def locked(loop: str) -> str:
    """The same as it is."""
    return f"    lock lock\n{loop}    unlock lock\n"


OF_UDMABUF = (
    lost("the list is walked without the lock", "linux_6_12/udmabuf_corrected",
         (locked(walk("cpu")), walk("cpu")), (locked(walk("device")), walk("device")),
         verdict="failed_match(begin_cpu_udmabuf)", settings={**UDMABUF, "COHERENT": "true", "STRAYS": "true"}),
    lost("map does no work on caches", "linux_6_12/udmabuf_corrected", ("        map_page(self, dir)\n", "        skip\n"),
         verdict="no_stale_device_read", settings=UDMABUF),
    lost("begin does no work on caches", "linux_6_12/udmabuf_corrected", ("            sync_for_cpu(d, cached[d].table_for)\n", "            skip\n"),
         verdict="no_stale_cpu_read", settings=UDMABUF),
    lost("end does no work on caches", "linux_6_12/udmabuf_corrected", ("            sync_for_device(d, cached[d].table_for)\n", "            skip\n"),
         verdict="no_stale_device_read", settings=UDMABUF),
    lost("begin synchronises in the announced direction", "linux_6_12/udmabuf_corrected",
         ("            note_direction(d, cached[d].table_for)\n            sync_for_cpu(d, cached[d].table_for)\n", "            note_direction(d, dir)\n            sync_for_cpu(d, dir)\n"),
         verdict="synced_in_other_direction", settings={**UDMABUF, "BOTH_WAYS": "false"}),
    lost("caches are worked on before the fences", "linux_6_12/udmabuf_corrected", (WAITS, ""),
         verdict="assertion(dma_buf_begin_cpu_access)", settings={**UDMABUF, "FENCED": "true", "FRESH_PAGES": "false"}),
)  # fmt: skip

GNTDEV = instance(
    "THREADS=1 WAITERS=1 DRIVERS=1 DEVICES=1 BUFFERS=1 NUMBERS=1 FAULTS=0 WAITING=true BOTH_WAYS=false IMPORT=nothing CPU_ACCESS=false COHERENT=true FOREVER=false UNMAP_IOCTL=false NODE_MMAP=false"
)
MAPPED = {**GNTDEV, **instance("WAITING=false IMPORT=mapping")}
COUNTED = {**MAPPED, **instance("CPU_ACCESS=true COHERENT=false")}
INSTALLS = "    # fd_install: the descriptor owns the reference from here on, and everybody can use it.\n    table[fd] = file(dmabuf)\n"
NOTHING_THERE = """\
procedure gntdev_ioctl_unmap_grant_ref by Thread
    source "drivers/xen/gntdev.c", "gntdev_ioctl_unmap_grant_ref"
    requires UNMAP_IOCTL and node == opened
    lock maps_lock
    unlock maps_lock
    return ENOENT
"""
WHATEVER_HAS_IT = """\
procedure gntdev_ioctl_unmap_grant_ref(which: GrantMap) by Thread
    source "drivers/xen/gntdev.c", "gntdev_ioctl_unmap_grant_ref"
    requires UNMAP_IOCTL and node == opened and live(which)
    local found: bool = false
    atomic
        lock maps_lock
        if which in private_data.maps
            remove which from private_data.maps
            found = true
        unlock maps_lock
    if not found
        return ENOENT
    gntdev_put_map(which)
    return OK
"""

OF_GNTDEV_DMABUF = (
    lost("the ioctl takes whatever has the index", "linux_6_12/gntdev_dmabuf_corrected", (NOTHING_THERE, WHATEVER_HAS_IT),
         verdict="pages_outlive_buffer", settings={**GNTDEV, "UNMAP_IOCTL": "true", "WAITING": "false"}),
    lost("no memory for a wait object: the reference stays", "linux_6_12/gntdev_dmabuf_corrected", (NO_MEMORY.replace("xen_dmabuf", "gntdev_dmabuf"), "    if obj == none\n        return none\n"),
         verdict="looked_up_references_are_put", settings={**GNTDEV, "FAULTS": "1"}),
    lost("one waiter is woken", "linux_6_12/gntdev_dmabuf_corrected",
         ("    for obj in gntdev_dmabuf.priv.wait_list\n        if obj.gntdev_dmabuf == gntdev_dmabuf\n            complete_all obj.done\n",
          "    local first: WaitObj? = none\n    for obj in gntdev_dmabuf.priv.wait_list\n        if obj.gntdev_dmabuf == gntdev_dmabuf and first == none\n            first = obj\n    if first != none\n        complete_all first.done\n"),
         verdict="release_wakes_everybody", settings={**GNTDEV, "WAITERS": "2"}),
    lost("a killed process waits on", "linux_6_12/gntdev_dmabuf_corrected",
         ("            wait until completed(obj.done) or killed[caller]\n", "            wait until completed(obj.done)\n"),
         verdict="killed_wait_returns[Waiter.0]", settings={**GNTDEV, "FOREVER": "true"}, progress=True),
    lost("the descriptor is installed before the buffer is listed", "linux_6_12/gntdev_dmabuf_corrected", (INSTALLS, ""),
         ("    buffers_hold_node = buffers_hold_node + 1\n    lock dmabuf_lock\n", "    buffers_hold_node = buffers_hold_node + 1\n    table[fd] = file(dmabuf)\n    lock dmabuf_lock\n"),
         verdict="nothing_fails_after_publishing", settings=GNTDEV),
    lost("of two buffers with one number it finds the older", "linux_6_12/gntdev_dmabuf_corrected",
         ("    for older in private_data.exp_list\n        if older.fd == fd\n            older.fd = none\n", ""),
         verdict="time_out_is_true", settings={**GNTDEV, **instance("BUFFERS=2 IMPORT=attaching")}),
    lost("unmap does nothing", "linux_6_12/gntdev_dmabuf_corrected",
         ("    dma_unmap_sgtable(maps_for[self], map_table[self], map_dir[self])\n    free map_table[self]\n", ""),
         verdict="unmapped_is_unmapped", settings=MAPPED),
    lost("begin has no hook", "linux_6_12/gntdev_dmabuf_corrected", ("            sync_for_cpu(d, dir)\n", "            skip\n"), verdict="no_stale_cpu_read", settings=COUNTED),
    lost("end has no hook", "linux_6_12/gntdev_dmabuf_corrected", ("            sync_for_device(d, bracket[self].open)\n", "            skip\n"), verdict="no_stale_device_read", settings=COUNTED),
)  # fmt: skip

OF_LINUX_DRIVERS = (*OF_SYSTEM_HEAP, *OF_UDMABUF, *OF_GNTDEV_DMABUF)
