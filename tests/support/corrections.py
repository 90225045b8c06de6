# ruff: noqa: E501
"""The corrections that specifications list at their heads, each taken back by itself: what the as-posted code got wrong.

What Linux 6.12 gets wrong is here as well, of the models that say how to keep the contract there.
"""

from __future__ import annotations

from support.pairs import Edit


def instance(text: str) -> dict[str, str]:
    """All parameters that the specification's instances differ in, so that they are one."""
    return dict(part.split("=") for part in text.split())


BUFFER = instance(
    "THREADS=1 WAITERS=1 DRIVERS=1 DEVICES=1 BUFFERS=1 NUMBERS=1 UNITS=1 WAITING=true IMPORT=nothing CPU_ACCESS=false COHERENT=true FOREVER=false UNMAP_IOCTL=false NODE_MMAP=false"
)
IMPORTED = {**BUFFER, **instance("WAITING=false IMPORT=mapping")}
CACHED = {**IMPORTED, **instance("CPU_ACCESS=true COHERENT=false")}
HEAP = instance(
    "DEVICES=1 THREADS=1 COHERENT=true BOUNCE=false CAREFUL=true STRAYS=0 ALIASING=false IOMMU=false USER_MAPPING=false"
)
CORE = instance(
    "DEVICES=1 THREADS=1 BUFFERS=1 NUMBERS=1 CPU_ACCESS=false COHERENT=false CALLBACK=plain IMPORTER=plain WALKS_LIST=false BACKING=at_export KEEPS=nothing CACHED_SGT=off SYNC=tables QUIET_DETACH=true CPU_WITHOUT_ATTACH=true"
)
MMAP = instance(
    "THREADS=1 BUFFERS=1 DEVICES=1 COHERENT=true DATA=false EXPORTER=maps_at_once SHOOTDOWN=never ACCESS=at_any_time GROW=false"
)
OWNER = instance(
    "DEVICES=1 THREADS=1 COHERENT=false BOUNCE=false STRAYS=0 READERS=false BACKED_AFTER_LAST=true LEAVE=at_unmap STORAGE_NEEDS_DEVICE=false POLICY=owner_change"
)
KDS = instance(
    "CONSUMERS=2 BUFFERS=2 ENQUEUE_AHEAD=false REVOKE=true SIGNALS=false DEVICES_ONLY=false EXCLUSIVE_ONLY=true"
)


ALWAYS = {
    "the descriptor is installed before the buffer is listed",
    "a killed process waits on",
    "begin synchronises what is not mapped",
    "release leaves the kept pointer",
    "mmap puts the importer's file first",
    "brackets are not counted",
    "a job joins all its queues at once",
    "an import is listed before it is complete",
    "end synchronises in the announced direction",
    "the list is walked without the lock",
    "the ioctl takes whatever has the index",
}
"""One or two of each specification; the others are compared with CUSTODY_WIDE set."""


def lost(
    name: str,
    spec: str,
    *replaced: tuple[str, str],
    verdict: str,
    settings: dict[str, str],
    module: str = "",
    progress: bool = False,
) -> Edit:
    """A correction taken back loses a verdict, and is breaking."""
    category = "PROGRESS-LOST" if progress else "VERDICT-LOST"
    return Edit(
        f"{spec}: {name}",
        spec,
        replaced,
        "breaking",
        ((category, verdict),),
        ("*",),
        settings,
        module=module,
        wide=name not in ALWAYS,
    )


UNMAP = """\
    lock maps_lock
    for map in private_data.maps
        assert map.exported, "only buffers' grant mappings are on the list"
    unlock maps_lock
    return ENOENT
"""
UNMAPS_ANY = """\
    local map: GrantMap? = none
    lock maps_lock
    atomic
        either
            choose wanted: GrantMap where wanted in private_data.maps
            map = wanted
            remove map from private_data.maps
        or
            map = none
        unlock maps_lock
    if map == none
        return ENOENT
    gntdev_put_map(map)
    return OK
"""
NO_MEMORY = """\
    if obj == none
        lock dmabuf_lock
        put xen_dmabuf.refcount
            at zero
                dmabuf_exp_release(xen_dmabuf)
        unlock dmabuf_lock
        return none
"""

OF_GNTDEV = (
    lost("the descriptor is installed before the buffer is listed", "gntdev",
         ("    lock dmabuf_lock\n    for older in", "    table[fd] = file(dmabuf)\n    lock dmabuf_lock\n    for older in"),
         ("    # fd_install: the descriptor owns the reference from here on, and everybody can use it.\n    table[fd] = file(dmabuf)\n", ""),
         verdict="published_is_complete", settings=BUFFER),
    lost("buffers do not hold the device node", "gntdev", (" and buffers_hold_node == 0\n", "\n"), verdict="assertion(gntdev_release)", settings=BUFFER),
    lost("no memory for a wait object: the reference stays", "gntdev", (NO_MEMORY, "    if obj == none\n        return none\n"),
         verdict="looked_up_references_are_put", settings=BUFFER),
    lost("a killed process waits on", "gntdev", ("            wait until completed(obj.done) or killed[caller]\n", "            wait until completed(obj.done)\n"),
         verdict="killed_wait_returns[Waiter.0]", settings={**BUFFER, "FOREVER": "true"}, progress=True),
    lost("map does no work on caches", "gntdev", ("            map_page(d, dir)\n", ""), verdict="no_stale_device_read", settings=CACHED),
    lost("unmap does nothing", "gntdev",
         ("        dma_unmap_sg(maps_for[self], map_table[self], map_dir[self])\n        free map_table[self]\n", ""),
         verdict="leak(SgTable)", settings=IMPORTED),
    lost("begin has no hook", "gntdev", ("            sync_for_cpu(d, dir)\n", "            skip\n"), verdict="no_stale_cpu_read", settings=CACHED),
    lost("end has no hook", "gntdev", ("            sync_for_device(d, bracket[self].open)\n", "            skip\n"), verdict="no_stale_device_read", settings=CACHED),
    lost("mmap succeeds and shows nothing", "gntdev",
         ("    user_mapping[Thread]: unmapped | usable(DmaBuf)\n", "    user_mapping[Thread]: unmapped | usable(DmaBuf) | empty(DmaBuf)\n"),
         ("        user_mapping[self] = usable(dmabuf)\n", "        user_mapping[self] = empty(dmabuf)\n"),
         ("        due = dma_buf_put(user_mapping[self].usable)\n", "        due = dma_buf_put(user_mapping[self].empty)\n"),
         ("define maps_buffer(t: Thread, b: DmaBuf) = user_mapping[t] == usable(b)\n", "define maps_buffer(t: Thread, b: DmaBuf) = user_mapping[t] == empty(b)\n"),
         verdict="mmap_is_usable", settings=CACHED),
    lost("the size is worked out in an int", "gntdev", ("type Bytes: 0..4\n", "type Bytes: -2..4\n"),
         ("dma_buf_export(xen_dmabuf, map.nr_pages)", "dma_buf_export(xen_dmabuf, (map.nr_pages + 2) % 4 - 2)"),
         verdict="size_is_right", settings={**BUFFER, "UNITS": "4", "WAITING": "false"}),
    lost("of two buffers with one number it finds the older", "gntdev",
         ("    for older in private_data.exp_list\n        if older.fd == fd\n            older.fd = none\n", ""),
         verdict="time_out_is_true", settings={**BUFFER, **instance("BUFFERS=2 IMPORT=attaching")}),
    lost("the ioctl unmaps what a buffer stands on", "gntdev", (UNMAP, UNMAPS_ANY), verdict="pages_outlive_buffer", settings={**BUFFER, "UNMAP_IOCTL": "true", "WAITING": "false"}),
)  # fmt: skip

OF_HEAP = (
    lost("begin synchronises what is not mapped", "heap_helpers",
         ("            if a.mapped\n                dma_sync_sg_for_cpu(a.dev, a.table, ENTRIES, bidirectional)\n", "            dma_sync_sg_for_cpu(a.dev, a.table, ENTRIES, bidirectional)\n"),
         verdict="synced_outside_mapping", settings=HEAP),
    lost("end synchronises what is not mapped", "heap_helpers",
         ("            if a.mapped\n                dma_sync_sg_for_device(a.dev, a.table, ENTRIES, bidirectional)\n", "            dma_sync_sg_for_device(a.dev, a.table, ENTRIES, bidirectional)\n"),
         verdict="synced_outside_mapping", settings=HEAP),
    lost("unmap holds no lock", "heap_helpers",
         ("    lock lock\n    a.mapped = false\n    dma_unmap_sg(dev, a.table, ENTRIES, bidirectional)\n    unlock lock\n", "    a.mapped = false\n    dma_unmap_sg(dev, a.table, ENTRIES, bidirectional)\n"),
         verdict="mapped_under_lock", settings=HEAP),
    lost("the direction of the access is used", "heap_helpers",
         ("                dma_sync_sg_for_cpu(a.dev, a.table, ENTRIES, bidirectional)\n", "                dma_sync_sg_for_cpu(a.dev, a.table, ENTRIES, dir)\n"),
         verdict="newest_is_somewhere", settings={**HEAP, "BOUNCE": "true"}),
    lost("how many entries were mapped is forgotten", "heap_helpers", ("        a.table.nents = count_mapped\n", ""),
         verdict="table_tells_its_addresses", settings={**HEAP, "IOMMU": "true"}),
    lost("END counts the kernel mapping", "heap_helpers",
         ("    if vmap_cnt > 0\n        flush_kernel_vmap_range()\n", "    if vmap_cnt > 0\n        dma_heap_buffer_kmap_put()\n"),
         verdict="held_mapping_stays", settings=HEAP),
    lost("the kernel mapping's line is not invalidated", "heap_helpers",
         ("    if vmap_cnt > 0\n        invalidate_kernel_vmap_range()\n", ""),
         verdict="no_stale_cpu_read", settings={**HEAP, "COHERENT": "false", "ALIASING": "true"}),
)  # fmt: skip

OF_CORE = (
    lost("an export that failed is not noticed", "core", ("    or fails ENOSPC\n        free dmabuf\n        return none\n    return dmabuf\n", "    or fails ENOSPC\n        skip\n    return dmabuf\n"),
         verdict="failed_match(dma_buf_put)", settings=CORE),
    lost("attach calls the exporter with the mutex held", "core",
         ("    ret = exp_attach(attach)\n    if ret != OK\n        atomic\n", "    lock dmabuf.lock\n    ret = exp_attach(attach)\n    unlock dmabuf.lock\n    if ret != OK\n        atomic\n"),
         verdict="every_import_returns", progress=True, settings={**CORE, **instance("CALLBACK=takes_lock WALKS_LIST=true CPU_ACCESS=true COHERENT=true")}),
    lost("release leaves the kept pointer", "core", ("    if kept == dmabuf\n        kept = none\n", ""), verdict="use_after_free(export_again)", settings={**CORE, "KEEPS": "pointer"}),
    lost("the kept pointer is followed at a count of zero", "core", ("        if kept.refs == 0\n            return ENOENT\n", ""),
         verdict="get_from_zero(get_dma_buf)", settings={**CORE, "KEEPS": "pointer"}),
    lost("lazy storage has no guard", "core", ("    lock priv.guard\n    pages = priv.pages\n", "    pages = priv.pages\n"), ("    unlock priv.guard\n    return pages\n", "    return pages\n"),
         verdict="pool_exhausted(back_storage)", settings={**CORE, "DEVICES": "2", "BACKING": "lazy"}),
    lost("mmap looks at no size", "core_mmap", ("    if (vm_pgoff[who] + vm_pages[who]) % 4 > dmabuf.size\n        return EINVAL\n", ""),
         verdict="mapping_within_buffer", settings=MMAP),
    lost("mmap puts the importer's file first", "core_mmap",
         ("        kept_file[who] = vm_file[who].importer\n        vm_file[who] = dmabuf(dmabuf)\n", "        kept_file[who] = vm_file[who].importer\n        fput_handle(kept_file[who])\n        vm_file[who] = dmabuf(dmabuf)\n"),
         ("        if ret == OK\n            fput_handle(kept_file[who])\n        else\n", "        if ret != OK\n"),
         verdict="owners_have_references", settings=MMAP),
    lost("mmap that failed leaves the vma changed", "core_mmap",
         ("            vm_file[who] = importer(kept_file[who])\n            vm_pgoff[who] = 0\n            fput(dmabuf)\n", "            skip\n"),
         verdict="references_are_owned", settings=MMAP),
)  # fmt: skip

OF_OTHERS = (
    lost("brackets are not counted", "ownership", ("    open_brackets = open_brackets + 1\n", ""), verdict="the_cpu_owns_inside", settings={**OWNER, "THREADS": "2"}, module="owned_buffer"),
    lost("nothing is done when the last mapping goes", "ownership", ("        invalidate_for(d, bidirectional)\n    view[d] = direct\n", "        skip\n    view[d] = direct\n"),
         verdict="no_stale_cpu_read", settings=OWNER, module="owned_buffer"),
    lost("begin synchronises in the announced direction", "ownership",
         ("        for d: Device where table_mapped[d]\n            invalidate_for(d, bidirectional)\n", "        for d: Device where table_mapped[d]\n            invalidate_for(d, dir)\n"),
         verdict="no_stale_cpu_read", settings={**OWNER, "THREADS": "2", "LEAVE": "at_detach"}, module="owned_buffer"),
    lost("new storage is not looked for", "ownership", ("procedure do_begin(t: Thread, dir: Direction) atomic\n    back_storage()\n", "procedure do_begin(t: Thread, dir: Direction) atomic\n"),
         verdict="owned_is_backed", settings=OWNER, module="owned_buffer"),
    lost("a bounce buffer is not filled with each map", "ownership", ("    if POLICY == each_call or BOUNCE or owner != devices\n", "    if POLICY == each_call or owner != devices\n"),
         verdict="no_stale_device_read", settings={**OWNER, "DEVICES": "2", "BOUNCE": "true", "READERS": "true"}, module="owned_buffer"),
    lost("prepare keeps no order", "kds_ordered", ("        if not comes_after_all_of(self, b)\n            return EDEADLK\n", "        if claim[self, b] != nothing\n            return EDEADLK\n"),
         verdict="claims_keep_the_order", settings=KDS),
    lost("a job joins all its queues at once", "kds_ordered", ("            if not ENQUEUE_AHEAD\n                wait until owns(self, b)\n", ""),
         verdict="every_call_returns", settings={**KDS, "DEVICES_ONLY": "true"}, progress=True),
    lost("nobody relieves user space", "kds_ordered", ("    when REVOKE and kind[c] == process and keeps_others_waiting(c, b)\n", "    when REVOKE and kind[c] == device and keeps_others_waiting(c, b)\n"),
         verdict="every_job_runs", settings=KDS, progress=True),
    lost("the dma-buf is remembered without a reference", "vb2", ("            vb2_dc_put(dbuf.priv)\n            free dbuf\n", "            free dbuf\n"), verdict="leak(Buffer)", settings={"THREADS": "1"}),
    lost("map answers with a table for another direction", "vb2", ("    if table[self] == table_for(dir)\n        use_of[self]", "    if table[self] is table_for\n        use_of[self]"),
         verdict="mapped_as_asked", settings={"THREADS": "1"}),
)  # fmt: skip

PAGES = instance("THREADS=1 SEALING=false IMPORTING=true IOMMU=false USER_MAPPING=false")
SEALED = {**PAGES, **instance("SEALING=true IMPORTING=false")}
MAPPED = {**PAGES, **instance("IMPORTING=false USER_MAPPING=true")}

OF_UDMABUF_PAGES = (
    lost("a list without a page is taken", "udmabuf_pages", ("        if ret == OK and making.pagecount == 0\n            ret = EINVAL\n", ""),
         verdict="failed_match(sg_alloc_table_from_pages)", settings=PAGES),
    lost("no descriptor, nobody puts", "udmabuf_pages",
         ("        creator_holds = false\n        either\n            file = open\n", "        either\n            creator_holds = false\n            file = open\n"),
         verdict="published_or_put", settings=PAGES),
    lost("tables do not say how many entries have an address", "udmabuf_pages", ("    nents = dma_entries\n    return OK\n", "    return OK\n"),
         verdict="table_tells_its_addresses", settings={**PAGES, "IOMMU": "true"}),
    lost("seals are looked at without the inode's lock", "udmabuf_pages",
         ("    lock inode for read\n", ""), ("    unlock inode\n    memfd_held", "    memfd_held"),
         verdict="sealed_memory_is_not_shared", settings=SEALED),
    lost("one seal is not looked at", "udmabuf_pages", ("if write_sealed or future_write_sealed\n", "if write_sealed\n"),
         verdict="sealed_memory_gets_no_buffer", settings=SEALED),
    lost("a fault beyond the buffer", "udmabuf_pages", ("    if vma_pgoff + p >= priv.pagecount\n        return EIO\n", ""),
         verdict="failed_match(udmabuf_vm_fault)", settings=MAPPED),
)  # fmt: skip

IMPORTS = instance("THREADS=2 IMPORTS=2 OWN_BUFFER=false")
FOLIOS = instance("THREADS=1 LARGE_FOLIO=true ITEMS=1 SEALING=false KERNEL_MAPPING=true USER_MAPPING=false")
LISTED = "    atomic\n        lock lock\n        add new to priv.imp_list\n        unlock lock\n"
COPIED = "    atomic\n        assert new.granted, "

OF_LINUX = (
    lost("an import is listed before it is complete", "linux_6_12/gntdev_import_corrected", (LISTED, ""), (COPIED, LISTED + COPIED),
         verdict="use_after_free(gntdev_ioctl_dmabuf_imp_to_refs)", settings=IMPORTS),
    lost("own buffers are imported", "linux_6_12/gntdev_import_corrected", ("    if OWN_BUFFER\n        return none\n", ""),
         verdict="closing_releases", settings={**IMPORTS, "OWN_BUFFER": "true"}, progress=True),
    lost("pins that are not listed stay", "linux_6_12/udmabuf_pages_corrected",
         ("        if listed[f] == none and pin[f] != none\n            free pin[f]\n            pin[f] = none\n", "        skip\n"),
         verdict="failed_creation_leaves_nothing", settings={**FOLIOS, "LARGE_FOLIO": "false"}),
    lost("vmap shows the first page of a folio", "linux_6_12/udmabuf_pages_corrected",
         ("            vmap_shows[p] = frame(frame_of(p))\n", "            vmap_shows[p] = frame(2 * folio_of(p))\n"),
         verdict="vmap_shows_the_buffer", settings=FOLIOS),
)  # fmt: skip

REVERTED = (*OF_GNTDEV, *OF_HEAP, *OF_CORE, *OF_OTHERS, *OF_UDMABUF_PAGES, *OF_LINUX)
