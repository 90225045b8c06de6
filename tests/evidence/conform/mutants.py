# ruff: noqa: E501
"""Deliberate faults of the implementation, each with the contract that has to notice it.

`posted` marks the defects of the code as it was sent to the list; posted.py says which is which.  An equivalent mutant has the argument why no
behaviour that the contract speaks of changes.
"""

from __future__ import annotations

from dataclasses import dataclass

SMALL = "DEVICES=1 THREADS=1 COHERENT=false"
TOURS, INTERLEAVINGS = "tours", "interleavings"
CALLS = "calls "
"""How a fault is looked for: by tours, interleavings, or calls one after the other."""


@dataclass(frozen=True)
class Mutant:
    """One fault: what is replaced by what in which module, and where that shows.

    `says` is what the comparison has to say of it, where it matters which check notices.
    """

    name: str
    spec: str
    settings: str
    module: str
    old: str
    new: str
    rules: str
    posted: bool = False
    kind: str = TOURS
    equivalent: str = ""
    says: str = ""

    def __str__(self) -> str:
        return self.name


def _core(
    name: str,
    module: str,
    old: str,
    new: str,
    rules: str,
    settings: str = SMALL,
    equivalent: str = "",
    *,
    posted: bool = False,
) -> Mutant:
    return Mutant(name, "dma_buf", settings, module, old, new, rules, posted, equivalent=equivalent)


def _heap(
    name: str,
    old: str,
    new: str,
    rules: str,
    settings: str = "DEVICES=1 THREADS=1 COHERENT=true",
    kind: str = TOURS,
    *,
    posted: bool = False,
) -> Mutant:
    return Mutant(name, "heap_helpers", settings, "heap", old, new, rules, kind=kind, posted=posted)


def _udmabuf(
    name: str, old: str, new: str, rules: str, settings: str = SMALL, module: str = "udmabuf", **more: bool
) -> Mutant:
    return Mutant(name, "udmabuf", settings, module, old, new, rules, posted=more.get("posted", False))


def _gntdev(name: str, old: str, new: str, rules: str, settings: str = "", kind: str = TOURS, **more: bool) -> Mutant:
    return Mutant(name, "gntdev", settings, "gntdev", old, new, rules, kind=kind, posted=more.get("posted", False))


def _importer(
    name: str, old: str, new: str, rules: str, says: str, kind: str = TOURS, *, posted: bool = True
) -> Mutant:
    """An importer that breaks its duties: no contract has such calls, and a kernel that checks itself complains."""
    return Mutant(name, "dma_buf", SMALL, "importer", old, new, rules, posted=posted, kind=kind, says=says)


def _kds(name: str, old: str, new: str, rules: str, settings: str = "EXCLUSIVE_ONLY=true", **more: bool) -> Mutant:
    return Mutant(name, "kds_ordered", settings, "kds", old, new, rules, posted=more.get("posted", False))


def _owned(name: str, old: str, new: str, rules: str, settings: str = "", **more: bool) -> Mutant:
    return Mutant(name, "ownership", settings, "owned", old, new, rules, posted=more.get("posted", False))


def _pages(name: str, old: str, new: str, rules: str, settings: str = "IOMMU=true", **more: str | bool) -> Mutant:
    module, kind = str(more.get("module", "udmabuf_pages")), str(more.get("kind", TOURS))
    posted = bool(more.get("posted", False))
    return Mutant(name, "udmabuf_pages", settings, module, old, new, rules, posted=posted, kind=kind)


def _vb2(name: str, old: str, new: str, rules: str, calls: str, says: str = "", **more: bool) -> Mutant:
    """A fault of exporting, which shows in these calls after memory was asked for."""
    kind = f"{CALLS}vb2_reqbufs@true {calls}"
    return Mutant(name, "vb2", "", "vb2", old, new, rules, posted=more.get("posted", False), kind=kind, says=says)


def _camera(name: str, old: str, new: str, rules: str, calls: str, says: str = "", **more: bool) -> Mutant:
    """A fault of streaming, which shows in these calls after memory was asked for."""
    kind, posted = f"{CALLS}vb2_reqbufs@true {calls}", more.get("posted", False)
    return Mutant(
        name, "vb2_streaming", "COHERENT=false", "vb2", old, new, rules, posted=posted, kind=kind, says=says
    )


def _shot(name: str, old: str, new: str, rules: str, calls: str = "", settings: str = "", **more: bool) -> Mutant:
    """A fault of mapping into user space: in these calls, or in tours where the pages are mapped at once."""
    kind, posted = CALLS + calls if calls else TOURS, more.get("posted", False)
    return Mutant(name, "core_mmap", settings or "THREADS=1", "shootdown", old, new, rules, posted=posted, kind=kind)


BOUNCE = f"{SMALL} BOUNCE=true"
TWO_BOUNCED = "DEVICES=2 THREADS=1 COHERENT=false BOUNCE=true"
TWO_MAPPED = (
    "export_buffer install_fd get@Device.0 attach@Device.0 get@Device.1 attach@Device.1"
    " map@Device.0@bidirectional map@Device.1@bidirectional"
)
MAPPING = "IMPORT=mapping WAITING=false"
CACHES = "IMPORT=mapping CPU_ACCESS=true COHERENT=false WAITING=false"
CALLED = "WAITING=false"
TWO = "BUFFERS=2 NUMBERS=1 WAITING=false IMPORT=attaching"
BOUNCED = "DEVICES=1 THREADS=1 COHERENT=true BOUNCE=true BOTH_WAYS=true"
SEALED = "IMPORTING=false SEALING=true"
SEALED_FIRST = CALLS + "memfd_add_seals@true udmabuf_ioctl_create@1"
TOUCHED = "IMPORTING=false USER_MAPPING=true"
REMEMBERED = "        buffer = export(self.kernel, self, plane, len(plane.pages) * self.kernel.machine.page_size)\n"
REMEMBERS = (
    '        if "dma_buf" in vars(plane):\n            return vars(plane)["dma_buf"]\n'
    + REMEMBERED
    + '        vars(plane)["dma_buf"] = buffer\n'
)
"""vb2's first way to export: the dma-buf that was made first is kept, without a reference to it."""
IMPORTED = "vb2_expbuf import_buffer vb2_dc_dmabuf_ops_map@to_device vb2_dc_dmabuf_ops_unmap"
ALIASED = f"{SMALL} ALIASING=true"
FAKED = f"{SMALL} DATA=true EXPORTER=faults_pages_in SHOOTDOWN=own_file"
"""Page tables are taken away so that a mapping looks coherent."""
FAKED_TWICE = "BUFFERS=2 DEVICES=1 THREADS=1 EXPORTER=faults_pages_in SHOOTDOWN=own_file"
ANNOUNCED = f"{SMALL} DATA=true ACCESS=in_brackets"
GROWING = "THREADS=1 EXPORTER=faults_pages_in GROW=true"
SHOWN = "export_buffer mmap_with_descriptor fault"
QUEUE = "BUFFERS=1"
THREE = "BUFFERS=1 CONSUMERS=3 DEVICES_ONLY=true"
USER = "DEVICES=1 THREADS=1 COHERENT=true USER_MAPPING=true"

MUTANTS = (
    # ------------------------------------------------------------ the DMA API and the cache
    _core("nothing_is_cleaned_for_the_device", "dma", "            machine.clean(page, machine.page_size)", "            pass", "DB-CPU-07"),
    _core("nothing_is_invalidated_for_the_cpu", "dma", "    if not machine.coherent:\n        for page in table.pages:\n            machine.invalidate(page, machine.page_size)", "    pass", "DB-CPU-07"),
    _core("lines_are_dropped_for_a_writer_too", "dma", "    if not direction.device_writes:\n        return\n", "", "DB-CPU-04, DB-LINE-01"),
    _core("dirty_lines_are_dropped_for_a_writing_device", "dma", "direction is Direction.FROM_DEVICE and machine.invalidate_for_device", "direction is Direction.FROM_DEVICE", "DB-LINE-01"),
    _core("bounce_is_not_refreshed_for_the_device", "dma", "    if table.bounce is not None and direction.device_reads:\n        table.bounce = _copy_of_memory(kernel.machine, table.pages)", "    pass", "DB-CPU-08", BOUNCE),
    _core("bounce_is_not_copied_back_for_the_cpu", "dma", "            machine.memory.write(page, bytes(table.bounce[start : start + machine.page_size]))", "            pass", "DB-CPU-08", BOUNCE),
    _core("bounce_begins_empty", "dma", "    if device.bounces:\n        table.bounce = _copy_of_memory(kernel.machine, table.pages)", "    if device.bounces:\n        table.bounce = bytearray(len(table.pages) * kernel.machine.page_size)", "DB-MAP-02", BOUNCE),
    _core("unmap_leaves_the_data_with_the_device", "dma", "    if not skip_sync:\n        _refresh_for_cpu(kernel.machine, table, direction)\n    table.device, table.bounce", "    table.device, table.bounce", "DB-MAP-04", BOUNCE),
    _core("map_leaves_dirty_lines", "dma", "    clean_for_device(kernel.machine, table.pages, direction)\n    if device.bounces:", "    if device.bounces:", "DB-MAP-02"),
    _core("a_written_back_line_stays_dirty", "hardware", "            line.dirty = False", "            pass", "DB-CPU-05"),
    _core("stores_go_through_the_cache", "hardware", "            line.dirty = True", "            self.memory.write(start, bytes(line.data))", "DB-CPU-05"),
    _core("loads_pass_the_cache_by", "hardware", "            line = self.lines.get(start)\n            if line is None:\n                line = Line(bytearray(self.memory.read(start, self.line_size)))\n                if self.keep", "            line = None\n            if line is None:\n                line = Line(bytearray(self.memory.read(start, self.line_size)))\n                if self.keep", "DB-CPU-05"),
    # ------------------------------------------------------------ files and the core
    _core("look_up_without_a_reference", "files", "        return self.peek(number).get()", "        return self.peek(number)", "DB-REF-02"),
    _core("look_up_of_a_closed_number_succeeds", "files", "        del self.table[number]\n        file.put()", "        file.put()", "DB-FD-04"),
    _core("close_keeps_its_reference", "files", "        del self.table[number]\n        file.put()", "        del self.table[number]", "DB-REF-01"),
    _core("release_with_one_reference_left", "files", "        if self.refs == 0:\n            self.kernel.defer", "        if self.refs <= 1:\n            self.kernel.defer", "DB-REF-01"),
    _core("release_in_the_middle_of_put", "files", "            self.kernel.defer(self.subject, self._release)", "            self._release()", "DB-REF-01"),
    _core("release_never", "files", "            self.kernel.defer(self.subject, self._release)", "            pass", "DB-REF-01"),
    _core("export_of_nothing_succeeds", "dma_buf", "exporter is None or priv is None", "exporter is None", "DB-EXP-01"),
    _core("a_failed_export_goes_on", "dma_buf", "    kernel.may_fail(\"dma_buf_export\", ENOMEM)\n", "    kernel.fails(\"dma_buf_export\")\n", "DB-EXP-03", posted=True),
    _core("the_descriptor_takes_a_reference_of_its_own", "dma_buf", "    descriptors.install(number, buffer.file)", "    descriptors.install(number, buffer.file.get())", "DB-FD-02"),
    _core("get_takes_any_file_for_a_buffer", "dma_buf", "        file.put()\n        raise Failure(EINVAL, \"no dma-buf\")", "        pass", "DB-REF-02", posted=True),
    _core("a_failed_attach_stays_on_the_list", "dma_buf", "        kernel.may_fail(\"attach\", ENOMEM)\n        buffer.exporter.attach(buffer, attachment)\n        buffer.attachments.append(attachment)", "        buffer.attachments.append(attachment)\n        kernel.may_fail(\"attach\", ENOMEM)\n        buffer.exporter.attach(buffer, attachment)", "DB-ATT-01"),
    _core("detach_leaves_the_attachment_listed", "dma_buf", "        buffer.attachments.remove(attachment)", "        pass", "DB-ATT-02"),
    _core("detach_does_not_tell_the_exporter", "dma_buf", "        buffer.exporter.detach(buffer, attachment)", "        pass", "DB-ATT-02"),
    _core("begin_is_end", "dma_buf", "    buffer.exporter.begin_cpu_access(buffer, direction)", "    buffer.exporter.end_cpu_access(buffer, direction)", "DB-CPU-05"),
    _core("end_is_begin", "dma_buf", "    buffer.exporter.end_cpu_access(buffer, direction)", "    buffer.exporter.begin_cpu_access(buffer, direction)", "DB-CPU-05"),
    _core("end_does_nothing", "dma_buf", "        end_cpu_access(buffer, direction)\n    else:", "        pass\n    else:", "DB-CPU-05"),
    _core("the_flags_mean_the_opposite", "dma_buf", "{READ: Direction.FROM_DEVICE, WRITE: Direction.TO_DEVICE,", "{READ: Direction.TO_DEVICE, WRITE: Direction.FROM_DEVICE,", "DB-CPU-06"),
    _core("an_area_holds_no_file", "dma_buf", "    file.get()\n    return vma", "    return vma", "DB-MMAP-02", posted=True),
    _core("an_area_is_never_let_go", "dma_buf", "    vma.pages.clear()\n    vma.file.put()", "    vma.pages.clear()", "DB-MMAP-02", posted=True),
    _core("an_area_may_be_longer_than_the_buffer", "dma_buf", "length <= 0 or offset < 0 or offset + length > buffer.size", "length <= 0", "DB-MMAP-01", posted=True),
    _core("the_wrong_error_for_storage_out_of_reach", "heap", "raise Failure(EBUSY, \"the device cannot use such storage\")", "raise Failure(EINTR)", "DB-ATT-01"),
    Mutant("begin_syncs_one_device_only", "dma_buf", TWO_BOUNCED, "heap", "                    dma.sync_sg_for_cpu(kernel, attached.table, self._way(direction), attached.table.original)", "                    dma.sync_sg_for_cpu(kernel, attached.table, self._way(direction), attached.table.original)\n                    break", "DB-CPU-08", kind=CALLS + f"{TWO_MAPPED} device_writes@Device.1 begin_cpu_access@bidirectional"),
    Mutant("end_syncs_one_device_only", "dma_buf", TWO_BOUNCED, "heap", "                    dma.sync_sg_for_device(kernel, attached.table, self._way(direction), attached.table.original)", "                    dma.sync_sg_for_device(kernel, attached.table, self._way(direction), attached.table.original)\n                    break", "DB-CPU-08", kind=CALLS + f"{TWO_MAPPED} begin_cpu_access@bidirectional cpu_writes end_cpu_access"),
    _core("a_failed_begin_has_synced", "heap", "        kernel.may_fail(\"begin interrupted\", EINTR)\n", "        for attached in priv.attachments:\n            if attached.mapped:\n                dma.sync_sg_for_cpu(kernel, attached.table, self._way(direction), attached.table.original)\n        kernel.may_fail(\"begin interrupted\", EINTR)\n", "DB-CPU-02"),
    _core("begin_refuses_without_a_device", "heap", "        kernel.may_fail(\"begin interrupted\", EINTR)\n", "        if not priv.attachments:\n            raise Failure(ENOMEM)\n        kernel.may_fail(\"begin interrupted\", EINTR)\n", "DB-CPU-10"),
    # ------------------------------------------------------------ importers that break their duties
    _importer("an_importer_puts_while_attached", "        self.attachment = dma_buf.attach(self.buffer, self.device)", "        self.attachment = dma_buf.attach(self.buffer, self.device)\n        dma_buf.put(self.buffer)", "DB-ATT-02", "after Device.0: attach(Device.0) they differ"),
    _importer("an_importer_puts_and_detaches_then", "        dma_buf.detach(self.attachment)", "        dma_buf.put(self.attachment.buffer)\n        self.attachment.buffer.kernel.run_deferred()\n        dma_buf.detach(self.attachment)", "DB-ATT-02", "released that devices are attached to", CALLS + "export_buffer install_fd get attach close_fd detach"),
    _importer("an_importer_puts_twice", "        dma_buf.put(self.buffer)", "        dma_buf.put(self.buffer)\n        dma_buf.put(self.buffer)", "DB-REF-01", "a reference to a file is dropped that nobody has", CALLS + "export_buffer install_fd get close_fd put"),
    _importer("an_importer_forgets_to_put", "        dma_buf.put(self.buffer)", "        pass", "DB-REF-01", "after Device.0: put(Device.0) they differ", posted=False),
    _importer("an_importer_detaches_twice", "        dma_buf.detach(self.attachment)", "        dma_buf.detach(self.attachment)\n        dma_buf.detach(self.attachment)", "DB-ATT-02", "list corruption"),
    _importer("an_importer_forgets_to_detach", "        dma_buf.detach(self.attachment)", "        pass", "DB-ATT-02", "after Device.0: detach(Device.0) they differ"),
    _importer("an_importer_goes_on_with_what_it_detached", "        self.attachment = dma_buf.attach(self.buffer, self.device)", "        self.attachment = vars(self).get(\"kept\") or dma_buf.attach(self.buffer, self.device)\n        vars(self)[\"kept\"] = self.attachment", "DB-ATT-02", "after Device.0: attach(Device.0) they differ"),
    _importer("an_importer_unmaps_twice", "        dma_buf.unmap_attachment(self.attachment, self.table, self.direction)", "        dma_buf.unmap_attachment(self.attachment, self.table, self.direction)\n        dma_buf.unmap_attachment(self.attachment, self.table, self.direction)", "DB-MAP-03", "a table is unmapped that is not mapped"),
    _importer("an_importer_unmaps_in_another_direction", "        dma_buf.unmap_attachment(self.attachment, self.table, self.direction)", "        dma_buf.unmap_attachment(self.attachment, self.table, Direction.BIDIRECTIONAL)", "DB-MAP-03", "unmapped with another direction"),
    _importer("an_importer_forgets_to_unmap", "        dma_buf.unmap_attachment(self.attachment, self.table, self.direction)", "        pass", "DB-MAP-03", "after Device.0: unmap(Device.0", posted=False),
    _importer("an_importer_goes_on_with_what_it_unmapped", "        self.table = dma_buf.map_attachment(self.attachment, direction)", "        self.table = vars(self).get(\"kept\") or dma_buf.map_attachment(self.attachment, direction)\n        vars(self)[\"kept\"] = self.table", "DB-MAP-03", "after Device.0: map(Device.0"),
    _importer("an_importer_holds_the_exporters_lock", "        self.attachment = dma_buf.attach(self.buffer, self.device)", "        with self.buffer.priv.lock:\n            self.attachment = dma_buf.attach(self.buffer, self.device)", "DB-ATT-03, DB-LOCK-02", "waits for lock, which it holds"),
    Mutant("begin_walks_the_cores_list_under_its_own_lock", "dma_buf", "DEVICES=1 THREADS=1 COHERENT=true", "heap", "            for attached in kernel.walk(priv.attachments, \"next attachment\"):\n                kernel.point(\"is it mapped?\")\n                if attached.mapped:\n                    kernel.point(\"sync it for the CPU\")", "            buffer.lock.lock()\n            buffer.lock.unlock()\n            for attached in kernel.walk(priv.attachments, \"next attachment\"):\n                kernel.point(\"is it mapped?\")\n                if attached.mapped:\n                    kernel.point(\"sync it for the CPU\")", "DB-ATT-03, DB-LOCK-02", posted=True, kind=INTERLEAVINGS, says="wait for ever"),
    # ------------------------------------------------------------ the heap
    _heap("sync_for_the_cpu_without_a_mapping", "                if attached.mapped:\n                    kernel.point(\"sync it for the CPU\")", "                if attached:\n                    kernel.point(\"sync it for the CPU\")", "DB-CPU-09", posted=True),
    _heap("sync_for_the_device_without_a_mapping", "                if attached.mapped:\n                    kernel.point(\"sync it for the device\")", "                if attached:\n                    kernel.point(\"sync it for the device\")", "DB-CPU-09", posted=True),
    _heap("the_entries_are_not_told", "            attached.table.nents = count\n", "", "DB-MAP-02", "DEVICES=1 THREADS=1 COHERENT=true IOMMU=true", posted=True),
    _heap("unmapped_with_the_entries_that_were_mapped", "            dma.unmap_sg(kernel, table, self._way(direction), table.original)", "            dma.unmap_sg(kernel, table, self._way(direction), table.nents)", "DB-CPU-07", "DEVICES=1 THREADS=1 COHERENT=true IOMMU=true", posted=True),
    _heap("mapped_as_announced_only", "        return Direction.BIDIRECTIONAL if self.both_ways else direction", "        return direction", "DB-CPU-07", posted=True),
    _heap("end_counts_the_kernel_mapping_off", "                kernel.point(\"flush_kernel_vmap_range\")", "                kernel.point(\"flush_kernel_vmap_range\")\n                priv.vmap_count -= 1", "DB-CPU-11", posted=True),
    _heap("begin_counts_the_kernel_mapping", "                kernel.point(\"invalidate_kernel_vmap_range\")", "                kernel.point(\"invalidate_kernel_vmap_range\")\n                priv.vmap_count += 1", "DB-CPU-11", posted=True),
    _heap("a_failed_kernel_mapping_is_counted", "        kernel.point(\"make the mapping\")\n", "        kernel.point(\"make the mapping\")\n        priv.vmap_count += 1\n", "DB-VMAP-01", posted=True),
    _heap("mapped_before_it_is", "            kernel.point(\"map the table\")\n", "            kernel.point(\"map the table\")\n            attached.mapped = True\n", "DB-MAP-07"),
    _heap("unmapped_after_it_was", "            attached.mapped = False\n            kernel.point(\"unmap the table\")", "            kernel.point(\"unmap the table\")", "DB-CPU-09"),
    _heap("the_list_is_changed_without_its_lock", "        priv.lock.lock()\n        kernel.point(\"add the attachment to the list\")", "        kernel.point(\"add the attachment to the list\")", "DB-ATT-03", posted=True),
    _heap("a_failed_table_leaves_the_attachment", "        except Failure:\n            kernel.free(attached)\n            raise", "        except Failure:\n            raise", "DB-ATT-01"),
    _heap("the_table_is_freed_twice", "        kernel.free(attached.table)\n", "        kernel.free(attached.table)\n        kernel.free(attached.table)\n", "DB-REF-01"),
    _heap("the_table_is_leaked", "        kernel.free(attached.table)\n", "", "DB-MAP-04"),
    _heap("the_attachment_is_freed_on_the_list", "        priv.attachments.remove(attached)\n", "", "DB-ATT-02"),
    _heap("any_user_takes_the_kernel_mapping_away", "            if priv.vmap_count == 0 and priv.vaddr is not None:", "            if priv.vaddr is not None:", "DB-VMAP-01", "DEVICES=1 THREADS=2 COHERENT=true", kind=INTERLEAVINGS),
    _heap("the_pages_outlive_the_buffer", "        self.kernel.machine.memory.release(priv.pages)\n\n    def _way", "        pass\n\n    def _way", "DB-EXP-02"),
    _heap("begin_leaves_the_line_of_the_kernel_mapping", "                kernel.point(\"invalidate_kernel_vmap_range\")\n                self._invalidate_vmap(priv)\n", "                kernel.point(\"invalidate_kernel_vmap_range\")\n", "DB-CPU-14", ALIASED, CALLS + "dma_heap_vmap dma_buf_attach dma_buf_map_attachment@from_device prefetch_alias device_writes announce@from_device start_access@from_device", posted=True),
    _heap("end_leaves_the_line_of_the_kernel_mapping", "                kernel.point(\"flush_kernel_vmap_range\")\n                self._flush_vmap(priv)\n", "                kernel.point(\"flush_kernel_vmap_range\")\n", "DB-CPU-14", ALIASED, CALLS + "dma_heap_vmap announce@to_device start_access@to_device cpu_writes end_access@to_device"),
    _heap("lines_outlive_the_kernel_mapping", "                self._flush_vmap(priv)\n                self._invalidate_vmap(priv)\n", "                self._flush_vmap(priv)\n", "DB-VMAP-01", ALIASED, CALLS + "dma_heap_vmap prefetch_alias dma_heap_vunmap"),
    _heap("what_was_stored_goes_with_the_kernel_mapping", "                self._flush_vmap(priv)\n                self._invalidate_vmap(priv)\n", "                self._invalidate_vmap(priv)\n", "DB-LINE-01", ALIASED, CALLS + "dma_heap_vmap announce@to_device start_access@to_device cpu_writes dma_heap_vunmap"),
    # ------------------------------------------------------------ udmabuf
    _udmabuf("begin_syncs_for_the_device", "        dma.sync_sg_for_cpu(kernel, own, direction, own.original)", "        dma.sync_sg_for_device(kernel, own, direction, own.original)", "DB-CPU-05", posted=True),
    _udmabuf("end_syncs_for_the_cpu", "        dma.sync_sg_for_device(kernel, own, direction, own.original)", "        dma.sync_sg_for_cpu(kernel, own, direction, own.original)", "DB-CPU-05", posted=True),
    _udmabuf("begin_leaves_importers_tables_alone", "            dma.sync_sg_for_cpu(kernel, table, table.direction, table.original)", "            pass", "DB-CPU-08", BOUNCED, posted=True),
    _udmabuf("end_leaves_importers_tables_alone", "            dma.sync_sg_for_device(kernel, table, table.direction, table.original)", "            pass", "DB-CPU-08", BOUNCED, posted=True),
    _udmabuf("importers_tables_are_synced_as_announced", "            dma.sync_sg_for_cpu(kernel, table, table.direction, table.original)", "            dma.sync_sg_for_cpu(kernel, table, direction, table.original)", "DB-CPU-07", BOUNCED),
    _udmabuf("begin_syncs_importers_tables_for_the_device", "            dma.sync_sg_for_cpu(kernel, table, table.direction, table.original)", "            dma.sync_sg_for_device(kernel, table, table.direction, table.original)", "DB-CPU-05", BOUNCED),
    _udmabuf("end_syncs_importers_tables_for_the_cpu", "            dma.sync_sg_for_device(kernel, table, table.direction, table.original)", "            dma.sync_sg_for_cpu(kernel, table, table.direction, table.original)", "DB-CPU-05", BOUNCED),
    _udmabuf("an_error_pointer_is_kept", "                except Failure:\n                    raise Failure(ENOMEM) from None", "                except Failure as failure:\n                    udmabuf.sg = failure\n                    raise Failure(ENOMEM) from None", "DB-CPU-02", posted=True),
    _udmabuf("two_first_begins", "        with udmabuf.lock:\n            kernel.point(\"is there a table?\")", "        if kernel:\n            kernel.point(\"is there a table?\")", "DB-CPU-11", posted=True),
    _udmabuf("the_table_is_mapped_as_announced", "self._get_table(self.device, udmabuf, Direction.BIDIRECTIONAL)", "self._get_table(self.device, udmabuf, direction)", "DB-MAP-03", posted=True),
    _udmabuf("release_with_another_direction", "self._put_table(udmabuf.sg, Direction.BIDIRECTIONAL)", "self._put_table(udmabuf.sg, Direction.TO_DEVICE)", "DB-MAP-03", posted=True),
    _udmabuf("the_first_begin_does_not_sync", "                udmabuf.sg = table\n", "                udmabuf.sg = table\n                return\n", "DB-CPU-05", posted=True),
    _udmabuf("no_put_at_a_failed_descriptor", "        except Failure:\n            put(buffer)\n            raise", "        except Failure:\n            raise", "DB-FD-02", posted=True),
    _udmabuf("freed_twice_when_the_descriptor_fails", "            put(buffer)\n            raise", "            put(buffer)\n            kernel.free(udmabuf)\n            raise", "DB-EXP-02"),
    _udmabuf("end_without_a_table_succeeds", "            raise Failure(EINVAL)\n        kernel.point(\"sync all for the devices\")", "            return\n        kernel.point(\"sync all for the devices\")", "DB-CPU-11", f"{SMALL} STRAY_END=true"),
    _udmabuf("a_failed_create_keeps_the_pages", "        except Failure:\n            self._unpin(udmabuf)\n            kernel.free(udmabuf)", "        except Failure:\n            kernel.free(udmabuf)", "DB-EXP-02"),
    _udmabuf("release_keeps_the_table", "            self._put_table(udmabuf.sg, Direction.BIDIRECTIONAL)\n", "", "DB-MAP-04"),
    _udmabuf("a_failed_mapping_leaks_its_table", "                raise Failure(EINVAL)\n        except Failure:\n            kernel.free(table)\n            raise", "                raise Failure(EINVAL)\n        except Failure:\n            raise", "DB-MAP-07"),
    _udmabuf("private_mappings_are_given", "        if not vma.shared:", "        if False:", "DB-MMAP-06", USER),
    _udmabuf("udmabuf_tables_say_no_entries", "        table.nents = count\n", "", "DB-MAP-02", posted=True),
    _udmabuf("the_protection_is_the_files_mode", "len(udmabuf.pages) * kernel.machine.page_size, mode=O_RDWR)", "len(udmabuf.pages) * kernel.machine.page_size, mode={3: O_RDWR, 2: 1}.get(protection, 0))", "DB-FD-05", f"{USER} FLAGS=prot_none", posted=True),
    _udmabuf("mapped_write_combined", "        size = self.kernel.machine.page_size\n        vma.pages = udmabuf", "        size = self.kernel.machine.page_size\n        vma.write_combined = True\n        vma.pages = udmabuf", "DB-ALIAS-01", USER, posted=True),
    _udmabuf("mapped_although_made_not_to_be", "        if not udmabuf.protection:", "        if False:", "DB-MMAP-01", f"{USER} FLAGS=prot_none"),
    _udmabuf("mmap_shows_nothing", "        vma.pages = udmabuf.pages[", "        _ = udmabuf.pages[", "DB-MMAP-06", USER),
    _udmabuf("a_cached_table_serves_any_direction", "attachment.direction not in (direction, Direction.BIDIRECTIONAL)", "attachment.direction is Direction.NONE", "DB-SGT-01", module="dma_buf"),
    _udmabuf("a_cached_table_serves_its_direction_only", "attachment.direction not in (direction, Direction.BIDIRECTIONAL)", "attachment.direction is not direction", "DB-SGT-02", module="dma_buf"),
    _udmabuf("a_cached_table_is_unmapped_early", "            raise KernelBug(\"another table is unmapped than was mapped\")\n        return", "            raise KernelBug(\"another table is unmapped than was mapped\")", "DB-SGT-01", module="dma_buf"),
    _udmabuf("a_cached_table_is_never_unmapped", "            buffer.exporter.unmap(attachment, attachment.table, attachment.direction)\n", "", "DB-MAP-04", module="dma_buf"),
    _udmabuf("a_cached_table_is_unmapped_both_ways", "buffer.exporter.unmap(attachment, attachment.table, attachment.direction)", "buffer.exporter.unmap(attachment, attachment.table, Direction.BIDIRECTIONAL)", "DB-MAP-03", module="dma_buf"),
    _udmabuf("tables_are_not_cached", "    if exporter.cache_sgt_mapping:", "    if False:", "DB-SGT-01", module="dma_buf"),
    # ------------------------------------------------------------ gntdev
    _gntdev("the_descriptor_lives_before_the_list", "        kernel.point(\"hold the node\")\n", "        descriptors.install(number, buffer.file)\n        kernel.point(\"hold the node\")\n", "DB-FD-01", posted=True),
    _gntdev("one_waiter_is_woken", "                waiter.done.complete_all()", "                waiter.done.complete_all()\n                break", "GX-W-04", "WAITERS=2", INTERLEAVINGS),
    _gntdev("nobody_is_woken", "                waiter.done.complete_all()", "                pass", "GX-W-04"),
    _gntdev("look_up_without_a_reference_to_the_data", "            found.refcount.get()", "            pass", "GX-W-02"),
    _gntdev("the_reference_is_not_put_without_memory", "        kernel.point(\"put the reference from the look-up\")\n        self._put(xen)", "        kernel.point(\"put the reference from the look-up\")\n        if waiter is not None:\n            self._put(xen)", "GX-W-03", posted=True),
    _gntdev("the_reference_is_never_put", "        kernel.point(\"put the reference from the look-up\")\n        self._put(xen)", "        kernel.point(\"put the reference from the look-up\")", "GX-W-03"),
    _gntdev("the_waiter_is_listed_after_the_put", "        if waiter is not None:\n            priv.waiting.append(waiter)\n        kernel.point(\"put the reference from the look-up\")\n        self._put(xen)", "        kernel.point(\"put the reference from the look-up\")\n        self._put(xen)\n        if waiter is not None:\n            priv.waiting.append(waiter)", "GX-W-02"),
    _gntdev("the_waiter_is_freed_on_the_list", "            priv.waiting.remove(waiter)\n", "", "GX-W-05"),
    _gntdev("the_waiter_is_leaked", "            kernel.free(waiter)\n", "", "GX-W-05"),
    _gntdev("an_older_buffer_keeps_its_number", "                older.fd = None", "                pass", "DB-FD-04", TWO, CALLS + "gntdev_open dmabuf_exp_from_refs dma_buf_attach close_fd dmabuf_exp_from_refs", posted=True),
    _gntdev("the_node_is_not_held", "        self._node().get()\n", "", "DB-REF-04", posted=True),
    _gntdev("the_node_is_never_let_go", "        self._node().put()\n", "", "DB-REF-04"),
    _gntdev("a_failed_export_keeps_the_number", "            kernel.free(xen)\n            descriptors.unreserve(number)", "            kernel.free(xen)", "DB-FD-02"),
    _gntdev("a_failed_export_frees_twice", "            kernel.free(xen)\n            descriptors.unreserve(number)", "            kernel.free(xen)\n            kernel.free(xen)\n            descriptors.unreserve(number)", "DB-EXP-02", posted=True),
    _gntdev("a_failed_export_keeps_the_grant_mapping", "            kernel.point(\"remove the grant mapping again\")\n            self._remove_map(priv, grant)", "            kernel.point(\"remove the grant mapping again\")", "GX-W-07"),
    _gntdev("the_limit_is_not_looked_at", "        if self.pages_mapped > self.memory.pages:", "        if False:", "DB-EXP-04", "BUFFERS=2 NUMBERS=2 UNITS=4 WAITING=false"),
    _gntdev("the_size_is_cut_off", "            size = grant.count * kernel.machine.page_size", "            size = (grant.count * kernel.machine.page_size) % (2 * kernel.machine.page_size)", "DB-EXP-04", "BUFFERS=2 NUMBERS=2 UNITS=4 WAITING=false", posted=True),
    _gntdev("an_index_unmaps_a_buffers_pages", "                if not grant.exported:", "                if grant:", "GX-W-07", "THREADS=2 UNMAP_IOCTL=true WAITING=false", posted=True),
    _gntdev("unmap_does_nothing", "        _priv(attachment.buffer).mapped.remove(table)\n        dma.unmap_sg(self.kernel, table, direction, table.original)\n        self.kernel.free(table)", "        pass", "DB-MAP-04", MAPPING, posted=True),
    _gntdev("a_grants_table_says_no_entries", "SgTable(list(xen.map.pages), nents=len(xen.map.pages))", "SgTable(list(xen.map.pages))", "DB-MAP-02", CACHES, posted=True),
    _gntdev("a_failed_mapping_leaks_the_table", "            kernel.free(table)\n            raise", "            raise", "DB-MAP-07", MAPPING, posted=True),
    _gntdev("no_work_on_caches_at_begin", "            dma.sync_sg_for_cpu(self.kernel, table, direction, table.original)", "            pass", "DB-SGT-05", CACHES, posted=True),
    _gntdev("no_work_on_caches_at_end", "            dma.sync_sg_for_device(self.kernel, table, direction, table.original)", "            pass", "DB-SGT-05", CACHES, posted=True),
    _gntdev("a_node_is_opened_without_its_device", "        self.priv = self.kernel.track(GntdevPriv(self.device))", "        self.priv = self.kernel.track(GntdevPriv(None))", "DB-EXP-01", CALLED, CALLS + "gntdev_open dmabuf_exp_from_refs", posted=True),
    _gntdev("grants_are_mapped_twice", "            self._map_pages(grant)\n", "            self._map_pages(grant)\n            self._map_pages(grant)\n", "GX-W-07", CALLED, CALLS + "gntdev_open dmabuf_exp_from_refs", posted=True),
    _gntdev("grants_are_mapped_for_reading", "        grant.granted = grant.writable = True", "        grant.granted = True", "DB-FD-05", MAPPING, posted=True),
    _gntdev("kmap_gives_nothing", "        return _priv(buffer).map.pages", "        return []", "DB-KMAP-01", CACHES, posted=True),
    _gntdev("mmap_shows_no_pages", "        vma.pages = list(_priv(buffer).map.pages)", "        vma.pages = []", "DB-MMAP-06", CACHES, posted=True),
    _gntdev("who_is_killed_waits_on", "lambda: caller in self.killed", "lambda: False", "GX-W-06", "FOREVER=true", posted=True),
    _gntdev("a_time_out_reads_as_released", "            told, word = ETIMEDOUT, \"timed_out\"", "            told, word = 0, \"released\"", "GX-W-01"),
    _gntdev("an_unknown_number_times_out", "            self.told[caller] = \"no_entry\"", "            self.told[caller] = \"timed_out\"", "GX-W-01"),
    _gntdev("freed_before_it_is_off_the_list", "        xen.priv.exported.remove(xen)\n        kernel.point(\"free the buffer's data\")\n        kernel.free(xen)", "        kernel.free(xen)\n        kernel.point(\"free the buffer's data\")\n        xen.priv.exported.remove(xen)", "DB-EXP-03"),
    _gntdev("a_lock_is_forgotten_in_look_up", "                found = xen\n        kernel.point(\"take a reference\")\n        if found is not None:\n            found.refcount.get()\n        self.dmabuf_lock.unlock()", "                found = xen\n        kernel.point(\"take a reference\")\n        if found is not None:\n            found.refcount.get()", "GX-W-02"),
    # ------------------------------------------------------------ a udmabuf of listed pages
    _pages("no_put_at_a_failed_descriptor_of_pages", "        except Failure:\n            put(buffer)\n            raise", "        except Failure:\n            raise", "DB-FD-02", posted=True),
    _pages("a_merged_table_tells_of_all_its_pages", "        table.nents = count\n", "        table.nents = table.original\n", "DB-MAP-02", module="udmabuf", posted=True),
    _pages("a_buffer_without_a_page", "        if udmabuf.pagecount == 0:", "        if False:", "DB-EXP-04", posted=True),
    _pages("seals_for_the_future_are_not_looked_at", "        if memfd.write_sealed or memfd.future_write_sealed:", "        if memfd.write_sealed:", "DB-MAP-05", SEALED, kind=SEALED_FIRST, posted=True),
    _pages("the_inode_is_not_locked", "        memfd.inode.lock_for_read()\n", "", "DB-MAP-05", SEALED, kind=SEALED_FIRST, posted=True),
    _pages("sealed_although_pages_are_held", "            if not future and any(self.references.values()):", "            if False:", "DB-MAP-05", SEALED, kind=CALLS + "udmabuf_ioctl_create@1 memfd_add_seals@false"),
    _pages("a_fault_behind_the_buffer", "        if number >= udmabuf.pagecount:", "        if False:", "DB-MMAP-01", TOUCHED, posted=True),
    _pages("a_fault_at_the_beginning_of_the_buffer", "        number = vma.offset // self.kernel.machine.page_size + page", "        number = page", "DB-MMAP-06", TOUCHED),
    _pages("a_fault_takes_no_reference", "        self.shared.references[udmabuf.pages[number]] += 1\n", "", "DB-REF-01", TOUCHED),
    _pages("an_area_keeps_its_references", "            self.shared.put_page(page)\n", "            pass\n", "DB-REF-01", TOUCHED),
    _pages("private_areas_are_given", "        if not vma.shared:", "        if False:", "DB-MMAP-06", TOUCHED),
    _pages("pages_are_taken_without_a_reference", "        self.references[page] += 1\n", "", "DB-MAP-05"),
    _pages("what_failed_keeps_its_pages", "            self.shared.put_page(udmabuf.pages.pop())", "            udmabuf.pages.pop()", "DB-EXP-02"),
    _pages("the_array_is_leaked", "        if udmabuf.array is not None:", "        if False:", "DB-EXP-02"),
    _pages("the_list_is_leaked", "            kernel.point(\"free the list\")\n            kernel.free(copied)\n", "            kernel.point(\"free the list\")\n", "DB-EXP-02"),
    _pages("a_list_that_cannot_be_read_is_leaked", "        except Failure:\n            kernel.free(copied)\n", "        except Failure:\n", "DB-EXP-02"),
    _pages("any_number_of_pages", "            if udmabuf.pagecount > self.page_limit:", "            if False:", "DB-EXP-04"),
    _pages("any_number_of_ranges", "        if count > self.list_limit:", "        if False:", "DB-EXP-04"),
    _pages("a_memfd_that_will_not_do_stays_locked", "            if udmabuf.memfd_held:\n                self._give_memfd_back(udmabuf)\n", "", "DB-EXP-03"),
    _pages("a_page_that_is_not_there_is_passed_over", "        if error is not None:\n            raise error\n", "", "DB-EXP-03"),
    # ------------------------------------------------------------ videobuf2
    _vb2("a_dma_buf_is_given_out_twice", REMEMBERED, REMEMBERS, "DB-REF-03", "vb2_expbuf vb2_expbuf", "they differ", posted=True),
    _vb2("a_dma_buf_that_has_gone_is_given_out", REMEMBERED, REMEMBERS, "DB-REF-03", "vb2_expbuf close_descriptor vb2_expbuf", "they differ", posted=True),
    _vb2("memory_puts_the_dma_buf_made_of_it", "        if buffer.refs.put():\n", "        if buffer.refs.put():\n            for made in self.kernel.alive.get(\"DmaBuf\", {}).values():\n                put(made)\n", "DB-REF-01", "vb2_expbuf close_node close_descriptor", "a reference to a file is dropped that nobody has", posted=True),
    _vb2("a_dma_buf_does_not_hold_its_memory", "        plane.refs.get()\n", "", "DB-REF-04", "vb2_expbuf close_node close_descriptor", "they differ", posted=True),
    _vb2("no_put_at_a_failed_descriptor_of_memory", "            except Failure:\n                put(buffer)\n                raise", "            except Failure:\n                raise", "DB-FD-02", "vb2_expbuf vb2_expbuf vb2_expbuf", "they differ", posted=True),
    _vb2("a_table_serves_any_direction", "            if kept.direction is direction:", "            if kept:", "DB-SGT-01", IMPORTED + " vb2_dc_dmabuf_ops_map@from_device", "they differ", posted=True),
    _vb2("a_table_is_left_for_the_next", "            self._drop_table(attachment)\n        pages", "        pages", "DB-MAP-04", IMPORTED + " vb2_dc_dmabuf_ops_map@from_device"),
    _vb2("a_table_outlives_the_attachment", "    def detach(self, buffer: DmaBuf, attachment: Attachment) -> None:\n        self._drop_table(attachment)", "    def detach(self, buffer: DmaBuf, attachment: Attachment) -> None:\n        pass", "DB-ATT-02", IMPORTED + " release_import"),
    _vb2("unmap_does_not_wait_for_detach", "        \"\"\"The table stays for the next time.\"\"\"", "        self._drop_table(attachment)", "DB-SGT-05", IMPORTED),
    _vb2("reqbufs_takes_what_others_have", "                if self.plane.refs.count > 1:", "                if False:", "DB-REF-04", "vb2_expbuf vb2_reqbufs@false"),
    _vb2("reqbufs_forgets_what_it_frees", "                self._free()\n            if wanted", "                self.plane = None\n            if wanted", "DB-REF-04", "vb2_reqbufs@false"),
    _vb2("the_node_keeps_the_memory", "        self._cancel()\n        self._free()\n", "        self._cancel()\n", "DB-REF-04", "close_node"),
    _vb2("expbuf_takes_no_lock", "        with self.lock:\n            kernel.point(\"is there a buffer?\")\n            if self.plane is None:", "        if kernel:\n            kernel.point(\"is there a buffer?\")\n            if self.plane is None:", "DB-LOCK-04", "vb2_expbuf"),
    _camera("cancel_does_not_finish", "        if self.prepared:\n            self._finish()\n", "", "DB-PREP-02", "vb2_qbuf vb2_streamon vb2_streamoff", "they differ", posted=True),
    _camera("what_was_cancelled_is_read_from_the_cache", "        if self.prepared:\n            self._finish()\n", "        self.prepared = False\n", "DB-CPU-05", "cpu_writes vb2_qbuf vb2_streamon capture vb2_streamoff", "they differ", posted=True),
    _camera("streamon_forgets_what_was_queued", "            if self.state == \"queued\":", "            if False:", "DB-PREP-02", "vb2_qbuf vb2_streamon"),
    _camera("what_is_queued_is_not_prepared", "        self.state = \"active\"\n        self._prepare()", "        self.state = \"active\"", "DB-PREP-02", "vb2_qbuf vb2_streamon"),
    _camera("the_hook_does_not_clean", "        dma.sync_sg_for_device(self.kernel, table, table.direction, table.original)\n", "", "DB-CPU-05", "cpu_writes vb2_qbuf vb2_streamon"),
    _camera("the_hook_does_not_invalidate", "        dma.sync_sg_for_cpu(self.kernel, table, table.direction, table.original)\n", "", "DB-CPU-05", "vb2_qbuf vb2_streamon prefetch capture vb2_buffer_done"),
    _camera("done_is_not_finished", "        self._finish()\n        self.state = \"done\"", "        self.state = \"done\"", "DB-PREP-02", "vb2_qbuf vb2_streamon vb2_buffer_done"),
    _camera("queued_twice", "            if self.plane is None or self.state != \"dequeued\":", "            if self.plane is None:", "DB-PREP-02", "vb2_qbuf vb2_qbuf"),
    _camera("dqbuf_waits_with_the_lock", "            self.lock.unlock()\n            if nonblocking:\n                raise Failure(EAGAIN)\n            self._wait()\n", "            if nonblocking:\n                raise Failure(EAGAIN)\n            self._wait()\n", "DB-LOCK-04", "vb2_qbuf vb2_streamon vb2_dqbuf"),
    _camera("memory_goes_while_it_streams", "            if self.streaming:\n                raise Failure(EBUSY)\n            kernel.point(\"is there", "            kernel.point(\"is there", "DB-MAP-05", "vb2_streamon vb2_reqbufs@false"),
    # ------------------------------------------------------------ page tables of user space
    _shot("page_tables_stay_when_a_device_comes", "        self._shoot_down(storage)\n", "", "DB-MMAP-03", f"{SHOWN} begin_device_access@from_device", FAKED, posted=True),
    _shot("an_areas_cache_is_left_at_begin", "            dma.sync_sg_for_cpu(self.kernel, table, direction, table.original)", "            pass", "DB-CPU-05", "export_buffer mmap_with_descriptor begin_device_access@from_device prefetch device_writes begin_cpu_access@from_device", ANNOUNCED, posted=True),
    _shot("page_tables_of_all_buffers_go", "self.shootdown is Shootdown.OWN_FILE and area.file is storage.file", "isinstance(area.file.subject, Storage)", "DB-MMAP-04", "export_buffer export_buffer mmap_with_descriptor@DmaBuf.0 fault begin_device_access@DmaBuf.1", FAKED_TWICE, posted=True),
    _shot("a_failed_mmap_puts_the_importers_file_twice", "            area.file, process.kept = process.kept, None\n            area.offset = 0\n            buffer.file.put()\n", "            process.kept.put()\n            process.kept = None\n", "DB-MMAP-02", posted=True),
    _shot("a_fault_behind_what_was_enlarged", "        if vma.offset + vma.length > len(storage.pages) * self.kernel.machine.page_size:", "        if False:", "DB-MMAP-01", "export_buffer@1 mmap_with_descriptor fault mremap", GROWING, posted=True),
    _shot("a_fault_beside_a_device", "        if storage.at_device and self.shootdown is not Shootdown.NEVER:", "        if False:", "DB-MMAP-03", "export_buffer mmap_with_descriptor begin_device_access@to_device", FAKED),
    _shot("a_fault_when_the_buffer_is_gone", "        if storage.orphaned:", "        if False:", "DB-REF-04", "export_buffer mmap_with_descriptor close_fd dma_buf_release", FAKED),
    _shot("an_areas_cache_is_left_at_end", "            dma.sync_sg_for_device(self.kernel, table, direction, table.original)", "            pass", "DB-CPU-05", "export_buffer mmap_with_descriptor begin_device_access@to_device begin_cpu_access@to_device cpu_writes end_cpu_access", ANNOUNCED),
    _shot("the_cache_is_left_when_the_device_goes", "        dma.unmap_sg(self.kernel, table, direction, table.original)", "        dma.unmap_sg(self.kernel, table, direction, table.original, skip_sync=True)", "DB-MMAP-03", "export_buffer begin_device_access@from_device prefetch device_writes end_device_access", FAKED),
    _shot("the_buffer_stays_with_a_device_that_has_gone", "        storage.at_device = False\n", "", "DB-MMAP-03", "export_buffer begin_device_access end_device_access", FAKED),
    _shot("the_own_file_is_not_held", "            vma.file = storage.file.get()", "            vma.file = storage.file", "DB-MMAP-02", SHOWN, FAKED),
    _shot("the_buffers_file_is_held_beside_the_own", "            vma.file = storage.file.get()\n            buffer.file.put()", "            vma.file = storage.file.get()", "DB-MMAP-02", SHOWN, FAKED),
    _shot("an_area_keeps_the_importers_file", "        process.kept.put()\n        process.kept = None", "        process.kept = None", "DB-MMAP-02"),
    _shot("an_importers_area_shows_the_beginning", "process.kept, area.file = area.file, buffer.file.get()\n        area.offset = self._bytes(pgoff)\n", "process.kept, area.file = area.file, buffer.file.get()\n", "DB-MMAP-07"),
    _shot("an_importers_area_may_run_over", "        if end < pgoff:", "        if False:", "DB-MMAP-01"),
    _shot("an_importers_area_may_be_longer", "        if self._bytes(end) > buffer.size:", "        if False:", "DB-MMAP-01"),
    _shot("a_buffers_area_may_be_longer", "        if (area.offset + area.length) % self._bytes(self.beyond) > buffer.size:", "        if False:", "DB-MMAP-01"),
    _shot("what_failed_keeps_the_file", "            process.calling.put()\n            self._forget(process)", "            self._forget(process)", "DB-MMAP-02"),
    _shot("munmap_keeps_the_file", "        process.area.file.put()\n        self._forget(process)", "        self._forget(process)", "DB-MMAP-02"),
    _shot("an_area_without_page_tables", "        if not self.faults:\n", "        if False:\n", "DB-MMAP-06"),
    # ------------------------------------------------------------ queues of consumers
    _kds("processes_prepare_in_any_order", "        if not self._comes_next(who, buffer):\n            raise Failure(EDEADLK, \"a buffer that comes later is claimed already\")\n", "", "DB-PREP-01", posted=True),
    _kds("jobs_join_all_queues_before_they_wait", "            kernel.scheduler.wait(lambda queue=queue: queue.owned_by(who), \"wait for the buffer\")\n", "            kernel.point(\"wait for the buffer\")\n", "DB-PREP-01", posted=True),
    _kds("nobody_is_relieved", "            if not self.patience and", "            if False and", "DB-PREP-03", posted=True),
    _kds("relieved_before_anybody_waits", "place.who in self.processes and queue.keeps_waiting(place)", "place.who in self.processes and place.owned", "DB-PREP-03"),
    _kds("devices_are_relieved_too", "not self.patience and place.who in self.processes and", "not self.patience and", "DB-PREP-03"),
    _kds("finish_hands_on_to_nobody", "            place.owned = place.owned or number == 0 or readers", "            pass", "DB-PREP-01"),
    _kds("finish_hands_on_to_everybody", "            place.owned = place.owned or number == 0 or readers", "            place.owned = True", "DB-PREP-02", THREE),
    _kds("readers_wait_for_readers", "        owned = not self.places or (access is Access.SHARED and readers)", "        owned = not self.places", "DB-PREP-02", QUEUE),
    _kds("readers_overtake_writers", "            readers = readers and place.access is Access.SHARED", "            readers = place.access is Access.SHARED", "DB-PREP-02", THREE),
    _kds("writers_join_readers", "(access is Access.SHARED and readers)", "readers", "DB-PREP-02", QUEUE),
    _kds("who_comes_last_is_first", "        self.places.append(Place(who, access, owned))", "        self.places.insert(0, Place(who, access, owned))", "DB-PREP-02", QUEUE),
    _kds("finish_of_what_one_waits_for", "        if not self.queues[buffer].owned_by(who):\n            raise Failure(EINVAL)", "        if self.queues[buffer].place(who) is None:\n            return", "DB-PREP-02", QUEUE),
    _kds("a_signal_leaves_the_place_taken", "            if queue.place(who) is not None:\n                queue.leave(who)\n", "", "DB-PREP-01", f"{QUEUE} SIGNALS=true"),
    _kds("a_signal_reads_as_success", "            raise Failure(EINTR)", "            return", "DB-PREP-01", f"{QUEUE} SIGNALS=true"),
    _kds("a_job_keeps_its_last_buffer", "        while self.claimed_by(who):\n            kernel.point(\"give", "        while self.claimed_by(who)[1:]:\n            kernel.point(\"give", "DB-PREP-02"),
    # ------------------------------------------------------------ buffers with an owner
    _owned("brackets_are_not_counted", "            if priv.brackets == 0:", "            if priv.owner is Owner.CPU:", "DB-OWN-01", "DEVICES=1", posted=True),
    _owned("the_first_end_drops_the_storage", "            if priv.brackets == 0:", "            if priv.owner is Owner.CPU:", "DB-OWN-01", "DEVICES=1 BACKED_AFTER_LAST=false STORAGE_NEEDS_DEVICE=true", posted=True),
    _owned("an_end_too_many_is_passed_over", "            priv.brackets = max(0, priv.brackets - 1)\n            if priv.brackets == 0:", "            priv.brackets = max(0, priv.brackets - 1)\n            if priv.brackets == 0 and priv.owner is Owner.CPU:", "DB-CPU-11", "DEVICES=1 STRAYS=1", posted=True),
    _owned("begin_syncs_what_is_not_mapped", "                for attached in priv.mapped():\n                    way = direction if self.each_call else BOTH\n                    dma.sync_sg_for_cpu", "                for attached in priv.attachments:\n                    way = direction if self.each_call else BOTH\n                    dma.sync_sg_for_cpu", "DB-CPU-09", "THREADS=1 BACKED_AFTER_LAST=false", posted=True),
    _owned("devices_that_have_gone_stay_owners", "        if priv.owner is Owner.DEVICES and not others:\n            priv.written = False\n            self._leave(priv)\n", "", "DB-OWN-02", "DEVICES=1", posted=True),
    _owned("the_last_unmap_skips_the_cache", "skip_sync=not (self.each_call or changes)", "skip_sync=True", "DB-OWN-02", "DEVICES=1", posted=True),
    _owned("a_bounce_buffer_is_not_filled", "self.each_call or attached.device.bounces or priv.owner", "self.each_call or priv.owner", "DB-CPU-08", "BOUNCE=true READERS=true", posted=True),
    _owned("a_bounce_buffer_is_not_emptied", "priv.written and (attached.device.bounces or not others)", "priv.written and not others and not attached.device.bounces", "DB-CPU-08", "DEVICES=1 BOUNCE=true", posted=True),
    _owned("tables_are_mapped_as_asked", "        way = direction if self.each_call else BOTH\n        attached.table.nents", "        way = direction\n        attached.table.nents", "DB-OWN-02", "THREADS=1"),
    _owned("begin_syncs_as_announced", "                    way = direction if self.each_call else BOTH\n                    dma.sync_sg_for_cpu", "                    way = direction\n                    dma.sync_sg_for_cpu", "DB-OWN-02", "DEVICES=1"),
    _owned("every_map_looks_after_the_cache_but_the_first", "priv.owner is not Owner.DEVICES\n", "priv.owner is Owner.DEVICES\n", "DB-OWN-02", "DEVICES=1"),
    _owned("storage_goes_although_it_is_to_stay", "        if self.keeps:\n            return\n", "", "DB-OWN-03", "DEVICES=1"),
    _owned("old_storage_is_given_to_the_next", "            machine.memory.write(page, bytes(machine.page_size))\n", "", "DB-OWN-03", "THREADS=1 BACKED_AFTER_LAST=false"),
    _owned("lines_of_old_storage_stay", "            machine.invalidate(page, machine.page_size)\n", "", "DB-OWN-03", "THREADS=1 BACKED_AFTER_LAST=false"),
    _owned("begin_finds_storage_without_a_device", "            if self.needs_device and not priv.pages and not priv.attachments:", "            if False:", "DB-OWN-04", "DEVICES=1 BACKED_AFTER_LAST=false STORAGE_NEEDS_DEVICE=true"),
    _owned("the_last_end_leaves_it_with_the_cpu", "            priv.owner = Owner.DEVICES\n        else:", "            pass\n        else:", "DB-OWN-02", "DEVICES=1"),
    _owned("what_a_device_wrote_is_forgotten_at_an_end", "        priv.written = unseen or any(attached.use.device_writes for attached in mapped)", "        priv.written = False", "DB-OWN-02", "DEVICES=1"),
    # ------------------------------------------------------------ what they stand on
    Mutant("a_mutex_lets_everybody_in", "udmabuf", "DEVICES=1 THREADS=2 COHERENT=true", "locks", "        self.kernel.scheduler.wait(lambda: self.owner is None, f\"lock {self.name}\")", "        self.kernel.scheduler.wait(lambda: True, f\"lock {self.name}\")", "DB-ATT-03"),
    Mutant("the_last_reference_is_the_one_before", "gntdev", "", "locks", "        return self.count == 0", "        return self.count <= 1", "DB-REF-01"),
    Mutant("no_reference_is_the_last", "gntdev", "", "locks", "        return self.count == 0", "        return False", "DB-REF-01"),
    # ------------------------------------------------------------ equivalent ones
    _core("a_dirty_line_is_evicted", "hardware", "        self.write_back(address)\n        self.lines.pop(", "        self.lines.pop(", "", equivalent="the contract evicts clean lines only: writing back is a step of its own before it"),
    _core("no_direction_reads", "dma", "        return self in (Direction.TO_DEVICE, Direction.BIDIRECTIONAL)", "        return self is not Direction.FROM_DEVICE", "", equivalent="the two differ for Direction.NONE, which dma_buf_map_attachment and the ioctl turn away (DB-MAP-01, DB-CPU-06)"),
    Mutant("the_kernel_mapping_array_lives_longer", "heap_helpers", "DEVICES=1 THREADS=1 COHERENT=true", "heap", "            return self.kernel.track(Vmap(priv.pages))\n        finally:\n            self.kernel.free(array)", "            mapping = self.kernel.track(Vmap(list(priv.pages)))\n        finally:\n            self.kernel.free(array)\n        return mapping", "", equivalent="the array is gone before the step ends either way, and a copy of the list of pages has the same pages"),
)  # fmt: skip
"""All of them."""
