"""What is compared for each contract: which instances are toured, walked through, and left out, and why.

Tours need the whole graph, so their instances are small, and between them they have every action of the contract that
the implementation claims.  Interleavings need only where scenarios begin.  Walks take what is too large for tours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Instances by what is done with them; `unclaimed` are parameter values that no instance has, with the reason."""

    toured: tuple[Settings, ...]
    interleaved: tuple[tuple[Settings, int], ...]
    walked: tuple[Settings, ...]
    unclaimed: Mapping[str, str]


def _of(text: str) -> Settings:
    return MappingProxyType(dict(part.split("=") for part in text.split()))


_SMALL = "DEVICES=1 THREADS=1"

_ORDER = (
    "of two bounce buffers the one that is synchronised last decides what is in memory; the contract goes by the"
    " numbers of the devices, the implementation by the order in which they were attached"
)

PLANS: Final[Mapping[str, Plan]] = MappingProxyType(
    {
        "dma_buf": Plan(
            toured=(
                _of(f"{_SMALL} COHERENT=true"),
                _of(f"{_SMALL} COHERENT=false"),
                _of(f"{_SMALL} COHERENT=false BOUNCE=true"),
                _of(f"{_SMALL} COHERENT=true END_MAY_FAIL=true"),
                _of("DEVICES=2 THREADS=1 COHERENT=false"),
                _of("DEVICES=1 THREADS=2 COHERENT=false"),
            ),
            interleaved=((_of("DEVICES=2 THREADS=1 COHERENT=true"), 2000), (_of("DEVICES=1 THREADS=2"), 2000)),
            walked=(_of("DEVICES=3 THREADS=3 COHERENT=false"), _of("DEVICES=2 THREADS=2 END_MAY_FAIL=true")),
            unclaimed=MappingProxyType(
                {
                    "MISUSE=true": "the importers of the implementation keep their duties; where one is made to break"
                    " them, as a deliberate fault, it meets the checks of a debugging kernel",
                    "BOUNCE=true with DEVICES>1": _ORDER,
                }
            ),
        ),
        "udmabuf": Plan(
            toured=(
                _of(f"{_SMALL} COHERENT=true"),
                _of(f"{_SMALL} COHERENT=false STRAY_END=true"),
                _of(f"{_SMALL} COHERENT=true BOUNCE=true BOTH_WAYS=true"),
                _of(f"{_SMALL} COHERENT=true USER_MAPPING=true"),
                _of(f"{_SMALL} COHERENT=true USER_MAPPING=true FLAGS=prot_none"),
                _of("DEVICES=1 THREADS=2 COHERENT=true"),
            ),
            interleaved=((_of("DEVICES=1 THREADS=3 COHERENT=false STRAY_END=true"), 4000),),
            walked=(
                _of("DEVICES=3 THREADS=3 COHERENT=false"),
                _of("DEVICES=1 THREADS=2 COHERENT=false USER_MAPPING=true FLAGS=write_only"),
            ),
            unclaimed=MappingProxyType({"BOUNCE=true with DEVICES>1": _ORDER}),
        ),
        "heap_helpers": Plan(
            toured=(
                _of(f"{_SMALL} COHERENT=true"),
                _of(f"{_SMALL} COHERENT=true IOMMU=true"),
                _of(f"{_SMALL} COHERENT=true STRAYS=1"),
                _of(f"{_SMALL} COHERENT=true BOUNCE=true"),
                _of(f"{_SMALL} COHERENT=false ALIASING=true"),
            ),
            interleaved=((_of("DEVICES=1 THREADS=2 COHERENT=false STRAYS=1"), 3000),),
            walked=(
                _of("DEVICES=1 THREADS=3 COHERENT=false STRAYS=2"),
                _of("DEVICES=1 THREADS=2 COHERENT=false BOUNCE=true"),
                _of("DEVICES=1 THREADS=2 COHERENT=false ALIASING=true BOUNCE=true STRAYS=1"),
            ),
            unclaimed=MappingProxyType(
                {
                    "ALIASING=true with COHERENT=true": "a cache that keeps memory twice is not coherent",
                    "DEVICES>1": "the contract leaves the order of the list of attachments out and walks it by index;"
                    " the implementation's list has an order",
                    "WALK=in_any_order": "who is left of a walk is no data of the implementation's",
                    "USER_MAPPING=true": "the heap of the implementation maps all pages of an area at once, and not"
                    " entry for entry of its table",
                }
            ),
        ),
        "gntdev": Plan(
            toured=(
                _of(""),
                _of("FOREVER=true"),
                _of("IMPORT=attaching"),
                _of("IMPORT=mapping WAITING=false"),
                _of("IMPORT=mapping CPU_ACCESS=true COHERENT=false WAITING=false"),
                _of("BUFFERS=2 NUMBERS=2 UNITS=4 WAITING=false"),
                _of("THREADS=2 UNMAP_IOCTL=true WAITING=false"),
            ),
            interleaved=((_of("WAITERS=2"), 6000), (_of("THREADS=2 BUFFERS=2 NUMBERS=2 WAITING=false"), 6000)),
            walked=(
                _of("WAITERS=2 FOREVER=true THREADS=2 BUFFERS=2 NUMBERS=1 IMPORT=attaching"),
                _of("DRIVERS=2 DEVICES=2 IMPORT=mapping WAITERS=2"),
            ),
            unclaimed=MappingProxyType(
                {
                    "IOMMU=true": "whether entries are merged is the contract's choice at each mapping; a device of"
                    " the reference machine merges always or never, which the heap's instances try"
                }
            ),
        ),
        "kds_ordered": Plan(
            toured=(
                _of("EXCLUSIVE_ONLY=true"),
                _of("DEVICES_ONLY=true"),
                _of("EXCLUSIVE_ONLY=true SIGNALS=true"),
                _of("BUFFERS=1 SIGNALS=true"),
                _of("EXCLUSIVE_ONLY=true REVOKE=false"),
            ),
            interleaved=((_of("BUFFERS=2"), 6000),),
            walked=(_of("CONSUMERS=3 BUFFERS=3"), _of("CONSUMERS=3 BUFFERS=2 SIGNALS=true")),
            unclaimed=MappingProxyType(
                {
                    "ENQUEUE_AHEAD=true": "jobs of the implementation wait for each buffer before they join the next"
                    " queue; those that do not wait for each other for ever",
                }
            ),
        ),
        "ownership": Plan(
            toured=(
                _of(""),
                _of("LEAVE=at_detach"),
                _of("BACKED_AFTER_LAST=false THREADS=1"),
                _of("DEVICES=1 BACKED_AFTER_LAST=false LEAVE=at_detach"),
                _of("DEVICES=1 BACKED_AFTER_LAST=false STORAGE_NEEDS_DEVICE=true"),
                _of("COHERENT=true"),
                _of("DEVICES=1 BOUNCE=true"),
                _of("DEVICES=1 BOUNCE=true LEAVE=at_detach"),
                _of("BOUNCE=true READERS=true"),
                _of("DEVICES=1 STRAYS=1"),
                _of("DEVICES=1 POLICY=each_call"),
            ),
            interleaved=((_of(""), 6000), (_of("STRAYS=1 THREADS=1"), 6000)),
            walked=(_of("DEVICES=3 THREADS=3"), _of("DEVICES=3 THREADS=3 BACKED_AFTER_LAST=false LEAVE=at_detach")),
            unclaimed=MappingProxyType(
                {
                    "BOUNCE=true with DEVICES>1": _ORDER + "; with READERS=true no bounce buffer is copied back",
                    "POLICY=each_call with LEAVE=at_detach": "is no variant that anybody proposed: without owners"
                    " nothing is kept for later",
                }
            ),
        ),
        "udmabuf_pages": Plan(
            toured=(
                _of("IOMMU=true"),
                _of("IMPORTING=false USER_MAPPING=true"),
                _of("IMPORTING=false SEALING=true"),
                _of("THREADS=2"),
            ),
            interleaved=((_of("THREADS=2 SEALING=true"), 3000),),
            walked=(_of("THREADS=3 SEALING=true USER_MAPPING=true IOMMU=true"),),
            unclaimed=MappingProxyType({}),
        ),
        "vb2": Plan(
            toured=(_of(""),),
            interleaved=((_of(""), 3000),),
            walked=(_of(""), _of("THREADS=3")),
            unclaimed=MappingProxyType({}),
        ),
        "vb2_streaming": Plan(
            toured=(_of("COHERENT=true"), _of("COHERENT=false")),
            interleaved=((_of("COHERENT=false"), 6000),),
            walked=(_of("COHERENT=false THREADS=3"),),
            unclaimed=MappingProxyType({}),
        ),
        "core_mmap": Plan(
            toured=(
                _of("THREADS=1"),
                _of(f"{_SMALL} EXPORTER=faults_pages_in GROW=true"),
                _of(f"{_SMALL} EXPORTER=faults_pages_in DATA=true COHERENT=true"),
                _of(f"{_SMALL} EXPORTER=faults_pages_in DATA=true COHERENT=false SHOOTDOWN=own_file"),
                _of(f"{_SMALL} DATA=true COHERENT=false ACCESS=in_brackets"),
            ),
            interleaved=((_of("DEVICES=1 THREADS=2"), 3000),),
            walked=(
                _of("BUFFERS=2 THREADS=2 EXPORTER=faults_pages_in SHOOTDOWN=own_file"),
                _of("BUFFERS=2 THREADS=2 SHOOTDOWN=shared_inode"),
            ),
            unclaimed=MappingProxyType(
                {
                    "DATA=true with BUFFERS=2": "the contract follows the first buffer's page wherever that is; the"
                    " world follows a page of the machine",
                    "ACCESS=in_brackets with SHOOTDOWN=own_file": "whoever announces what he does has no use for a"
                    " mapping that pretends to be coherent",
                    "GROW=true with EXPORTER=maps_at_once": "pages behind the buffer's end are refused by the fault"
                    " handler, which such an exporter does not have",
                }
            ),
        ),
    }
)
