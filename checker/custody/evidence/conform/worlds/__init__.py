"""Which world a contract is held against, by the name of its model; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from custody.evidence.conform.world import World

WORLDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dma_buf": "dma_buf",
        "udmabuf": "udmabuf",
        "heap_helpers": "heap",
        "gntdev": "gntdev",
        "kds_ordered": "kds",
        "ownership": "ownership",
        "udmabuf_pages": "udmabuf_pages",
        "vb2": "vb2",
        "vb2_streaming": "vb2_streaming",
        "core_mmap": "core_mmap",
    }
)


def world_of(model: str) -> type[World]:
    """The world for a model; KeyError where the implementation has no part of that name."""
    module: Any = import_module(f"custody.evidence.conform.worlds.{WORLDS[model]}")
    found: Any = module.world
    assert issubclass(found, World)
    return found
