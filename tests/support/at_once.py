"""The heap helpers with their walks in one step, made from `spec/heap_helpers.custody` by what is listed here.

A walk in steps goes through the list in some order, which tells the devices apart, so that it cannot be counted.  The
text is kept beside the tests, because a certificate for any number of devices is bound to it.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec/heap_helpers.custody"
AT_ONCE = ROOT / "tests/prove/heap_helpers_at_once.custody"

_REASONS = """
# The heap helpers of spec/heap_helpers.custody for a proof with any number of devices. It is made from that text by
# tests/support/at_once.py, a test holds it to that, and it differs in this:
#
#   walks in one step   Begin and end walk the list with the buffer's lock held, which everybody needs who changes
#       the list or a mapping. A careful user has announced himself by then, so that no device writes and no mapping
#       begins or ends. What is left to come between two steps of the walk are fills, write-backs and evictions of
#       the one cache line. Without bounce buffers every step of a walk does the same to the line: it drops it, or it
#       writes it back. Done once more after some of these, the line is as if they had come before the walk or after
#       it. So the same states are reached; tests/prove/test_at_once.py compares them at two devices.
#   one direction       Importers map both ways. Whoever does reads and writes all that another does, and the helpers
#       map both ways whatever they are asked.
#   own objects         Each device has an attachment and a table of its own. What is taken from a pool differs from
#       that in its name only.
#   no kernel mapping   Drivers that map the buffer into the kernel meet the devices at the lock and nowhere else, as
#       long as that mapping has no cache line of its own. Nobody does so here; the instances of that text have it.
#   a smaller buffer    Two pages, of which nothing here depends: no user space maps the buffer.
"""

_INSTANCES = ("\ninstance noncoherent\n", "\nrole Thread[THREADS] is user\n")
"""What stands from the first to the second goes; the sizes are given instead."""

_CHANGES = (
    ("model heap_helpers\n", "model heap_helpers_at_once\n"),
    ("param THREADS = 2 in 1..3\n", "param THREADS = 1\n"),
    ("object SgTable[DEVICES]\n", "object SgTable[Device]\n"),
    ("object Attachment[DEVICES]\n", "object Attachment[Device]\n"),
    ("    dev: Device\n    table: SgTable?\n", "    dev: Device?\n    table: SgTable?\n"),
    ("procedure dma_heap_attach(dev: Device) ", "procedure dma_heap_attach(dev: Device?) "),
    ("procedure dma_heap_detach(dev: Device)\n", "procedure dma_heap_detach(dev: Device?)\n"),
    ("procedure dma_heap_map_dma_buf(dev: Device) ", "procedure dma_heap_map_dma_buf(dev: Device?) "),
    ("procedure dma_heap_unmap_dma_buf(dev: Device)\n", "procedure dma_heap_unmap_dma_buf(dev: Device?)\n"),
    (
        "    requires attached(self) and use_of[self] == unused [DB-ATT-01]\n",
        "    requires attached(self) and use_of[self] == unused [DB-ATT-01]\n    requires dir == bidirectional\n",
    ),
    ("    requires live_buffer and not has_page[self]\n", "    requires false\n"),
    ("const PAGES = 3\n", "const PAGES = 2\n"),
    ("type VmaPage: 0..2\n", "type VmaPage: 0..1\n"),
    ("type VmaLength: 1..3\n", "type VmaLength: 1..2\n"),
    ("= if i == 0 then 2 else 1\n", "= 1\n"),
    ("= if i == 0 then 0 else 2\n", "= if i == 0 then 0 else 1\n"),
    ("of three pages in two entries, of two pages and of one.\n", "of two pages in two entries.\n"),
    ("    local addr: 0..3 = 0\n", "    local addr: 0..2 = 0\n"),
    ("    local offset: 0..2 = pgoff\n", "    local offset: 0..1 = pgoff\n"),
    ("    local first: 0..3 = 0\n", "    local first: 0..2 = 0\n"),
    ("    local len: 0..3 = 0\n", "    local len: 0..2 = 0\n"),
)  # fmt: skip
WALKS = tuple(
    (
        "    for a in attachments\n        if a.mapped\n"
        f"            {sync}(a.dev, a.table, ENTRIES, bidirectional)\n",
        "    atomic\n        for a: Attachment where a in attachments and a.mapped\n"
        f"            {sync}(a.dev, a.table, ENTRIES, bidirectional)\n",
    )
    for sync in ("dma_sync_sg_for_cpu", "dma_sync_sg_for_device")
)


def changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    """ValueError where something that is to be changed does not stand there once."""
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"this does not stand there once: {old}")
        text = text.replace(old, new)
    return text


def at_once(text: str) -> str:
    """The text of the specification, with all of that."""
    begin, end = (text.index(place) for place in _INSTANCES)
    text = changed(text[:begin] + text[end:], (*_CHANGES, *WALKS))
    head, rest = text.split("\n\n", 1)
    return f"{head}\n{_REASONS}\n{rest}"


if __name__ == "__main__":
    AT_ONCE.write_text(at_once(SPEC.read_text(encoding="utf-8")), encoding="utf-8")
