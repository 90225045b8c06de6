"""Which deliberate faults stand for which defects of the code as it was sent to the list.

A defect is a property that `reports/findings.md` has as violated as posted, named by its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

POSTED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "udmabuf": {
        "published_or_put": ("no_put_at_a_failed_descriptor",),
        "read_write_file": ("the_protection_is_the_files_mode",),
        "no_stale_device_read": ("end_syncs_for_the_cpu", "end_leaves_importers_tables_alone"),
        "no_bracket_without_table": ("an_error_pointer_is_kept",),
        "begin_shows_the_newest": ("begin_syncs_for_the_device", "the_first_begin_does_not_sync"),
        "no_stale_cpu_read": ("begin_leaves_importers_tables_alone",),
        "synced_in_other_direction": ("the_table_is_mapped_as_announced",),
        "newest_is_somewhere": ("end_syncs_for_the_cpu",),
        "one_cache_attribute": ("mapped_write_combined",),
        "assertion(dma_unmap_sg)": ("release_with_another_direction",),
        "failed_match(end_cpu_udmabuf)": ("an_error_pointer_is_kept",),
        "leak(SgTable)": ("two_first_begins",),
    },
    "udmabuf_pages": {
        "published_or_put": ("no_put_at_a_failed_descriptor_of_pages",),
        "table_tells_its_addresses": ("a_merged_table_tells_of_all_its_pages",),
        "size_is_the_pages": ("a_buffer_without_a_page",),
        "null_dereference(sg_alloc_table_from_pages)": ("a_buffer_without_a_page",),
        "sealed_memory_gets_no_buffer": ("seals_for_the_future_are_not_looked_at", "the_inode_is_not_locked"),
        "failed_match(udmabuf_vm_fault)": ("a_fault_behind_the_buffer",),
        "range(udmabuf_vm_fault)": ("a_fault_behind_the_buffer",),
    },
    "heap_helpers": {
        "released_unmapped": ("end_counts_the_kernel_mapping_off",),
        "synced_outside_mapping": ("sync_for_the_cpu_without_a_mapping", "sync_for_the_device_without_a_mapping"),
        "table_tells_its_addresses": ("the_entries_are_not_told", "unmapped_with_the_entries_that_were_mapped"),
        "count_is_brackets": (
            "end_counts_the_kernel_mapping_off",
            "begin_counts_the_kernel_mapping",
            "a_failed_kernel_mapping_is_counted",
        ),
        # Only making the kernel mapping and taking it away looked after its lines, and a stray end kept it there.
        "begin_shows_the_newest": ("begin_leaves_the_line_of_the_kernel_mapping",),
        "no_stale_device_read": ("mapped_as_announced_only",),
        "synced_in_other_direction": ("mapped_as_announced_only",),
        "bracket_has_mapping": ("end_counts_the_kernel_mapping_off",),
        "newest_is_somewhere": ("mapped_as_announced_only",),
        "null_dereference(use_kernel_address)": ("end_counts_the_kernel_mapping_off",),
        "use_after_free(use_kernel_address)": ("end_counts_the_kernel_mapping_off",),
    },
    "gntdev": {
        "buffer_keeps_its_data": ("a_failed_export_frees_twice",),
        "published_is_complete": ("the_descriptor_lives_before_the_list",),
        "size_is_right": ("the_size_is_cut_off",),
        "time_out_is_true": ("an_older_buffer_keeps_its_number",),
        # Both came of an mmap of the node; here no node is mapped, and the faults are what that led to.
        "pages_are_mapped_for_both": ("grants_are_mapped_for_reading",),
        "assertion(map_grant_pages)": ("grants_are_mapped_twice",),
        "context_outlives_buffer": ("the_node_is_not_held",),
        "unmapped_is_unmapped": ("unmap_does_nothing",),
        # The table is kept for the next mapping, whoever asks, whatever for: unmapping leaves it.
        "map_gives_a_mapped_table": ("unmap_does_nothing",),
        "leak(SgTable)": ("unmap_does_nothing", "a_failed_mapping_leaks_the_table"),
        "table_tells_its_addresses": ("a_grants_table_says_no_entries",),
        "pages_outlive_buffer": ("an_index_unmaps_a_buffers_pages",),
        "no_stale_device_read": ("no_work_on_caches_at_end",),
        "no_stale_cpu_read": ("no_work_on_caches_at_begin",),
        "kmap_succeeds": ("kmap_gives_nothing",),
        "mmap_is_usable": ("mmap_shows_no_pages",),
        "newest_is_somewhere": ("no_work_on_caches_at_end",),
        "every_call_can_return": ("the_descriptor_lives_before_the_list",),
        "no_entry_is_true": ("the_descriptor_lives_before_the_list",),
        "wait_returns_after_release": ("the_reference_is_not_put_without_memory",),
        "looked_up_references_are_put": ("the_reference_is_not_put_without_memory",),
        "every_wait_can_return": ("the_reference_is_not_put_without_memory", "who_is_killed_waits_on"),
        "deadlock": ("the_reference_is_not_put_without_memory",),
        "list_corruption(gntdev_remove_map)": ("an_index_unmaps_a_buffers_pages",),
        "use_after_free(map_grant_pages)": ("an_index_unmaps_a_buffers_pages",),
        "null_dereference(dmabuf_export)": ("a_node_is_opened_without_its_device",),
    },
    "core": {
        "published_is_complete": ("a_failed_export_goes_on",),
        "references_are_owned": ("a_failed_export_goes_on",),
        "failed_match(dma_buf_put)": ("a_failed_export_goes_on",),
        "null_dereference(dma_buf_map_attachment)": ("an_error_pointer_is_kept",),
        # Both find nothing there, and both make it.
        "pool_exhausted(back_storage)": ("two_first_begins",),
        "attachments_hold_references": ("an_importer_puts_while_attached", "an_importer_puts_and_detaches_then"),
        "listed_attachments_are_there": ("an_importer_goes_on_with_what_it_detached",),
        "every_import_returns": (
            "an_importer_holds_the_exporters_lock",
            "begin_walks_the_cores_list_under_its_own_lock",
        ),
        "every_call_returns": ("begin_walks_the_cores_list_under_its_own_lock",),
        "mapped_storage_is_the_buffers": ("an_importer_goes_on_with_what_it_unmapped", "an_importer_unmaps_twice"),
        "assertion(exp_unmap)": ("an_importer_unmaps_in_another_direction",),
        "leak(Attachment)": ("an_importer_puts_while_attached", "an_importer_forgets_to_detach"),
        "list_corruption(dma_buf_detach)": ("an_importer_detaches_twice",),
        "refcount_underflow(dma_buf_put)": ("an_importer_puts_twice",),
        # The lock is in the buffer, which is gone before the detach has come to its end.
        "unlock_not_held(dma_buf_detach)": ("an_importer_puts_and_detaches_then",),
        # Of exporters that remember a buffer without a reference, to export it again, videobuf2 was the first.
        "get_from_zero(get_dma_buf)": ("a_dma_buf_that_has_gone_is_given_out",),
        "use_after_free(get_dma_buf)": ("a_dma_buf_that_has_gone_is_given_out",),
    },
    "kds": {
        "every_call_returns": ("processes_prepare_in_any_order", "jobs_join_all_queues_before_they_wait"),
        "deadlock": ("processes_prepare_in_any_order", "jobs_join_all_queues_before_they_wait"),
        "every_job_runs": ("nobody_is_relieved", "processes_prepare_in_any_order"),
    },
    "ownership": {
        "synced_outside_mapping": ("begin_syncs_what_is_not_mapped", "devices_that_have_gone_stay_owners"),
        "the_cpu_owns_inside": ("brackets_are_not_counted",),
        "owned_is_backed": ("the_first_end_drops_the_storage",),
        "no_stale_cpu_read": ("the_last_unmap_skips_the_cache", "a_bounce_buffer_is_not_emptied"),
        "no_stale_device_read": ("a_bounce_buffer_is_not_filled", "an_end_too_many_is_passed_over"),
    },
    "vb2": {
        "references_are_owned": ("a_dma_buf_is_given_out_twice", "no_put_at_a_failed_descriptor_of_memory"),
        "memory_outlives_users": ("a_dma_buf_is_given_out_twice", "a_dma_buf_does_not_hold_its_memory"),
        "remembered_is_alive": ("a_dma_buf_that_has_gone_is_given_out",),
        "mapped_as_asked": ("a_table_serves_any_direction",),
        # Who touches what has gone does not come back, and has the lock.
        "every_call_returns": ("a_dma_buf_that_has_gone_is_given_out",),
        "leak(Buffer)": ("no_put_at_a_failed_descriptor_of_memory",),
        "refcount_underflow(vb2_dc_put)": ("memory_puts_the_dma_buf_made_of_it",),
        "use_after_free(vb2_dc_put)": ("memory_puts_the_dma_buf_made_of_it", "a_dma_buf_does_not_hold_its_memory"),
    },
    "vb2_streaming": {
        "finished_before_user_space": ("cancel_does_not_finish",),
        "no_stale_cpu_read": ("what_was_cancelled_is_read_from_the_cache",),
    },
    "core_mmap": {
        "owners_have_references": ("an_area_holds_no_file", "a_failed_mmap_puts_the_importers_file_twice"),
        "get_from_zero(mmap_with_handle)": ("an_area_holds_no_file", "a_failed_mmap_puts_the_importers_file_twice"),
        "refcount_underflow(fput_handle)": ("an_area_holds_no_file", "a_failed_mmap_puts_the_importers_file_twice"),
        "leak(DmaBuf)": ("an_area_is_never_let_go", "a_failed_mmap_puts_the_importers_file_twice"),
        "mapping_within_buffer": ("an_area_may_be_longer_than_the_buffer", "a_fault_behind_what_was_enlarged"),
        "null_dereference(dma_buf_mmap_internal)": ("get_takes_any_file_for_a_buffer",),
        "use_after_free(dma_buf_mmap_internal)": ("get_takes_any_file_for_a_buffer",),
        # An exporter that does neither: it takes no page tables away, and has no brackets to be announced in.
        "mapping_shows_newest": ("page_tables_stay_when_a_device_comes", "an_areas_cache_is_left_at_begin"),
        "assertion(cpu_reads)": ("page_tables_stay_when_a_device_comes", "an_areas_cache_is_left_at_begin"),
        "only_own_mappings_go": ("page_tables_of_all_buffers_go",),
    },
}
